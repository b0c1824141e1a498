/* The requests P and G: files in and out, with the rights of the agent. */
#define _GNU_SOURCE
#include "supervisor.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MILLISECONDS 60000

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

/* Write a byte that says whether the regular file is there, and if so its length and data. */
static void get_file(const char *path, long long *most) {
    int file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
    struct stat facts;
    char flag = file >= 0 && fstat(file, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size <= *most;
    uint32_t size = flag ? (uint32_t)facts.st_size : 0, done = 0;
    char *data = take_memory(size);
    while (flag && done < size) {
        ssize_t got = read(file, data + done, size - done);
        if (got <= 0) break;
        done += (uint32_t)got;
    }
    *most -= done;
    if (write_all(1, &flag, 1) || (flag && (write_all(1, (char *)&done, 4) || write_all(1, data, done)))) _exit(1);
    free(data);
    if (file >= 0) close(file);
}

static void get_files(void *argument) {
    Wanted *wanted = argument;
    while (wanted->paths.at < wanted->paths.end) get_file(next_field(&wanted->paths).data, &wanted->most);
}

void move_files(Request *request, uid_t agent) {
    int reads = request->operation == 'G';
    Wanted wanted = { request->fields, 0 };
    if (reads) {
        wanted.most = number_of(next_field(&wanted.paths));
        if (wanted.most < 0 || wanted.most > (long long)LARGEST_FRAME / 4) fail();
    }
    /* Only the first half of what is kept is sent: room for the data, and for five bytes a path. */
    size_t paths = (size_t)(request->fields.end - request->fields.at);
    Output output = new_output(2 * (reads ? (size_t)wanted.most + 2 * paths : 4096));
    Ending ending = reads ? run_child(get_files, &wanted, agent, FILES_MILLISECONDS, &output)
                          : run_child(put_files, &request->fields, agent, FILES_MILLISECONDS, &output);
    int failed = ending.timed_out || ending.status;
    Bytes said = { output.head, (uint32_t)output.head_size };
    if (failed && (reads || !said.size)) said = text_field("the files could not be moved");
    answer(request, failed && reads ? 'E' : request->operation, &said, 1);
    free_output(&output);
}
