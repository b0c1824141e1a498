/* The floors of any line tracer: callbacks in C that do nothing, on the trace function and for sys.monitoring. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <frameobject.h>

static int ignore_event(PyObject *object, PyFrameObject *frame, int event, PyObject *argument) {
    return 0;
}

static PyObject *attach(PyObject *module, PyObject *ignored) {
    PyEval_SetTrace(ignore_event, NULL);
    Py_RETURN_NONE;
}

static PyObject *detach(PyObject *module, PyObject *ignored) {
    PyEval_SetTrace(NULL, NULL);
    Py_RETURN_NONE;
}

static PyObject *nothing(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    { "attach", attach, METH_NOARGS, "Set a trace function that does nothing." },
    { "detach", detach, METH_NOARGS, "Remove the trace function." },
    { "nothing", (PyCFunction)(void (*)(void))nothing, METH_FASTCALL, "Take any arguments and do nothing." },
    { NULL, NULL, 0, NULL },
};

static struct PyModuleDef definition = { PyModuleDef_HEAD_INIT, "floor", NULL, -1, methods };

PyMODINIT_FUNC PyInit_floor(void) { return PyModule_Create(&definition); }
