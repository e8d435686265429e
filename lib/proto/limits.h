/* Every bound of the program, with its reason. Where a number is the protocol's, the section of
 * debate-protocol(7) stands beside it. */
#ifndef DEBATE_PROTO_LIMITS_H
#define DEBATE_PROTO_LIMITS_H

enum {
    /* Names and texts: code points where the protocol counts characters, bytes = 4 times that. */
    LIMIT_USER_CHARS = 128,    /* section 2, `sub` */
    LIMIT_NICKNAME_CHARS = 64, /* section 10 */
    LIMIT_ROOM_CODE = 64,      /* section 1 */
    LIMIT_SESSION_ID = 66,     /* "s_" and at most 64: ours are 24 long */
    LIMIT_COMMAND_ID = 64,     /* section 5, bytes */
    LIMIT_EVENT_DIGEST = 16,   /* section 5: 64 bits in hex digits */
    LIMIT_CHOICE_ID = 64,      /* bytes: a choice's id is repeated in every event about it */
    LIMIT_RECORDING_ID = 96,   /* bytes: "r_", the session's random part, "_", a number */
    LIMIT_PATH = 128,          /* bytes: "recordings/", a session id, a file name */

    /* A debate. */
    LIMIT_SEATS_MIN = 2, /* section 3 */
    LIMIT_SEATS_MAX = 8,
    LIMIT_SEATS_DEFAULT = 3,
    LIMIT_PAGES = 64, /* section 10 */
    LIMIT_CHOICES = 16,
    LIMIT_PARTICIPANTS = 64, /* ever seated in one session; more come and go only in an attack */
    LIMIT_RECORDINGS = 256,  /* in one session: somebody toggling on purpose stops here */
    LIMIT_EVENTS_STEP = 32,  /* events of one room_step: an end stops 8 recordings and says so */
    LIMIT_EVENTS_SESSION = 1000000, /* a log that is longer than any day of talk */

    /* Times, milliseconds. */
    LIMIT_COUNTDOWN_MS = 3000,          /* section 10 */
    LIMIT_AWAIT_VOICE_MS = 15000,       /* section 10 */
    LIMIT_HOST_GONE_MS = 30000,         /* section 5, host_changed */
    LIMIT_EMPTY_MS = 10 * 60 * 1000,    /* section 5, session_ended */
    LIMIT_INIT_MS = 10000,              /* section 4, 4003 */
    LIMIT_PING_MS = 5000,               /* section 4 */
    LIMIT_SILENT_MS = 10000,            /* section 4 */
    LIMIT_SLOW_CLOSE_MS = 10000,        /* section 4, 4002 */
    LIMIT_LINGER_MS = 2000,             /* section 4: reading on after a close */
    LIMIT_DRAIN_MS = 5000,              /* section 3, SIGTERM */
    LIMIT_UPLOAD_MS = 24 * 3600 * 1000, /* section 7 */

    /* Messages, bytes. */
    LIMIT_VOICE_MESSAGE = 16 * 1024,     /* section 4 */
    LIMIT_SIGNALING_MESSAGE = 64 * 1024, /* section 4 */
    LIMIT_HTTP_BODY = 256 * 1024,        /* section 10 */
    LIMIT_LOG_LINE = 512 * 1024,         /* the header with the largest agenda, escaped */
    LIMIT_TOKEN = 4096,                  /* a JWT of the largest claims, base64 */
    LIMIT_BAD_MESSAGES = 10,             /* section 4: the tenth closes */
    LIMIT_RATE_PER_S = 50,               /* section 4 */
    LIMIT_RATE_BURST = 200,              /* section 4 */
    LIMIT_RATE_DROPPED = 100,            /* section 4: the hundredth in a row closes */
    LIMIT_SOCKET_QUEUE = 256 * 1024,     /* waiting for one slow socket; then 4002 */
    LIMIT_SECRETS = 8,     /* that verify at a time: each costs a forger one HMAC, and us */
    LIMIT_SECRET_MIN = 32, /* HS256: RFC 7518 section 3.2 */

    /* What a server keeps in memory, and at once. */
    LIMIT_ENDED_KEPT = 256,       /* rooms whose session has ended, some 10 KB each */
    LIMIT_UPLOADS = 12000,        /* open: 3 of each of 4,000 debates, at some 3.5 KB each */
    LIMIT_UPLOAD_METADATA = 2304, /* with NUL: an id, a file name, a timeline, each in base64 */
    LIMIT_HEADS = 1024,           /* requests whose headers are being read, 32 KiB each */
    /* Gathered for the disk: at the 20,000 lines a second that a full server writes, some 15 s of
     * one that refuses. */
    LIMIT_BATCH_BYTES = 64 * 1024 * 1024,
    LIMIT_BATCH_LINES = 300000,
    LIMIT_LOG_READ = 512 * 1024 * 1024,  /* a log at once: LIMIT_EVENTS_SESSION of 500 bytes */
    LIMIT_RESPONSE = 1024 * 1024 * 1024, /* such a log, on its way to somebody */

    /* What a server bears of one address, which may be a school's: 150 people with two sockets and
     * a request each. Those from its own machine are not counted. */
    LIMIT_CONNECTIONS = 512,
    LIMIT_CONNECTIONS_TOLD = 64, /* beyond it, that hear why; further ones are cut */
    LIMIT_BAD_TOKENS = 20,       /* failed tokens at once: a class whose tokens have expired ... */
    LIMIT_BAD_TOKEN_MS = 3000,   /* ... and one more in each of these */
    LIMIT_ADDRESSES = 16384,     /* remembered, 250 bytes each */
    LIMIT_ADDRESSES_PASSED = 8,  /* looked at for one to forget */

    /* What it bears of one connection. */
    LIMIT_HEAD = 16 * 1024,           /* bytes: a token twice, and what browsers add */
    LIMIT_HEAD_MS = 10 * 1000,        /* from the connection to a whole head, with TLS */
    LIMIT_NEXT_HEAD_MS = 20 * 1000,   /* from one request to the next one's head */
    LIMIT_TAKING_MS = 20 * 1000,      /* in each of these some of a response must be taken */
    LIMIT_BODY_MS = 20 * 1000,        /* in each of these ... */
    LIMIT_BODY_BYTES_MIN = 20 * 1024, /* ... a body must bring so much: a slow modem's fifth */
    LIMIT_UPLOADS_USER = 32,          /* open uploads of one user: many debates without a line */
};

#define LIMIT_UPLOAD_BYTES (512ull * 1024 * 1024) /* section 7 */
/* Integers up to here survive JSON: 2^53 is also what 2^53 + 1 is read as (RFC 8259, section 6). */
#define LIMIT_INTEGER 9007199254740991

#endif
