#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "rtc/dtls.h"

/* RFC 6347, section 4.2.4.1 starts at 1 s; a talk starts sooner. */
enum { RETRANSMIT_FIRST_US = 100 * 1000, RETRANSMIT_MAX_US = 3 * 1000 * 1000 };

/* Seconds: 1 day before now, for clocks that are wrong, to 30 days after. */
enum { VALID_BEFORE_S = 86400, VALID_AFTER_S = 30 * 86400 };

/* Bytes (RFC 6347, section 4.1) */
enum { RECORD_HEADER_LEN = 13 };

/* IPv4 or IPv6, and UDP */
enum { MTU_OVERHEAD = 48 };

static const char ciphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:"
    "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA";

struct dtls_identity {
    SSL_CTX *context;
    BIO_METHOD *method;
    uint8_t fingerprint[SHA256_SIZE];
};

struct dtls {
    SSL *ssl;
    bool active;
    enum dtls_status status;
    char why[160];
    uint8_t fingerprint[SHA256_SIZE];
    const uint8_t *input; /* the datagram that OpenSSL may read; NULL: none */
    size_t input_len;
    void (*on_send)(void *context, const uint8_t *data, size_t len);
    void *context;
};

/* A datagram BIO: one read is one datagram, one write is one. OpenSSL's memory BIO would glue
 * them together. */
static int bio_read(BIO *bio, char *out, int size)
{
    struct dtls *dtls = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    if (!dtls->input) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t len = dtls->input_len < (size_t)size ? dtls->input_len : (size_t)size;
    memcpy(out, dtls->input, len);
    dtls->input = NULL;
    return (int)len;
}

static int bio_write(BIO *bio, const char *data, int len)
{
    struct dtls *dtls = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    dtls->on_send(dtls->context, (const uint8_t *)data, (size_t)len);
    return len;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
        return DTLS_MTU;
    case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
        return MTU_OVERHEAD;
    default:
        return 0;
    }
}

static int bio_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

static BIO_METHOD *make_method(void)
{
    /* No index of its own: a process has some hundred of these, and nobody looks for it by type. */
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "datagram");

    if (!method)
        return NULL;
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_ctrl(method, bio_control);
    BIO_meth_set_create(method, bio_create);
    return method;
}

/* RFC 8122, section 5.1 in place of a chain of trust: the fingerprint came by signaling. */
static int check_certificate(X509_STORE_CTX *store, void *user)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct dtls *dtls = SSL_get_app_data(ssl);
    X509 *certificate = X509_STORE_CTX_get0_cert(store);
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    (void)user;
    if (certificate && X509_digest(certificate, EVP_sha256(), digest, &len) && len == SHA256_SIZE &&
        !CRYPTO_memcmp(digest, dtls->fingerprint, SHA256_SIZE))
        return 1;
    snprintf(dtls->why, sizeof dtls->why,
             "the certificate does not have the fingerprint that was announced");
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return 0;
}

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    uint64_t serial;

    if (!certificate || RAND_bytes((unsigned char *)&serial, sizeof serial) != 1)
        goto failed;
    X509_NAME *name = X509_get_subject_name(certificate);
    if (!X509_set_version(certificate, X509_VERSION_3) ||
        !ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) ||
        !X509_gmtime_adj(X509_getm_notBefore(certificate), -(long)VALID_BEFORE_S) ||
        !X509_gmtime_adj(X509_getm_notAfter(certificate), VALID_AFTER_S) ||
        !X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"debate", -1,
                                    -1, 0) ||
        !X509_set_issuer_name(certificate, name) || !X509_set_pubkey(certificate, key) ||
        !X509_sign(certificate, key, EVP_sha256()))
        goto failed;
    return certificate;
failed:
    X509_free(certificate);
    return NULL;
}

static bool set_up_context(SSL_CTX *context, EVP_PKEY *key, X509 *certificate)
{
    SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(context, check_certificate, NULL);
    /* The use_srtp call is the one that answers 0 when all is well. */
    return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) &&
           SSL_CTX_set_cipher_list(context, ciphers) &&
           SSL_CTX_set1_groups_list(context, "X25519:P-256") &&
           SSL_CTX_use_certificate(context, certificate) && SSL_CTX_use_PrivateKey(context, key) &&
           !SSL_CTX_set_tlsext_use_srtp(context, "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80");
}

struct dtls_identity *dtls_identity_new(void)
{
    struct dtls_identity *identity = mem_zalloc(sizeof *identity);
    EVP_PKEY *key = NULL;
    X509 *certificate = NULL;
    unsigned len = 0;
    bool ok = false;

    if (!identity)
        return NULL;
    identity->context = SSL_CTX_new(DTLS_method());
    identity->method = make_method();
    key = EVP_EC_gen("P-256");
    if (!identity->context || !identity->method || !key)
        goto out;
    certificate = make_certificate(key);
    ok = certificate && set_up_context(identity->context, key, certificate) &&
         X509_digest(certificate, EVP_sha256(), identity->fingerprint, &len) && len == SHA256_SIZE;
out:
    X509_free(certificate);
    EVP_PKEY_free(key);
    if (ok)
        return identity;
    dtls_identity_free(identity);
    return NULL;
}

void dtls_identity_free(struct dtls_identity *identity)
{
    if (!identity)
        return;
    SSL_CTX_free(identity->context);
    BIO_meth_free(identity->method);
    mem_free(identity);
}

void dtls_identity_fingerprint(const struct dtls_identity *identity, uint8_t out[SHA256_SIZE])
{
    memcpy(out, identity->fingerprint, SHA256_SIZE);
}

static unsigned next_timeout_us(SSL *ssl, unsigned timeout_us)
{
    (void)ssl;
    if (!timeout_us)
        return RETRANSMIT_FIRST_US;
    return timeout_us < RETRANSMIT_MAX_US / 2 ? 2 * timeout_us : RETRANSMIT_MAX_US;
}

struct dtls *dtls_new(struct dtls_identity *identity, bool active,
                      const uint8_t fingerprint[SHA256_SIZE],
                      void (*on_send)(void *context, const uint8_t *data, size_t len),
                      void *context)
{
    struct dtls *dtls = mem_zalloc(sizeof *dtls);
    if (!dtls)
        return NULL;
    dtls->active = active;
    memcpy(dtls->fingerprint, fingerprint, SHA256_SIZE);
    dtls->on_send = on_send;
    dtls->context = context;
    dtls->ssl = SSL_new(identity->context);
    BIO *bio = BIO_new(identity->method);
    if (!dtls->ssl || !bio) {
        BIO_free(bio);
        dtls_free(dtls);
        return NULL;
    }
    BIO_set_data(bio, dtls);
    SSL_set_bio(dtls->ssl, bio, bio);
    SSL_set_app_data(dtls->ssl, dtls);
    DTLS_set_link_mtu(dtls->ssl, DTLS_MTU);
    DTLS_set_timer_cb(dtls->ssl, next_timeout_us);
    if (active)
        SSL_set_connect_state(dtls->ssl);
    else
        SSL_set_accept_state(dtls->ssl);
    return dtls;
}

void dtls_free(struct dtls *dtls)
{
    if (!dtls)
        return;
    SSL_free(dtls->ssl);
    mem_free(dtls);
}

static void take_error(struct dtls *dtls, int code)
{
    if (code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE)
        return;
    if (code == SSL_ERROR_ZERO_RETURN) {
        dtls->status = DTLS_CLOSED;
        return;
    }
    dtls->status = DTLS_FAILED;
    if (dtls->why[0])
        return;
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    snprintf(dtls->why, sizeof dtls->why, "DTLS: %s", reason ? reason : "broken");
}

/* Lets OpenSSL do what it can with what is there. */
static enum dtls_status step(struct dtls *dtls)
{
    ERR_clear_error();
    if (dtls->status == DTLS_HANDSHAKE) {
        int result = SSL_do_handshake(dtls->ssl);
        if (result == 1)
            dtls->status = DTLS_UP;
        else
            take_error(dtls, SSL_get_error(dtls->ssl, result));
    }
    while (dtls->status == DTLS_UP) {
        char data[256]; /* nobody has anything to say here but goodbye */
        int result = SSL_read(dtls->ssl, data, sizeof data);
        if (result > 0)
            continue;
        int code = SSL_get_error(dtls->ssl, result);
        take_error(dtls, code);
        break;
    }
    ERR_clear_error();
    return dtls->status;
}

enum dtls_status dtls_start(struct dtls *dtls)
{
    return dtls->active ? step(dtls) : dtls->status;
}

enum dtls_status dtls_input(struct dtls *dtls, const uint8_t *data, size_t len)
{
    /* OpenSSL takes an empty read for the end of the connection. */
    if (len < RECORD_HEADER_LEN)
        return dtls->status;
    dtls->input = data;
    dtls->input_len = len;
    step(dtls);
    dtls->input = NULL;
    return dtls->status;
}

enum dtls_status dtls_retransmit(struct dtls *dtls)
{
    if (dtls->status != DTLS_HANDSHAKE && dtls->status != DTLS_UP)
        return dtls->status;
    ERR_clear_error();
    if (DTLSv1_handle_timeout(dtls->ssl) < 0) {
        dtls->status = DTLS_FAILED;
        snprintf(dtls->why, sizeof dtls->why, "DTLS: no answer");
    }
    ERR_clear_error();
    return dtls->status;
}

int64_t dtls_timeout_us(struct dtls *dtls)
{
    struct timeval left;

    if (dtls->status != DTLS_HANDSHAKE && dtls->status != DTLS_UP)
        return -1;
    if (!DTLSv1_get_timeout(dtls->ssl, &left))
        return -1;
    return (int64_t)left.tv_sec * 1000000 + left.tv_usec;
}

void dtls_close(struct dtls *dtls)
{
    ERR_clear_error();
    if (dtls->status == DTLS_UP)
        SSL_shutdown(dtls->ssl);
    ERR_clear_error();
}

const char *dtls_suite_name(const struct dtls *dtls)
{
    const SSL_CIPHER *cipher = SSL_get_current_cipher(dtls->ssl);
    return cipher ? SSL_CIPHER_standard_name(cipher) : "";
}

const char *dtls_why(const struct dtls *dtls)
{
    return dtls->why;
}

/* RFC 5764, section 4.2: both keys, then both salts, the client's first. */
bool dtls_srtp_keys(struct dtls *dtls, struct srtp_keys *out)
{
    static const char label[] = "EXTRACTOR-dtls_srtp";
    const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(dtls->ssl);
    uint8_t material[2 * (SRTP_KEY_LEN + SRTP_SALT_LEN_MAX)];

    if (!profile || (profile->id != SRTP_SUITE_GCM_128 && profile->id != SRTP_SUITE_CM_SHA1_80))
        return false;
    out->suite = (enum srtp_suite)profile->id;
    size_t salt_len = srtp_salt_len(out->suite);
    if (SSL_export_keying_material(dtls->ssl, material, 2 * (SRTP_KEY_LEN + salt_len), label,
                                   sizeof label - 1, NULL, 0, 0) != 1)
        return false;
    uint8_t *client = dtls->active ? out->local : out->remote;
    uint8_t *server = dtls->active ? out->remote : out->local;
    const uint8_t *salts = material + 2 * SRTP_KEY_LEN;
    memcpy(client, material, SRTP_KEY_LEN);
    memcpy(client + SRTP_KEY_LEN, salts, salt_len);
    memcpy(server, material + SRTP_KEY_LEN, SRTP_KEY_LEN);
    memcpy(server + SRTP_KEY_LEN, salts + salt_len, salt_len);
    OPENSSL_cleanse(material, sizeof material);
    return true;
}
