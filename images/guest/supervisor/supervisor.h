/* What the files of the supervisor share. main.c says what it is, and what its frames hold. */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define LARGEST_FRAME (256u << 20)
#define NONCE_BYTES 8

typedef struct { char *data; uint32_t size; } Bytes;
typedef struct { char *at; char *end; } Reader;
typedef struct { char *data; char operation; char nonce[NONCE_BYTES]; Reader fields; } Request;
/* What a child wrote: all of it while it is short, later its first and its last half. The tail is a ring. */
typedef struct { char *head, *tail; size_t half, head_size, tail_size, tail_at; uint64_t total; } Output;
typedef struct { int status; int timed_out; } Ending;
typedef void (*Work)(void *argument);

void fail(void) __attribute__((noreturn));
void *take_memory(size_t size);
long long now_ms(void);
void sleep_a_moment(void);
int write_all(int file, const char *data, size_t size);

/* input.c: requests out of standard input. */
void set_silence(long long milliseconds);
int silence_left(void);
void hear(void);
Request next_request(void);
Bytes next_field(Reader *reader);
long long number_of(Bytes field);

/* answers.c */
Bytes text_field(char *text);
void answer(const Request *request, char operation, const Bytes *fields, int count);

/* output.c */
Output new_output(size_t kept);
void free_output(Output *output);
void keep(Output *output, const char *data, size_t size);
Bytes tail_of(Output *output);

/* memory.c */
long oom_kills(void);
int memory_held_percent(void);

/* children.c: work with the rights of the agent, and its end. */
void watch_children(void);
Ending run_child(Work work, void *argument, uid_t uid, long long milliseconds, Output *output);

/* What main.c does with a request. */
void run_command(Request *request);
void move_files(Request *request, uid_t agent);
void look(Request *request);
#endif
