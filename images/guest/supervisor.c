/* The supervisor: process 1 of a container. It reads requests from standard input and answers on standard output.
 *
 *   supervisor LIFETIME_SECONDS AGENT_UID
 *
 * A frame is a length (u32, little endian) and that many bytes: an operation (one character), the number of the request
 * (u32), and fields, each a length (u32) and its bytes. Requests:
 *   R  run a command      uid, folder, milliseconds, bytes kept, number of words, the words, NAME=VALUE ...
 *   P  put files          path, data, path, data ...
 *   G  get files          most bytes of all, path ...
 * Answers carry the operation and the number of the request:
 *   R  exit code, "t" timed out, "o" memory was used up, "-" neither; bytes written in all; first part; last part
 *   P  an empty field, or what failed
 *   G  one field: for each path a byte (1 found, 0 not) and, if found, length (u32) and data
 *
 * Everything but waiting happens in a child that has given up its rights for the agent's uid. After each request every
 * other process of the container is killed. The end of standard input, or of the lifetime, ends the container.
 * Linux only; no memory of a request outlives it; a malformed frame ends the container. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LARGEST_FRAME (256u << 20)
#define FILES_MILLISECONDS 60000

typedef struct { char *data; uint32_t size; } Bytes;
typedef struct { char *at; char *end; } Reader;
/* What a child wrote: all of it while it is short, later its first and its last half. The tail is a ring. */
typedef struct { char *head, *tail; size_t half, head_size, tail_size, tail_at; uint64_t total; } Output;
typedef struct { int status; int timed_out; } Ending;
typedef void (*Work)(void *argument);

static uid_t agent;
static int child_signals;

static void fail(void) { _exit(70); }

static void *take_memory(size_t size) {
    void *made = malloc(size ? size : 1);
    if (!made) fail();
    return made;
}

static void read_exactly(char *into, size_t size) {
    while (size) {
        ssize_t got = read(0, into, size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) _exit(0);
        into += got;
        size -= (size_t)got;
    }
}

static int write_all(int file, const char *data, size_t size) {
    while (size) {
        ssize_t done = write(file, data, size);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return -1;
        data += done;
        size -= (size_t)done;
    }
    return 0;
}

static void answer(char operation, uint32_t number, const Bytes *fields, int count) {
    uint32_t size = 5;
    for (int i = 0; i < count; i++) size += 4 + fields[i].size;
    char *frame = take_memory(4 + (size_t)size), *at = frame;
    memcpy(at, &size, 4); at += 4;
    *at++ = operation;
    memcpy(at, &number, 4); at += 4;
    for (int i = 0; i < count; i++) {
        memcpy(at, &fields[i].size, 4); at += 4;
        if (fields[i].size) memcpy(at, fields[i].data, fields[i].size);
        at += fields[i].size;
    }
    if (write_all(1, frame, 4 + (size_t)size)) _exit(0);
    free(frame);
}

/* Return the next field, ended by a NUL that is not counted: the byte behind a field is the next length, read before. */
static Bytes next_field(Reader *reader) {
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

static long long number_of(Bytes field) { return atoll(field.data); }

static long long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Return how often the kernel has killed for memory in this container, whatever the version of its cgroup. */
static long oom_kills(void) {
    const char *names[] = { "/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control" };
    char text[512];
    for (int i = 0; i < 2; i++) {
        int file = open(names[i], O_RDONLY | O_CLOEXEC);
        if (file < 0) continue;
        ssize_t got = read(file, text, sizeof text - 1);
        close(file);
        text[got > 0 ? got : 0] = 0;
        char *line = strstr(text, "oom_kill ");
        if (line) return atol(line + 9);
    }
    return 0;
}

static void keep(Output *output, const char *data, size_t size) {
    output->total += size;
    size_t room = output->half - output->head_size, first = size < room ? size : room;
    memcpy(output->head + output->head_size, data, first);
    output->head_size += first;
    data += first; size -= first;
    if (size > output->half) {
        data += size - output->half;
        size = output->half;
    }
    for (size_t i = 0; i < size; i++) {
        output->tail[output->tail_at] = data[i];
        output->tail_at = (output->tail_at + 1) % output->half;
    }
    output->tail_size = output->tail_size + size < output->half ? output->tail_size + size : output->half;
}

static Bytes tail_of(Output *output) {
    char *straight = take_memory(output->tail_size);
    size_t start = (output->tail_at + output->half - output->tail_size) % (output->half ? output->half : 1);
    for (size_t i = 0; i < output->tail_size; i++) straight[i] = output->tail[(start + i) % output->half];
    return (Bytes){ straight, (uint32_t)output->tail_size };
}

static void drain(int file, Output *output) {
    char buffer[65536];
    for (;;) {
        ssize_t got = read(file, buffer, sizeof buffer);
        if (got > 0) keep(output, buffer, (size_t)got);
        else if (got == 0 || errno != EINTR) return;
    }
}

/* Kill every process but this one, and wait until none is left: as process 1 we inherit all orphans. */
static void clear_processes(pid_t awaited, int *status) {
    for (;;) {
        kill(-1, SIGKILL);
        for (;;) {
            int ended;
            pid_t pid = waitpid(-1, &ended, WNOHANG);
            if (pid == awaited && status) *status = ended;
            if (pid < 0 && errno == ECHILD) return;
            if (pid <= 0) break;
        }
        struct timespec moment = { 0, 1000000 };
        nanosleep(&moment, NULL);
    }
}

static void give_up_rights(uid_t uid, int out) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setsid();
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0) fail();
    if (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid)) fail();
    if (close_range(3, ~0u, 0) && errno != ENOSYS) fail();
    umask(022);
}

/* Do the work in a child with the rights of `uid`; gather its output until it ends or the time is over. */
static Ending run_child(Work work, void *argument, uid_t uid, long long milliseconds, Output *output) {
    int out[2];
    Ending ending = { 0, 0 };
    if (pipe2(out, O_CLOEXEC)) fail();
    pid_t child = fork();
    if (child < 0) fail();
    if (!child) {
        give_up_rights(uid, out[1]);
        work(argument);
        _exit(0);
    }
    close(out[1]);
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    long long deadline = now_ms() + milliseconds;
    int ended = 0;
    while (!ended) {
        struct pollfd watched[] = { { 0, 0, 0 }, { child_signals, POLLIN, 0 }, { out[0], POLLIN, 0 } };
        long long left = deadline - now_ms();
        if (left <= 0) {
            ending.timed_out = 1;
            break;
        }
        if (poll(watched, 3, left > 60000 ? 60000 : (int)left) < 0 && errno != EINTR) fail();
        if (watched[0].revents & (POLLHUP | POLLERR)) _exit(0);
        if (watched[2].revents & POLLIN) {
            char buffer[65536];
            ssize_t got = read(out[0], buffer, sizeof buffer);
            if (got > 0) keep(output, buffer, (size_t)got);
        } else if (watched[2].revents) {
            struct timespec moment = { 0, 1000000 };
            nanosleep(&moment, NULL); /* all writers have closed it, and the child still runs */
        }
        struct signalfd_siginfo seen;
        while (read(child_signals, &seen, sizeof seen) > 0) continue;
        int status;
        pid_t pid;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
            if (pid == child) {
                ending.status = status;
                ended = 1;
            }
    }
    clear_processes(child, ended ? NULL : &ending.status);
    drain(out[0], output);
    close(out[0]);
    return ending;
}

static Output new_output(size_t kept) {
    Output made = { take_memory(kept / 2), take_memory(kept / 2), kept / 2, 0, 0, 0, 0 };
    return made;
}

static void free_output(Output *output) {
    free(output->head);
    free(output->tail);
}

typedef struct { char *folder; char **words; char **environment; } Command;

static void execute(void *argument) {
    Command *command = argument;
    if (chdir(command->folder)) {
        dprintf(2, "cannot enter %s: %s\n", command->folder, strerror(errno));
        _exit(126);
    }
    environ = command->environment;
    execvp(command->words[0], command->words);
    dprintf(2, "cannot run %s: %s\n", command->words[0], strerror(errno));
    _exit(127);
}

static void run_command(uint32_t number, Reader fields) {
    uid_t uid = (uid_t)number_of(next_field(&fields));
    Command command = { next_field(&fields).data, NULL, NULL };
    long long milliseconds = number_of(next_field(&fields)), kept = number_of(next_field(&fields));
    long long words = number_of(next_field(&fields));
    size_t most = (size_t)(fields.end - fields.at) / 4 + 2;
    if (words < 1 || (size_t)words > most || kept < 2 || kept > (long long)LARGEST_FRAME / 2) fail();
    command.words = take_memory((size_t)(words + 1) * sizeof(char *));
    for (long long i = 0; i < words; i++) command.words[i] = next_field(&fields).data;
    command.words[words] = NULL;
    command.environment = take_memory(most * sizeof(char *));
    size_t named = 0;
    while (fields.at < fields.end) command.environment[named++] = next_field(&fields).data;
    command.environment[named] = NULL;
    Output output = new_output((size_t)kept);
    long before = oom_kills();
    Ending ending = run_child(execute, &command, uid, milliseconds, &output);
    char code[16], mark[2] = { ending.timed_out ? 't' : oom_kills() > before ? 'o' : '-', 0 }, total[24];
    int status = ending.status;
    snprintf(code, sizeof code, "%d", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    snprintf(total, sizeof total, "%llu", (unsigned long long)output.total);
    Bytes tail = tail_of(&output);
    Bytes said[] = { { code, (uint32_t)strlen(code) }, { mark, 1 }, { total, (uint32_t)strlen(total) },
                     { output.head, (uint32_t)output.head_size }, tail };
    answer('R', number, said, 5);
    free(tail.data);
    free_output(&output);
    free(command.words);
    free(command.environment);
}

static void make_folders(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(path, 0755);
        *slash = '/';
    }
}

/* A link is replaced by the file, never followed, and an old file's other names keep its old content. */
static void put_files(void *argument) {
    Reader *fields = argument;
    while (fields->at < fields->end) {
        Bytes path = next_field(fields), data = next_field(fields);
        make_folders(path.data);
        struct stat old;
        mode_t mode = lstat(path.data, &old) == 0 && S_ISREG(old.st_mode) ? old.st_mode & 0777 : 0644;
        unlink(path.data);
        int file = open(path.data, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
        if (file < 0 || fchmod(file, mode) || write_all(file, data.data, data.size) || close(file)) {
            dprintf(1, "%s: %s", path.data, strerror(errno));
            _exit(1);
        }
    }
}

typedef struct { Reader paths; long long most; } Wanted;

static void get_files(void *argument) {
    Wanted *wanted = argument;
    while (wanted->paths.at < wanted->paths.end) {
        Bytes path = next_field(&wanted->paths);
        int file = open(path.data, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
        struct stat facts;
        char flag = file >= 0 && fstat(file, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size <= wanted->most;
        uint32_t size = flag ? (uint32_t)facts.st_size : 0, done = 0;
        char *data = take_memory(size);
        while (flag && done < size) {
            ssize_t got = read(file, data + done, size - done);
            if (got <= 0) break;
            done += (uint32_t)got;
        }
        wanted->most -= done;
        if (write_all(1, &flag, 1) || (flag && (write_all(1, (char *)&done, 4) || write_all(1, data, done)))) _exit(1);
        free(data);
        if (file >= 0) close(file);
    }
}

static void move_files(char operation, uint32_t number, Reader fields) {
    Wanted wanted = { fields, 0 };
    if (operation == 'G') {
        wanted.most = number_of(next_field(&wanted.paths));
        if (wanted.most < 0 || wanted.most > (long long)LARGEST_FRAME / 4) fail();
    }
    /* Only the first half of what is kept is sent: room for the data, and for five bytes a path. */
    size_t room = operation == 'G' ? (size_t)wanted.most + 2 * (size_t)(fields.end - fields.at) : 4096;
    Output output = new_output(2 * room);
    Ending ending = operation == 'G' ? run_child(get_files, &wanted, agent, FILES_MILLISECONDS, &output)
                                     : run_child(put_files, &fields, agent, FILES_MILLISECONDS, &output);
    const char *unclear = "the files could not be moved";
    int failed = ending.timed_out || ending.status;
    Bytes said = { output.head, (uint32_t)output.head_size };
    if (failed && (operation == 'G' || !said.size)) said = (Bytes){ (char *)unclear, (uint32_t)strlen(unclear) };
    answer(failed && operation == 'G' ? 'E' : operation, number, &said, 1);
    free_output(&output);
}

int main(int count, char **words) {
    if (count != 3) fail();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGALRM, _exit);
    alarm((unsigned)atoi(words[1]));
    agent = (uid_t)atoi(words[2]);
    sigset_t ended;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ended, NULL);
    child_signals = signalfd(-1, &ended, SFD_CLOEXEC | SFD_NONBLOCK);
    if (child_signals < 0) fail();
    for (;;) {
        uint32_t size, number;
        read_exactly((char *)&size, 4);
        if (size < 5 || size > LARGEST_FRAME) fail();
        char *frame = take_memory((size_t)size + 1);
        read_exactly(frame, size);
        memcpy(&number, frame + 1, 4);
        Reader fields = { frame + 5, frame + size };
        if (frame[0] == 'R') run_command(number, fields);
        else if (frame[0] == 'P' || frame[0] == 'G') move_files(frame[0], number, fields);
        else fail();
        free(frame);
    }
}
