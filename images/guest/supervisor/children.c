/* Work in a child that has the rights of the agent's uid, and the end of everything that it leaves. */
#define _GNU_SOURCE
#include "supervisor.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLEARING_MILLISECONDS 30000

static int child_signals;

void watch_children(void) {
    sigset_t ended;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ended, NULL);
    child_signals = signalfd(-1, &ended, SFD_CLOEXEC | SFD_NONBLOCK);
    if (child_signals < 0) fail();
}

/* Kill every process but this one, and wait until none is left: as process 1 we inherit all orphans. */
static void clear_processes(pid_t awaited, int *status) {
    long long deadline = now_ms() + CLEARING_MILLISECONDS;
    for (;;) {
        kill(-1, SIGKILL);
        for (;;) {
            int ended;
            pid_t pid = waitpid(-1, &ended, WNOHANG);
            if (pid == awaited && status) *status = ended;
            if (pid < 0 && errno == ECHILD) return;
            if (pid <= 0) break;
        }
        if (now_ms() > deadline) fail();
        sleep_a_moment();
    }
}

static void give_up_rights(uid_t uid, int out) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setsid();
    /* On a busy machine 256 processes that only fork were cleared in 0.1 to 4.7 s at our own priority, 0.2 to 2.5 s at 10,
     * 0.1 to 1.8 s at this one. Between containers it changes nothing: each has its own share of the cores. */
    setpriority(PRIO_PROCESS, 0, 19);
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0) fail();
    if (uid != getuid() && (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid))) fail();
    if (close_range(3, ~0u, 0) && errno != ENOSYS) fail();
    umask(022);
}

static void gather(int out, int events, Output *output) {
    char buffer[65536];
    if (events & POLLIN) {
        ssize_t got = read(out, buffer, sizeof buffer);
        if (got > 0) keep(output, buffer, (size_t)got);
    } else if (events) {
        sleep_a_moment(); /* all writers have closed it, and the child still runs */
    }
}

/* Take the ends of children; say whether the one that is awaited is among them. */
static int reap(pid_t awaited, int *status) {
    struct signalfd_siginfo seen;
    int ended, found = 0;
    pid_t pid;
    while (read(child_signals, &seen, sizeof seen) > 0) continue;
    while ((pid = waitpid(-1, &ended, WNOHANG)) > 0)
        if (pid == awaited) {
            *status = ended;
            found = 1;
        }
    return found;
}

static Ending await(pid_t child, int out, long long milliseconds, Output *output) {
    Ending ending = { 0, 0 };
    long long deadline = now_ms() + milliseconds;
    int ended = 0;
    while (!ended) {
        struct pollfd watched[] = { { 0, POLLIN, 0 }, { child_signals, POLLIN, 0 }, { out, POLLIN, 0 } };
        long long left = deadline - now_ms();
        if (left <= 0) {
            ending.timed_out = 1;
            break;
        }
        int most = silence_left();
        if (poll(watched, 3, left > most ? most : (int)left) < 0 && errno != EINTR) fail();
        if (watched[0].revents) hear();
        gather(out, watched[2].revents, output);
        ended = reap(child, &ending.status);
    }
    clear_processes(child, ended ? NULL : &ending.status);
    return ending;
}

static void drain(int out, Output *output) {
    char buffer[65536];
    for (;;) {
        ssize_t got = read(out, buffer, sizeof buffer);
        if (got > 0) keep(output, buffer, (size_t)got);
        else if (got == 0 || errno != EINTR) return;
    }
}

/* Do the work in a child with the rights of `uid`; gather its output until it ends or the time is over. */
Ending run_child(Work work, void *argument, uid_t uid, long long milliseconds, Output *output) {
    int out[2];
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
    Ending ending = await(child, out[0], milliseconds, output);
    drain(out[0], output);
    close(out[0]);
    return ending;
}
