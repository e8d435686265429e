#include <openssl/x509v3.h>

#include "session/cert.h"

bool cert_is_for(void *store_ctx, const char *host)
{
    X509 *cert = X509_STORE_CTX_get_current_cert(store_ctx);
    if (X509_STORE_CTX_get_error_depth(store_ctx) > 0)
        return true; /* an issuer's */
    return cert &&
           (X509_check_ip_asc(cert, host, 0) == 1 ||
            X509_check_host(cert, host, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1);
}
