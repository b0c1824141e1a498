/* Answers on standard output. */
#include "supervisor.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Bytes text_field(char *text) { return (Bytes){ text, (uint32_t)strlen(text) }; }

void answer(const Request *request, char operation, const Bytes *fields, int count) {
    uint32_t size = 1 + NONCE_BYTES;
    for (int i = 0; i < count; i++) size += 4 + fields[i].size;
    char *frame = take_memory(4 + (size_t)size), *at = frame;
    memcpy(at, &size, 4); at += 4;
    *at++ = operation;
    memcpy(at, request->nonce, NONCE_BYTES); at += NONCE_BYTES;
    for (int i = 0; i < count; i++) {
        memcpy(at, &fields[i].size, 4); at += 4;
        if (fields[i].size) memcpy(at, fields[i].data, fields[i].size);
        at += fields[i].size;
    }
    if (write_all(1, frame, 4 + (size_t)size)) _exit(0);
    free(frame);
}
