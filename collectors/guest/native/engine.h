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
#include <frameobject.h>
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
#define TYPES 64
#define SHOWN 512

#if PY_VERSION_HEX >= 0x030B0000
typedef struct _PyInterpreterFrame Frame;
#else
typedef PyFrameObject Frame;
#endif

typedef struct { char *data; size_t size, room; } Buffer;
/* A token of a shadow: a leaf (held), or an odd number that stands for a type, a length or a place in a cycle. */
typedef struct { PyObject **tokens; size_t size, room; } Shadow;
/* What a scope last knew of a name: a leaf that is held, or a shadow, and the text. */
typedef struct { int bound; PyObject *leaf; Shadow shadow; Buffer text; } Known;
typedef struct { PyObject *name; int fast, cell; long number; } Slot;
typedef struct { PyCodeObject *code; int shown, optimized, instrumented, slots; long number; Slot *slot; } Code;
/* A value that was shown before, by where it lay: what a walk met, and the text. */
typedef struct { void *address; int is_short; Shadow shadow; Buffer text; } Shown;
/* `room` entries of `known` are kept with their memory when the scope's place on the stack is used again. */
typedef struct { Code *code; void *frame; uint32_t line; int raised, slots, room; Known *known; PyObject **names; } Scope;

typedef struct {
    PyObject_HEAD
    PyObject *write, *wanted, *shown, *dumps, *exception_text, *names, *broken, *disable, *instrument;
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
    long events, size, cut;
    double began;
    Scope *scope;
    long scopes, scope_room;
    /* whether instances of a type have a plain dictionary, as long as the type keeps its version */
    struct { PyTypeObject *type; unsigned version; int plain; } types[TYPES];
    Shown shown_values[SHOWN];
    /* the walk */
    long nodes;
    size_t matched;
    int is_short, differs;
    PyObject *parents[DEEPEST];
    Buffer text, scratch;
    Shadow fresh;
    /* the chunk */
    uint32_t chunk;
    uint8_t kinds[CHUNK];
    uint32_t code_column[CHUNK], line_column[CHUNK], count_column[CHUNK];
    Buffer name_column, length_column, texts;
} Engine;

static PyTypeObject EngineType;
static PyObject *dict_name;
