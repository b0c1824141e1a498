/* Threads: each has an engine of its own, which its own events reach and which any thread can end; and what ends one early.
 *
 * A thread that asks another's engine to end holds the GIL; that engine is in the middle of an event only where it calls
 * Python (`busy`), and then the thread that asks waits. */
#if PY_VERSION_HEX >= 0x030C0000
#define LOST "stack switched"
#else
#define LOST "trace function replaced"
#endif

/* What the engine knows a running frame by, and the frame that called it. */
#if PY_VERSION_HEX >= 0x030C0000
typedef Frame *Running;
static void *mark_of(Running frame) { return frame; }
static Running caller_of(Running frame) { return frame->previous; }
#elif PY_VERSION_HEX >= 0x030B0000
typedef struct _PyInterpreterFrame *Running;
static void *mark_of(Running frame) { return frame->frame_obj; }
static Running caller_of(Running frame) { return frame->previous; }
#else
typedef PyFrameObject *Running;
static void *mark_of(Running frame) { return frame; }
static Running caller_of(Running frame) { return frame->f_back; }
#endif

static Running running(PyThreadState *thread) {
#if PY_VERSION_HEX >= 0x030D0000
    return thread->current_frame;
#elif PY_VERSION_HEX >= 0x030B0000
    return thread->cframe->current_frame;
#else
    return thread->frame;
#endif
}

/* Say whether a frame is the marked one or was called by it, as far as that can be told: up to 3.10 what is thrown into a
 * generator is passed on to the one that it delegates to by its own frame, which then has no caller. */
static int is_above(Running frame, void *mark) {
    while (frame && mark_of(frame) != mark) {
        Running caller = caller_of(frame);
#if PY_VERSION_HEX < 0x030B0000
        if (!caller && frame->f_code->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)) return 1;
#endif
        frame = caller;
    }
    return frame != NULL;
}

static int end_early(Engine *e, const char *reason) {
    if (e->open && !e->full) e->full = reason;
    e->passing = 1;
    return end_trace(e);
}

/* Before a call: steps have passed unseen when the innermost scope is none of its callers. */
static int check_callers(Engine *e, Running frame) {
    if (!e->scopes || is_above(caller_of(frame), e->scope[e->scopes - 1].frame)) return 0;
    return end_early(e, LOST);
}

/* Leave out what an error has left half gathered. */
static void mend(Engine *e) {
    size_t changes = 0, text = 0;
    for (uint32_t i = 0; i < e->chunk; i++) changes += e->count_column[i];
    if (changes * 4 > e->length_column.size) return;
    e->name_column.size = e->length_column.size = changes * 4;
    for (size_t i = 0; i < changes; i++) text += ((uint32_t *)e->length_column.data)[i];
    e->texts.size = text;
}

/* Let an error end the trace. One of ours is kept and nothing more is recorded, so that the program goes on; one that a
 * signal's handler has raised meanwhile is the program's: return -1 with it set. */
static int give_up(Engine *e) {
    PyObject *kind, *value, *trace;
    PyErr_Fetch(&kind, &value, &trace);
    PyErr_NormalizeException(&kind, &value, &trace);
    if (value && trace) PyException_SetTraceback(value, trace);
    PyObject *answer = value ? call_python(e->is_ours, value) : NULL;
    int ours = !answer || answer == Py_True;
    Py_XDECREF(answer);
    PyErr_Clear();
    mend(e);
    if (ours) {
        PyObject *said = value ? PyObject_Str(value) : NULL;
        PyErr_Clear();
        Py_XSETREF(e->broken, said ? said : PyUnicode_FromString("unknown error"));
        e->thread = NULL;
    }
    if (end_early(e, ours ? "broken" : "interrupted")) PyErr_Clear();
    if (!ours) {
        PyErr_Restore(kind, value, trace);
        return -1;
    }
    Py_XDECREF(kind);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    return 0;
}

#if PY_VERSION_HEX >= 0x030C0000
/* The callbacks are those of one engine, the head of a chain; the others follow. */
static Engine *of_thread(Engine *head, PyThreadState *thread) {
    Engine *e = head;
    while (e && (e->thread != thread || e->thread_id != thread->id)) e = e->next;
    return e;
}

/* Leave the chain; where that is the head of it, nobody stays. */
static void leave_chain(Engine *e) {
    Engine *at = e->head ? e->head : e;
    if (at == e)
        for (Engine *other; (other = e->next); other->head = other->next = NULL) e->next = other->next;
    while (at && at->next != e) at = at->next;
    if (at) at->next = e->next;
    e->head = e->next = NULL;
}

/* admit(engine): from now on this thread's events reach the engine, through our callbacks. */
static PyObject *engine_admit(Engine *head, PyObject *other) {
    Engine *e = (Engine *)other;
    if (Py_TYPE(other) == Py_TYPE(head) && e != head && !e->head) {
        e->thread = PyThreadState_Get();
        e->thread_id = e->thread->id;
        e->head = head;
        e->next = head->next;
        head->next = e;
    }
    Py_RETURN_NONE;
}
#else
static int traces(Engine *e, PyThreadState *thread) { return thread->c_traceobj == (PyObject *)e; }

/* Put back the trace function that the running thread had before us. */
static void put_back(Engine *e) {
    Py_INCREF(e);
    PyEval_SetTrace(e->before, e->before_object);
    Py_DECREF(e);
}
#endif

/* mute(): record nothing from here on; it may be another thread's engine. */
static PyObject *engine_mute(Engine *e, PyObject *unused) {
    PyThreadState *thread = e->thread;
    e->thread = NULL;
    if (!thread) Py_RETURN_NONE;
    e->lost = e->scopes && !is_above(running(thread), e->scope[e->scopes - 1].frame);
#if PY_VERSION_HEX < 0x030C0000
    if (!traces(e, thread)) e->lost = 1;
    else if (thread == PyThreadState_Get()) put_back(e);
#endif
    Py_RETURN_NONE;
}

/* detach(reason): end an open trace, of an engine that is mute and not busy. */
static PyObject *engine_detach(Engine *e, PyObject *reason) {
    snprintf(e->reason, sizeof e->reason, "%s", PyUnicode_AsUTF8(reason));
    Py_CLEAR(e->instrument);
    Py_CLEAR(e->join);
#if PY_VERSION_HEX >= 0x030C0000
    leave_chain(e);
#endif
    const char *why = e->lost ? LOST : e->reason;
    e->lost = 0;
    if (end_early(e, why) || (!e->torn && write_pending(e))) return NULL;
    Py_RETURN_NONE;
}

/* abandon(): forget an open trace without a word, in a process that is a copy of the one that writes it. */
static PyObject *engine_abandon(Engine *e, PyObject *unused) {
    e->open = 0;
    e->chunk = 0;
    e->pending.size = 0;
    e->name_column.size = e->length_column.size = e->texts.size = 0;
    e->thread = NULL;
    e->passing = 1;
    if (end_trace(e)) return NULL;
    Py_RETURN_NONE;
}

static PyObject *engine_busy(Engine *e, void *unused) { return PyBool_FromLong(e->busy); }
