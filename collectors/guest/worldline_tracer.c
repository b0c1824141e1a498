/* The C engine: the callbacks, the change test and the texts of values, for the stream of worldline_stream.py.
 *
 * It writes the bytes that worldline_recorder.py and worldline_snapshot.py write, and those two are the reference.
 * On CPython 3.12 and newer its methods are callbacks of sys.monitoring, below it is a trace function (PyEval_SetTrace).
 * It runs no code of the traced program: values are read through their C structures and slots of builtin types alone.
 *
 * A name is looked at without making its text: an immutable leaf by identity, anything else by walking it again within the
 * bounds and comparing what is met with what was met last time (its shadow). References are held to leaves alone. */
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
typedef struct { Code *code; void *frame; uint32_t line; int slots; Known *known; PyObject **names; } Scope;

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
    /* the walk */
    long nodes;
    size_t matched;
    int is_short, differs;
    PyObject *parents[DEEPEST];
    Buffer text, scratch;
    Shadow fresh;
    /* the chunk */
    Buffer kinds, code_column, line_column, count_column, name_column, length_column, texts;
} Engine;

static PyTypeObject EngineType;
static PyObject *dict_name;

/* ---- memory ---- */

static int reserve(Buffer *buffer, size_t more) {
    if (buffer->size + more <= buffer->room) return 0;
    size_t room = buffer->room ? buffer->room : 64;
    while (room < buffer->size + more) room *= 2;
    char *data = PyMem_RawRealloc(buffer->data, room);
    if (!data) {
        PyErr_NoMemory();
        return -1;
    }
    buffer->data = data;
    buffer->room = room;
    return 0;
}

static int add(Buffer *buffer, const void *data, size_t size) {
    if (reserve(buffer, size)) return -1;
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    return 0;
}

static int add_text(Buffer *buffer, const char *text) { return add(buffer, text, strlen(text)); }

static int add_number(Buffer *column, uint32_t number) { return add(column, &number, 4); }

static int add_unicode(Buffer *buffer, PyObject *text) {
    Py_ssize_t size;
    const char *data = PyUnicode_AsUTF8AndSize(text, &size);
    if (data) return add(buffer, data, (size_t)size);
    PyErr_Clear();
    PyObject *made = PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace");
    if (!made) return -1;
    int failed = add(buffer, PyBytes_AS_STRING(made), (size_t)PyBytes_GET_SIZE(made));
    Py_DECREF(made);
    return failed;
}

static void drop_shadow(Shadow *shadow) {
    for (size_t i = 0; i < shadow->size; i++)
        if (!((uintptr_t)shadow->tokens[i] & 1)) Py_DECREF(shadow->tokens[i]);
    shadow->size = 0;
}

static int note(Shadow *shadow, PyObject *token) {
    if (shadow->size == shadow->room) {
        size_t room = shadow->room ? 2 * shadow->room : 32;
        PyObject **tokens = PyMem_RawRealloc(shadow->tokens, room * sizeof *tokens);
        if (!tokens) {
            PyErr_NoMemory();
            return -1;
        }
        shadow->tokens = tokens;
        shadow->room = room;
    }
    if (!((uintptr_t)token & 1)) Py_INCREF(token);
    shadow->tokens[shadow->size++] = token;
    return 0;
}

static void forget(Known *known) {
    known->bound = 0;
    Py_CLEAR(known->leaf);
    drop_shadow(&known->shadow);
    known->text.size = 0;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- the stream ---- */

static int write_block(Engine *e, char letter, const Buffer *parts, int count) {
    size_t size = 0;
    for (int i = 0; i < count; i++) size += parts[i].size;
    PyObject *block = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(5 + size));
    if (!block) return -1;
    char *at = PyBytes_AS_STRING(block);
    uint32_t length = (uint32_t)size;
    *at++ = letter;
    memcpy(at, &length, 4);
    at += 4;
    for (int i = 0; i < count; i++) {
        if (parts[i].size) memcpy(at, parts[i].data, parts[i].size);
        at += parts[i].size;
    }
    PyObject *done = PyObject_CallFunctionObjArgs(e->write, block, NULL);
    Py_DECREF(block);
    if (!done) return -1;
    Py_DECREF(done);
    return 0;
}

/* Narrow a column of u32 in place to the fewest bytes that hold its largest number, and return how many. */
static uint8_t narrow(Buffer *column) {
    uint32_t largest = 0, *wide = (uint32_t *)column->data;
    size_t count = column->size / 4;
    for (size_t i = 0; i < count; i++) largest = wide[i] > largest ? wide[i] : largest;
    if (largest < 256) {
        uint8_t *out = (uint8_t *)column->data;
        for (size_t i = 0; i < count; i++) out[i] = (uint8_t)wide[i];
        column->size = count;
        return 1;
    }
    if (largest < 65536) {
        uint16_t *out = (uint16_t *)column->data;
        for (size_t i = 0; i < count; i++) out[i] = (uint16_t)wide[i];
        column->size = 2 * count;
        return 2;
    }
    return 4;
}

static int flush(Engine *e) {
    if (!e->kinds.size) return 0;
    char head[17];
    uint32_t sizes[3] = { (uint32_t)e->kinds.size, (uint32_t)(e->name_column.size / 4), (uint32_t)e->texts.size };
    memcpy(head, sizes, 12);
    Buffer *columns[] = { &e->code_column, &e->line_column, &e->count_column, &e->name_column, &e->length_column };
    for (int i = 0; i < 5; i++) head[12 + i] = (char)narrow(columns[i]);
    Buffer parts[8] = { { head, 17, 0 }, e->kinds };
    for (int i = 0; i < 5; i++) parts[2 + i] = *columns[i];
    parts[7] = e->texts;
    int failed = write_block(e, 'X', parts, 8);
    for (int i = 0; i < 5; i++) columns[i]->size = 0;
    e->kinds.size = e->texts.size = 0;
    return failed;
}

static int write_json(Engine *e, char letter, PyObject *value) {
    if (!value) return -1;
    PyObject *text = PyObject_CallFunctionObjArgs(e->dumps, value, NULL);
    Py_DECREF(value);
    if (!text) return -1;
    Buffer part = { PyBytes_AS_STRING(text), (size_t)PyBytes_GET_SIZE(text), 0 };
    int failed = write_block(e, letter, &part, 1);
    Py_DECREF(text);
    return failed;
}

static int add_event(Engine *e, int kind, Scope *scope, uint32_t count) {
    char letter = (char)kind;
    if (add(&e->kinds, &letter, 1) || add_number(&e->code_column, (uint32_t)scope->code->number) ||
        add_number(&e->line_column, scope->line) || add_number(&e->count_column, count))
        return -1;
    return e->kinds.size >= CHUNK ? flush(e) : 0;
}

static int add_change(Engine *e, long name, const char *text, size_t size) {
    return add_number(&e->name_column, (uint32_t)name) || add_number(&e->length_column, (uint32_t)size) ||
           add(&e->texts, text, size) ? -1 : 0;
}

static size_t characters(const char *text, size_t size) {
    size_t count = 0;
    for (size_t i = 0; i < size; i++) count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

/* Return the number of a name, which is announced when it is new, or -1. */
static long name_number(Engine *e, PyObject *name) {
    PyObject *known = PyDict_GetItemWithError(e->names, name);
    if (known) return PyLong_AsLong(known);
    if (PyErr_Occurred()) return -1;
    long number = (long)PyDict_GET_SIZE(e->names);
    PyObject *value = PyLong_FromLong(number);
    int failed = !value || PyDict_SetItem(e->names, name, value);
    Py_XDECREF(value);
    Py_INCREF(name);
    return failed || write_json(e, 'N', name) ? -1 : number;
}

/* ---- codes ---- */

static void free_code(Code *code) {
    for (int i = 0; i < code->slots; i++) Py_XDECREF(code->slot[i].name);
    PyMem_RawFree(code->slot);
    Py_DECREF(code->code);
    PyMem_RawFree(code);
}

#if PY_VERSION_HEX >= 0x030B0000
static int read_slots(Code *made) {
    PyCodeObject *code = made->code;
    made->slot = PyMem_RawCalloc((size_t)code->co_nlocalsplus + 1, sizeof(Slot));
    if (!made->slot) return -1;
    for (int i = 0; i < code->co_nlocalsplus; i++) {
        unsigned char kind = (unsigned char)PyBytes_AS_STRING(code->co_localspluskinds)[i];
        Slot slot = { PyTuple_GET_ITEM(code->co_localsplusnames, i), i, kind & (CO_FAST_CELL | CO_FAST_FREE), -1 };
        Py_INCREF(slot.name);
        made->slot[made->slots++] = slot;
    }
    return 0;
}
#else
static int read_slots(Code *made) {
    PyCodeObject *code = made->code;
    Py_ssize_t cells = PyTuple_GET_SIZE(code->co_cellvars), frees = PyTuple_GET_SIZE(code->co_freevars);
    made->slot = PyMem_RawCalloc((size_t)(code->co_nlocals + cells + frees) + 1, sizeof(Slot));
    if (!made->slot) return -1;
    for (int i = 0; i < code->co_nlocals; i++) {
        Slot slot = { PyTuple_GET_ITEM(code->co_varnames, i), i, 0, -1 };
        Py_INCREF(slot.name);
        made->slot[made->slots++] = slot;
    }
    for (int i = 0; i < cells + frees; i++) {
        PyObject *name = i < cells ? PyTuple_GET_ITEM(code->co_cellvars, i) : PyTuple_GET_ITEM(code->co_freevars, i - cells);
        int place = code->co_nlocals + i, twin = -1;
        for (int j = 0; i < cells && j < code->co_nlocals; j++)
            if (made->slot[j].name == name) twin = j;
        if (twin >= 0) {
            made->slot[twin].cell = place; /* an argument that lives in a cell */
            continue;
        }
        Slot slot = { name, place, -1, -1 };
        Py_INCREF(name);
        made->slot[made->slots++] = slot;
    }
    return 0;
}
#endif

static size_t place_of(Code **table, size_t size, void *code) {
    size_t at = ((uintptr_t)code >> 4) * 0x9E3779B97F4A7C15ull >> 20 & (size - 1);
    while (table[at] && (void *)table[at]->code != code) at = (at + 1) & (size - 1);
    return at;
}

static int grow_table(Engine *e) {
    size_t size = e->table_size ? 2 * e->table_size : 256;
    Code **table = PyMem_RawCalloc(size, sizeof *table);
    if (!table) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < e->table_size; i++)
        if (e->table[i]) table[place_of(table, size, e->table[i]->code)] = e->table[i];
    PyMem_RawFree(e->table);
    e->table = table;
    e->table_size = size;
    return 0;
}

static Code *code_of(Engine *e, PyCodeObject *code) {
    if (2 * e->codes >= e->table_size && grow_table(e)) return NULL;
    size_t at = place_of(e->table, e->table_size, code);
    if (e->table[at]) return e->table[at];
    PyObject *answer = PyObject_CallFunctionObjArgs(e->shown, (PyObject *)code, NULL);
    if (!answer) return NULL;
    int shown = PyObject_IsTrue(answer);
    Py_DECREF(answer);
    if (shown < 0) return NULL;
    Code *made = PyMem_RawCalloc(1, sizeof *made);
    if (!made) return (Code *)PyErr_NoMemory();
    Py_INCREF(code);
    made->code = code;
    made->shown = shown;
    made->number = -1;
    made->optimized = (code->co_flags & CO_OPTIMIZED) != 0;
    if (shown && made->optimized && read_slots(made)) {
        free_code(made);
        return (Code *)PyErr_NoMemory();
    }
    e->table[place_of(e->table, e->table_size, code)] = made;
    e->codes++;
    return made;
}

static int announce(Engine *e, Code *code) {
    if (code->number >= 0) return 0;
    code->number = e->announced++;
    PyObject *name;
#if PY_VERSION_HEX >= 0x030B0000
    name = code->code->co_qualname;
#else
    name = code->code->co_name;
#endif
    return write_json(e, 'C', Py_BuildValue("[OOi]", code->code->co_filename, name, code->code->co_firstlineno));
}

/* ---- texts and shadows of values ---- */

#define TAG(number) ((PyObject *)(((uintptr_t)(number) << 1) | 1))
/* What a walk does with a value: make its text, gather its shadow, or compare with the shadow of last time, of which
 * `e->matched` tokens were met so far. Each may be missing. A difference ends the walk as an error does, without one set. */
typedef struct { Buffer *text; Shadow *shadow; const Shadow *old; long depth; int level; } Walk;

static int show(Engine *e, PyObject *value, const Walk *walk);

static inline int meet(Engine *e, const Walk *walk, PyObject *token) {
    if (walk->old) {
        if (e->matched < walk->old->size && walk->old->tokens[e->matched++] == token) return 0;
        e->differs = 1;
        return -1;
    }
    return walk->shadow ? note(walk->shadow, token) : 0;
}

static int is_leaf(PyTypeObject *type) {
    return type == &PyLong_Type || type == &PyUnicode_Type || type == &PyFloat_Type || type == &PyBool_Type ||
           type == Py_TYPE(Py_None) || type == &PyBytes_Type || type == &PyComplex_Type ||
           type == Py_TYPE(Py_Ellipsis) || type == Py_TYPE(Py_NotImplemented);
}

static int add_repr(Buffer *buffer, PyObject *value) {
    PyObject *text = Py_TYPE(value)->tp_repr(value);
    if (!text) return -1;
    int failed = add_unicode(buffer, text);
    Py_DECREF(text);
    return failed;
}

static int add_long(Engine *e, Buffer *buffer, PyObject *value) {
    int overflow;
    long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
    char digits[40];
    if (!overflow) {
        char *end = digits + sizeof digits, *at = end;
        unsigned long long left = number < 0 ? 0ull - (unsigned long long)number : (unsigned long long)number;
        do *--at = (char)('0' + left % 10); while (left /= 10);
        if (number < 0) *--at = '-';
        return add(buffer, at, (size_t)(end - at));
    }
    size_t bits = _PyLong_NumBits(value);
    if (bits <= MOST_INT_BITS) return add_repr(buffer, value);
    e->is_short = 1;
    snprintf(digits, sizeof digits, "<int of %zu bits>", bits);
    return add_text(buffer, digits);
}

/* Text without quotes, backslashes, control and other characters than ASCII is its own repr between quotes. */
static int is_plain(PyObject *text) {
    if (!PyUnicode_IS_COMPACT_ASCII(text)) return 0;
    const unsigned char *data = PyUnicode_1BYTE_DATA(text);
    for (Py_ssize_t i = 0; i < PyUnicode_GET_LENGTH(text); i++)
        if (data[i] < 32 || data[i] == 127 || data[i] == '\'' || data[i] == '\\') return 0;
    return 1;
}

static int add_piece(Buffer *buffer, PyObject *value, Py_ssize_t start, Py_ssize_t end) {
    PyObject *piece = PySequence_GetSlice(value, start, end);
    if (!piece) return -1;
    int failed = add_repr(buffer, piece);
    Py_DECREF(piece);
    return failed;
}

static int add_string(Engine *e, Buffer *buffer, PyObject *value) {
    int text = PyUnicode_CheckExact(value);
    Py_ssize_t size = text ? PyUnicode_GET_LENGTH(value) : PyBytes_GET_SIZE(value);
    Py_ssize_t longest = 4 * e->most_characters, half = longest / 2;
    if (size <= longest) {
        if (!text || !is_plain(value)) return add_repr(buffer, value);
        return add(buffer, "'", 1) || add(buffer, PyUnicode_1BYTE_DATA(value), (size_t)size) || add(buffer, "'", 1);
    }
    char said[64];
    snprintf(said, sizeof said, "<... %zd items ...>", size - 2 * half);
    e->is_short = 1;
    return add_piece(buffer, value, 0, half) || add_text(buffer, said) || add_piece(buffer, value, size - half, size);
}

static int add_leaf(Engine *e, Buffer *buffer, PyObject *value) {
    PyTypeObject *type = Py_TYPE(value);
    if (type == &PyLong_Type) return add_long(e, buffer, value);
    if (type == &PyUnicode_Type || type == &PyBytes_Type) return add_string(e, buffer, value);
    if (value == Py_None) return add(buffer, "None", 4);
    if (value == Py_True) return add(buffer, "True", 4);
    if (value == Py_False) return add(buffer, "False", 5);
    if (type == &PyFloat_Type) {
        char *text = PyOS_double_to_string(PyFloat_AS_DOUBLE(value), 'r', 0, Py_DTSF_ADD_DOT_0, NULL);
        if (!text) return -1;
        int failed = add_text(buffer, text);
        PyMem_Free(text);
        return failed;
    }
    return add_repr(buffer, value);
}

static int add_type_name(Buffer *buffer, PyTypeObject *type) {
    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE) return add_unicode(buffer, ((PyHeapTypeObject *)type)->ht_name);
    const char *dot = strrchr(type->tp_name, '.');
    return add_text(buffer, dot ? dot + 1 : type->tp_name);
}

static int add_named(Engine *e, const Walk *walk, const char *kind, PyObject *name) {
    if (meet(e, walk, name)) return -1;
    return walk->text && (add_text(walk->text, kind) || add_unicode(walk->text, name) || add(walk->text, ">", 1)) ? -1 : 0;
}

static int add_object(Engine *e, const Walk *walk, const char *before, PyTypeObject *type, const char *after) {
    if (meet(e, walk, TAG((uintptr_t)type >> 1))) return -1;
    if (!walk->text) return 0;
    return add_text(walk->text, before) || add_type_name(walk->text, type) || add_text(walk->text, after) ? -1 : 0;
}

/* Show functions, methods, modules and the like by name; return 1 when the value is none of them. */
static int show_named(Engine *e, PyObject *value, PyTypeObject *type, const Walk *walk) {
    if (type == &PyFunction_Type)
        return add_named(e, walk, "<function ", ((PyFunctionObject *)value)->func_qualname);
    if (type == &PyCFunction_Type) {
        PyObject *name = PyUnicode_FromString(((PyCFunctionObject *)value)->m_ml->ml_name);
        int failed = name ? add_named(e, walk, "<built-in function ", name) : -1;
        Py_XDECREF(name);
        return failed;
    }
    if (type == &PyMethod_Type) {
        PyObject *target = PyMethod_GET_FUNCTION(value);
        if (Py_TYPE(target) != &PyFunction_Type) return add_object(e, walk, "<bound method ", Py_TYPE(target), ">");
        return add_named(e, walk, "<bound method ", ((PyFunctionObject *)target)->func_qualname);
    }
    if (type == &PyModule_Type) {
        PyObject *names = PyModule_GetDict(value), *name = names ? PyDict_GetItemString(names, "__name__") : NULL;
        PyObject *unknown = NULL;
        if (!name || !PyUnicode_CheckExact(name)) name = unknown = PyUnicode_FromString("?");
        int failed = name ? add_named(e, walk, "<module ", name) : -1;
        Py_XDECREF(unknown);
        return failed;
    }
    if (type == &PyGen_Type) return add_named(e, walk, "<generator object ", ((PyGenObject *)value)->gi_qualname);
    if (type == &PyCode_Type) return add_named(e, walk, "<code object ", ((PyCodeObject *)value)->co_name);
    return 1;
}

/* The attributes of an instance in their order: of its dictionary, or of the values that it keeps in its own body. */
typedef struct {
    PyObject *names;
    Py_ssize_t at;
#if PY_VERSION_HEX >= 0x030B0000
    PyDictValues *values;
    PyDictUnicodeEntry *entries;
    const uint8_t *order;
    int step, left;
#endif
} Attributes;

#if PY_VERSION_HEX >= 0x030B0000
/* Below 3.13 the order is written downwards in front of the values, from 3.13 on upwards behind them. */
static void read_values(Attributes *read, PyDictValues *values, PyTypeObject *type) {
    read->values = values;
    read->entries = DK_UNICODE_ENTRIES(((PyHeapTypeObject *)type)->ht_cached_keys);
#if PY_VERSION_HEX >= 0x030D0000
    read->order = get_insertion_order_array(values);
    read->step = 1;
    read->left = values->size;
#else
    read->order = (const uint8_t *)values - 3;
    read->step = -1;
    read->left = ((const uint8_t *)values)[-2];
#endif
}
#endif

/* No dictionary is made for an instance that has none yet: it would lose the place of its values for good. */
static int open_attributes(Attributes *read, PyObject *value, PyTypeObject *type) {
    memset(read, 0, sizeof *read);
    PyObject *holder = _PyType_Lookup(type, dict_name);
    if (!holder || Py_TYPE(holder) != &PyGetSetDescr_Type) return 0;
#if PY_VERSION_HEX >= 0x030D0000
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        read->names = (PyObject *)_PyObject_ManagedDictPointer(value)->dict;
        if (!read->names && type->tp_flags & Py_TPFLAGS_INLINE_VALUES && _PyObject_InlineValues(value)->valid)
            read_values(read, _PyObject_InlineValues(value), type);
    } else
#elif PY_VERSION_HEX >= 0x030C0000
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        PyDictOrValues kept = *_PyObject_DictOrValuesPointer(value);
        if (!_PyDictOrValues_IsValues(kept)) read->names = _PyDictOrValues_GetDict(kept);
        else if (_PyDictOrValues_GetValues(kept)) read_values(read, _PyDictOrValues_GetValues(kept), type);
    } else
#elif PY_VERSION_HEX >= 0x030B0000
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        read->names = *_PyObject_ManagedDictPointer(value);
        if (!read->names && *_PyObject_ValuesPointer(value)) read_values(read, *_PyObject_ValuesPointer(value), type);
    } else
#endif
    {
        PyObject **place = _PyObject_GetDictPtr(value);
        read->names = place ? *place : NULL;
    }
    if (read->names && !PyDict_CheckExact(read->names)) read->names = NULL;
    Py_XINCREF(read->names);
    return 0;
}

static int next_attribute(Attributes *read, PyObject **key, PyObject **item) {
#if PY_VERSION_HEX >= 0x030B0000
    if (read->values) {
        if (read->left-- <= 0) return 0;
        *key = read->entries[*read->order].me_key;
        *item = read->values->values[*read->order];
        read->order += read->step;
        return *item != NULL;
    }
#endif
    return read->names && PyDict_Next(read->names, &read->at, key, item);
}

static int show_attribute(Engine *e, PyObject *key, PyObject *item, const Walk *inner) {
    if (inner->old && e->matched + 1 < inner->old->size && inner->old->tokens[e->matched] == key &&
        inner->old->tokens[e->matched + 1] == item) {
        e->matched += 2;
        e->nodes--;
        return 0;
    }
    if (meet(e, inner, key)) return -1;
    if (inner->text && (add(inner->text, " ", 1) || add_unicode(inner->text, key) || add(inner->text, "=", 1))) return -1;
    return show(e, item, inner);
}

static int show_foreign(Engine *e, PyObject *value, PyTypeObject *type, const Walk *walk) {
    if (PyType_Check(value)) return add_object(e, walk, "<class ", (PyTypeObject *)value, ">");
    int named = show_named(e, value, type, walk);
    if (named <= 0) return named;
    Attributes read = { 0 };
    if (walk->depth > 1 && e->nodes > 0) open_attributes(&read, value, type);
    PyObject *key, *item;
    long shown = 0;
    Walk inner = *walk;
    inner.depth = walk->depth - 2;
    inner.level = walk->level + 1;
    e->parents[walk->level] = value;
    int failed = 0;
    while (!failed && shown < e->most_items && next_attribute(&read, &key, &item)) {
        if (!PyUnicode_CheckExact(key)) continue;
        if (!shown++) failed = add_object(e, walk, "<", type, "");
        Py_INCREF(item);
        failed = failed || show_attribute(e, key, item, &inner);
        Py_DECREF(item);
    }
    Py_XDECREF(read.names);
    if (failed) return -1;
    if (!shown) return add_object(e, walk, "<", type, " object>");
    return walk->text ? add(walk->text, ">", 1) : 0;
}

static int add_rest(Engine *e, const Walk *walk, Py_ssize_t left) {
    char said[48];
    e->is_short = 1;
    snprintf(said, sizeof said, "<... %zd more ...>", left);
    return walk->text ? add_text(walk->text, said) : 0;
}

/* Compare the items of a dictionary with a shadow, as compare_items does. */
static int compare_dict(Engine *e, PyObject *value, const Walk *inner) {
    PyObject *key, *item, *const *tokens = inner->old->tokens;
    Py_ssize_t at = 0, shown = 0;
    while (PyDict_Next(value, &at, &key, &item)) {
        if (shown++ >= e->most_items || e->nodes <= 0) return 0;
        if (e->matched < inner->old->size && tokens[e->matched] == key) {
            e->matched++;
            e->nodes--;
        } else if (show(e, key, inner)) {
            return -1;
        }
        if (e->matched < inner->old->size && tokens[e->matched] == item) {
            e->matched++;
            e->nodes--;
        } else if (show(e, item, inner)) {
            return -1;
        }
    }
    return 0;
}

static int show_dict(Engine *e, PyObject *value, const Walk *inner) {
    if (inner->old) return compare_dict(e, value, inner);
    PyObject *key, *item;
    Py_ssize_t at = 0, shown = 0, size = PyDict_GET_SIZE(value);
    if (inner->text && add(inner->text, "{", 1)) return -1;
    while (PyDict_Next(value, &at, &key, &item)) {
        if (shown && inner->text && add(inner->text, ", ", 2)) return -1;
        if (shown >= e->most_items || e->nodes <= 0) {
            if (add_rest(e, inner, size - shown)) return -1;
            break;
        }
        Py_INCREF(key);
        Py_INCREF(item);
        int failed = show(e, key, inner) || (inner->text && add(inner->text, ": ", 2)) || show(e, item, inner);
        Py_DECREF(key);
        Py_DECREF(item);
        if (failed) return -1;
        shown++;
    }
    return inner->text ? add(inner->text, "}", 1) : 0;
}

/* Compare the items of a list or tuple with a shadow. A token that is the item itself is a leaf that has not changed. */
static int compare_items(Engine *e, PyObject *value, Py_ssize_t size, const Walk *inner) {
    PyObject **items = PyList_CheckExact(value) ? ((PyListObject *)value)->ob_item : ((PyTupleObject *)value)->ob_item;
    for (Py_ssize_t at = 0; at < size; at++) {
        if (at >= e->most_items || e->nodes <= 0) {
            return 0;
        }
        if (e->matched < inner->old->size && inner->old->tokens[e->matched] == items[at]) {
            e->matched++;
            e->nodes--;
        } else if (show(e, items[at], inner)) {
            return -1;
        }
    }
    return 0;
}

static int show_items(Engine *e, PyObject *value, Py_ssize_t size, const Walk *inner) {
    if (inner->old && (PyList_CheckExact(value) || PyTuple_CheckExact(value)))
        return compare_items(e, value, size, inner);
    PyObject *iterator = PyList_CheckExact(value) || PyTuple_CheckExact(value) ? NULL : PyObject_GetIter(value);
    if (!iterator && PyErr_Occurred()) return -1;
    int failed = 0;
    for (Py_ssize_t at = 0; !failed; at++) {
        PyObject *item;
        if (iterator) {
            item = PyIter_Next(iterator);
        } else {
            int there = PyList_CheckExact(value) ? at < PyList_GET_SIZE(value) : at < size;
            item = !there ? NULL : PyList_CheckExact(value) ? PyList_GET_ITEM(value, at) : PyTuple_GET_ITEM(value, at);
            Py_XINCREF(item);
        }
        if (!item) break;
        if (at && inner->text) failed = add(inner->text, ", ", 2);
        if (!failed && (at >= e->most_items || e->nodes <= 0)) {
            failed = add_rest(e, inner, size - at);
            Py_DECREF(item);
            break;
        }
        failed = failed || show(e, item, inner);
        Py_DECREF(item);
    }
    Py_XDECREF(iterator);
    return failed || PyErr_Occurred() ? -1 : 0;
}

static int show_sequence(Engine *e, PyObject *value, PyTypeObject *type, Py_ssize_t size, const Walk *inner) {
    const char *opening = type == &PyList_Type ? "[" : type == &PyTuple_Type ? "(" : type == &PySet_Type ? "{" : "frozenset({";
    const char *closing = type == &PyList_Type ? "]" : type == &PyTuple_Type ? (size == 1 ? ",)" : ")")
                        : type == &PySet_Type ? "}" : "})";
    const char *empty = type == &PyList_Type ? "[]" : type == &PyTuple_Type ? "()" : type == &PySet_Type ? "set()" : "frozenset()";
    if (!size) return inner->text ? add_text(inner->text, empty) : 0;
    if (inner->text && add_text(inner->text, opening)) return -1;
    if (show_items(e, value, size, inner)) return -1;
    return inner->text ? add_text(inner->text, closing) : 0;
}

static int show_container(Engine *e, PyObject *value, PyTypeObject *type, const Walk *walk) {
    Py_ssize_t size = type == &PyDict_Type ? PyDict_GET_SIZE(value)
                    : type == &PyList_Type ? PyList_GET_SIZE(value)
                    : type == &PyTuple_Type ? PyTuple_GET_SIZE(value) : PySet_GET_SIZE(value);
    if (meet(e, walk, TAG((uintptr_t)type >> 1)) || meet(e, walk, TAG(size))) return -1;
    if (walk->depth <= 0 || e->nodes <= 0) {
        char said[64];
        e->is_short = 1;
        snprintf(said, sizeof said, "<%s of %zd>", type->tp_name, size);
        return walk->text ? add_text(walk->text, said) : 0;
    }
    Walk inner = *walk;
    inner.depth--;
    inner.level++;
    e->parents[walk->level] = value;
    return type == &PyDict_Type ? show_dict(e, value, &inner) : show_sequence(e, value, type, size, &inner);
}

static int is_whole(PyObject *value) { return value == Py_None || PyLong_CheckExact(value); }

static int show_range(Engine *e, PyObject *value, PyTypeObject *type, const Walk *walk) {
    const char *names[] = { "start", "stop", "step" };
    int plain = 1;
    for (int i = 0; i < 3; i++) {
        PyObject *part = PyObject_GetAttrString(value, names[i]);
        if (!part) return -1;
        plain = plain && is_whole(part);
        if (meet(e, walk, is_whole(part) ? part : TAG(0))) plain = -1;
        Py_DECREF(part);
        if (plain < 0) return -1;
    }
    if (!walk->text) return 0;
    if (plain) return add_repr(walk->text, value);
    return add_text(walk->text, "<") || add_type_name(walk->text, type) || add_text(walk->text, ">") ? -1 : 0;
}

static int show_again(Engine *e, PyTypeObject *type, int level, const Walk *walk) {
    if (meet(e, walk, TAG(level))) return -1;
    if (!walk->text) return 0;
    if (type == &PyList_Type) return add_text(walk->text, "[...]");
    if (type == &PyDict_Type || type == &PySet_Type) return add_text(walk->text, "{...}");
    return add_text(walk->text, "<... ") || add_type_name(walk->text, type) || add_text(walk->text, ">") ? -1 : 0;
}

static int show(Engine *e, PyObject *value, const Walk *walk) {
    PyTypeObject *type = Py_TYPE(value);
    e->nodes--;
    if (is_leaf(type)) {
        if (meet(e, walk, value)) return -1;
        return walk->text ? add_leaf(e, walk->text, value) : 0;
    }
    for (int i = 0; i < walk->level; i++)
        if (e->parents[i] == value) return show_again(e, type, i, walk);
    if (type == &PyList_Type || type == &PyTuple_Type || type == &PyDict_Type || type == &PySet_Type ||
        type == &PyFrozenSet_Type)
        return show_container(e, value, type, walk);
    if (type == &PyRange_Type || type == &PySlice_Type) {
        if (meet(e, walk, TAG((uintptr_t)type >> 1))) return -1;
        return show_range(e, value, type, walk);
    }
    return show_foreign(e, value, type, walk);
}

static const char *skip_characters(const char *text, size_t count) {
    while (count) {
        text++;
        if (((unsigned char)*text & 0xC0) != 0x80) count--;
    }
    return text;
}

/* Cut the text in the middle when it is longer than the bound, as Snapshot.text does. */
static int cut_text(Engine *e) {
    Buffer *text = &e->text;
    if (text->size <= (size_t)e->most_characters) return 0;
    size_t length = characters(text->data, text->size), half = (size_t)e->most_characters / 2;
    if (length <= (size_t)e->most_characters) return 0;
    char said[64];
    snprintf(said, sizeof said, "<... %zu characters ...>", length - 2 * half);
    if (reserve(text, 1)) return -1;
    text->data[text->size] = 0;
    e->is_short = 1;
    size_t first = (size_t)(skip_characters(text->data, half) - text->data);
    size_t last = (size_t)(skip_characters(text->data, length - half) - text->data);
    e->scratch.size = 0;
    if (add(&e->scratch, text->data, first) || add_text(&e->scratch, said) ||
        add(&e->scratch, text->data + last, text->size - last))
        return -1;
    text->size = 0;
    return add(text, e->scratch.data, e->scratch.size);
}

/* Make the text of a value in `e->text`, and its shadow in `e->fresh` unless it is a leaf. */
static int make_text(Engine *e, PyObject *value, int with_shadow) {
    Walk walk = { &e->text, with_shadow ? &e->fresh : NULL, NULL, e->most_depth, 0 };
    e->nodes = e->most_nodes;
    e->is_short = 0;
    e->text.size = 0;
    drop_shadow(&e->fresh);
    return show(e, value, &walk) || cut_text(e) ? -1 : 0;
}

/* Say whether a walk meets what it met when the shadow was made: then the text is the same. */
static int is_unchanged(Engine *e, const Shadow *old, PyObject *value) {
    Walk walk = { NULL, NULL, old, e->most_depth, 0 };
    e->nodes = e->most_nodes;
    e->matched = 0;
    e->differs = 0;
    if (show(e, value, &walk)) return e->differs ? 0 : -1;
    return e->matched == old->size;
}

/* ---- events ---- */

static int has_room(Engine *e) {
    if (e->full) return 0;
    e->events++;
    if (e->events > e->most_events) e->full = "events";
    else if (e->size > e->most_size) e->full = "bytes";
    else if (e->events % SECONDS_EVERY == 0 && now() - e->began > e->most_seconds) e->full = "seconds";
    return !e->full;
}

static int changed(Engine *e, long number) {
    e->cut += e->is_short;
    e->size += (long)characters(e->text.data, e->text.size);
    return add_change(e, number, e->text.data, e->text.size);
}

/* Look at one name of a scope; return how many changes were written, 0 or 1, or -1. */
static int look(Engine *e, Known *known, PyObject *value, PyObject *name, long *number) {
    int leaf = is_leaf(Py_TYPE(value));
    if (known->bound) {
        if (leaf ? known->leaf == value : 0) return 0;
        if (!leaf && !known->leaf) {
            int same = is_unchanged(e, &known->shadow, value);
            if (same) return same < 0 ? -1 : 0;
        }
    }
    if (make_text(e, value, !leaf)) return -1;
    int same = known->bound && known->text.size == e->text.size && !memcmp(known->text.data, e->text.data, e->text.size);
    drop_shadow(&known->shadow);
    Py_CLEAR(known->leaf);
    if (leaf) {
        Py_INCREF(value);
        known->leaf = value;
    } else {
        Shadow old = known->shadow;
        known->shadow = e->fresh;
        e->fresh = old;
    }
    known->bound = 1;
    if (same) return 0;
    known->text.size = 0;
    if (add(&known->text, e->text.data, e->text.size)) return -1;
    if (*number < 0 && (*number = name_number(e, name)) < 0) return -1;
    return changed(e, *number) ? -1 : 1;
}

static PyObject *cell_content(PyObject *cell) { return cell && PyCell_Check(cell) ? PyCell_GET(cell) : cell; }

static PyObject *value_of(const Slot *slot, PyObject **fast) {
#if PY_VERSION_HEX >= 0x030B0000
    return slot->cell ? cell_content(fast[slot->fast]) : fast[slot->fast];
#else
    if (slot->cell > 0) return cell_content(fast[slot->cell]);
    return slot->cell < 0 ? cell_content(fast[slot->fast]) : fast[slot->fast];
#endif
}

static int look_at_slots(Engine *e, Scope *scope, PyObject **fast) {
    int count = 0, gone = 0;
    for (int i = 0; i < scope->code->slots; i++) {
        PyObject *value = value_of(&scope->code->slot[i], fast);
        if (!value) {
            gone |= scope->known[i].bound;
            continue;
        }
        Py_INCREF(value);
        int more = look(e, &scope->known[i], value, scope->code->slot[i].name, &scope->code->slot[i].number);
        Py_DECREF(value);
        if (more < 0) return -1;
        count += more;
    }
    for (int i = 0; gone && i < scope->code->slots; i++)
        if (scope->known[i].bound && !value_of(&scope->code->slot[i], fast)) {
            forget(&scope->known[i]);
            if (add_change(e, scope->code->slot[i].number, "", 0)) return -1;
            count++;
        }
    return count;
}

static int grow_names(Scope *scope, PyObject *name) {
    size_t count = (size_t)scope->slots + 1;
    Known *known = PyMem_RawRealloc(scope->known, count * sizeof *known);
    if (known) scope->known = known;
    PyObject **names = PyMem_RawRealloc(scope->names, count * sizeof *names);
    if (names) scope->names = names;
    if (!known || !names) {
        PyErr_NoMemory();
        return -1;
    }
    memset(&scope->known[scope->slots], 0, sizeof *known);
    Py_INCREF(name);
    scope->names[scope->slots++] = name;
    return 0;
}

/* A class body, a module or exec: the names are those of a dictionary, and their order is its order. */
static int look_at_names(Engine *e, Scope *scope, PyObject *names) {
    PyObject *name, *value;
    Py_ssize_t at = 0;
    int count = 0;
    while (PyDict_Next(names, &at, &name, &value)) {
        if (!PyUnicode_CheckExact(name)) continue;
        int place = 0;
        while (place < scope->slots && PyUnicode_Compare(scope->names[place], name)) place++;
        if (place == scope->slots && grow_names(scope, name)) return -1;
        long number = -1;
        Py_INCREF(value);
        int more = look(e, &scope->known[place], value, name, &number);
        Py_DECREF(value);
        if (more < 0) return -1;
        count += more;
    }
    for (int i = 0; i < scope->slots; i++)
        if (scope->known[i].bound && !PyDict_GetItemWithError(names, scope->names[i])) {
            forget(&scope->known[i]);
            if (PyErr_Occurred() || add_change(e, name_number(e, scope->names[i]), "", 0)) return -1;
            count++;
        }
    return count;
}

static int state(Engine *e, int kind, PyObject **fast, PyObject *names, long line) {
    Scope *scope = &e->scope[e->scopes - 1];
    scope->line = (uint32_t)line;
    if (!has_room(e)) return 0;
    int count = scope->code->optimized ? look_at_slots(e, scope, fast)
              : names && PyDict_CheckExact(names) ? look_at_names(e, scope, names) : 0;
    return count < 0 ? -1 : add_event(e, kind, scope, (uint32_t)count);
}

static void clear_scope(Scope *scope) {
    for (int i = 0; i < scope->slots; i++) {
        forget(&scope->known[i]);
        PyMem_RawFree(scope->known[i].text.data);
        PyMem_RawFree(scope->known[i].shadow.tokens);
        if (scope->names) Py_DECREF(scope->names[i]);
    }
    PyMem_RawFree(scope->known);
    PyMem_RawFree(scope->names);
    memset(scope, 0, sizeof *scope);
}

static int push(Engine *e, Code *code, void *frame) {
    if (e->scopes == e->scope_room) {
        long room = e->scope_room ? 2 * e->scope_room : 16;
        Scope *grown = PyMem_RawRealloc(e->scope, (size_t)room * sizeof *grown);
        if (!grown) {
            PyErr_NoMemory();
            return -1;
        }
        e->scope = grown;
        e->scope_room = room;
    }
    Scope made = { code, frame, 0, code->slots, NULL, NULL };
    made.known = PyMem_RawCalloc((size_t)code->slots + 1, sizeof(Known));
    if (!made.known) {
        PyErr_NoMemory();
        return -1;
    }
    e->scope[e->scopes++] = made;
    return 0;
}

static int end_trace(Engine *e) {
    while (e->scopes) clear_scope(&e->scope[--e->scopes]);
    if (!e->open) return 0;
    e->open = 0;
    if (flush(e)) return -1;
    return write_json(e, 'E', Py_BuildValue("{szsl}", "cut", e->full, "values_cut", e->cut));
}

static int begin_trace(Engine *e, PyObject *attributes) {
    e->open = 1;
    e->full = NULL;
    e->events = e->size = e->cut = 0;
    e->began = now();
    if (flush(e)) return -1;
    Py_INCREF(attributes);
    return write_json(e, 'B', attributes);
}

/* Take a call; return 1 when its steps are recorded, 0 when not, -1 on an error. */
static int on_call(Engine *e, Code *code, void *frame, PyObject **fast, PyObject *names, long line) {
    if (!code->shown) return 0;
    if (!e->scopes) {
        PyObject *attributes = PyObject_CallFunctionObjArgs(e->wanted, (PyObject *)code->code, NULL);
        if (!attributes) return -1;
        int failed = attributes == Py_None ? 1 : begin_trace(e, attributes);
        Py_DECREF(attributes);
        if (failed) return failed < 0 ? -1 : 0;
    } else if (e->full || e->scopes > e->most_scopes) {
        return 0;
    }
    if (push(e, code, frame) || announce(e, code) || state(e, CALL, fast, names, line)) return -1;
    return 1;
}

static int leave(Engine *e, int kind, const char *text, size_t size) {
    if (!has_room(e)) return 0;
    e->size += (long)characters(text, size);
    if (add_change(e, 0, text, size)) return -1;
    return add_event(e, kind, &e->scope[e->scopes - 1], 1);
}

static int pop(Engine *e) {
    clear_scope(&e->scope[--e->scopes]);
    return e->scopes ? 0 : end_trace(e);
}

static int on_return(Engine *e, PyObject *value) {
    if (make_text(e, value, 0)) return -1;
    if (!e->full) e->cut += e->is_short;
    return leave(e, RETURN, e->text.data, e->text.size) || pop(e) ? -1 : 0;
}

static int on_exception(Engine *e, PyObject *kind, PyObject *value) {
    PyObject *text = PyObject_CallFunctionObjArgs(e->exception_text, kind, value, NULL);
    if (!text) return -1;
    e->scratch.size = 0;
    int failed = add_unicode(&e->scratch, text);
    Py_DECREF(text);
    return failed || leave(e, EXCEPTION, e->scratch.data, e->scratch.size) ? -1 : 0;
}

static int on_unwind(Engine *e) {
    if (!e->full && add_event(e, UNWIND, &e->scope[e->scopes - 1], 0)) return -1;
    return pop(e);
}

/* Our own error: keep what it said, end the trace, record nothing more, and let the program go on. */
static void give_up(Engine *e) {
    PyObject *kind, *value, *trace;
    PyErr_Fetch(&kind, &value, &trace);
    PyObject *said = kind ? PyObject_Str(value ? value : kind) : NULL;
    PyErr_Clear();
    Py_XSETREF(e->broken, said ? said : PyUnicode_FromString("unknown error"));
    Py_XDECREF(kind);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    e->thread = NULL;
    if (!e->full) e->full = "broken";
    if (end_trace(e)) PyErr_Clear();
}

/* ---- the two ways in ---- */

#if PY_VERSION_HEX >= 0x030C0000
static Frame *current_frame(PyThreadState *thread) {
#if PY_VERSION_HEX >= 0x030D0000
    return thread->current_frame;
#else
    return thread->cframe->current_frame;
#endif
}

/* Return the running frame when it is the innermost recorded one of our thread, else NULL. */
static Frame *ours(Engine *e) {
    PyThreadState *thread = PyThreadState_Get();
    if (thread != e->thread || !e->scopes) return NULL;
    Frame *frame = current_frame(thread);
    return e->scope[e->scopes - 1].frame == frame ? frame : NULL;
}

static PyObject *none(Engine *e, int failed) {
    if (failed) give_up(e);
    Py_RETURN_NONE;
}

static long line_at(PyCodeObject *code, PyObject *offset) {
    return PyCode_Addr2Line(code, (int)PyLong_AsLong(offset));
}

static PyObject *disabled(Engine *e) {
    Py_INCREF(e->disable);
    return e->disable;
}

/* start(code, offset[, exception]): a code whose steps are recorded for the first time is instrumented. */
static PyObject *engine_start(Engine *e, PyObject *const *arguments, Py_ssize_t count) {
    PyThreadState *thread = PyThreadState_Get();
    if (thread != e->thread) Py_RETURN_NONE;
    Code *code = code_of(e, (PyCodeObject *)arguments[0]);
    if (!code) return none(e, 1);
    if (!code->shown) return count > 2 ? none(e, 0) : disabled(e);
    Frame *frame = current_frame(thread);
    long line = code->number < 0 && !e->scopes ? code->code->co_firstlineno : line_at(code->code, arguments[1]);
    int taken = on_call(e, code, frame, frame->localsplus, frame->f_locals, line);
    if (taken > 0 && !code->instrumented) {
        PyObject *done = PyObject_CallFunctionObjArgs(e->instrument, arguments[0], NULL);
        if (!done) return none(e, 1);
        Py_DECREF(done);
        code->instrumented = 1;
    }
    return none(e, taken < 0);
}

static PyObject *engine_line(Engine *e, PyObject *const *arguments, Py_ssize_t count) {
    Frame *frame = ours(e);
    if (!frame) Py_RETURN_NONE;
    return none(e, state(e, LINE, frame->localsplus, frame->f_locals, PyLong_AsLong(arguments[1])));
}

/* jump(code, from, to): a jump back within one line is a line event too. */
static PyObject *engine_jump(Engine *e, PyObject *const *arguments, Py_ssize_t count) {
    if (PyLong_AsLong(arguments[2]) >= PyLong_AsLong(arguments[1])) return disabled(e);
    Frame *frame = ours(e);
    if (!frame) Py_RETURN_NONE;
    long line = line_at((PyCodeObject *)arguments[0], arguments[2]);
    if (line != (long)e->scope[e->scopes - 1].line) Py_RETURN_NONE;
    return none(e, state(e, LINE, frame->localsplus, frame->f_locals, line));
}

static PyObject *engine_return(Engine *e, PyObject *const *arguments, Py_ssize_t count) {
    return ours(e) ? none(e, on_return(e, arguments[2])) : none(e, 0);
}

static PyObject *engine_raise(Engine *e, PyObject *const *arguments, Py_ssize_t count) {
    return ours(e) ? none(e, on_exception(e, (PyObject *)Py_TYPE(arguments[2]), arguments[2])) : none(e, 0);
}

static PyObject *engine_unwind(Engine *e, PyObject *const *arguments, Py_ssize_t count) {
    return ours(e) ? none(e, on_unwind(e)) : none(e, 0);
}

/* attach(disable, instrument): what a callback returns for places of no interest; called with a code to be told of. */
static PyObject *engine_attach(Engine *e, PyObject *arguments) {
    PyObject *disable, *instrument;
    if (!PyArg_ParseTuple(arguments, "OO", &disable, &instrument)) return NULL;
    Py_INCREF(disable);
    Py_XSETREF(e->disable, disable);
    Py_INCREF(instrument);
    Py_XSETREF(e->instrument, instrument);
    for (size_t i = 0; i < e->table_size; i++)
        if (e->table[i]) e->table[i]->instrumented = 0;
    e->thread = PyThreadState_Get();
    Py_RETURN_NONE;
}
#else
static PyObject **fast_of(PyFrameObject *frame) {
#if PY_VERSION_HEX >= 0x030B0000
    return frame->f_frame->localsplus;
#else
    return frame->f_localsplus;
#endif
}

static PyObject *names_of(PyFrameObject *frame) {
#if PY_VERSION_HEX >= 0x030B0000
    return frame->f_frame->f_locals;
#else
    return frame->f_locals;
#endif
}

static int traced(Engine *e, PyFrameObject *frame, int what, PyObject *argument) {
    if (what == PyTrace_CALL) {
#if PY_VERSION_HEX >= 0x030B0000
        Code *code = code_of(e, frame->f_frame->f_code);
#else
        Code *code = code_of(e, frame->f_code);
#endif
        if (!code) return -1;
        int taken = on_call(e, code, frame, fast_of(frame), names_of(frame), PyFrame_GetLineNumber(frame));
        if (!taken) frame->f_trace_lines = 0;
        return taken < 0 ? -1 : 0;
    }
    if (!e->scopes || e->scope[e->scopes - 1].frame != frame) return 0;
    if (what == PyTrace_LINE) return state(e, LINE, fast_of(frame), names_of(frame), PyFrame_GetLineNumber(frame));
    if (what == PyTrace_EXCEPTION)
        return on_exception(e, PyTuple_GET_ITEM(argument, 0), PyTuple_GET_ITEM(argument, 1));
    if (what == PyTrace_RETURN) return argument ? on_return(e, argument) : on_unwind(e);
    return 0;
}

static int on_trace(PyObject *self, PyFrameObject *frame, int what, PyObject *argument) {
    Engine *e = (Engine *)self;
    if (!e->thread) return 0;
    PyObject *kind, *value, *trace;
    PyErr_Fetch(&kind, &value, &trace);
    if (traced(e, frame, what, argument)) give_up(e);
    PyErr_Restore(kind, value, trace);
    return 0;
}

static PyObject *engine_attach(Engine *e, PyObject *arguments) {
    e->thread = PyThreadState_Get();
    PyEval_SetTrace(on_trace, (PyObject *)e);
    Py_RETURN_NONE;
}
#endif

/* detach(reason): stop recording; an open trace ends with the reason. */
static PyObject *engine_detach(Engine *e, PyObject *reason) {
    static char kept[64];
#if PY_VERSION_HEX < 0x030C0000
    if (e->thread && PyThreadState_Get()->c_traceobj == (PyObject *)e) PyEval_SetTrace(NULL, NULL);
    else if (e->thread) reason = NULL;
#endif
    e->thread = NULL;
    snprintf(kept, sizeof kept, "%s", reason ? PyUnicode_AsUTF8(reason) : "trace function replaced");
    if (e->open && !e->full) e->full = kept;
    if (end_trace(e)) return NULL;
    Py_RETURN_NONE;
}

static PyObject *engine_text(Engine *e, PyObject *value) {
    if (make_text(e, value, 0)) return NULL;
    return PyUnicode_DecodeUTF8(e->text.data, (Py_ssize_t)e->text.size, "replace");
}

/* ---- the type and the module ---- */

static int engine_init(Engine *e, PyObject *arguments, PyObject *named) {
    PyObject *write, *wanted, *shown, *dumps, *text, *about;
    if (!PyArg_ParseTuple(arguments, "OOOOOO(lllld)(llll)", &write, &wanted, &shown, &dumps, &text, &about,
                          &e->most_events, &e->most_size, &e->most_scopes, &e->events, &e->most_seconds,
                          &e->most_depth, &e->most_items, &e->most_nodes, &e->most_characters))
        return -1;
    if (e->most_depth < 0 || e->most_depth >= DEEPEST - 2) {
        PyErr_SetString(PyExc_ValueError, "the depth of values must be under 30");
        return -1;
    }
    PyObject **kept[] = { &e->write, &e->wanted, &e->shown, &e->dumps, &e->exception_text };
    PyObject *given[] = { write, wanted, shown, dumps, text };
    for (int i = 0; i < 5; i++) {
        Py_INCREF(given[i]);
        Py_XSETREF(*kept[i], given[i]);
    }
    e->names = PyDict_New();
    if (!e->names) return -1;
    PyObject *done = PyObject_CallFunction(e->write, "y", "WLTRACE2");
    if (!done) return -1;
    Py_DECREF(done);
    Py_INCREF(about);
    return write_json(e, 'H', about);
}

static void engine_dealloc(Engine *e) {
    while (e->scopes) clear_scope(&e->scope[--e->scopes]);
    for (size_t i = 0; i < e->table_size; i++)
        if (e->table[i]) free_code(e->table[i]);
    drop_shadow(&e->fresh);
    Buffer *buffers[] = { &e->text, &e->scratch, &e->kinds, &e->code_column, &e->line_column, &e->count_column,
                          &e->name_column, &e->length_column, &e->texts };
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) PyMem_RawFree(buffers[i]->data);
    PyMem_RawFree(e->fresh.tokens);
    PyMem_RawFree(e->scope);
    PyMem_RawFree(e->table);
    PyObject *held[] = { e->write, e->wanted, e->shown, e->dumps, e->exception_text, e->names, e->broken, e->disable, e->instrument };
    for (size_t i = 0; i < sizeof held / sizeof *held; i++) Py_XDECREF(held[i]);
    Py_TYPE(e)->tp_free((PyObject *)e);
}

static PyObject *engine_broken(Engine *e, void *unused) {
    PyObject *said = e->broken ? e->broken : Py_None;
    Py_INCREF(said);
    return said;
}

static PyMethodDef methods[] = {
#if PY_VERSION_HEX >= 0x030C0000
    { "start", (PyCFunction)(void (*)(void))engine_start, METH_FASTCALL, NULL },
    { "line", (PyCFunction)(void (*)(void))engine_line, METH_FASTCALL, NULL },
    { "jump", (PyCFunction)(void (*)(void))engine_jump, METH_FASTCALL, NULL },
    { "returned", (PyCFunction)(void (*)(void))engine_return, METH_FASTCALL, NULL },
    { "raised", (PyCFunction)(void (*)(void))engine_raise, METH_FASTCALL, NULL },
    { "unwound", (PyCFunction)(void (*)(void))engine_unwind, METH_FASTCALL, NULL },
#endif
    { "attach", (PyCFunction)engine_attach, METH_VARARGS, NULL },
    { "detach", (PyCFunction)engine_detach, METH_O, NULL },
    { "text", (PyCFunction)engine_text, METH_O, NULL },
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef attributes[] = { { "broken", (getter)engine_broken, NULL, NULL, NULL }, { NULL, NULL, NULL, NULL, NULL } };

static PyTypeObject EngineType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "worldline_tracer.Engine",
    .tp_basicsize = sizeof(Engine),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)engine_init,
    .tp_dealloc = (destructor)engine_dealloc,
    .tp_methods = methods,
    .tp_getset = attributes,
};

static struct PyModuleDef module = { PyModuleDef_HEAD_INIT, "worldline_tracer", NULL, -1, NULL, NULL, NULL, NULL, NULL };

PyMODINIT_FUNC PyInit_worldline_tracer(void) {
    dict_name = PyUnicode_InternFromString("__dict__");
    if (!dict_name || PyType_Ready(&EngineType)) return NULL;
    PyObject *made = PyModule_Create(&module);
    if (!made) return NULL;
    Py_INCREF(&EngineType);
    if (PyModule_AddObject(made, "Engine", (PyObject *)&EngineType)) return NULL;
    return made;
}
