/* The way in below CPython 3.12: a trace function. */
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
