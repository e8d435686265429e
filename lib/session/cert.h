/* Whom a server's certificate is for, by OpenSSL. Any thread. */
#ifndef DEBATE_SESSION_CERT_H
#define DEBATE_SESSION_CERT_H

#include <stdbool.h>

/* In OpenSSL's callback that verifies a chain, with its X509_STORE_CTX: false when the server's own
 * certificate has its turn and is not for `host`, a name or a numeric address (RFC 9525). */
bool cert_is_for(void *store_ctx, const char *host);

#endif
