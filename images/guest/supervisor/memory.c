/* What the kernel says of the container's memory, whatever the version of its cgroup. */
#include "supervisor.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define V1 "/sys/fs/cgroup/memory/"
#define V2 "/sys/fs/cgroup/"

static long long number_in(const char *path, const char *name) {
    char text[8192];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t got = read(file, text, sizeof text - 1);
    close(file);
    text[got > 0 ? got : 0] = 0;
    if (!name) return atoll(text);
    for (char *line = text; line; line = (line = strchr(line, '\n')) ? line + 1 : NULL)
        if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ' ') return atoll(line + strlen(name) + 1);
    return -1;
}

static long long either(const char *second, const char *first, const char *name) {
    long long found = number_in(second, name);
    return found >= 0 ? found : number_in(first, name);
}

/* Return how often the kernel has killed for memory in this container. */
long oom_kills(void) {
    long long found = either(V2 "memory.events", V1 "memory.oom_control", "oom_kill");
    return found < 0 ? 0 : (long)found;
}

/* Return how much of the limit is in use and cannot be had back by dropping cached files; 0 without a limit. */
int memory_held_percent(void) {
    long long limit = either(V2 "memory.max", V1 "memory.limit_in_bytes", NULL);
    long long used = either(V2 "memory.current", V1 "memory.usage_in_bytes", NULL);
    const char *names[] = { "inactive_file", "active_file" };
    for (int i = 0; i < 2; i++) {
        long long cached = either(V2 "memory.stat", V1 "memory.stat", names[i]);
        used -= cached > 0 ? cached : 0;
    }
    return limit <= 0 || used <= 0 ? 0 : (int)(100 * used / limit);
}
