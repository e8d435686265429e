/* What all that speaks HTTP by libcurl has in common: whom it trusts, and when no proxy can be
 * meant. Any thread. */
#ifndef DEBATE_CRYPTO_TRUST_CURL_H
#define DEBATE_CRYPTO_TRUST_CURL_H

#include <stdbool.h>

/* TLS 1.2 or newer, and the authorities in SSL_CERT_FILE and SSL_CERT_DIR where they are set.
 * `curl`: an easy handle. */
void trust_set(void *curl);
/* Whether the other side could not prove who it is, or what SSL_CERT_FILE names cannot be read.
 * `code`: a CURLcode. */
bool trust_failed(int code);
/* Whether the URL's host is this machine: then no proxy can be meant. */
bool url_is_loopback(const char *url);

#endif
