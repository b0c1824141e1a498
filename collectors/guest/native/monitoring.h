/* The way in from CPython 3.12 on: callbacks of sys.monitoring. */
/* Return a line or an offset. */
static inline long small(PyObject *number) {
    int overflow;
    return (long)number_of(number, &overflow);
}

/* Return the engine of this thread when the running frame is its innermost recorded one, else NULL. */
static inline Engine *ours(Engine *head, Frame **frame) {
    PyThreadState *thread = PyThreadState_Get();
    Engine *e = thread == head->thread ? head : of_thread(head, thread);
    if (!e || !e->scopes) return NULL;
    *frame = running(thread);
    if (e->scope[e->scopes - 1].frame != *frame) return NULL;
    e->busy = 1;
    return e;
}

static PyObject *none(Engine *e, int failed) {
    failed = failed ? give_up(e) : 0;
    e->busy = 0;
    if (failed) return NULL;
    Py_RETURN_NONE;
}

/* Lines are remembered by where the instruction lies: a table of lines is read from its beginning. */
static long line_at(Engine *e, Code *code, PyObject *offset) {
    int at = (int)small(offset);
    Remembered *line = &e->lines[(size_t)(at / 2 + code->code->co_firstlineno) % LINES];
    if (line->code == code && line->offset == at) return line->line;
    line->code = code;
    line->offset = at;
    return line->line = PyCode_Addr2Line(code->code, at);
}

static PyObject *disabled(Engine *e) {
    Py_INCREF(e->disable);
    return e->disable;
}

/* Return the engine of a thread that runs shown code for the first time, or NULL, with an error or without. */
static Engine *joined(Engine *head, PyThreadState *thread) {
    if (!head->join) return NULL;
    PyObject *done = call_python(head->join, NULL);
    Py_XDECREF(done);
    return done ? of_thread(head, thread) : NULL;
}

static int enter(Engine *head, Engine *e, Code *code, PyObject *const *arguments, int thrown) {
    Frame *frame = running(PyThreadState_Get());
    if (check_callers(e, frame)) return -1;
    long line = code->number < 0 && !e->scopes ? code->code->co_firstlineno : line_at(e, code, arguments[1]);
    int first = !thrown && small(arguments[1]) == 2 * (long)code->code->_co_firsttraceable;
    int taken = on_call(e, code, frame, frame->localsplus, frame->f_locals, line, first);
    if (taken <= 0 || code->instrumented || !head->instrument) return taken;
    code->instrumented = 1;
    PyObject *done = call_python(head->instrument, arguments[0]);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

/* start(code, offset[, exception]): a code whose steps are recorded for the first time is instrumented. */
static PyObject *engine_start(Engine *head, PyObject *const *arguments, Py_ssize_t count) {
    PyThreadState *thread = PyThreadState_Get();
    Engine *e = of_thread(head, thread);
    Code *code = code_of(e ? e : head, (PyCodeObject *)arguments[0]);
    if (!code) return none(e ? e : head, 1);
    if (!code->shown) {
        if (count > 2) Py_RETURN_NONE;
        return disabled(head);
    }
    if (!e) {
        e = joined(head, thread);
        if (!e && PyErr_Occurred()) return none(head, 1);
        if (!e) Py_RETURN_NONE;
        code = code_of(e, (PyCodeObject *)arguments[0]);
        if (!code) return none(e, 1);
    }
    e->busy = 1;
    return none(e, enter(head, e, code, arguments, count > 2) < 0);
}

static PyObject *engine_line(Engine *head, PyObject *const *arguments, Py_ssize_t count) {
    Frame *frame;
    Engine *e = ours(head, &frame);
    if (!e) Py_RETURN_NONE;
    return none(e, state(e, LINE, frame->localsplus, frame->f_locals, small(arguments[1])));
}

/* jump(code, from, to): a jump back within one line is a line event too. */
static PyObject *engine_jump(Engine *head, PyObject *const *arguments, Py_ssize_t count) {
    if (small(arguments[2]) >= small(arguments[1])) return disabled(head);
    Frame *frame;
    Engine *e = ours(head, &frame);
    if (!e) Py_RETURN_NONE;
    Scope *scope = &e->scope[e->scopes - 1];
    long before = line_at(e, scope->code, arguments[1]), line = line_at(e, scope->code, arguments[2]);
    if (before >= 0 && before != line) {
        e->busy = 0;
        return disabled(head);
    }
    if (line != (long)scope->line) return none(e, 0);
    return none(e, state(e, LINE, frame->localsplus, frame->f_locals, line));
}

static PyObject *engine_return(Engine *head, PyObject *const *arguments, Py_ssize_t count) {
    Frame *frame;
    Engine *e = ours(head, &frame);
    if (!e) Py_RETURN_NONE;
    return none(e, on_return(e, arguments[2]));
}

static PyObject *engine_raise(Engine *head, PyObject *const *arguments, Py_ssize_t count) {
    Frame *frame;
    Engine *e = ours(head, &frame);
    if (!e) Py_RETURN_NONE;
    return none(e, on_exception(e, (PyObject *)Py_TYPE(arguments[2]), arguments[2]));
}

static PyObject *engine_unwind(Engine *head, PyObject *const *arguments, Py_ssize_t count) {
    Frame *frame;
    Engine *e = ours(head, &frame);
    if (!e) Py_RETURN_NONE;
    return none(e, on_unwind(e));
}

/* attach(disable, instrument, join): what a callback returns for places of no interest; called with a code to be told of;
 * called in a thread that has no engine yet. */
static PyObject *engine_attach(Engine *e, PyObject *arguments) {
    PyObject *disable, *instrument, *join;
    if (!PyArg_ParseTuple(arguments, "OOO", &disable, &instrument, &join)) return NULL;
    Py_INCREF(disable);
    Py_XSETREF(e->disable, disable);
    Py_INCREF(instrument);
    Py_XSETREF(e->instrument, instrument);
    Py_INCREF(join);
    Py_XSETREF(e->join, join);
    for (size_t i = 0; i < e->table_size; i++)
        if (e->table[i]) e->table[i]->instrumented = 0;
    e->thread = PyThreadState_Get();
    e->thread_id = e->thread->id;
    Py_RETURN_NONE;
}
