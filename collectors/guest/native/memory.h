/* Buffers, what is kept of a shown value, the clock. */
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
    if (PyUnicode_IS_COMPACT_ASCII(text)) return add(buffer, PyUnicode_1BYTE_DATA(text), (size_t)PyUnicode_GET_LENGTH(text));
    buffer->wide = 1;
    const char *data = PyUnicode_AsUTF8AndSize(text, &size);
    if (data) return add(buffer, data, (size_t)size);
    PyErr_Clear();
    PyObject *made = PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace");
    if (!made) return -1;
    int failed = add(buffer, PyBytes_AS_STRING(made), (size_t)PyBytes_GET_SIZE(made));
    Py_DECREF(made);
    return failed;
}

static __attribute__((noinline)) int grow_words(Words *words, size_t more) {
    size_t room = words->room ? 2 * words->room : 24;
    while (room < words->size + more) room *= 2;
    uintptr_t *at = PyMem_RawRealloc(words->at, room * sizeof *at);
    if (!at) {
        PyErr_NoMemory();
        return -1;
    }
    words->at = at;
    words->room = room;
    return 0;
}

static __attribute__((noinline)) int grow_leaves(Leaves *leaves, size_t more) {
    size_t room = leaves->room ? 2 * leaves->room : 8;
    while (room < leaves->size + more) room *= 2;
    PyObject **at = PyMem_RawRealloc(leaves->at, room * sizeof *at);
    if (!at) {
        PyErr_NoMemory();
        return -1;
    }
    leaves->at = at;
    leaves->room = room;
    return 0;
}

/* The text depends on `count` words at the address. */
static inline int watch(Shown *shown, const void *address, size_t count) {
    Words *words = &shown->words;
    if (words->size + count + 2 > words->room && grow_words(words, count + 2)) return -1;
    uintptr_t *at = words->at + words->size;
    at[0] = (uintptr_t)address;
    at[1] = count;
    for (size_t i = 0; i < count; i++) at[2 + i] = ((const uintptr_t *)address)[i];
    words->size += count + 2;
    return 0;
}

static inline int hold(Shown *shown, PyObject *leaf) {
    Leaves *leaves = &shown->leaves;
    if (leaves->size == leaves->room && grow_leaves(leaves, 1)) return -1;
    Py_INCREF(leaf);
    leaves->at[leaves->size++] = leaf;
    return 0;
}

/* The text depends on an object's being an instance of this type of the heap, on the type's name and on its version, which no
 * other type has, even one that lies there later. */
static inline int watch_instance(Shown *shown, PyObject *value, PyTypeObject *type) {
    Words *words = &shown->words;
    if (words->size + 5 > words->room && grow_words(words, 5)) return -1;
    uintptr_t *at = words->at + words->size;
    at[0] = (uintptr_t)value;
    at[1] = INSTANCE;
    at[2] = (uintptr_t)type;
    at[3] = (uintptr_t)((PyHeapTypeObject *)type)->ht_name;
    at[4] = type->tp_version_tag;
    words->size += 5;
    return 0;
}

static inline int is_instance(const uintptr_t *known) {
    const PyTypeObject *type = (const PyTypeObject *)known[2];
    return ((PyObject *)known[0])->ob_type == type && (uintptr_t)((const PyHeapTypeObject *)type)->ht_name == known[3] &&
           type->tp_version_tag == known[4];
}

/* Say whether the words from one place to another are what they were. The first two of a run may be a type and a size: where
 * they differ, what lies behind them may be no memory of ours. */
static inline int holds(const Words *words, size_t from, size_t to) {
    const uintptr_t *known = words->at + from, *end = words->at + to;
    while (known < end) {
        const uintptr_t *there = (const uintptr_t *)known[0];
        size_t count = known[1];
        if (count == INSTANCE) {
            if (!is_instance(known)) return 0;
            known += 5;
            continue;
        }
        for (known += 2; count >= 2; count -= 2, known += 2, there += 2)
            if (there[0] != known[0] || there[1] != known[1]) return 0;
        if (count && *there != *known++) return 0;
    }
    return 1;
}

static void empty_shown(Shown *shown) {
    for (size_t i = 0; i < shown->leaves.size; i++) Py_DECREF(shown->leaves.at[i]);
    shown->leaves.size = shown->words.size = shown->text.size = shown->cut.size = shown->part_count = 0;
    shown->is_short = shown->text.wide = 0;
}

static Shown *new_shown(Engine *e) {
    Shown *made = e->spare;
    if (made) e->spare = made->next;
    else if (!(made = PyMem_RawCalloc(1, sizeof *made))) return (Shown *)PyErr_NoMemory();
    made->references = 1;
    return made;
}

static void let_go(Engine *e, Shown *shown) {
    if (!shown || --shown->references) return;
    empty_shown(shown);
    shown->next = e->spare;
    e->spare = shown;
}

static void free_spare(Engine *e) {
    for (Shown *shown = e->spare, *next; shown; shown = next) {
        next = shown->next;
        PyMem_RawFree(shown->words.at);
        PyMem_RawFree(shown->leaves.at);
        PyMem_RawFree(shown->text.data);
        PyMem_RawFree(shown->cut.data);
        PyMem_RawFree(shown->parts);
        PyMem_RawFree(shown);
    }
    e->spare = NULL;
}

/* Append `before`, the number and `after`: snprintf would cost more than what it is about. */
static int add_count(Buffer *buffer, const char *before, size_t number, const char *after) {
    char digits[24], *end = digits + sizeof digits, *at = end;
    do *--at = (char)('0' + number % 10); while (number /= 10);
    return add_text(buffer, before) || add(buffer, at, (size_t)(end - at)) || add_text(buffer, after) ? -1 : 0;
}

static void forget(Engine *e, Known *known) {
    known->bound = 0;
    Py_CLEAR(known->leaf);
    let_go(e, known->shown);
    known->shown = NULL;
    known->text.size = 0;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
