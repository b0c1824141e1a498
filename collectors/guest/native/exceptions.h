/* What an exception is shown as, as worldline_exceptions.py has it; that is asked where this is not sure. */
enum { PLAIN, KEY, FOREIGN, UNSURE };

/* Say how the message of an exception's type is made: of the arguments, of them as KeyError does, or by code of its own. */
static int teller_of(PyTypeObject *type) {
    PyObject *mro = type->tp_mro;
    reprfunc plain = ((PyTypeObject *)PyExc_BaseException)->tp_str;
    for (Py_ssize_t i = 0; mro && i < PyTuple_GET_SIZE(mro); i++) {
        PyTypeObject *parent = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);
        if (parent == (PyTypeObject *)PyExc_BaseException) return PLAIN;
        if (parent == (PyTypeObject *)PyExc_KeyError) return KEY;
        if (!(parent->tp_flags & Py_TPFLAGS_HEAPTYPE)) {
            if (parent->tp_str != plain) return UNSURE;
        } else if (PyDict_GetItemWithError(parent->tp_dict, str_name)) {
            return FOREIGN;
        }
    }
    return UNSURE;
}

/* Add the text of a value by the bounds that a value has by itself, and no longer than a message may be. */
static int add_shown(Engine *e, Buffer *text, PyObject *value) {
    long depth = e->most_depth, items = e->most_items, nodes = e->most_nodes, characters = e->most_characters;
    PyObject *told = e->true_text;
    int is_short = e->is_short;
    e->most_depth = 4, e->most_items = 30, e->most_nodes = 120, e->most_characters = 600, e->true_text = NULL;
    Shown *shown = show_anew(e, value, NULL);
    const Buffer *made = shown ? text_of(shown) : NULL;
    int failed = !shown || add(text, made->data, made->size);
    text->wide |= shown && made->wide;
    let_go(e, shown);
    e->most_depth = depth, e->most_items = items, e->most_nodes = nodes, e->most_characters = characters;
    e->true_text = told;
    e->is_short = is_short;
    return failed;
}

/* Cut what lies in the text from `start` on to so many characters. */
static void shorten(Buffer *text, size_t start, size_t most) {
    size_t end = start, count = 0;
    if (!text->wide) {
        if (text->size - start > most) text->size = start + most;
        return;
    }
    for (; end < text->size; end++)
        if (((unsigned char)text->data[end] & 0xC0) != 0x80 && count++ == most) break;
    text->size = end;
}

static int add_arguments(Engine *e, Buffer *text, PyObject *arguments, int teller) {
    PyObject *only = PyTuple_GET_SIZE(arguments) == 1 ? PyTuple_GET_ITEM(arguments, 0) : NULL;
    size_t start = text->size + 2;
    if (!PyTuple_GET_SIZE(arguments)) return 0;
    int failed = add(text, ": ", 2);
    if (!failed && only && teller == PLAIN && PyUnicode_CheckExact(only)) failed = add_unicode(text, only);
    else if (!failed) failed = add_shown(e, text, only ? only : arguments);
    if (text->size == start) text->size -= 2;
    else shorten(text, start, MOST_OF_MESSAGE);
    return failed ? -1 : 0;
}

/* A message that may not be UTF-8 is cut before it is escaped, which Python does. */
static int is_told_here(PyObject *arguments) {
    if (!arguments || !PyTuple_CheckExact(arguments)) return 0;
    PyObject *only = PyTuple_GET_SIZE(arguments) == 1 ? PyTuple_GET_ITEM(arguments, 0) : NULL;
    return !only || !PyUnicode_CheckExact(only) || PyUnicode_IS_COMPACT_ASCII(only);
}

/* Put what a traceback's last line says of the exception into `e->scratch`. */
static int make_error_text(Engine *e, PyObject *kind, PyObject *value) {
    Buffer *text = &e->scratch;
    int teller = PyExceptionInstance_Check(value) && PyType_Check(kind) ? teller_of(Py_TYPE(value)) : UNSURE;
    PyObject *arguments = teller == PLAIN || teller == KEY ? ((PyBaseExceptionObject *)value)->args : NULL;
    text->size = text->wide = 0;
    if (teller == FOREIGN || is_told_here(arguments)) {
        if (add_type_name(text, (PyTypeObject *)kind)) return -1;
        if (teller == FOREIGN) return 0;
        Py_INCREF(arguments);
        int failed = add_arguments(e, text, arguments, teller);
        Py_DECREF(arguments);
        return failed;
    }
    if (PyErr_Occurred()) return -1;
    PyObject *raised[] = { kind, value }, *told = call_many(e->exception_text, raised, 2);
    int failed = !told || add_unicode(text, told);
    Py_XDECREF(told);
    return failed ? -1 : 0;
}
