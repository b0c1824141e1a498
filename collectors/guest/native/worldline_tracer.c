/* The C engine: the callbacks, the change test and the texts of values, for the stream of worldline_stream.py.
 *
 * It writes the bytes that worldline_recorder.py and worldline_snapshot.py write, and those two are the reference.
 * On CPython 3.12 and newer its methods are callbacks of sys.monitoring, below it is a trace function (PyEval_SetTrace).
 * It runs no code of the traced program: values are read through their C structures and slots of builtin types alone.
 *
 * A name is looked at without making its text: an immutable leaf by identity, anything else by the words of memory that its
 * text depends on, which are compared with what they were. Where they differ, the parts that still hold are copied, and the
 * rest is walked. References are held to leaves alone. */
#include "engine.h"
#include "memory.h"
#include "calls.h"
#include "stream.h"
#include "outlet.h"
#include "codes.h"
#include "walk.h"
#include "leaves.h"
#include "attributes.h"
#include "foreign.h"
#include "containers.h"
#include "texts.h"
#include "exceptions.h"
#include "scopes.h"
#include "threads.h"
#if PY_VERSION_HEX >= 0x030C0000
#include "monitoring.h"
#else
#include "trace_function.h"
#endif

static PyObject *engine_text(Engine *e, PyObject *value) {
    int leaf = is_light(value);
    Shown *shown = leaf ? NULL : show_value(e, value, NULL);
    if (leaf ? make_leaf_text(e, value) : !shown) return NULL;
    const Buffer *text = leaf ? &e->text : text_of(shown);
    return PyUnicode_DecodeUTF8(text->data, (Py_ssize_t)text->size, "replace");
}

static int take_outlet(Engine *e, PyObject *outlet) {
    PyObject *lock = PyObject_GetAttrString(outlet, "lock");
    Py_INCREF(outlet);
    Py_XSETREF(e->outlet, outlet);
    Py_XSETREF(e->put, PyObject_GetAttrString(outlet, "put"));
    Py_XSETREF(e->trouble, PyObject_GetAttrString(outlet, "trouble"));
    Py_XSETREF(e->acquire, lock ? PyObject_GetAttrString(lock, "acquire") : NULL);
    Py_XSETREF(e->release, lock ? PyObject_GetAttrString(lock, "release") : NULL);
    Py_XDECREF(lock);
    return e->put && e->trouble && e->acquire && e->release ? 0 : -1;
}

static int engine_init(Engine *e, PyObject *arguments, PyObject *named) {
    PyObject *outlet, *wanted, *shown, *answers, *source, *dumps, *text, *is_ours, *about, *told = Py_None;
    if (!PyArg_ParseTuple(arguments, "(OI)OO!OOOOOO(lllld)(llll)|O", &outlet, &e->number, &wanted, &PyDict_Type, &answers,
                          &shown, &source, &dumps, &text, &is_ours, &about,
                          &e->most_events, &e->most_size, &e->most_scopes, &e->events, &e->most_seconds,
                          &e->most_depth, &e->most_items, &e->most_nodes, &e->most_characters, &told))
        return -1;
    if (e->most_depth < 0 || e->most_depth >= DEEPEST - 2) {
        PyErr_SetString(PyExc_ValueError, "the depth of values must be under 30");
        return -1;
    }
    PyObject **kept[] = { &e->wanted, &e->shown, &e->answers, &e->source, &e->dumps, &e->exception_text, &e->is_ours,
                          &e->true_text };
    PyObject *given[] = { wanted, shown, answers, source, dumps, text, is_ours, told == Py_None ? NULL : told };
    for (int i = 0; i < 8 && given[i]; i++) {
        Py_INCREF(given[i]);
        Py_XSETREF(*kept[i], given[i]);
    }
    Py_XSETREF(e->names, PyDict_New());
    if (!e->names || take_outlet(e, outlet) || add(&e->pending, "WLTRACE2", 8)) return -1;
    Py_INCREF(about);
    return write_json(e, 'H', about) || write_pending(e) ? -1 : 0;
}

/* All that is held of Python, but for what is kept of values: that is numbers and strings alone, which are in no cycle. */
#define HELD(e) { &e->outlet, &e->put, &e->acquire, &e->release, &e->trouble, &e->wanted, &e->shown, &e->answers, &e->source, \
                  &e->dumps, &e->exception_text, &e->true_text, &e->instrument, &e->is_ours, &e->join, &e->before_object }

static int engine_traverse(Engine *e, visitproc visit, void *arg) {
    PyObject **held[] = HELD(e);
    for (size_t i = 0; i < sizeof held / sizeof *held; i++) Py_VISIT(*held[i]);
    return 0;
}

static int engine_clear(Engine *e) {
    PyObject **held[] = HELD(e);
    for (size_t i = 0; i < sizeof held / sizeof *held; i++) Py_CLEAR(*held[i]);
    return 0;
}

static void engine_dealloc(Engine *e) {
    PyObject_GC_UnTrack(e);
#if PY_VERSION_HEX >= 0x030C0000
    leave_chain(e);
#endif
    while (e->scopes) clear_scope(e, &e->scope[--e->scopes]);
    for (long i = 0; i < e->scope_room; i++) free_scope(&e->scope[i]);
    for (size_t i = 0; i < e->table_size; i++)
        if (e->table[i]) free_code(e->table[i]);
    forget_shown(e);
    free_spare(e);
    for (int i = 0; i < TYPES; i++) {
        forget_type(&e->types[i]);
        PyMem_RawFree(e->types[i].places);
    }
    Buffer *buffers[] = { &e->text, &e->scratch, &e->name_column, &e->length_column, &e->texts, &e->pending };
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) PyMem_RawFree(buffers[i]->data);
    PyMem_RawFree(e->scope);
    PyMem_RawFree(e->table);
    engine_clear(e);
    Py_XDECREF(e->names);
    Py_XDECREF(e->broken);
    Py_XDECREF(e->disable);
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
#if PY_VERSION_HEX >= 0x030C0000
    { "admit", (PyCFunction)engine_admit, METH_O, NULL },
#endif
    { "attach", (PyCFunction)engine_attach, METH_VARARGS, NULL },
    { "mute", (PyCFunction)engine_mute, METH_NOARGS, NULL },
    { "detach", (PyCFunction)engine_detach, METH_O, NULL },
    { "abandon", (PyCFunction)engine_abandon, METH_NOARGS, NULL },
    { "text", (PyCFunction)engine_text, METH_O, NULL },
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef attributes[] = {
    { "broken", (getter)engine_broken, NULL, NULL, NULL },
    { "busy", (getter)engine_busy, NULL, NULL, NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

static PyTypeObject EngineType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "worldline_tracer.Engine",
    .tp_basicsize = sizeof(Engine),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = (traverseproc)engine_traverse,
    .tp_clear = (inquiry)engine_clear,
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)engine_init,
    .tp_dealloc = (destructor)engine_dealloc,
    .tp_methods = methods,
#if PY_VERSION_HEX < 0x030C0000
    .tp_call = (ternaryfunc)engine_call,
#endif
    .tp_getset = attributes,
};

static struct PyModuleDef module = { PyModuleDef_HEAD_INIT, "worldline_tracer", NULL, -1, NULL, NULL, NULL, NULL, NULL };

PyMODINIT_FUNC PyInit_worldline_tracer(void) {
    dict_name = PyUnicode_InternFromString("__dict__");
    slots_name = PyUnicode_InternFromString("__slots__");
    str_name = PyUnicode_InternFromString("__str__");
    lost_name = PyUnicode_InternFromString("lost");
    if (!dict_name || !slots_name || !str_name || !lost_name || PyType_Ready(&EngineType)) return NULL;
    PyObject *made = PyModule_Create(&module);
    if (!made) return NULL;
    Py_INCREF(&EngineType);
    if (PyModule_AddObject(made, "Engine", (PyObject *)&EngineType)) return NULL;
    return made;
}
