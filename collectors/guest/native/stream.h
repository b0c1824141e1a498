/* The stream: blocks, and a chunk of events in columns (the form stands in worldline_stream.py). */
static int write_pending(Engine *e) {
    if (e->torn) {
        PyErr_SetString(PyExc_RuntimeError, "the stream has lost a block");
        return -1;
    }
    if (!e->pending.size) return 0;
    PyObject *blocks = PyBytes_FromStringAndSize(e->pending.data, (Py_ssize_t)e->pending.size);
    e->pending.size = 0;
    e->torn = 1; /* until the blocks are written */
    PyObject *done = blocks ? call_python(e->write, blocks, NULL) : NULL;
    Py_XDECREF(blocks);
    if (!done) return -1;
    e->torn = 0;
    Py_DECREF(done);
    return 0;
}

/* Add a block to those that are not written yet. One of a code object is written alone: its source may go before it. */
static int write_block(Engine *e, char letter, const Buffer *parts, int count) {
    uint32_t size = 0;
    int alone = letter == 'C';
    if (alone && write_pending(e)) return -1;
    for (int i = 0; i < count; i++) size += (uint32_t)parts[i].size;
    if (add(&e->pending, &letter, 1) || add_number(&e->pending, size)) return -1;
    for (int i = 0; i < count; i++)
        if (add(&e->pending, parts[i].data, parts[i].size)) return -1;
    return !alone && e->pending.size < PENDING ? 0 : write_pending(e);
}

/* Narrow a column of u32 in place to the fewest bytes that hold its largest number, and return how many. */
static uint8_t narrow(Buffer *column) {
    uint32_t largest = 0, *wide = (uint32_t *)column->data; /* no less than the largest, and as many bytes */
    size_t count = column->size / 4;
    for (size_t i = 0; i < count; i++) largest |= wide[i];
    if (largest < 256) {
        uint8_t *out = (uint8_t *)column->data;
        for (size_t i = 0; i < count; i++) out[i] = (uint8_t)wide[i];
        column->size = count;
        return 1;
    }
    if (largest < 65536) {
        uint16_t *out = (uint16_t *)column->data;
        for (size_t i = 0; i < count; i++) out[i] = (uint16_t)wide[i];
        column->size = 2 * count;
        return 2;
    }
    return 4;
}

static int flush(Engine *e) {
    if (!e->chunk) return 0;
    char head[17];
    uint32_t sizes[3] = { e->chunk, (uint32_t)(e->name_column.size / 4), (uint32_t)e->texts.size };
    memcpy(head, sizes, 12);
    size_t bytes = 4 * (size_t)e->chunk;
    Buffer parts[8] = { { head, 17, 0 }, { (char *)e->kinds, e->chunk, 0 }, { (char *)e->code_column, bytes, 0 },
                        { (char *)e->line_column, bytes, 0 }, { (char *)e->count_column, bytes, 0 }, e->name_column,
                        e->length_column, e->texts };
    for (int i = 0; i < 5; i++) head[12 + i] = (char)narrow(&parts[2 + i]);
    e->chunk = 0;
    e->name_column.size = e->length_column.size = e->texts.size = 0;
    return write_block(e, 'X', parts, 8);
}

/* The end of a trace, which is written with all that was not written of it. */
static int write_end(Engine *e) {
    Buffer *said = &e->scratch;
    const char *mark = e->full ? "\"" : "";
    said->size = 0;
    if (add_text(said, "{\"cut\":") || add_text(said, mark) || add_text(said, e->full ? e->full : "null") ||
        add_text(said, mark) || add_count(said, ",\"values_cut\":", (size_t)e->cut, "}") || write_block(e, 'E', said, 1))
        return -1;
    return write_pending(e);
}

/* Write a block with a JSON payload; bytes are one already. */
static int write_json(Engine *e, char letter, PyObject *value) {
    if (!value) return -1;
    PyObject *text = value;
    if (!PyBytes_CheckExact(value)) {
        text = call_python(e->dumps, value, NULL);
        Py_DECREF(value);
        e->torn |= !text;
        if (!text) return -1;
    }
    Buffer part = { PyBytes_AS_STRING(text), (size_t)PyBytes_GET_SIZE(text), 0 };
    int failed = write_block(e, letter, &part, 1);
    Py_DECREF(text);
    return failed;
}

static int add_event(Engine *e, int kind, Scope *scope, uint32_t count) {
    uint32_t at = e->chunk++;
    e->position++;
    e->kinds[at] = (uint8_t)kind;
    e->code_column[at] = (uint32_t)scope->code->number;
    e->line_column[at] = scope->line;
    e->count_column[at] = count;
    return e->chunk < CHUNK ? 0 : flush(e) || write_pending(e) ? -1 : 0;
}

static int add_change(Engine *e, long name, const char *text, size_t size) {
    return add_number(&e->name_column, (uint32_t)name) || add_number(&e->length_column, (uint32_t)size) ||
           add(&e->texts, text, size) ? -1 : 0;
}

/* Return the number of characters of a text. */
static size_t characters(const Buffer *text) {
    if (!text->wide) return text->size;
    size_t count = 0;
    for (size_t at = 0; at < text->size; at++) count += ((unsigned char)text->data[at] & 0xC0) != 0x80;
    return count;
}

/* Return the number of a name, which is announced when it is new, or -1. */
static long name_number(Engine *e, PyObject *name) {
    PyObject *known = PyDict_GetItemWithError(e->names, name);
    if (known) return PyLong_AsLong(known);
    if (PyErr_Occurred()) return -1;
    long number = (long)PyDict_GET_SIZE(e->names);
    PyObject *value = PyLong_FromLong(number);
    int failed = !value || PyDict_SetItem(e->names, name, value);
    Py_XDECREF(value);
    Py_INCREF(name);
    return failed || write_json(e, 'N', name) ? -1 : number;
}
