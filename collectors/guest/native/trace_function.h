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

/* Say whether nothing of the frame has run. */
static int is_first(PyFrameObject *frame) {
#if PY_VERSION_HEX >= 0x030B0000
    return _PyInterpreterFrame_LASTI(frame->f_frame) <= frame->f_frame->f_code->_co_firsttraceable;
#else
    return frame->f_lasti < 0;
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
        int taken = on_call(e, code, frame, fast_of(frame), names_of(frame), PyFrame_GetLineNumber(frame), is_first(frame));
        if (!taken) {
            frame->f_trace_lines = 0;
        } else {
            /* Asked for only where a program has put us back by sys.settrace(sys.gettrace()), as doctest does. */
            Py_INCREF(e);
            Py_XSETREF(frame->f_trace, (PyObject *)e);
        }
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

/* Say whether the frame ends by its last instruction; an exception that passes through stops elsewhere, and one that is
 * thrown into a generator at its yield, with no line after it. Needed where None may stand for no value. */
static int leaves_by_value(PyFrameObject *frame, int raised) {
#if PY_VERSION_HEX >= 0x030B0000
    int last = _Py_OPCODE(_PyCode_CODE(frame->f_frame->f_code)[_PyInterpreterFrame_LASTI(frame->f_frame)]);
#else
    int at = frame->f_lasti * (PY_VERSION_HEX >= 0x030A0000 ? 2 : 1);
    int last = (unsigned char)PyBytes_AS_STRING(frame->f_code->co_code)[at < 0 ? 0 : at];
#endif
#ifdef YIELD_FROM
    if (last == YIELD_FROM) return !raised;
#endif
    return last == RETURN_VALUE || (last == YIELD_VALUE && !raised);
}

/* engine(frame, event, argument): what sys.settrace(sys.gettrace()) has made a trace function of. The next call installs
 * the C function again; until then frames that are recorded tell of their steps this way. */
static PyObject *engine_call(Engine *e, PyObject *arguments, PyObject *named) {
    static const char *const events[] = { "call", "exception", "line", "return" };
    PyFrameObject *frame;
    PyObject *argument;
    const char *event;
    if (!PyArg_ParseTuple(arguments, "O!sO", &PyFrame_Type, &frame, &event, &argument)) return NULL;
    if (e->thread != PyThreadState_Get()) Py_RETURN_NONE;
    for (int what = PyTrace_CALL; what <= PyTrace_RETURN; what++)
        if (!strcmp(events[what], event)) {
            if (what == PyTrace_CALL) PyEval_SetTrace(on_trace, (PyObject *)e);
            int ours = e->scopes && e->scope[e->scopes - 1].frame == frame, raised = ours && e->scope[e->scopes - 1].raised;
            if (what == PyTrace_RETURN && argument == Py_None && !leaves_by_value(frame, raised)) argument = NULL;
            on_trace((PyObject *)e, frame, what, argument);
        }
    Py_INCREF(e);
    return (PyObject *)e;
}
