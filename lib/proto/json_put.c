#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "proto/json.h"
#include "proto/json_memory.h"

/* The tree is only ever printed, never searched: names are not copied. cJSON's own printing of a
 * number costs more than all the rest of an event, and can't be told how many decimals are wanted;
 * so numbers are put in as text. */
static void put(cJSON *object, const char *name, cJSON *value)
{
    if (!cJSON_AddItemToObjectCS(object, name, value))
        cJSON_Delete(value);
}

cJSON *json_new_object(void)
{
    return cJSON_CreateObject();
}

cJSON *json_put_object(cJSON *parent, const char *name)
{
    cJSON *object = parent ? cJSON_CreateObject() : NULL;
    put(parent, name, object);
    return object;
}

cJSON *json_put_array(cJSON *parent, const char *name)
{
    cJSON *array = parent ? cJSON_CreateArray() : NULL;
    put(parent, name, array);
    return array;
}

cJSON *json_add_object(cJSON *array)
{
    cJSON *object = array ? cJSON_CreateObject() : NULL;
    cJSON_AddItemToArray(array, object);
    return object;
}

void json_put_string(cJSON *object, const char *name, const char *value)
{
    put(object, name, cJSON_CreateStringReference(value));
}

void json_add_string(cJSON *array, const char *value)
{
    cJSON *item = cJSON_CreateStringReference(value);
    if (!cJSON_AddItemToArray(array, item))
        cJSON_Delete(item);
}

void json_put_bool(cJSON *object, const char *name, bool value)
{
    put(object, name, cJSON_CreateBool(value));
}

void json_put_null(cJSON *object, const char *name)
{
    put(object, name, cJSON_CreateNull());
}

/* JSON that was printed before. */
static void put_raw(cJSON *object, const char *name, const char *json)
{
    put(object, name, cJSON_CreateRaw(json));
}

void json_put_integer(cJSON *object, const char *name, int64_t value)
{
    char text[1 + STR_DIGITS_SIZE];
    char *at = str_digits(value < 0 ? -(uint64_t)value : (uint64_t)value, text + 1);
    if (value < 0)
        *--at = '-';
    put_raw(object, name, at);
}

/* printf writes the decimal point of the locale. */
static void point_decimals(char *text)
{
    char *comma = strchr(text, ',');
    if (comma)
        *comma = '.';
}

/* The fewest digits that give the same number back; 17 always do. */
static void shortest_text(char text[JSON_NUMBER_SIZE], double value)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, JSON_NUMBER_SIZE, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    point_decimals(text);
}

void json_put_number(cJSON *object, const char *name, double value)
{
    char text[JSON_NUMBER_SIZE];
    shortest_text(text, value);
    put_raw(object, name, text);
}

char *json_rounded_text(char text[JSON_NUMBER_SIZE], double value)
{
    if (!(fabs(value) <= JSON_INTEGER_MAX)) {
        shortest_text(text, value);
        return text;
    }
    size_t len = (size_t)snprintf(text, JSON_NUMBER_SIZE, "%.3f", value);
    while (text[len - 1] == '0')
        len--;
    if (!isdigit((unsigned char)text[len - 1]))
        len--;
    text[len] = '\0';
    point_decimals(text);
    return strcmp(text, "-0") == 0 ? text + 1 : text;
}

void json_put_rounded(cJSON *object, const char *name, double value)
{
    char text[JSON_NUMBER_SIZE];
    put_raw(object, name, json_rounded_text(text, value));
}

void json_put_seconds(cJSON *object, const char *name, int64_t value_ms)
{
    if (value_ms % 1000 == 0)
        json_put_integer(object, name, value_ms / 1000);
    else
        json_put_rounded(object, name, (double)value_ms / 1000);
}

void json_put_participant(cJSON *object, const char *name, unsigned participant)
{
    char text[PARTICIPANT_SIZE];
    if (participant == 0)
        json_put_null(object, name);
    else
        put(object, name, cJSON_CreateString(participant_text(participant, text)));
}

cJSON *json_put_numbered(cJSON *object, unsigned number)
{
    char name[16];
    snprintf(name, sizeof name, "%u", number);
    cJSON *item = object ? cJSON_CreateObject() : NULL;
    if (cJSON_AddItemToObject(object, name, item))
        return item;
    cJSON_Delete(item);
    return NULL;
}

void json_put_for_participant(cJSON *object, unsigned participant, const char *value)
{
    char name[PARTICIPANT_SIZE];
    participant_text(participant, name);
    cJSON *item = cJSON_CreateStringReference(value);
    if (!cJSON_AddItemToObject(object, name, item))
        cJSON_Delete(item);
}

/* Restores what a failed print wrote over. */
static enum err fail(struct buf *out, enum err e)
{
    out->failed = true;
    if (out->data)
        out->data[out->len] = '\0';
    return e;
}

enum err json_print(cJSON *root, struct buf *out)
{
    enum { FIRST_GUESS = 512 };
    if (!root || json_memory_failed())
        return fail(out, ERR_NO_MEMORY);
    size_t left = out->len_max - out->len;
    for (size_t guess = FIRST_GUESS;; guess *= 4) {
        enum err e = buf_reserve(out, guess < left ? guess : left);
        if (e)
            return fail(out, e);
        size_t room = out->cap - out->len;
        if (room > left + 1)
            room = left + 1;
        if (cJSON_PrintPreallocated(root, out->data + out->len, (int)room, false)) {
            out->len += strlen(out->data + out->len);
            return ERR_NONE;
        }
        if (guess >= left)
            return fail(out, ERR_FULL);
    }
}
