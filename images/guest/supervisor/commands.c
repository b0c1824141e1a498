/* The request R: a command, with its output, its end and what it did to the memory. */
#define _GNU_SOURCE
#include "supervisor.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

static void read_words(Reader *fields, Command *command) {
    long long words = number_of(next_field(fields));
    size_t most = (size_t)(fields->end - fields->at) / 4 + 2, named = 0;
    if (words < 1 || (size_t)words > most) fail();
    command->words = take_memory((size_t)(words + 1) * sizeof(char *));
    for (long long i = 0; i < words; i++) command->words[i] = next_field(fields).data;
    command->words[words] = NULL;
    command->environment = take_memory(most * sizeof(char *));
    while (fields->at < fields->end) command->environment[named++] = next_field(fields).data;
    command->environment[named] = NULL;
}

static void answer_command(Request *request, Ending ending, Output *output, int out_of_memory) {
    char code[16], mark[2] = { ending.timed_out ? 't' : out_of_memory ? 'o' : '-', 0 }, total[24], held[16];
    int status = ending.status;
    snprintf(code, sizeof code, "%d", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    snprintf(total, sizeof total, "%llu", (unsigned long long)output->total);
    snprintf(held, sizeof held, "%d", out_of_memory ? memory_held_percent() : 0);
    Bytes tail = tail_of(output);
    Bytes said[] = { text_field(code), text_field(mark), text_field(held), text_field(total),
                     { output->head, (uint32_t)output->head_size }, tail };
    answer(request, 'R', said, 6);
    free(tail.data);
}

void run_command(Request *request) {
    Reader *fields = &request->fields;
    uid_t uid = (uid_t)number_of(next_field(fields));
    Command command = { next_field(fields).data, NULL, NULL };
    long long milliseconds = number_of(next_field(fields)), kept = number_of(next_field(fields));
    if (kept < 2 || kept > (long long)LARGEST_FRAME / 2) fail();
    read_words(fields, &command);
    Output output = new_output((size_t)kept);
    long before = oom_kills();
    Ending ending = run_child(execute, &command, uid, milliseconds, &output);
    answer_command(request, ending, &output, oom_kills() > before);
    free_output(&output);
    free(command.words);
    free(command.environment);
}
