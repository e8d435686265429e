#include "proto/problem_text.h"

#include <assert.h>

enum { LANG_COUNT = LANG_KO + 1 };

static const char *const reasons[REASON_COUNT][LANG_COUNT] = {
    [REASON_NONE] = {"", ""},
    [REASON_NOT_JSON] = {"This is not valid JSON.", "올바른 JSON이 아닙니다."},
    [REASON_NOT_AN_OBJECT] = {"This is not a JSON object.", "JSON 객체가 아닙니다."},
    [REASON_NOT_UTF8] = {"This is not valid UTF-8.", "올바른 UTF-8이 아닙니다."},
    [REASON_BINARY] = {"Binary frames are not understood; send text.",
                       "이진 프레임은 받지 않습니다. 텍스트로 보내 주세요."},
    [REASON_NO_TYPE] = {"The message has no \"type\" string.",
                        "메시지에 문자열 \"type\"이 없습니다."},
    [REASON_FIELD_MISSING] = {"The field \"{}\" is missing.", "필드 \"{}\": 값이 빠져 있습니다."},
    [REASON_FIELD_TYPE] = {"The field \"{}\" has the wrong type.",
                           "필드 \"{}\": 형식이 맞지 않습니다."},
    [REASON_FIELD_LENGTH] = {"The field \"{}\" is too short or too long.",
                             "필드 \"{}\": 너무 짧거나 너무 깁니다."},
    [REASON_FIELD_RANGE] = {"The field \"{}\" is out of range.",
                            "필드 \"{}\": 허용 범위를 벗어났습니다."},
    [REASON_FIELD_VALUE] = {"The field \"{}\" has a value that is not allowed.",
                            "필드 \"{}\": 허용되지 않는 값입니다."},
    [REASON_FIELD_NUL] = {"The field \"{}\" contains a NUL character.",
                          "필드 \"{}\": NUL 문자가 들어 있습니다."},
    [REASON_FIELD_DUPLICATE] = {"The field \"{}\" repeats a value that must be unique.",
                                "필드 \"{}\": 중복될 수 없는 값이 두 번 쓰였습니다."},
    [REASON_TOKEN_MISSING] = {"A token is needed.", "토큰이 필요합니다."},
    [REASON_TOKEN_MALFORMED] = {"The token is malformed.", "토큰의 형식이 잘못되었습니다."},
    [REASON_TOKEN_ALGORITHM] = {"The token is not signed with HS256.",
                                "토큰의 서명 방식이 HS256이 아닙니다."},
    [REASON_TOKEN_SIGNATURE] = {"The token's signature is wrong.", "토큰의 서명이 맞지 않습니다."},
    [REASON_TOKEN_EXPIRED] = {"The token has expired.", "토큰이 만료되었습니다."},
    [REASON_TOKEN_NOT_YET] = {"The token is not valid yet.", "토큰이 아직 유효하지 않습니다."},
    [REASON_TOKEN_ROOM] = {"The token is for another room.", "다른 방의 토큰입니다."},
    [REASON_NOT_HOST] = {"Only the host may do this.", "진행자만 할 수 있습니다."},
    [REASON_NOT_SEATED] = {"Only somebody with a seat in this debate may do this.",
                           "이 토론에 자리가 있는 사람만 할 수 있습니다."},
    [REASON_OBSERVER] = {"Observers may not do this.", "참관자는 할 수 없습니다."},
    [REASON_NO_GUESTS] = {"Guests are not allowed here.", "손님은 들어올 수 없습니다."},
    [REASON_INIT_FIRST] = {"Send \"init\" first.", "먼저 \"init\" 메시지를 보내 주세요."},
    [REASON_INIT_TWICE] = {"\"init\" was sent already.", "\"init\" 메시지를 이미 보냈습니다."},
    [REASON_REPORTED_TWICE] = {"The start was reported already.", "시작을 이미 알렸습니다."},
    [REASON_NOT_LIVE] = {"The debate is not live.", "토론이 진행 중이 아닙니다."},
    [REASON_ONLY_LOBBY] = {"This is possible before the start only.",
                           "토론이 시작되기 전에만 할 수 있습니다."},
    [REASON_RECORDING_OFF] = {"Recording is switched off on this server.",
                              "이 서버에서는 녹음을 할 수 없습니다."},
    [REASON_GATE] = {"Not everybody has chosen on this page yet.",
                     "이 쪽에서 아직 모두가 선택하지 않았습니다."},
    [REASON_PAGE_NOT_REACHED] = {"This page has not been reached yet.",
                                 "아직 이 쪽까지 진행되지 않았습니다."},
    [REASON_NO_ROUTE] = {"There is nothing at this address.", "이 주소에는 아무것도 없습니다."},
    [REASON_NO_ROOM] = {"There is no such room.", "그런 방이 없습니다."},
    [REASON_NO_SESSION] = {"There is no such session.", "그런 토론이 없습니다."},
    [REASON_NO_RECORDING] = {"There is no such recording.", "그런 녹음이 없습니다."},
    [REASON_NO_PEER] = {"The participant in \"to\" is not there.",
                        "\"to\"에 적힌 참가자가 없습니다."},
    [REASON_STILL_RECORDING] = {"The recording is still running.", "아직 녹음하고 있습니다."},
    [REASON_UPLOADED_ALREADY] = {"The recording was uploaded already.", "이미 올린 녹음입니다."},
    [REASON_UPLOADS_CLOSED] = {"The time for uploads is over.",
                               "녹음을 올릴 수 있는 시간이 지났습니다."},
    [REASON_NOT_OPUS] = {"Only Ogg Opus and WebM Opus are accepted.",
                         "Ogg Opus와 WebM Opus 파일만 받습니다."},
};

static const char *const codes[ERR_COUNT][LANG_COUNT] = {
    [ERR_NONE] = {"Done.", "마쳤습니다."},
    [ERR_BAD_MESSAGE] = {"This is not a message of the debate protocol.",
                         "토론 프로토콜의 메시지가 아닙니다."},
    [ERR_BAD_REQUEST] = {"The request is not valid.", "요청이 올바르지 않습니다."},
    [ERR_BAD_TOKEN] = {"The token is not valid.", "토큰이 유효하지 않습니다."},
    [ERR_FORBIDDEN] = {"You are not allowed to do this.", "이 일을 할 권한이 없습니다."},
    [ERR_NOT_FOUND] = {"This was not found.", "찾을 수 없습니다."},
    [ERR_ENDED] = {"The debate has ended.", "토론이 끝났습니다."},
    [ERR_ROOM_FULL] = {"All seats are taken.", "자리가 모두 찼습니다."},
    [ERR_RATE_LIMITED] = {"Too much at once; please slow down.",
                          "너무 많이 보냈습니다. 잠시 뒤에 다시 해 주세요."},
    [ERR_UNAVAILABLE] = {"The server is shutting down; please try again soon.",
                         "서버가 종료되는 중입니다. 잠시 뒤에 다시 해 주세요."},
    [ERR_TOO_LARGE] = {"This is too large.", "크기가 너무 큽니다."},
    [ERR_UNSUPPORTED_MEDIA] = {"Files of this kind are not accepted.",
                               "받을 수 없는 종류의 파일입니다."},
    [ERR_CONFLICT] = {"This is not possible in the present state.",
                      "지금 상태에서는 할 수 없습니다."},
    [ERR_WRONG_PHASE] = {"This is not possible at this point of the debate.",
                         "지금 단계에서는 할 수 없습니다."},
    [ERR_NO_SUCH_PAGE] = {"There is no such page.", "그런 쪽이 없습니다."},
    [ERR_NO_SUCH_CHOICE] = {"There is no such choice on this page.",
                            "이 쪽에는 그런 선택지가 없습니다."},
    [ERR_ALREADY_REVEALED] = {"The choices of this page were revealed already.",
                              "이 쪽의 선택은 이미 공개되었습니다."},
    [ERR_ALREADY_RECORDING] = {"A recording is running already.", "이미 녹음하고 있습니다."},
    [ERR_NOT_RECORDING] = {"No recording is running.", "녹음하고 있지 않습니다."},
    [ERR_NO_CONSENT] = {"You have not agreed to be recorded.", "녹음에 동의하지 않았습니다."},
    [ERR_UNKNOWN_TYPE] = {"A message of this type is not known here.",
                          "알 수 없는 종류의 메시지입니다."},
    [ERR_INTERNAL] = {"Something went wrong in the server.", "서버에 문제가 생겼습니다."},
    [ERR_NO_MEMORY] = {"Something went wrong in the server.", "서버에 문제가 생겼습니다."},
    [ERR_FULL] = {"Something went wrong in the server.", "서버에 문제가 생겼습니다."},
    [ERR_IO] = {"Something went wrong in the server.", "서버에 문제가 생겼습니다."},
    [ERR_CORRUPT] = {"Something went wrong in the server.", "서버에 문제가 생겼습니다."},
    [ERR_REFUSED] = {"Something went wrong in the server.", "서버에 문제가 생겼습니다."},
    [ERR_UNREACHABLE] = {"Something went wrong in the server.", "서버에 문제가 생겼습니다."},
};

const char *reason_sentence(enum reason reason, enum lang lang)
{
    assert(reason < REASON_COUNT && lang <= LANG_KO);
    return reasons[reason][lang];
}

const char *code_sentence(enum err code, enum lang lang)
{
    assert(code < ERR_COUNT && lang <= LANG_KO);
    return codes[code][lang];
}
