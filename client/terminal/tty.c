#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "tty.h"

#define PASTE_ON  "\x1b[?2004h"
#define PASTE_OFF "\x1b[?2004l"
/* Whatever was being drawn when the process fell: its colour and the wrapping of lines. */
#define AFTER_A_FALL "\x1b[0m\x1b[?7h\r\n"

static const int fatal[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT};
enum { FATAL_COUNT = sizeof fatal / sizeof *fatal };

/* For the whole process, since a signal handler has to find it. */
static struct {
    volatile sig_atomic_t is_taken;
    bool has_paste;
    bool gives_back_at_exit;
    int fd;
    struct termios before, ours;
    struct sigaction actions[FATAL_COUNT];
} tty;

enum err tty_open(int fd, int *out)
{
    char name[PATH_MAX];
    if (!isatty(fd))
        return ERR_REFUSED;
    *out = -1;
    if (ttyname_r(fd, name, sizeof name) == 0)
        *out = open(name, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (*out < 0) /* another user's after su, or not seen from inside a container */
        *out = open("/dev/tty", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return *out < 0 ? ERR_IO : ERR_NONE;
}

static void write_all(const char *text)
{
    if (write(tty.fd, text, strlen(text)) < 0)
        return; /* the terminal is gone, or stuck: there is nobody to tell */
}

/* The process ends without tty_give_back. Async-signal-safe. */
static void fall(void)
{
    if (!tty.is_taken)
        return;
    tty.is_taken = 0;
    write_all(tty.has_paste ? PASTE_OFF AFTER_A_FALL : "\r\n");
    tcsetattr(tty.fd, TCSANOW, &tty.before);
}

static void on_fatal(int signal)
{
    fall();
    for (size_t i = 0; i < FATAL_COUNT; i++)
        if (fatal[i] == signal)
            sigaction(signal, &tty.actions[i], NULL);
    raise(signal);
}

static void set_modes(void)
{
    tty.ours = tty.before;
    /* Enter and line feed are two keys; Ctrl-S must not stop the screen. */
    tty.ours.c_iflag &= (tcflag_t) ~(ICRNL | INLCR | IGNCR | ISTRIP | IXON);
    tty.ours.c_lflag &= (tcflag_t) ~(ICANON | ECHO | IEXTEN);
    tty.ours.c_cc[VMIN] = 1;
    tty.ours.c_cc[VTIME] = 0;
    tty.ours.c_cc[VSUSP] = _POSIX_VDISABLE; /* whoever is stopped falls out of the debate */
}

enum err tty_take(int fd, bool has_paste)
{
    if (tcgetattr(fd, &tty.before))
        return ERR_IO;
    tty.fd = fd;
    tty.has_paste = has_paste;
    set_modes();
    if (tcsetattr(fd, TCSANOW, &tty.ours))
        return ERR_IO;
    tty.is_taken = 1;
    struct sigaction action = {.sa_handler = on_fatal};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < FATAL_COUNT; i++)
        sigaction(fatal[i], &action, &tty.actions[i]);
    if (!tty.gives_back_at_exit)
        tty.gives_back_at_exit = atexit(fall) == 0;
    if (has_paste)
        write_all(PASTE_ON);
    return ERR_NONE;
}

void tty_take_again(void)
{
    if (!tty.is_taken)
        return;
    tcsetattr(tty.fd, TCSANOW, &tty.ours);
    if (tty.has_paste)
        write_all(PASTE_ON);
}

void tty_give_back(void)
{
    if (!tty.is_taken)
        return;
    tty.is_taken = 0;
    if (tty.has_paste)
        write_all(PASTE_OFF);
    tcsetattr(tty.fd, TCSANOW, &tty.before);
    for (size_t i = 0; i < FATAL_COUNT; i++)
        sigaction(fatal[i], &tty.actions[i], NULL);
}

bool tty_size(int fd, int *columns, int *rows)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) || size.ws_col == 0 || size.ws_row == 0)
        return false;
    *columns = size.ws_col;
    *rows = size.ws_row;
    return true;
}
