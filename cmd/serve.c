#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "base/buf.h"
#include "base/str.h"
#include "beside.h"
#include "cmd.h"
#include "input.h"
#include "server/ice_servers.h"
#include "server/origin.h"
#include "server/server.h"
#include "services.h"

enum {
    SERVE_DAY_MS = 24 * 3600 * 1000,
    SERVE_RATE_MAX = 1000000, /* more than any socket carries */
    SERVE_FILES = 32768       /* three times what one core serves */
};

/* A server, and what ends it or has it read its files again. */
struct serve {
    uv_loop_t loop;
    uv_signal_t terminate, interrupt, hangup;
    const struct args *args;
    struct serve_settings *settings;
    struct server *server;
    bool ends_with_terminal;
    bool is_stopping;
};

/* What the command line settles; the configuration borrows from it. */
struct serve_settings {
    struct server_config config;
    char host[INET6_ADDRSTRLEN];
    bool is_loopback;
    struct input_secrets secrets;
    struct buf turn_secret;
    char stun[ICE_URL_SIZE], turn[ICE_URL_SIZE];
    struct agenda *agenda;
    char web[PATH_MAX];
    const char *analyze[SERVICES_WORDS];
};

/* ---- settings ---- */

static bool is_loopback(const char *host)
{
    struct in_addr four;
    struct in6_addr six;
    if (inet_pton(AF_INET, host, &four) == 1)
        return (ntohl(four.s_addr) >> 24) == IN_LOOPBACKNET;
    if (inet_pton(AF_INET6, host, &six) != 1)
        return false;
    /* The last 4 bytes of a mapped one are an IPv4 address (RFC 4291, section 2.5.5.2). */
    return IN6_IS_ADDR_LOOPBACK(&six) ||
           (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == IN_LOOPBACKNET);
}

/* ADDR without brackets to `host`; false when it is no numeric address. */
static bool take_host(const char *text, size_t len, char host[INET6_ADDRSTRLEN])
{
    struct in6_addr six;
    struct in_addr four;
    bool in_brackets = len > 2 && text[0] == '[' && text[len - 1] == ']';
    size_t inner = in_brackets ? len - 2 : len;
    if (inner >= INET6_ADDRSTRLEN)
        return false;
    snprintf(host, INET6_ADDRSTRLEN, "%.*s", (int)inner, text + in_brackets);
    return in_brackets ? inet_pton(AF_INET6, host, &six) == 1
                       : inet_pton(AF_INET, host, &four) == 1;
}

static enum exit_code take_listen(const struct args *args, struct serve_settings *settings)
{
    const char *text = args_get(args, "listen"), *colon = strrchr(text, ':');
    uint64_t port;
    if (!colon || !str_to_u64(colon + 1, UINT16_MAX, &port) ||
        !take_host(text, (size_t)(colon - text), settings->host))
        return args_usage_error(args,
                                "--listen %s: it takes a numeric address and a port from 0 to "
                                "65535, such as 127.0.0.1:8080 or [::1]:0",
                                text);
    settings->config.host = settings->host;
    settings->config.port = (int)port;
    settings->is_loopback = is_loopback(settings->host);
    return EXIT_CODE_DONE;
}

static enum exit_code take_guests(const struct args *args, struct serve_settings *settings)
{
    const char *text = args_get(args, "guests");
    enum guests *guests = &settings->config.guests;
    if (!text)
        *guests = settings->is_loopback ? GUESTS_ROOMS : GUESTS_OFF;
    else if (!text[0] || strcmp(text, "on") == 0)
        *guests = GUESTS_IN;
    else if (strcmp(text, "rooms") == 0)
        *guests = GUESTS_ROOMS;
    else if (strcmp(text, "off") == 0)
        *guests = GUESTS_OFF;
    else
        return args_usage_error(args, "--guests=%s: it takes rooms, on or off", text);
    return EXIT_CODE_DONE;
}

static enum exit_code take_record(const struct args *args, struct serve_settings *settings)
{
    const char *text = args_get(args, "record");
    for (int policy = RECORD_AUTO; policy <= RECORD_OFF; policy++) {
        if (strcmp(record_policy_name((enum record_policy)policy), text) == 0) {
            settings->config.record = (enum record_policy)policy;
            return EXIT_CODE_DONE;
        }
    }
    return args_usage_error(args, "--record %s: it takes auto, manual or off", text);
}

/* Who sets one of the two alone gets the other to fit: a socket is pinged before it is silent. */
static enum exit_code take_liveness(const struct args *args, struct server_config *config)
{
    if (!args_seconds(args, "ping", 1, SERVE_DAY_MS, &config->ping_ms) ||
        !args_seconds(args, "silent", 2, SERVE_DAY_MS, &config->silent_ms))
        return EXIT_CODE_USAGE;
    if (config->ping_ms < config->silent_ms)
        return EXIT_CODE_DONE;
    if (args_given(args, "ping") && args_given(args, "silent"))
        return args_usage_error(args,
                                "--silent %s: it must be longer than --ping %s, or every quiet "
                                "socket is closed",
                                args_get(args, "silent"), args_get(args, "ping"));
    if (args_given(args, "ping"))
        config->silent_ms = 2 * config->ping_ms;
    else
        config->ping_ms = config->silent_ms / 2;
    return EXIT_CODE_DONE;
}

static enum exit_code take_times(const struct args *args, struct server_config *config)
{
    if (!args_seconds(args, "countdown", 0, 60 * 1000, &config->countdown_ms) ||
        !args_seconds(args, "empty", 1, 7 * (int64_t)SERVE_DAY_MS, &config->empty_ms))
        return EXIT_CODE_USAGE;
    return take_liveness(args, config);
}

static enum exit_code take_numbers(const struct args *args, struct server_config *config)
{
    int64_t number;
    if (!args_number(args, "seats", LIMIT_SEATS_MIN, LIMIT_SEATS_MAX, &number))
        return EXIT_CODE_USAGE;
    config->seats = (int)number;
    if (!args_number(args, "rate-limit", 0, SERVE_RATE_MAX, &number))
        return EXIT_CODE_USAGE;
    config->rate_per_s = (int)number;
    if (args_get(args, "quota") && !args_bytes(args, "quota", &config->quota))
        return EXIT_CODE_USAGE;
    /* Who sets a limit wants to meet it, from this machine too. */
    config->rate_limits_loopback = args_given(args, "rate-limit") && number > 0;
    return EXIT_CODE_DONE;
}

static enum exit_code read_secrets(const struct args *args, const struct serve_settings *settings,
                                   struct input_secrets *out)
{
    bool found;
    enum exit_code code = input_secrets(args, out, &found);
    if (!code && !found && !settings->is_loopback)
        return args_usage_error(args,
                                "--listen %s: others can reach this address, so it needs a secret "
                                "of its own: --secret-file FILE, or DEBATE_SECRET",
                                args_get(args, "listen"));
    if (!code && !found)
        code = input_data_secrets(args, settings->config.data, true, out);
    return code;
}

static enum exit_code take_secrets(const struct args *args, struct serve_settings *settings)
{
    enum exit_code code = read_secrets(args, settings, &settings->secrets);
    settings->config.secrets = settings->secrets.secrets;
    return code;
}

static enum exit_code take_turn_secret(const struct args *args, struct serve_settings *settings)
{
    const char *path = args_get(args, "turn-secret-file");
    struct buf *secret = &settings->turn_secret;
    if (!path)
        return args_usage_error(args,
                                "--turn %s: its server lets nobody in without the secret that both "
                                "know: --turn-secret-file FILE",
                                args_get(args, "turn"));
    enum exit_code code = input_secret_file(args, path, secret);
    if (code)
        return code;
    if (strpbrk(secret->data, "\r\n") || strlen(secret->data) != secret->len)
        return args_usage_error(args, "%s: the secret of a TURN server stands on one line", path);
    settings->config.turn_secret =
        (struct secret){.bytes = (const uint8_t *)secret->data, .len = secret->len};
    return EXIT_CODE_DONE;
}

static enum exit_code take_ice_servers(const struct args *args, struct serve_settings *settings)
{
    const char *stun = args_get(args, "stun"), *turn = args_get(args, "turn");
    if (stun && !ice_url_make("stun", stun, settings->stun))
        return args_usage_error(args,
                                "--stun %s: it takes a host and maybe a port, such as "
                                "stun.example.org:3478",
                                stun);
    if (turn && !ice_url_make("turn", turn, settings->turn))
        return args_usage_error(args,
                                "--turn %s: it takes a host, maybe a port and a transport, such as "
                                "turn.example.org:3478 or turn:turn.example.org?transport=tcp",
                                turn);
    if (!turn && args_asked(args, "turn-secret-file"))
        return args_usage_error(args, "--turn-secret-file: of which server? Give --turn too");
    settings->config.stun = stun ? settings->stun : NULL;
    settings->config.turn = turn ? settings->turn : NULL;
    return turn ? take_turn_secret(args, settings) : EXIT_CODE_DONE;
}

/* The page's files, of which the first is index.html. */
static void find_web(char folder[PATH_MAX])
{
    static const char *const places[] = {"../share/debate/web/index.html",
                                         "../client/web/index.html", NULL};
    beside_program(places, folder);
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
}

static enum exit_code take_origins(const struct args *args, struct server_config *config)
{
    config->origins = args_get(args, "origin");
    if (!config->origins || origin_list_valid(config->origins))
        return EXIT_CODE_DONE;
    return args_usage_error(args,
                            "--origin %s: it takes what browsers call an origin, such as "
                            "https://debate.example.org or http://localhost:3000; several with "
                            "commas between",
                            config->origins);
}

static enum exit_code take_tls(const struct args *args, struct server_config *config)
{
    config->tls_cert = args_get(args, "tls-cert");
    config->tls_key = args_get(args, "tls-key");
    if (!config->tls_cert == !config->tls_key)
        return EXIT_CODE_DONE;
    return args_usage_error(args,
                            "--tls-cert and --tls-key go together: a certificate and its key");
}

/* What is wrong is said now, not when the first debate has ended. */
static enum exit_code take_analyze(const struct args *args, struct serve_settings *settings)
{
    struct services services;
    enum exit_code code = services_take(&services, args);
    services_release(&services);
    if (!code && services_words(args, settings->analyze))
        settings->config.analyze = settings->analyze;
    return code;
}

static enum exit_code take_settings(const struct args *args, struct serve_settings *settings)
{
    const char *agenda = args_get(args, "agenda");
    settings->config = server_config_default();
    settings->config.data = args_get(args, "data");
    if (!settings->config.data[0])
        return args_usage_error(args, "--data needs a value: --data DIR");
    enum exit_code code = take_listen(args, settings);
    if (!code)
        code = take_guests(args, settings);
    if (!code)
        code = take_record(args, settings);
    if (!code)
        code = take_times(args, &settings->config);
    if (!code)
        code = take_numbers(args, &settings->config);
    if (!code)
        code = take_ice_servers(args, settings);
    if (!code)
        code = take_tls(args, &settings->config);
    if (!code)
        code = take_origins(args, &settings->config);
    if (!code)
        code = take_analyze(args, settings);
    if (!code && agenda)
        code = input_agenda(args, agenda, &settings->agenda);
    settings->config.agenda = settings->agenda;
    find_web(settings->web);
    settings->config.web = settings->web[0] ? settings->web : NULL;
    return code ? code : take_secrets(args, settings);
}

/* ---- running ---- */

static void on_signal(uv_signal_t *handle, int number)
{
    struct serve *serve = handle->data;
    (void)number;
    if (serve->is_stopping)
        return;
    serve->is_stopping = true;
    server_stop(serve->server);
}

/* From a pipe the loop would wait for ever. */
static enum exit_code check_is_file(const struct args *args, const char *path)
{
    struct stat about;
    if (!path || stat(path, &about) != 0 || S_ISREG(about.st_mode))
        return EXIT_CODE_DONE; /* what is not there is told of when it is read */
    return args_error(args, EXIT_CODE_FAILED, "%s: not a file that can be read again", path);
}

static enum exit_code renew_tls(struct serve *serve)
{
    const struct server_config *config = &serve->settings->config;
    char why[512] = "";
    enum exit_code code = check_is_file(serve->args, config->tls_cert);
    if (!code)
        code = check_is_file(serve->args, config->tls_key);
    if (!code && config->tls_cert && server_renew_tls(serve->server, why, sizeof why))
        code = args_error(serve->args, EXIT_CODE_FAILED, "%s", why);
    return code;
}

/* Secrets and certificate, or neither. */
static enum exit_code read_again(struct serve *serve)
{
    const struct args *args = serve->args;
    struct input_secrets secrets, *old = &serve->settings->secrets;
    input_secrets_init(&secrets);
    enum exit_code code = check_is_file(args, args_get(args, "secret-file"));
    if (!code)
        code = read_secrets(args, serve->settings, &secrets);
    if (!code)
        code = renew_tls(serve);
    if (code) {
        input_secrets_release(&secrets);
        return code;
    }
    server_use_secrets(serve->server, &secrets.secrets);
    input_secrets_release(old);
    *old = secrets;
    return code;
}

static bool has_terminal(void)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* Whoever closes the window of a server means to end it, unless nohup(1) has begun it. */
static bool must_end_with_terminal(void)
{
    struct sigaction hangup;
    return sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN && has_terminal();
}

static void on_hangup(uv_signal_t *handle, int number)
{
    struct serve *serve = handle->data;
    if (serve->ends_with_terminal && !has_terminal()) {
        on_signal(handle, number);
        return;
    }
    if (serve->is_stopping || !serve->server)
        return;
    fprintf(stderr, "debate serve: %s\n",
            read_again(serve) ? "nothing has changed: all goes on with what was read before"
                              : "what was read again is used from now on");
}

static void watch_signal(struct serve *serve, uv_signal_t *handle, int number, uv_signal_cb on_it)
{
    uv_signal_init(&serve->loop, handle);
    handle->data = serve;
    uv_signal_start(handle, on_it, number);
    /* The loop runs for the server's sake alone. */
    uv_unref((uv_handle_t *)handle);
}

/* Every socket is a file. Debian's libwebsockets looks through a table of as many places as the
 * limit allows whenever a connection ends: where the system allows a million, that would be a
 * millisecond each. */
static void set_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max < SERVE_FILES ? limit.rlim_max : SERVE_FILES;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static enum exit_code hold(const struct args *args, struct serve *serve)
{
    const struct server_config *config = &serve->settings->config;
    char why[512] = "";
    enum err e = server_new(&serve->loop, config, &serve->server, why, sizeof why);
    if (e)
        return args_error(args, EXIT_CODE_FAILED, "%s", why[0] ? why : err_code(e));
    if (!config->web)
        fprintf(stderr, "debate serve: browsers get no page: it is not beside the program\n");
    printf("listening on %s\n", server_url(serve->server));
    fflush(stdout);
    uv_run(&serve->loop, UV_RUN_DEFAULT);
    server_free(serve->server);
    if (!serve->is_stopping)
        return args_error(args, EXIT_CODE_FAILED, "the server has ended by itself");
    return EXIT_CODE_DONE;
}

static enum exit_code run_server(const struct args *args, struct serve_settings *settings)
{
    static struct serve serve; /* libwebsockets keeps the loop for as long as the process lives */
    int failed = uv_loop_init(&serve.loop);
    if (failed)
        return args_error(args, EXIT_CODE_FAILED, "no event loop: %s", uv_strerror(failed));
    signal(SIGPIPE, SIG_IGN);
    set_file_limit();
    serve.ends_with_terminal = must_end_with_terminal();
    serve.args = args;
    serve.settings = settings;
    watch_signal(&serve, &serve.terminate, SIGTERM, on_signal);
    watch_signal(&serve, &serve.interrupt, SIGINT, on_signal);
    watch_signal(&serve, &serve.hangup, SIGHUP, on_hangup);
    enum exit_code code = hold(args, &serve);
    uv_close((uv_handle_t *)&serve.hangup, NULL);
    uv_close((uv_handle_t *)&serve.terminate, NULL);
    uv_close((uv_handle_t *)&serve.interrupt, NULL);
    /* Once, not until nothing is left: libwebsockets' handles stay. */
    uv_run(&serve.loop, UV_RUN_NOWAIT);
    return code;
}

static enum exit_code run(const struct args *args)
{
    struct serve_settings settings = {.is_loopback = false};
    input_secrets_init(&settings.secrets);
    buf_init(&settings.turn_secret, INPUT_SECRET_MAX);
    enum exit_code code = take_settings(args, &settings);
    if (!code)
        code = run_server(args, &settings);
    agenda_unref(settings.agenda);
    buf_release(&settings.turn_secret);
    input_secrets_release(&settings.secrets);
    return code;
}

static const struct option options[] = {
    {.name = "agenda",
     .argument = "FILE",
     .help = "The agenda of rooms whose makers bring none. Without it such a debate has one page."},
    {.name = "countdown",
     .argument = "SECONDS",
     .help = "From the last one's arrival to the start, 0 to 60, maybe with a fraction.",
     .fallback = "3"},
    {.name = "data",
     .argument = "DIR",
     .help = "Where session logs and recordings are kept; it is made if it is missing.",
     .fallback = "debate-data",
     .variable = "DEBATE_DATA"},
    {.name = "empty",
     .argument = "SECONDS",
     .help = "A session ends when nobody was connected for so long.",
     .fallback = "600"},
    {.name = "guests",
     .argument = "rooms|on|off",
     .help = "Whether people without a token may come: into rooms that others have made (on, or no "
             "value), into those and rooms of their own (rooms), or not (off). On a loopback "
             "address it is rooms unless said, elsewhere off.",
     .variable = "DEBATE_GUESTS",
     .optional_argument = true},
    OPTION_LANGUAGE,
    {.name = "listen",
     .letter = 'l',
     .argument = "ADDR:PORT",
     .help = "A numeric address, an IPv6 one in brackets; port 0 takes a free one.",
     .fallback = "127.0.0.1:8080",
     .variable = "DEBATE_LISTEN"},
    OPTIONS_LLM,
    {.name = "origin",
     .argument = "ORIGIN,...",
     .help = "Whose pages may act here in a browser beside those of this server, such as "
             "https://debate.example.org. Behind a proxy that does not hand the Host header on, "
             "the server's own is one of them.",
     .variable = "DEBATE_ORIGIN"},
    {.name = "ping",
     .argument = "SECONDS",
     .help = "How often each socket is pinged.",
     .fallback = "5"},
    OPTION_PROMPTS,
    {.name = "quota",
     .argument = "BYTES",
     .help =
         "What all that is kept may take of the disk, such as 500M or 20G. When it is used up, "
         "new rooms and uploads are refused, and analyses wait; debates go on. Without it, what "
         "there is."},
    {.name = "rate-limit",
     .argument = "N",
     .help = "Messages a second that one socket may send, with bursts of four times that; 0: any "
             "number. When it is given, it holds for loopback too.",
     .fallback = "50"},
    {.name = "record",
     .argument = "auto|manual|off",
     .help = "Whether clients record by themselves, when told to, or never.",
     .fallback = "auto"},
    {.name = "seats",
     .argument = "N",
     .help = "Of rooms whose makers do not say, 2 to 8.",
     .fallback = "3"},
    {.name = "secret-file",
     .argument = "FILE",
     .help = "The secret that tokens are signed with, at least 32 bytes; a newline at the end does "
             "not count. Of several, one a line, the first signs and each verifies. SIGHUP has "
             "the file read again. DEBATE_SECRET may hold the secret itself instead. On a "
             "loopback address neither is needed: a secret is made and kept in DIR/secret.",
     .variable = "DEBATE_SECRET_FILE"},
    {.name = "silent",
     .argument = "SECONDS",
     .help = "A socket without any traffic for so long is closed; longer than the time "
             "between pings, which follows when it alone is given.",
     .fallback = "10"},
    OPTIONS_STT,
    {.name = "stun",
     .argument = "HOST:PORT",
     .help = "A STUN server that tells participants their address on the Internet; its port is "
             "3478 unless said. A stun: URL will do as well."},
    {.name = "tls-cert",
     .argument = "FILE",
     .help = "Serve https and wss alone, with this certificate: PEM, and behind it those of its "
             "issuers, as in Let's Encrypt's fullchain.pem. SIGHUP has it and its key read again.",
     .variable = "DEBATE_TLS_CERT"},
    {.name = "tls-key",
     .argument = "FILE",
     .help = "The private key that goes with --tls-cert: PEM, without a password.",
     .variable = "DEBATE_TLS_KEY"},
    {.name = "turn",
     .argument = "HOST:PORT",
     .help = "A TURN server that carries voices between participants with no way to each other; "
             "its port is 3478 unless said. A turn: URL, maybe with ?transport=tcp, will do as "
             "well. It is one that proves logins by a shared secret, as coturn does with "
             "use-auth-secret."},
    {.name = "turn-secret-file",
     .argument = "FILE",
     .help =
         "The secret that is shared with the TURN server, coturn's static-auth-secret: at least "
         "32 bytes on one line. Each participant gets a login made with it that is good for 12 "
         "hours."},
    {0},
};

static const char *const examples[] = {
    "debate serve",
    "Serve this machine, where anybody may make rooms.",
    "debate serve --listen 127.0.0.1:0 --data /tmp/debate --countdown 0.5",
    "Take a free port, and print which.",
    "debate serve --listen 0.0.0.0:8080 --secret-file /etc/debate/secret --guests",
    "Serve others: rooms are made by those with a token, guests may join them.",
    "debate serve --turn turn.example.org --turn-secret-file turn-secret",
    "Let voices find a way through any network, with coturn's help.",
    "debate serve --language en",
    "Analyse each debate when it has ended, with the embedded recogniser.",
    NULL,
};

const struct cmd cmd_serve = {
    .name = "serve",
    .summary = "hold debates: the server",
    .description =
        "Keeps rooms, counts down, relays signaling, writes session logs and takes recordings in. "
        "When it is ready it prints `listening on http://ADDR:PORT`, with TLS https. SIGTERM and "
        "SIGINT end it: "
        "sockets are closed so that clients come back, and everything is on disk. The port can be "
        "taken again at once, and live sessions go on.\n\n"
        "With --stt, --llm or --language each debate is analysed when its last recording has "
        "arrived, or 24 hours after its end, by a process of its own that runs debate analyze; its "
        "report is offered to those who took part.",
    .options = options,
    .examples = examples,
    .run = run,
};
