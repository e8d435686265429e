#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "server/tls.h"

struct tls {
    X509 *cert;
    STACK_OF(X509) * issuers;
    EVP_PKEY *key;
};

/* Nobody is there to be asked for the key's password. */
static int no_password(char *out, int out_size, int is_writing, void *context)
{
    (void)out;
    (void)out_size;
    (void)is_writing;
    (void)context;
    return -1;
}

static enum err open_file(const char *path, FILE **out, char *why, size_t why_size)
{
    *out = fopen(path, "rbe");
    if (*out)
        return ERR_NONE;
    snprintf(why, why_size, "%s: %s", path, strerror(errno));
    return ERR_IO;
}

/* What is read after the first one; the end of the file is an error of its own kind. */
static enum err read_issuers(struct tls *tls, FILE *file)
{
    X509 *issuer;
    tls->issuers = sk_X509_new_null();
    if (!tls->issuers)
        return ERR_NO_MEMORY;
    while ((issuer = PEM_read_X509(file, NULL, no_password, NULL))) {
        if (!sk_X509_push(tls->issuers, issuer)) {
            X509_free(issuer);
            return ERR_NO_MEMORY;
        }
    }
    return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE ? ERR_NONE
                                                                        : ERR_BAD_REQUEST;
}

static enum err read_cert(struct tls *tls, const char *path, char *why, size_t why_size)
{
    FILE *file;
    enum err e = open_file(path, &file, why, why_size);
    if (e)
        return e;
    tls->cert = PEM_read_X509(file, NULL, no_password, NULL);
    e = tls->cert ? read_issuers(tls, file) : ERR_BAD_REQUEST;
    if (e == ERR_BAD_REQUEST)
        snprintf(why, why_size, "%s: not a certificate in PEM, or not a whole one", path);
    fclose(file);
    return e;
}

static enum err read_key(struct tls *tls, const char *path, char *why, size_t why_size)
{
    FILE *file;
    enum err e = open_file(path, &file, why, why_size);
    if (e)
        return e;
    tls->key = PEM_read_PrivateKey(file, NULL, no_password, NULL);
    fclose(file);
    if (tls->key)
        return ERR_NONE;
    snprintf(why, why_size, "%s: not a private key in PEM without a password", path);
    return ERR_BAD_REQUEST;
}

static enum err check_pair(const struct tls *tls, const char *cert_path, const char *key_path,
                           char *why, size_t why_size)
{
    if (X509_check_private_key(tls->cert, tls->key) == 1)
        return ERR_NONE;
    snprintf(why, why_size, "%s: not the key of the certificate in %s", key_path, cert_path);
    return ERR_BAD_REQUEST;
}

enum err tls_read(const char *cert_path, const char *key_path, struct tls **out, char *why,
                  size_t why_size)
{
    struct tls *tls = mem_zalloc(sizeof *tls);
    snprintf(why, why_size, "no memory left for the certificate");
    if (!tls)
        return ERR_NO_MEMORY;
    ERR_clear_error();
    enum err e = read_cert(tls, cert_path, why, why_size);
    if (!e)
        e = read_key(tls, key_path, why, why_size);
    if (!e)
        e = check_pair(tls, cert_path, key_path, why, why_size);
    ERR_clear_error();
    if (e)
        tls_free(tls);
    else
        *out = tls;
    return e;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    X509_free(tls->cert);
    sk_X509_pop_free(tls->issuers, X509_free);
    EVP_PKEY_free(tls->key);
    mem_free(tls);
}

enum err tls_use(const struct tls *tls, void *ssl_ctx)
{
    bool ok = SSL_CTX_set_min_proto_version(ssl_ctx, TLS1_2_VERSION) == 1 &&
              /* All at once: no handshake meets a certificate with another's key. */
              SSL_CTX_use_cert_and_key(ssl_ctx, tls->cert, tls->key, tls->issuers, 1) == 1;
    ERR_clear_error();
    return ok ? ERR_NONE : ERR_INTERNAL;
}
