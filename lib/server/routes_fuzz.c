#include "base/fuzz_testing.h"
#include "base/str.h"
#include "server/routes.h"

/* A path that leads somewhere holds its parameter as one segment of the right form, and the route
 * takes a method. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *path = fuzz_text(data, size);
    struct route_match match = route_find(path);
    if (match.route == ROUTE_NONE) {
        fuzz_holds(!match.param[0]);
    } else {
        fuzz_holds(path[0] == '/' && strstr(path, match.param) && !strchr(match.param, '/'));
        fuzz_holds(route_methods(match.route)[0] != '\0');
    }
    if (match.route == ROUTE_ROOM || match.route == ROUTE_GUESTS)
        fuzz_holds(room_code_valid(match.param));
    if (match.route == ROUTE_SESSION || match.route == ROUTE_LOG || match.route == ROUTE_VOICE)
        fuzz_holds(session_id_valid(match.param));
    enum method method = method_from_name(path);
    for (int route = ROUTE_NONE; route <= ROUTE_SIGNALING; route++)
        fuzz_holds(method != METHOD_OTHER || !route_takes((enum route)route, method));
    free(path);
    return 0;
}
