/* The certificate that the server shows and the key that goes with it, as they were read from their
 * files. The loop's thread. */
#ifndef DEBATE_SERVER_TLS_H
#define DEBATE_SERVER_TLS_H

#include <stddef.h>

#include "base/err.h"

struct tls;

/* Both files are PEM (RFC 7468); behind the certificate come those of its issuers, if any. ERR_IO:
 * a file cannot be read; ERR_BAD_REQUEST: it does not hold what it should, or the key is another
 * certificate's. `why` is a line for the operator. */
enum err tls_read(const char *cert_path, const char *key_path, struct tls **out, char *why,
                  size_t why_size) MUST_CHECK;
void tls_free(struct tls *tls); /* NULL is allowed */

/* Puts it into OpenSSL's SSL_CTX, which keeps what it needs of it: handshakes that begin later show
 * it, in TLS 1.2 or newer; connections go on as they began. */
enum err tls_use(const struct tls *tls, void *ssl_ctx) MUST_CHECK;

#endif
