#include <pthread.h>
#include <srtp2/srtp.h>

#include "base/mem.h"
#include "rtc/srtp.h"

/* Packets; a second of reordering and more at 50 a second. */
enum { REPLAY_WINDOW = 128 };

struct srtp_pair {
    srtp_t out, in;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void init_library(void)
{
    srtp_init();
}

size_t srtp_salt_len(enum srtp_suite suite)
{
    switch (suite) {
    case SRTP_SUITE_CM_SHA1_80:
        return 14;
    case SRTP_SUITE_GCM_128:
        return 12;
    }
    return 0;
}

const char *srtp_suite_name(enum srtp_suite suite)
{
    switch (suite) {
    case SRTP_SUITE_CM_SHA1_80:
        return "AES128_CM_SHA1_80";
    case SRTP_SUITE_GCM_128:
        return "AEAD_AES_128_GCM";
    }
    return "";
}

static bool create(srtp_t *out, const struct srtp_keys *keys, const uint8_t *key,
                   srtp_ssrc_type_t direction)
{
    srtp_policy_t policy = {
        .ssrc = {.type = direction}, .key = (unsigned char *)key, .window_size = REPLAY_WINDOW};
    switch (keys->suite) {
    case SRTP_SUITE_CM_SHA1_80:
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
        break;
    case SRTP_SUITE_GCM_128:
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
        break;
    }
    return srtp_create(out, &policy) == srtp_err_status_ok;
}

struct srtp_pair *srtp_pair_new(const struct srtp_keys *keys)
{
    pthread_once(&once, init_library);
    struct srtp_pair *pair = mem_zalloc(sizeof *pair);
    if (!pair)
        return NULL;
    if (create(&pair->out, keys, keys->local, ssrc_any_outbound) &&
        create(&pair->in, keys, keys->remote, ssrc_any_inbound))
        return pair;
    srtp_pair_free(pair);
    return NULL;
}

void srtp_pair_free(struct srtp_pair *pair)
{
    if (!pair)
        return;
    if (pair->out)
        srtp_dealloc(pair->out);
    if (pair->in)
        srtp_dealloc(pair->in);
    mem_free(pair);
}

static bool apply(srtp_err_status_t (*function)(srtp_t, void *, int *), srtp_t session,
                  uint8_t *data, size_t *len)
{
    int n = (int)*len;

    if (function(session, data, &n) != srtp_err_status_ok || n < 0)
        return false;
    *len = (size_t)n;
    return true;
}

bool srtp_seal_rtp(struct srtp_pair *pair, uint8_t *data, size_t *len)
{
    return apply(srtp_protect, pair->out, data, len);
}

bool srtp_open_rtp(struct srtp_pair *pair, uint8_t *data, size_t *len)
{
    return apply(srtp_unprotect, pair->in, data, len);
}

bool srtp_seal_rtcp(struct srtp_pair *pair, uint8_t *data, size_t *len)
{
    return apply(srtp_protect_rtcp, pair->out, data, len);
}

bool srtp_open_rtcp(struct srtp_pair *pair, uint8_t *data, size_t *len)
{
    return apply(srtp_unprotect_rtcp, pair->in, data, len);
}
