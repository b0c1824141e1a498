/* Engine: the interpreter's headers, and what one engine holds. */
#define PY_SSIZE_T_CLEAN
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#endif
#include <patchlevel.h>
#if PY_VERSION_HEX >= 0x030B0000
#define Py_BUILD_CORE_MODULE 1 /* frames and the values of instances are read where the interpreter keeps them */
#endif
#include <Python.h>
#if PY_VERSION_HEX >= 0x030B0000
#include "internal/pycore_code.h"
#include "internal/pycore_dict.h"
#include "internal/pycore_frame.h"
#include "internal/pycore_object.h"
#endif
#if PY_VERSION_HEX >= 0x030D0000
#include "internal/pycore_setobject.h"
#endif
#include <frameobject.h>
#if PY_VERSION_HEX < 0x030B0000
#include <longintrepr.h>
#endif
#include <structmember.h>
#if PY_VERSION_HEX < 0x030C0000
#include <opcode.h>
#undef CALL /* an opcode of 3.11; here it is an event */
#endif
#include <stdint.h>
#include <string.h>
#include <time.h>

#define CALL 0
#define LINE 1
#define RETURN 2
#define EXCEPTION 3
#define UNWIND 4
#define CHUNK 4096
#define SECONDS_EVERY 256
#define MOST_INT_BITS 2048
#define DEEPEST 32
#define TYPES 256
#define SHOWN 512
#define LONG_STRING 64
#define INSTANCE SIZE_MAX
#define LARGE_LEAF 4096
#define MOST_OF_MESSAGE 500
#define LINES 256
#define PENDING 32768

#if PY_VERSION_HEX >= 0x030B0000
typedef struct _PyInterpreterFrame Frame;
#else
typedef PyFrameObject Frame;
#endif

/* `wide` says that there may be characters of more than one byte. */
typedef struct { char *data; size_t size, room; int wide; } Buffer;
typedef struct { uintptr_t *at; size_t size, room; } Words;
typedef struct { PyObject **at; size_t size, room; } Leaves;
typedef struct { void *code; int offset; long line; } Remembered;
/* A part of a value that is no leaf: where it lay, its place in what was made of the whole, and the last part inside it.
 * `before` and `used` are the nodes that there was room for and that it took. */
typedef struct { void *address; uint32_t end; int is_short; long before, used; size_t words, leaves, text, size[3]; } Part;
/* A value as it was shown: its text, which is that of whatever lies at the address as long as the words hold.
 *
 * Words are runs of memory: an address, a count, and what stood there. A run lies in an object that an earlier run has
 * found in its place, so that it is alive. Leaves are held: their addresses cannot stand for anything else meanwhile. */
typedef struct Shown {
    void *address;
    long references;
    int is_short;
    Words words;
    Leaves leaves;
    Buffer text, cut; /* `cut` is the text where that is too long */
    Part *parts;
    size_t part_count, part_room;
    struct Shown *next;
} Shown;
/* What a scope last knew of a name: a leaf that is held and its text, or a value as it was shown. */
typedef struct { int bound; PyObject *leaf; Shown *shown; Buffer text; } Known;
typedef struct { PyObject *name; int fast, cell; long number; } Slot;
typedef struct { PyCodeObject *code; int shown, optimized, instrumented, slots; long number; Slot *slot; } Code;
/* `room` entries of `known` are kept with their memory when the scope's place on the stack is used again. `fresh` says that
 * nothing has run since its call was recorded. `error` is what its exceptions said, of which there are none, one text or
 * several (`errors`); the last one was event number `raised_at`. */
typedef struct {
    Code *code;
    void *frame;
    uint32_t line;
    int raised, fresh, slots, room, errors;
    long raised_at;
    Known *known;
    PyObject **names;
    Buffer error;
} Scope;

/* Where an instance keeps a slot; of a type, whether its instances have a plain dictionary, their slots, and the built-in
 * type with a content that it is derived from. */
typedef struct { PyObject *name; Py_ssize_t offset; } Place;
typedef struct { PyTypeObject *type, *base; unsigned version; int plain_dict, slots; Place *places; } TypeFacts;

typedef struct Engine {
    PyObject_HEAD
    PyObject *wanted, *shown, *answers, *source, *dumps, *exception_text, *true_text, *names, *broken, *disable, *instrument;
    /* what writes the stream, its lock, and the stream's number in the file */
    PyObject *outlet, *put, *acquire, *release, *trouble;
    uint32_t number;
    PyThreadState *thread;
    /* bounds of values and of a trace */
    long most_depth, most_items, most_nodes, most_characters;
    long most_events, most_size, most_scopes;
    double most_seconds;
    /* codes by address */
    Code **table;
    size_t table_size, codes;
    long announced;
    /* the open trace */
    int open;
    const char *full;
    long events, size, cut, position;
    double began;
    Scope *scope;
    long scopes, scope_room;
    TypeFacts types[TYPES];
    Remembered lines[LINES];
    /* the values that were shown last, by address; the places that are taken; records to be used again. They are kept from
     * one trace to the next, but for what is `passing`: long strings, and what could be taken for something else then */
    Shown *shown_values[SHOWN], *spare;
    uint16_t taken[SHOWN];
    int taken_count, passing;
    /* the walk: what it makes, and what was made of the value before, or NULL */
    Shown *made, *former;
    long nodes;
    int is_short;
    PyObject *parents[DEEPEST];
    Buffer text, scratch;
    /* the chunk */
    uint32_t chunk;
    uint8_t kinds[CHUNK];
    uint32_t code_column[CHUNK], line_column[CHUNK], count_column[CHUNK];
    Buffer name_column, length_column, texts;
    /* blocks that are not written yet */
    Buffer pending;
    /* threads: `torn` says that the stream has lost a block, `busy` that an event is being taken, `lost` that
     * steps have passed unseen */
    PyObject *is_ours, *join, *before_object;
    Py_tracefunc before;
    uint64_t thread_id;
    int busy, lost, torn;
    char reason[64];
    struct Engine *head, *next;
} Engine;

static PyTypeObject EngineType;
static PyObject *dict_name, *slots_name, *str_name, *lost_name;
