#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <sys/wait.h>

#include "analysis/transcript_service_testing.h"

static void kill_at_fifth(const struct fake_request *asking, struct fake_answer *answer)
{
    listen_wav(asking, answer);
    /* The fifth question is asked when the fourth's answer (the third piece's) is on disk. */
    if (asking->number == 5)
        answer->hangs = true;
}

static unsigned count_answers(void)
{
    unsigned count = 0;
    DIR *dir = opendir(answers);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        count += strstr(entry->d_name, ".json") != NULL;
    if (dir)
        closedir(dir);
    return count;
}

static void holds_no_key(const char *path)
{
    static char text[65536];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    assert_null(memmem(text, len, key, strlen(key)));
}

static void wait_for_requests(unsigned count)
{
    struct timespec moment = {.tv_nsec = 2000000};
    for (unsigned seen = 0; seen < count;) {
        pthread_mutex_lock(&fake.lock);
        seen = fake.requests;
        pthread_mutex_unlock(&fake.lock);
        nanosleep(&moment, NULL);
    }
}

static void a_killed_run_goes_on_and_asks_for_no_piece_twice(void **state)
{
    (void)state;
    struct transcript_set *set = NULL;
    char path[64];
    fake_start(&fake, kill_at_fifth);
    service.base = fake.base;
    pid_t child = fork();
    if (child == 0)
        _exit((int)transcript_make(&request, &set, why, sizeof why));
    wait_for_requests(5);
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)child);
    holds_no_key(path);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_int_equal(count_answers(), 3);
    pthread_mutex_lock(&fake.lock);
    fake.script = listen_wav;
    pthread_mutex_unlock(&fake.lock);
    memset(asked, 0, sizeof asked);
    enum err e = transcript_make(&request, &set, why, sizeof why);
    fake_stop(&fake);
    assert_int_equal(e, ERR_NONE);
    holds_all(set);
    for (size_t i = 0; i < PIECES; i++)
        assert_int_equal(asked[i], i >= 3);
    transcript_free(set);
}

static void repeat_key(const struct fake_request *asking, struct fake_answer *answer)
{
    (void)asking;
    snprintf(answer->body, sizeof answer->body, "{\"text\":\"it was %s\",\"key\":\"%s\"}", key,
             key);
}

static void no_file_holds_the_key_even_when_the_service_says_it(void **state)
{
    (void)state;
    struct transcript_set *set;
    char path[PATH_MAX];
    assert_int_equal(run(repeat_key, &set), ERR_NONE);
    assert_null(strstr(transcript_of(set)->turns[0].text, key));
    transcript_free(set);
    DIR *dir = opendir(answers);
    unsigned seen = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", answers, entry->d_name);
        holds_no_key(path);
        seen++;
    }
    closedir(dir);
    assert_int_equal(seen, PIECES);
}

#define rule(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        rule(a_killed_run_goes_on_and_asks_for_no_piece_twice),
        rule(no_file_holds_the_key_even_when_the_service_says_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
