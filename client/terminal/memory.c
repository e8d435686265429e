#include "terminal/memory.h"

#include <stdio.h>
#include <string.h>

#include "session/state_folder.h"

static const char consent[] = "consent";

bool memory_consent(bool *agrees)
{
    char path[4096], word[8] = "";
    if (state_folder_path(consent, path, sizeof path))
        return false;
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    bool is_read = fgets(word, sizeof word, file) != NULL;
    fclose(file);
    word[strcspn(word, "\n")] = '\0';
    *agrees = strcmp(word, "yes") == 0;
    return is_read && (*agrees || strcmp(word, "no") == 0);
}

enum err memory_keep_consent(bool agrees)
{
    char path[4096];
    enum err e = state_folder_path("", path, sizeof path);
    if (!e)
        e = state_folder_make(path);
    if (!e)
        e = state_folder_path(consent, path, sizeof path);
    if (e)
        return e;
    FILE *file = fopen(path, "w");
    if (!file)
        return ERR_IO;
    fputs(agrees ? "yes\n" : "no\n", file);
    return fclose(file) == 0 ? ERR_NONE : ERR_IO;
}
