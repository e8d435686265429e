#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"
#include "terminal/screen.h"
#include "terminal/vt_testing.h"

enum { PATIENCE_MS = 10000 };

/* A screen on a pseudoterminal, and who looks at the other side of it. */
static struct {
    uv_loop_t loop;
    uv_timer_t patience;
    struct screen *screen;
    int master, slave;
    struct vt vt;
    struct buf told;
    struct buf sent; /* to the terminal, and not yet whole */
    bool frees_on_line, is_out_of_patience;
} rig;

static void on_line(void *context, const char *line)
{
    (void)context;
    buf_printf(&rig.told, "line:%s;", line);
    if (!rig.frees_on_line)
        return;
    screen_free(rig.screen);
    rig.screen = NULL;
}

static void on_end(void *context)
{
    (void)context;
    buf_append_str(&rig.told, "end;");
}

static void on_interrupt(void *context)
{
    (void)context;
    buf_append_str(&rig.told, "interrupt;");
}

static void on_complete(void *context, const char *line, size_t word_start,
                        struct screen_candidates *candidates)
{
    (void)context;
    (void)line;
    (void)word_start;
    screen_candidates_add(candidates, "/mute");
}

static void on_resize(void *context, int columns)
{
    (void)context;
    buf_printf(&rig.told, "columns:%d;", columns);
}

static const struct screen_handler handler = {.on_line = on_line,
                                              .on_end = on_end,
                                              .on_interrupt = on_interrupt,
                                              .on_complete = on_complete,
                                              .on_resize = on_resize};

static void on_patience(uv_timer_t *timer)
{
    (void)timer;
    rig.is_out_of_patience = true;
}

static void set_window(int columns, int rows)
{
    struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
    assert_int_equal(ioctl(rig.master, TIOCSWINSZ, &size), 0);
}

static int set_up(void **state)
{
    (void)state;
    rig.frees_on_line = rig.is_out_of_patience = false;
    buf_init(&rig.told, 100000);
    buf_init(&rig.sent, 100000);
    buf_append_str(&rig.told, "");
    vt_init(&rig.vt, 40, 10);
    assert_int_equal(uv_loop_init(&rig.loop), 0);
    uv_timer_init(&rig.loop, &rig.patience);
    uv_timer_start(&rig.patience, on_patience, PATIENCE_MS, 0);
    assert_int_equal(openpty(&rig.master, &rig.slave, NULL, NULL, NULL), 0);
    assert_int_equal(fcntl(rig.master, F_SETFL, O_NONBLOCK), 0);
    set_window(40, 10);
    struct screen_config config = {.loop = &rig.loop, .fd = rig.slave, .has_colour = true};
    return screen_new(&config, &handler, &rig.screen);
}

static int tear_down(void **state)
{
    (void)state;
    screen_free(rig.screen);
    rig.screen = NULL;
    uv_close((uv_handle_t *)&rig.patience, NULL);
    uv_run(&rig.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&rig.loop), 0);
    close(rig.master);
    close(rig.slave);
    buf_release(&rig.told);
    buf_release(&rig.sent);
    return 0;
}

/* Bytes up to where a sequence or a letter begins that is not whole yet. */
static size_t whole(const char *bytes, size_t len)
{
    size_t from = len > 8 ? len - 8 : 0, at = len;
    const char *escape = memrchr(bytes + from, '\x1b', len - from);
    if (escape) {
        const char *end = escape + 1;
        size_t left = len - (size_t)(end - bytes);
        if (left == 0 || (*end == '[' && strspn(end, "[?0123456789") >= left))
            return (size_t)(escape - bytes);
    }
    while (at > from && ((unsigned char)bytes[at - 1] & 0xc0) == 0x80)
        at--;
    if (at > from && (unsigned char)bytes[at - 1] >= 0xc0)
        at--;
    return utf8_valid(bytes + at, len - at) ? len : at;
}

/* What the terminal was sent so far goes to the model. */
static void look(void)
{
    char bytes[4096 + 1];
    ssize_t n;
    while ((n = read(rig.master, bytes, sizeof bytes - 1)) > 0) {
        buf_append(&rig.sent, bytes, (size_t)n);
        size_t len = whole(rig.sent.data, rig.sent.len);
        vt_feed(&rig.vt, rig.sent.data, len);
        buf_consume(&rig.sent, len);
    }
}

/* Turns the loop until the window, or what was told, holds `text`. */
static void await_shown(const char *text)
{
    do {
        assert_false(rig.is_out_of_patience);
        uv_run(&rig.loop, UV_RUN_NOWAIT);
        look();
    } while (!strstr(vt_text(&rig.vt), text) && poll(NULL, 0, 1) == 0);
}

static void await_told(const char *text)
{
    while (!strstr(rig.told.data, text)) {
        assert_false(rig.is_out_of_patience);
        uv_run(&rig.loop, UV_RUN_ONCE);
    }
}

static void type(const char *keys)
{
    assert_int_equal(write(rig.master, keys, strlen(keys)), strlen(keys));
}

static void what_is_typed_survives_what_arrives(void **state)
{
    (void)state;
    const char *const parts[] = {"1:00", "REC"};
    screen_set_status(rig.screen, parts, 2);
    type("half a 한");
    await_shown("> half a 한/");
    screen_say(rig.screen, TONE_EVENT, "Kim came");
    screen_say_labelled(rig.screen, TONE_PLAIN, "1. ", "agree");
    await_shown("agree");
    assert_string_equal(vt_text(&rig.vt), "* Kim came/1. agree/1:00 | REC/> half a 한/");
    assert_int_equal(rig.vt.x, 11);
    type("글\r");
    await_told("line:half a 한글;");
    await_shown("> half a 한글/1:00 | REC/>/");
}

static void tab_completes_what_is_offered(void **state)
{
    (void)state;
    type("/m\t\r");
    await_told("line:/mute ;");
}

static void a_question_stands_in_the_prompt_and_above_with_its_answer(void **state)
{
    (void)state;
    screen_set_prompt(rig.screen, "record? ");
    screen_set_choices(rig.screen, "y n");
    await_shown("y n/record?/");
    type("y\r");
    await_shown("record? y/y n/record?/");
}

static void a_resize_is_painted_and_told(void **state)
{
    (void)state;
    screen_say(rig.screen, TONE_PLAIN, "도서관은 일요일에도 열어야 한다");
    type("abcdefghij");
    await_shown("> abcdefghij/");
    set_window(10, 4);
    vt_init(&rig.vt, 10, 4);
    raise(SIGWINCH);
    await_told("columns:10;");
    await_shown("> <");
    assert_string_equal(vt_text(&rig.vt), "일요일에도/열어야/한다/> <ghij/");
}

static void ctrl_c_is_told_and_so_is_the_end(void **state)
{
    (void)state;
    raise(SIGINT);
    await_told("interrupt;");
    type("\x04");
    await_told("end;");
}

static void sigterm_is_the_end(void **state)
{
    (void)state;
    raise(SIGTERM);
    await_told("end;");
}

static void a_terminal_that_goes_is_the_end_once(void **state)
{
    (void)state;
    await_shown(">/");
    close(rig.master);
    close(rig.slave);
    await_told("end;");
    screen_say(rig.screen, TONE_PLAIN, "to nobody");
    for (int i = 0; i < 5; i++)
        uv_run(&rig.loop, UV_RUN_NOWAIT);
    assert_string_equal(rig.told.data, "end;");
    rig.master = rig.slave = -1;
}

static void a_terminal_that_does_not_read_holds_up_nothing(void **state)
{
    (void)state;
    char text[40];
    await_shown(">/");
    for (int i = 1; i <= 20000; i++) {
        snprintf(text, sizeof text, "line %d of many more of them", i);
        screen_say(rig.screen, TONE_PLAIN, text);
        if (i % 100 == 0)
            uv_run(&rig.loop, UV_RUN_NOWAIT);
    }
    type("x");
    await_shown("line 19999 of many more of them/line 20000 of many more of them/> x/");
}

static void the_terminal_is_given_back_as_it_was(void **state)
{
    (void)state;
    struct termios now;
    screen_set_choices(rig.screen, "1 agree");
    screen_say(rig.screen, TONE_PLAIN, "stays");
    await_shown("1 agree/>/");
    assert_int_equal(tcgetattr(rig.slave, &now), 0);
    assert_false(now.c_lflag & (ICANON | ECHO));
    assert_true(now.c_lflag & ISIG);
    screen_free(rig.screen);
    rig.screen = NULL;
    look();
    assert_string_equal(vt_text(&rig.vt), "stays//");
    assert_true(rig.vt.has_autowrap);
    assert_int_equal(tcgetattr(rig.slave, &now), 0);
    assert_int_equal(now.c_lflag & (ICANON | ECHO), ICANON | ECHO);
    assert_true(now.c_iflag & ICRNL);
}

/* A child that inherits the screen ends by `how`, a signal or 0 for exit(3). */
static void ends_by(int how)
{
    struct termios now;
    int status;
    pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        if (how)
            raise(how);
        exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WIFSIGNALED(status) ? WTERMSIG(status) : 0, how);
    assert_int_equal(tcgetattr(rig.slave, &now), 0);
    assert_int_equal(now.c_lflag & (ICANON | ECHO), ICANON | ECHO);
    look();
    assert_true(rig.vt.has_autowrap);
    assert_string_equal(vt_text(&rig.vt), "1 agree/> ab//");
}

static void prepare_to_end(void)
{
    screen_set_choices(rig.screen, "1 agree");
    type("ab");
    await_shown("1 agree/> ab/");
}

static void exit_gives_the_terminal_back(void **state)
{
    (void)state;
    prepare_to_end();
    ends_by(0);
}

static void a_fatal_signal_gives_the_terminal_back_and_still_kills(void **state)
{
    (void)state;
    prepare_to_end();
    ends_by(SIGQUIT);
}

static void a_handler_may_free_the_screen(void **state)
{
    (void)state;
    rig.frees_on_line = true;
    type("one\rtwo\r");
    await_told("line:one;");
    assert_string_equal(rig.told.data, "line:one;");
}

static void there_is_one_screen_and_on_a_terminal_alone(void **state)
{
    (void)state;
    struct screen *other = NULL;
    struct screen_config config = {.loop = &rig.loop, .fd = rig.slave};
    assert_int_equal(screen_new(&config, &handler, &other), ERR_REFUSED);
    screen_free(rig.screen);
    rig.screen = NULL;
    int nothing = open("/dev/null", O_RDWR);
    config.fd = nothing;
    assert_int_equal(screen_new(&config, &handler, &other), ERR_REFUSED);
    close(nothing);
    config.fd = rig.slave;
    assert_int_equal(screen_new(&config, &handler, &rig.screen), ERR_NONE);
    type("again\r");
    await_told("line:again;");
}

static void the_environment_says_what_the_terminal_can(void **state)
{
    (void)state;
    struct screen_config config;
    setenv("TERM", "xterm-256color", 1);
    unsetenv("NO_COLOR");
    screen_config_init(&config, &rig.loop);
    assert_true(config.has_colour && !config.is_dumb);
    setenv("NO_COLOR", "", 1);
    screen_config_init(&config, &rig.loop);
    assert_true(config.has_colour);
    setenv("NO_COLOR", "1", 1);
    screen_config_init(&config, &rig.loop);
    assert_true(!config.has_colour && !config.is_dumb);
    unsetenv("NO_COLOR");
    setenv("TERM", "dumb", 1);
    screen_config_init(&config, &rig.loop);
    assert_true(!config.has_colour && config.is_dumb);
    unsetenv("TERM");
    screen_config_init(&config, &rig.loop);
    assert_true(!config.has_colour && config.is_dumb);
}

int main(void)
{
    setenv("INPUTRC", "/dev/null", 1);
    const struct CMUnitTest tests[] = {
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
        WITH(what_is_typed_survives_what_arrives),
        WITH(tab_completes_what_is_offered),
        WITH(a_question_stands_in_the_prompt_and_above_with_its_answer),
        WITH(a_resize_is_painted_and_told),
        WITH(ctrl_c_is_told_and_so_is_the_end),
        WITH(sigterm_is_the_end),
        WITH(a_terminal_that_goes_is_the_end_once),
        WITH(a_terminal_that_does_not_read_holds_up_nothing),
        WITH(the_terminal_is_given_back_as_it_was),
        WITH(exit_gives_the_terminal_back),
        WITH(a_fatal_signal_gives_the_terminal_back_and_still_kills),
        WITH(a_handler_may_free_the_screen),
        WITH(there_is_one_screen_and_on_a_terminal_alone),
        WITH(the_environment_says_what_the_terminal_can),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
