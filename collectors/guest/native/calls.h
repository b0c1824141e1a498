/* Calls of our own Python functions: the program's recursion limit is not theirs, so that it breaks off neither. */
#define EXTRA_CALLS 200

static void lend_calls(PyThreadState *thread, int calls) {
#if PY_VERSION_HEX >= 0x030C0000
    thread->py_recursion_remaining += calls;
#if PY_VERSION_HEX < 0x030E0000
    thread->c_recursion_remaining += calls;
#endif
#elif PY_VERSION_HEX >= 0x030B0000
    thread->recursion_remaining += calls;
#else
    thread->recursion_depth -= calls;
#endif
}

/* Call it with one argument, or two, or none where the first is NULL. */
static PyObject *call_python(PyObject *callable, PyObject *one, PyObject *two) {
    PyThreadState *thread = PyThreadState_Get();
#if PY_VERSION_HEX < 0x030A0000
    char overflowed = thread->overflowed;
    thread->overflowed = 0;
#endif
    lend_calls(thread, EXTRA_CALLS);
    PyObject *made = PyObject_CallFunctionObjArgs(callable, one, two, NULL);
    lend_calls(thread, -EXTRA_CALLS);
#if PY_VERSION_HEX < 0x030A0000
    thread->overflowed = overflowed;
#endif
    return made;
}
