/* Turning pages and choosing (protocol, sections 5 and 9). */
#include "room/room_state.h"

void step_reveal(struct step *step, unsigned page)
{
    struct room_effects *effects = step->effects;
    if (!room_owes_reveal(step->room, page))
        return;
    size_t count = room_ballots(step->room, page, effects->choices);
    step_emit_sure(
        step, (struct event){
                  .type = EVENT_CHOICES_REVEALED,
                  .choices_revealed = {.page = page, .count = count, .choices = effects->choices}});
}

void step_turn(struct step *step, unsigned actor, unsigned page)
{
    const struct room *room = step->room;
    if (!agenda_page(room->agenda, page)) {
        step_end(step, actor, END_AGENDA);
        return;
    }
    step_reveal(step, room->page);
    step_emit_sure(
        step, (struct event){.type = EVENT_NEXT_PAGE, .actor = actor, .next_page = {.page = page}});
}

/* Whether this participant may turn pages now; otherwise the refusal is given. */
static bool may_turn(struct step *step, unsigned participant)
{
    if (!step_may_lead(step, participant))
        return false;
    if (step->room->phase != PHASE_LIVE) {
        step_refuse(step, ERR_WRONG_PHASE, REASON_NOT_LIVE, NULL);
        return false;
    }
    return true;
}

void step_next_page(struct step *step, unsigned participant)
{
    const struct room *room = step->room;
    if (!may_turn(step, participant))
        return;
    if (room_gate_holds(room, room->page)) {
        step_refuse(step, ERR_WRONG_PHASE, REASON_GATE, NULL);
        return;
    }
    step_turn(step, participant, room->page + 1);
    step_own(step);
}

void step_goto_page(struct step *step, unsigned participant)
{
    unsigned page = step->command->message->goto_page.page;
    if (!may_turn(step, participant))
        return;
    if (!agenda_page(step->room->agenda, page)) {
        step_refuse(step, ERR_NO_SUCH_PAGE, REASON_NONE, NULL);
        return;
    }
    if (page == step->room->page)
        return;
    step_turn(step, participant, page);
    step_own(step);
}

void step_choose(struct step *step, unsigned participant)
{
    const struct room *room = step->room;
    const struct command *message = step->command->message;
    if (room->phase != PHASE_LIVE) {
        step_refuse(step, ERR_WRONG_PHASE, REASON_NOT_LIVE, NULL);
        return;
    }
    unsigned number = message->submit_choice.page ? message->submit_choice.page : room->page;
    const struct page *page = agenda_page(room->agenda, number);
    if (!page) {
        step_refuse(step, ERR_NO_SUCH_PAGE, REASON_NONE, NULL);
        return;
    }
    if (!room_page_is_reached(room, number)) {
        step_refuse(step, ERR_WRONG_PHASE, REASON_PAGE_NOT_REACHED, NULL);
        return;
    }
    int index = page_choice_index(page, message->submit_choice.choice);
    if (index < 0) {
        step_refuse(step, ERR_NO_SUCH_CHOICE, REASON_NONE, NULL);
        return;
    }
    if (room_choice_is_closed(room, number, participant)) {
        step_refuse(step, ERR_ALREADY_REVEALED, REASON_NONE, NULL);
        return;
    }
    if (room_chosen(room, number, participant) == index)
        return;
    enum err e = step_emit(step, (struct event){.type = EVENT_CHOICE_SUBMITTED,
                                                .actor = participant,
                                                .participant = participant,
                                                .choice_submitted = {
                                                    .page = number,
                                                    .choice = message->submit_choice.choice,
                                                }});
    if (e != ERR_NONE)
        return;
    step_own(step);
    if (room_all_seated_chose(room, number))
        step_reveal(step, number);
}
