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

#define LIVES_ON (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)

/* Whoever becomes the trace function of this thread finds running frames as they were, with events at lines. */
static int on_audit(const char *event, PyObject *arguments, void *unused) {
    if (event[0] != 's' || strcmp(event, "sys.settrace")) return 0;
    for (Running at = running(PyThreadState_Get()); at; at = caller_of(at)) {
        PyFrameObject *frame = mark_of(at);
        if (frame) frame->f_trace_lines = 1;
    }
    return 0;
}

/* Says that the interpreter tells us of new trace functions. It does so for good, once in a process. */
static int listens;

static void listen(void) {
    if (listens) return;
    if (PySys_AddAuditHook(on_audit, NULL)) PyErr_Clear();
    else listens = 1;
}

static int traced(Engine *e, PyFrameObject *frame, int what, PyObject *argument) {
    if (what == PyTrace_CALL) {
#if PY_VERSION_HEX >= 0x030B0000
        Running called = frame->f_frame;
#else
        Running called = frame;
#endif
        Code *code = code_of(e, called->f_code);
        if (!code || (code->shown && check_callers(e, called))) return -1;
        int taken = on_call(e, code, frame, fast_of(frame), names_of(frame), PyFrame_GetLineNumber(frame), is_first(frame));
        if (!taken) {
            /* No events at lines; but of a generator's frame we could not say later whether it runs. */
            if (listens && !(code->code->co_flags & LIVES_ON)) frame->f_trace_lines = 0;
        } else {
            /* Asked for only where a program has put us back by sys.settrace(sys.gettrace()), as doctest does. */
            Py_INCREF(e);
            Py_XSETREF(frame->f_trace, (PyObject *)e);
        }
        return taken < 0 ? -1 : 0;
    }
    if (what == PyTrace_LINE) return state(e, LINE, fast_of(frame), names_of(frame), PyFrame_GetLineNumber(frame));
    if (what == PyTrace_EXCEPTION)
        return on_exception(e, PyTuple_GET_ITEM(argument, 0), PyTuple_GET_ITEM(argument, 1));
    if (what == PyTrace_RETURN) return argument ? on_return(e, argument) : on_unwind(e);
    return 0;
}

static int on_trace(PyObject *self, PyFrameObject *frame, int what, PyObject *argument) {
    Engine *e = (Engine *)self;
    if (!e->thread) {
        if (traces(e, PyThreadState_Get())) put_back(e);
        return 0;
    }
    if (what != PyTrace_CALL && (!e->scopes || e->scope[e->scopes - 1].frame != frame)) return 0;
    PyObject *kind = NULL, *value = NULL, *trace = NULL;
    if (PyErr_Occurred()) PyErr_Fetch(&kind, &value, &trace);
    e->busy = 1;
    int failed = traced(e, frame, what, argument) ? give_up(e) : 0;
    e->busy = 0;
    if (!failed) {
        if (kind) PyErr_Restore(kind, value, trace);
        return 0;
    }
    Py_XDECREF(kind);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    return -1;
}

static PyObject *engine_attach(Engine *e, PyObject *arguments) {
    PyThreadState *thread = e->thread = PyThreadState_Get();
    if (!traces(e, thread)) {
        e->before = thread->c_tracefunc;
        Py_XINCREF(thread->c_traceobj);
        Py_XSETREF(e->before_object, thread->c_traceobj);
    }
    listen();
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
    const unsigned char *code = (const unsigned char *)PyBytes_AS_STRING(frame->f_code->co_code) + (at < 0 ? 0 : at);
    int last = code[0];
    if (code[2] == YIELD_FROM && !raised) return 1; /* it is gone back on, to be done again */
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
            if (on_trace((PyObject *)e, frame, what, argument)) return NULL;
        }
    Py_INCREF(e);
    return (PyObject *)e;
}
