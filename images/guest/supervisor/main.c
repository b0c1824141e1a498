/* The supervisor: process 1 of a container. It reads requests from standard input and answers on standard output.
 *
 *   supervisor LIFETIME_SECONDS AGENT_UID SILENCE_SECONDS
 *
 * A frame is a length (u32, little endian) and that many bytes: an operation (one character), the request's nonce (eight
 * bytes), and fields, each a length (u32) and its bytes. Requests:
 *   R  run a command      uid, folder, milliseconds, bytes kept, number of words, the words, NAME=VALUE ...
 *   P  put files          path, data, path, data ...
 *   G  get files          most bytes of all, path ...
 *   L  look               path of a text, or = and the path of a file system ...
 *   H  heartbeat          nothing; has no answer
 * Answers carry the operation and the nonce of the request:
 *   R  exit code; "t" timed out, "o" memory was used up, "-" neither; percent of the memory still held after "o";
 *      bytes written in all; first part; last part
 *   P  an empty field, or what failed
 *   G  one field: for each path a byte (1 found, 0 not) and, if found, length (u32) and data
 *   L  a field for each path, and the error numbers of calls that must be refused
 *
 * Everything but waiting happens in a child that has given up its rights for the agent's uid. After each request every
 * other process of the container is killed. The container ends when standard input ends, when the lifetime is over, when
 * nothing came for the seconds of silence, and at a malformed frame.
 * Linux only; no memory of a request outlives it. */
#define _GNU_SOURCE
#include "supervisor.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

void fail(void) { _exit(70); }

void *take_memory(size_t size) {
    void *made = malloc(size ? size : 1);
    if (!made) fail();
    return made;
}

long long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void sleep_a_moment(void) {
    struct timespec moment = { 0, 1000000 };
    nanosleep(&moment, NULL);
}

int write_all(int file, const char *data, size_t size) {
    while (size) {
        ssize_t done = write(file, data, size);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return -1;
        data += done;
        size -= (size_t)done;
    }
    return 0;
}

int main(int count, char **words) {
    if (count != 4) fail();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGALRM, _exit);
    alarm((unsigned)atoi(words[1]));
    prctl(PR_SET_DUMPABLE, 0);
    uid_t agent = (uid_t)atoi(words[2]);
    set_silence(1000LL * atoi(words[3]));
    watch_children();
    for (;;) {
        Request request = next_request();
        if (request.operation == 'R') run_command(&request);
        else if (request.operation == 'P' || request.operation == 'G') move_files(&request, agent);
        else if (request.operation == 'L') look(&request);
        else fail();
        free(request.data);
    }
}
