#include "base/fuzz_testing.h"
#include "bot/scenario.h"

static bool is_role(const struct scenario *scenario, int who)
{
    return who >= 0 && (size_t)who < scenario->role_count;
}

static void check_line(const struct scenario *scenario, const struct scenario_line *line)
{
    fuzz_holds(is_role(scenario, line->who) || line->who == WHO_ALL || line->who == WHO_SERVER);
    fuzz_holds(line->number > 0 && line->text && line->moment.plus_ms >= 0);
    fuzz_holds(line->moment.of == WHO_NOBODY || is_role(scenario, line->moment.of));
    if (!line->is_expectation) {
        fuzz_holds(verb_name(line->verb) != NULL);
        fuzz_holds((line->verb != VERB_SAYS && line->verb != VERB_CHOOSES) || line->word);
        return;
    }
    fuzz_holds(line->within_ms >= -1 && line->match_count <= SCENARIO_MATCHES_MAX);
    fuzz_holds(line->claim != CLAIM_HEARS || is_role(scenario, line->heard));
    for (size_t i = 0; i < line->match_count; i++)
        fuzz_holds(line->matches[i].key && line->matches[i].value);
}

/* A refusal is one line that names the file; what is taken names only roles that there are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scenario *scenario;
    char why[256] = "";
    if (scenario_parse("a.debate", (const char *)data, size, &scenario, why, sizeof why)) {
        fuzz_holds(strncmp(why, "a.debate:", 9) == 0 && !strchr(why, '\n'));
        return 0;
    }
    fuzz_holds(scenario->role_count >= 2 && scenario->role_count <= LIMIT_SEATS_MAX &&
               scenario->line_count <= SCENARIO_LINES_MAX &&
               scenario->server_word_count <= SCENARIO_SERVER_WORDS);
    fuzz_holds(scenario->title && scenario->limit_ms > 0);
    for (size_t i = 0; i < scenario->role_count; i++)
        fuzz_holds(scenario_role(scenario, scenario->roles[i].name) == (int)i);
    for (size_t i = 0; i < scenario->line_count; i++)
        check_line(scenario, &scenario->lines[i]);
    scenario_free(scenario);
    return 0;
}
