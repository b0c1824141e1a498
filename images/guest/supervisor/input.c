/* Requests out of standard input: bytes are taken as they come, also while a command runs, and heartbeats are dropped. */
#include "supervisor.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD (4 + 1 + NONCE_BYTES)

static char *held;
static size_t held_size, held_room;
static long long heard_at, longest_silence;

void set_silence(long long milliseconds) {
    longest_silence = milliseconds;
    heard_at = now_ms();
}

/* Take what standard input holds now; its end is the end of the container. */
void hear(void) {
    if (held_room - held_size < 65536) {
        if (held_size > (size_t)LARGEST_FRAME + HEAD) fail();
        held_room = held_room ? 2 * held_room : 1 << 17;
        held = realloc(held, held_room);
        if (!held) fail();
    }
    ssize_t got = read(0, held + held_size, held_room - held_size);
    if (got < 0 && errno == EINTR) return;
    if (got <= 0) _exit(0);
    held_size += (size_t)got;
    heard_at = now_ms();
}

/* Return how many milliseconds of silence are left; end the container when there are none. A container that was frozen, as
 * for a commit, first hears what came meanwhile. */
int silence_left(void) {
    long long left = heard_at + longest_silence - now_ms();
    struct pollfd input = { 0, POLLIN, 0 };
    if (left <= 0 && poll(&input, 1, 0) > 0) {
        hear();
        left = longest_silence;
    }
    if (left <= 0) _exit(71);
    return left > 60000 ? 60000 : (int)left;
}

static uint32_t frame_size(void) {
    uint32_t size;
    memcpy(&size, held, 4);
    if (size < 1 + NONCE_BYTES || size > LARGEST_FRAME) fail();
    return size;
}

static void drop(size_t size) {
    held_size -= size;
    memmove(held, held + size, held_size);
    if (held_room > (1 << 20) && held_size < (1 << 17)) {
        held_room = 1 << 17;
        held = realloc(held, held_room);
        if (!held) fail();
    }
}

/* Return the next request that is no heartbeat; its data are the caller's to free. */
Request next_request(void) {
    for (;;) {
        if (held_size >= 4) {
            size_t size = frame_size();
            if (held_size >= 4 + size) {
                if (held[4] == 'H') {
                    drop(4 + size);
                    continue;
                }
                Request made = { take_memory(size + 1), held[4], { 0 }, { NULL, NULL } };
                memcpy(made.data, held + 4, size);
                memcpy(made.nonce, made.data + 1, NONCE_BYTES);
                made.fields = (Reader){ made.data + 1 + NONCE_BYTES, made.data + size };
                drop(4 + size);
                return made;
            }
        }
        struct pollfd input = { 0, POLLIN, 0 };
        if (poll(&input, 1, silence_left()) < 0 && errno != EINTR) fail();
        if (input.revents) hear();
    }
}

/* Return the next field, ended by a NUL that is not counted: the byte behind a field is the next length, read before. */
Bytes next_field(Reader *reader) {
    uint32_t size;
    if (reader->end - reader->at < 4) fail();
    memcpy(&size, reader->at, 4);
    if ((size_t)(reader->end - reader->at - 4) < size) fail();
    Bytes field = { reader->at + 3, size };
    memmove(field.data, reader->at + 4, size);
    field.data[size] = 0;
    reader->at += 4 + size;
    return field;
}

long long number_of(Bytes field) { return atoll(field.data); }
