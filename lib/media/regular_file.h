/* Opening a file to read: inner part of media. Any thread. */
#ifndef DEBATE_MEDIA_REGULAR_FILE_H
#define DEBATE_MEDIA_REGULAR_FILE_H

/* A file that can be read again and has an end. -1 with errno: EISDIR, or EINVAL for a pipe, which
 * holds nobody up. */
int regular_file_open(const char *path);

#endif
