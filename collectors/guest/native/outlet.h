/* Outlet: the way out, which all threads share (worldline_outlet.py), and the texts of code that lies in no file. */

/* Let go of the error that is set and return it, with its traceback. */
static PyObject *take_error(void) {
    PyObject *kind, *error, *trace;
    PyErr_Fetch(&kind, &error, &trace);
    PyErr_NormalizeException(&kind, &error, &trace);
    if (error && trace) PyException_SetTraceback(error, trace);
    Py_XDECREF(kind);
    Py_XDECREF(trace);
    return error;
}

static void set_error(PyObject *error) {
    PyObject *kind = (PyObject *)Py_TYPE(error);
    Py_INCREF(kind);
    Py_INCREF(error);
    PyErr_Restore(kind, error, PyException_GetTraceback(error));
}

/* Have the outlet say what is told to the writer of blocks of which so many bytes were written, and set that. */
static int say_trouble(Engine *e, PyObject *blocks, PyObject *written) {
    PyObject *error = PyErr_Occurred() ? take_error() : NULL;
    PyObject *said[] = { PyLong_FromSsize_t(PyBytes_GET_SIZE(blocks)), written ? written : Py_None, error ? error : Py_None };
    PyObject *told = said[0] ? call_many(e->trouble, said, 3) : NULL;
    Py_XDECREF(said[0]);
    Py_XDECREF(error);
    int failed = told != Py_None;
    if (told && failed) set_error(told);
    Py_XDECREF(told);
    return failed ? -1 : 0;
}

/* Say whether a write of so many bytes has said that it wrote them: what has no answer wrote them all. */
static int is_whole_write(PyObject *written, Py_ssize_t size) {
    if (!written || written == Py_None) return written != NULL;
    Py_ssize_t wrote = PyLong_CheckExact(written) ? PyLong_AsSsize_t(written) : -1;
    PyErr_Clear();
    return wrote == size;
}

static int put_alone(Engine *e, PyObject *blocks) {
    PyObject *lost = PyObject_GetAttr(e->outlet, lost_name);
    if (!lost) return -1;
    PyObject *written = lost == Py_None ? call_python(e->put, blocks) : NULL;
    int failed = is_whole_write(written, PyBytes_GET_SIZE(blocks)) ? 0 : say_trouble(e, blocks, written);
    Py_XDECREF(written);
    Py_DECREF(lost);
    return failed;
}

/* Write blocks, as the only thread that does. */
static int put(Engine *e, PyObject *blocks) {
    PyObject *held = call_python(e->acquire, NULL);
    if (!held) return -1;
    Py_DECREF(held);
    int failed = put_alone(e, blocks);
    PyObject *error = failed ? take_error() : NULL, *done = call_python(e->release, NULL);
    if (done && error) set_error(error);
    Py_XDECREF(error);
    Py_XDECREF(done);
    return failed || !done ? -1 : 0;
}

/* Say whether the linecache module may have the text of a file that lies on no disk: what was read from one has a time there. */
static int may_have_text(PyObject *file) {
    PyObject *modules = PyImport_GetModuleDict(), *module = PyDict_GetItemString(modules, "linecache");
    if (!module) return 0;
    if (!PyModule_CheckExact(module) || !PyUnicode_CheckExact(file)) return 1;
    PyObject *cache = PyDict_GetItemString(PyModule_GetDict(module), "cache");
    if (!cache || !PyDict_CheckExact(cache)) return 0;
    PyObject *entry = PyDict_GetItem(cache, file);
    return entry && PyTuple_CheckExact(entry) && PyTuple_GET_SIZE(entry) == 4 && PyTuple_GET_ITEM(entry, 1) == Py_None;
}

/* Write a block that tells of a code object, as `e->scratch` does, behind one with its text where that lies in no file. */
static int write_code(Engine *e, PyObject *file) {
    if (may_have_text(file)) {
        PyObject *told = PyBytes_FromStringAndSize(e->scratch.data, (Py_ssize_t)e->scratch.size);
        PyObject *source = told ? call_python(e->source, told) : NULL;
        e->torn |= !source || !PyBytes_CheckExact(source) ||
                   add(&e->pending, PyBytes_AS_STRING(source), (size_t)PyBytes_GET_SIZE(source));
        Py_XDECREF(source);
        Py_XDECREF(told);
    }
    return e->torn || write_scratch(e, 'C') ? -1 : 0;
}
