/* Buffers, shadows, the clock. */
static __attribute__((noinline)) int grow(Buffer *buffer, size_t more) {
    size_t room = buffer->room ? buffer->room : 64;
    while (room < buffer->size + more) room *= 2;
    char *data = PyMem_RawRealloc(buffer->data, room);
    if (!data) {
        PyErr_NoMemory();
        return -1;
    }
    buffer->data = data;
    buffer->room = room;
    return 0;
}

static inline int reserve(Buffer *buffer, size_t more) {
    return buffer->size + more <= buffer->room ? 0 : grow(buffer, more);
}

static inline int add(Buffer *buffer, const void *data, size_t size) {
    if (reserve(buffer, size)) return -1;
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    return 0;
}

static inline int add_text(Buffer *buffer, const char *text) { return add(buffer, text, strlen(text)); }

static inline int add_number(Buffer *column, uint32_t number) { return add(column, &number, 4); }

static int add_unicode(Buffer *buffer, PyObject *text) {
    Py_ssize_t size;
    const char *data = PyUnicode_AsUTF8AndSize(text, &size);
    if (data) return add(buffer, data, (size_t)size);
    PyErr_Clear();
    PyObject *made = PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace");
    if (!made) return -1;
    int failed = add(buffer, PyBytes_AS_STRING(made), (size_t)PyBytes_GET_SIZE(made));
    Py_DECREF(made);
    return failed;
}

static void drop_shadow(Shadow *shadow) {
    for (size_t i = 0; i < shadow->size; i++)
        if (!((uintptr_t)shadow->tokens[i] & 1)) Py_DECREF(shadow->tokens[i]);
    shadow->size = 0;
}

static __attribute__((noinline)) int grow_shadow(Shadow *shadow) {
    size_t room = shadow->room ? 2 * shadow->room : 32;
    PyObject **tokens = PyMem_RawRealloc(shadow->tokens, room * sizeof *tokens);
    if (!tokens) {
        PyErr_NoMemory();
        return -1;
    }
    shadow->tokens = tokens;
    shadow->room = room;
    return 0;
}

static inline int note(Shadow *shadow, PyObject *token) {
    if (shadow->size == shadow->room && grow_shadow(shadow)) return -1;
    if (!((uintptr_t)token & 1)) Py_INCREF(token);
    shadow->tokens[shadow->size++] = token;
    return 0;
}

static int copy_shadow(Shadow *to, const Shadow *from) {
    drop_shadow(to);
    for (size_t i = 0; i < from->size; i++)
        if (note(to, from->tokens[i])) return -1;
    return 0;
}

/* Append `before`, the number and `after`: snprintf would cost more than what it is about. */
static int add_count(Buffer *buffer, const char *before, size_t number, const char *after) {
    char digits[24], *end = digits + sizeof digits, *at = end;
    do *--at = (char)('0' + number % 10); while (number /= 10);
    return add_text(buffer, before) || add(buffer, at, (size_t)(end - at)) || add_text(buffer, after) ? -1 : 0;
}

static void forget(Known *known) {
    known->bound = 0;
    Py_CLEAR(known->leaf);
    drop_shadow(&known->shadow);
    known->text.size = 0;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
