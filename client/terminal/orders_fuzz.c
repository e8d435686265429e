#include "base/fuzz_testing.h"
#include "terminal/orders.h"

static const char text[] =
    "{\"title\":\"A\",\"pages\":[{\"title\":\"B\",\"choices\":[{\"id\":\"agree\",\"label\":"
    "\"I agree\"},{\"id\":\"against\",\"label\":\"Against\"},{\"id\":\"7\",\"label\":\"일곱\"}]}]}";

static const struct page *the_page(void)
{
    static struct agenda *agenda;
    fuzz_holds(agenda || agenda_parse(text, sizeof text - 1, &agenda, NULL) == ERR_NONE);
    return agenda_page(agenda, 1);
}

/* An order that goes to the server can be sent, and a choice is one of the page's; a refusal has a
 * sentence. */
static void check(enum err e, const struct order *order, const char *why)
{
    struct buf out;
    if (e) {
        fuzz_holds(why[0] && strlen(why) < ORDER_WHY_SIZE);
        return;
    }
    if (order->type != ORDER_COMMAND)
        return;
    buf_init(&out, 4 * LIMIT_VOICE_MESSAGE);
    fuzz_holds(command_print(&order->command, &out) == ERR_NONE);
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *line = fuzz_text(data, size), why[ORDER_WHY_SIZE] = "";
    const struct page *page = the_page();
    struct order order;
    enum err e = order_parse(line, page, &order, why);
    check(e, &order, why);
    if (!e && order.type == ORDER_COMMAND && order.command.type == COMMAND_SUBMIT_CHOICE)
        fuzz_holds(page_choice_index(page, order.command.submit_choice.choice) >= 0);
    e = order_parse(line, NULL, &order, why);
    fuzz_holds(e || order.command.type != COMMAND_SUBMIT_CHOICE);
    e = order_parse_script(line, page, &order, why);
    check(e, &order, why);
    free(line);
    return 0;
}
