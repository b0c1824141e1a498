/* The way in from CPython 3.12 on: callbacks of sys.monitoring. */
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

/* Lines are remembered by where the instruction lies: a table of lines is read from its beginning. */
static long line_at(Engine *e, Code *code, PyObject *offset) {
    int at = (int)PyLong_AsLong(offset);
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

/* start(code, offset[, exception]): a code whose steps are recorded for the first time is instrumented. */
static PyObject *engine_start(Engine *e, PyObject *const *arguments, Py_ssize_t count) {
    PyThreadState *thread = PyThreadState_Get();
    if (thread != e->thread) Py_RETURN_NONE;
    Code *code = code_of(e, (PyCodeObject *)arguments[0]);
    if (!code) return none(e, 1);
    if (!code->shown) return count > 2 ? none(e, 0) : disabled(e);
    Frame *frame = current_frame(thread);
    long line = code->number < 0 && !e->scopes ? code->code->co_firstlineno : line_at(e, code, arguments[1]);
    int first = count == 2 && PyLong_AsLong(arguments[1]) == 2 * (long)code->code->_co_firsttraceable;
    int taken = on_call(e, code, frame, frame->localsplus, frame->f_locals, line, first);
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
    Scope *scope = &e->scope[e->scopes - 1];
    long before = line_at(e, scope->code, arguments[1]), line = line_at(e, scope->code, arguments[2]);
    if (before >= 0 && before != line) return disabled(e);
    if (line != (long)scope->line) Py_RETURN_NONE;
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
