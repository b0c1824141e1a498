/* The stream: blocks, and a chunk of events in columns (the form stands in worldline_stream.py). */
#define HEAD 5

static int put(Engine *e, PyObject *blocks);

/* Write the blocks that are not written yet and, where there are parts, one more of them. What is not the first stream of
 * its file is written in blocks T. */
static int write_with(Engine *e, const Buffer *parts, int count) {
    if (e->torn) {
        PyErr_SetString(PyExc_RuntimeError, "the stream has lost a block");
        return -1;
    }
    size_t size = e->pending.size;
    for (int i = 0; i < count; i++) size += parts[i].size;
    if (!size) return 0;
    size_t first = e->number ? HEAD + 4 : 0;
    PyObject *blocks = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(first + size));
    char *at = blocks ? PyBytes_AS_STRING(blocks) : NULL;
    if (blocks && first) {
        uint32_t told[2] = { (uint32_t)(4 + size), e->number };
        at[0] = 'T';
        memcpy(at + 1, told, sizeof told);
    }
    at += first;
    if (blocks && e->pending.size) memcpy(at, e->pending.data, e->pending.size);
    at += e->pending.size;
    for (int i = 0; blocks && i < count; at += parts[i++].size)
        if (parts[i].size) memcpy(at, parts[i].data, parts[i].size);
    e->pending.size = 0;
    e->torn = 1; /* until the blocks are written */
    int failed = !blocks || put(e, blocks);
    Py_XDECREF(blocks);
    if (failed) return -1;
    e->torn = 0;
    return 0;
}

static int write_pending(Engine *e) { return write_with(e, NULL, 0); }

/* Add a block, of which the first part is room for its head, to those that are not written yet. */
static int write_block(Engine *e, char letter, Buffer *parts, int count) {
    char head[HEAD] = { letter };
    size_t size = 0;
    for (int i = 1; i < count; i++) size += parts[i].size;
    uint32_t told = (uint32_t)size;
    memcpy(head + 1, &told, 4);
    parts[0] = (Buffer){ head, HEAD, 0, 0 };
    if (e->pending.size + size >= PENDING) return write_with(e, parts, count);
    if (reserve(&e->pending, HEAD + size)) return -1;
    for (int i = 0; i < count; i++)
        if (parts[i].size) add(&e->pending, parts[i].data, parts[i].size);
    return 0;
}

/* Narrow a column of u32 in place to the fewest bytes that hold its largest number, and return how many. */
static uint8_t narrow(Buffer *column) {
    uint32_t largest = 0, *wide = (uint32_t *)column->data; /* no less than the largest, and as many bytes */
    size_t count = column->size / 4;
    for (size_t i = 0; i < count; i++) largest |= wide[i];
    if (largest < 256) {
        uint8_t *out = (uint8_t *)column->data;
        size_t i = 0;
        for (; i + 4 <= count; i += 4) { /* what is read lies ahead of what is written */
            uint32_t four = wide[i] | wide[i + 1] << 8 | wide[i + 2] << 16 | wide[i + 3] << 24;
            memcpy(out + i, &four, 4);
        }
        for (; i < count; i++) out[i] = (uint8_t)wide[i];
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
    Buffer parts[9] = { { 0 }, { head, 17, 0, 0 }, { (char *)e->kinds, e->chunk, 0, 0 },
                        { (char *)e->code_column, bytes, 0, 0 }, { (char *)e->line_column, bytes, 0, 0 },
                        { (char *)e->count_column, bytes, 0, 0 }, e->name_column, e->length_column, e->texts };
    for (int i = 0; i < 5; i++) head[12 + i] = (char)narrow(&parts[3 + i]);
    e->chunk = 0;
    e->name_column.size = e->length_column.size = e->texts.size = 0;
    return write_block(e, 'X', parts, 9);
}

/* Put the JSON of a value into `e->scratch`; bytes are one already. Without it the stream lacks a block. */
static int make_json(Engine *e, PyObject *value) {
    if (!value) return -1;
    PyObject *text = PyBytes_CheckExact(value) ? value : call_python(e->dumps, value);
    e->scratch.size = 0;
    int failed = !text || !PyBytes_CheckExact(text) ||
                 add(&e->scratch, PyBytes_AS_STRING(text), (size_t)PyBytes_GET_SIZE(text));
    if (text != value) Py_XDECREF(text);
    Py_DECREF(value);
    e->torn |= failed;
    return failed ? -1 : 0;
}

/* Write a block whose payload is in `e->scratch`. */
static int write_scratch(Engine *e, char letter) {
    Buffer parts[2] = { { 0 }, e->scratch };
    return write_block(e, letter, parts, 2);
}

static int write_json(Engine *e, char letter, PyObject *value) { return make_json(e, value) || write_scratch(e, letter) ? -1 : 0; }

/* Say whether a text stands in JSON as it is. */
static int is_plain(PyObject *text) {
    if (!PyUnicode_CheckExact(text) || !PyUnicode_IS_COMPACT_ASCII(text)) return 0;
    const unsigned char *at = PyUnicode_1BYTE_DATA(text), *end = at + PyUnicode_GET_LENGTH(text);
    for (; at < end; at++)
        if (*at < ' ' || *at > '~' || *at == '"' || *at == '\\') return 0;
    return 1;
}

static int add_plain(Buffer *buffer, PyObject *text) {
    return add(buffer, "\"", 1) || add_unicode(buffer, text) || add(buffer, "\"", 1) ? -1 : 0;
}

/* The end of a trace, which is written with all that was not written of it. */
static int write_end(Engine *e) {
    Buffer *said = &e->scratch;
    const char *mark = e->full ? "\"" : "";
    said->size = 0;
    if (add_text(said, "{\"cut\":") || add_text(said, mark) || add_text(said, e->full ? e->full : "null") ||
        add_text(said, mark) || add_count(said, ",\"values_cut\":", (size_t)e->cut, "}"))
        return -1;
    return write_scratch(e, 'E') ? -1 : write_pending(e);
}

static __attribute__((noinline)) int write_chunk(Engine *e) { return flush(e) || write_pending(e) ? -1 : 0; }

static inline int add_event(Engine *e, int kind, Scope *scope, uint32_t count) {
    uint32_t at = e->chunk++;
    e->position++;
    e->kinds[at] = (uint8_t)kind;
    e->code_column[at] = (uint32_t)scope->code->number;
    e->line_column[at] = scope->line;
    e->count_column[at] = count;
    return e->chunk < CHUNK ? 0 : write_chunk(e);
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
    if (failed) return -1;
    e->scratch.size = 0;
    if (is_plain(name)) failed = add_plain(&e->scratch, name);
    else Py_INCREF(name), failed = make_json(e, name);
    return failed || write_scratch(e, 'N') ? -1 : number;
}
