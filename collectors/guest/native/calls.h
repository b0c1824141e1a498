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

static PyObject *call_many(PyObject *callable, PyObject *const *arguments, size_t count) {
    PyThreadState *thread = PyThreadState_Get();
#if PY_VERSION_HEX < 0x030A0000
    char overflowed = thread->overflowed;
    thread->overflowed = 0;
#endif
    lend_calls(thread, EXTRA_CALLS);
#if PY_VERSION_HEX >= 0x03090000
    PyObject *made = PyObject_Vectorcall(callable, arguments, count, NULL);
#else
    PyObject *made = _PyObject_Vectorcall(callable, arguments, count, NULL);
#endif
    lend_calls(thread, -EXTRA_CALLS);
#if PY_VERSION_HEX < 0x030A0000
    thread->overflowed = overflowed;
#endif
    return made;
}

/* Call it with one argument, or with none where that is NULL. */
static PyObject *call_python(PyObject *callable, PyObject *argument) { return call_many(callable, &argument, argument != NULL); }
