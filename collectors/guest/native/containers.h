/* Containers, and the walk over any value. */
static int add_rest(Engine *e, Py_ssize_t left) {
    e->is_short = 1;
    return add_count(&e->made->text, "<... ", (size_t)left, " more ...>");
}

/* Show the next of several items, or what is left of them; return 1 when that ends them. */
static int show_next(Engine *e, PyObject *item, Py_ssize_t at, Py_ssize_t size, Walk *inner) {
    if (at && add(&e->made->text, ", ", 2)) return -1;
    if (at >= e->most_items || e->nodes <= 0) return add_rest(e, size - at) ? -1 : 1;
    return show(e, item, inner);
}

static int show_dict(Engine *e, PyObject *value, Walk *inner) {
    PyObject *key, *item;
    Py_ssize_t at = 0, shown = 0, size = ((PyDictObject *)value)->ma_used;
    if (add(&e->made->text, "{", 1)) return -1;
    while (PyDict_Next(value, &at, &key, &item)) {
        int ended = show_next(e, key, shown++, size, inner);
        if (ended < 0) return -1;
        if (ended) break;
        if (add(&e->made->text, ": ", 2) || show(e, item, inner)) return -1;
    }
    return add(&e->made->text, "}", 1);
}

static int show_items(Engine *e, PyObject *value, PyTypeObject *type, Py_ssize_t size, Walk *inner) {
    PyObject **items = type == &PyList_Type ? ((PyListObject *)value)->ob_item : ((PyTupleObject *)value)->ob_item;
    for (Py_ssize_t at = 0; at < size; at++) {
        int ended = show_next(e, items[at], at, size, inner);
        if (ended) return ended < 0 ? -1 : 0;
    }
    return 0;
}

static int show_members(Engine *e, PyObject *value, Py_ssize_t size, Walk *inner) {
    PyObject *item;
    Py_hash_t hash;
    Py_ssize_t at = 0;
    for (Py_ssize_t shown = 0; _PySet_NextEntry(value, &at, &item, &hash); shown++) {
        int ended = show_next(e, item, shown, size, inner);
        if (ended) return ended < 0 ? -1 : 0;
    }
    return 0;
}

static int show_sequence(Engine *e, PyObject *value, PyTypeObject *type, Py_ssize_t size, Walk *inner) {
    Buffer *text = &e->made->text;
    int ordered = type == &PyList_Type || type == &PyTuple_Type;
    const char *opening = type == &PyList_Type ? "[" : type == &PyTuple_Type ? "(" : type == &PySet_Type ? "{" : "frozenset({";
    const char *closing = type == &PyList_Type ? "]" : type == &PyTuple_Type ? (size == 1 ? ",)" : ")")
                        : type == &PySet_Type ? "}" : "})";
    const char *empty = type == &PyList_Type ? "[]" : type == &PyTuple_Type ? "()" : type == &PySet_Type ? "set()" : "frozenset()";
    if (!size) return add_text(text, empty);
    if (add_text(text, opening)) return -1;
    if (ordered ? show_items(e, value, type, size, inner) : show_members(e, value, size, inner)) return -1;
    return add_text(text, closing);
}

/* Watch a set's head and as much of its table as holds the members that may be shown. */
static int watch_set(Engine *e, PyObject *value) {
    const PySetObject *set = (PySetObject *)value;
    PyObject *item;
    Py_hash_t hash;
    Py_ssize_t at = 0;
    for (long shown = 0; shown < e->most_items && _PySet_NextEntry(value, &at, &item, &hash); shown++) {}
    size_t entries = (size_t)at < (size_t)set->mask + 1 ? (size_t)at : (size_t)set->mask + 1;
    return watch(e->made, &set->fill, 4) || watch(e->made, set->table, entries * sizeof(setentry) / sizeof(uintptr_t));
}

/* Watch what a container's own text depends on: its type, its size and the items that may be shown. */
static int watch_container(Engine *e, PyObject *value, PyTypeObject *type, Py_ssize_t size) {
    size_t most = (size_t)(size < e->most_items ? size : e->most_items);
    if (type == &PyDict_Type) return watch(e->made, &value->ob_type, 3); /* size, and a version that no other state has */
    if (type == &PyTuple_Type) return watch(e->made, &value->ob_type, 2 + most);
    if (type == &PyList_Type)
        return watch(e->made, &value->ob_type, 3) || watch(e->made, ((PyListObject *)value)->ob_item, most);
    return watch(e->made, &value->ob_type, 1) || watch_set(e, value);
}

/* Show the content of a container of this type, or of one derived from it. */
static int show_container(Engine *e, PyObject *value, PyTypeObject *type, Walk *inner) {
    Py_ssize_t size = type == &PyDict_Type ? ((PyDictObject *)value)->ma_used
                    : type == &PyList_Type || type == &PyTuple_Type ? Py_SIZE(value) : ((PySetObject *)value)->used;
    if (watch_container(e, value, type, size)) return -1;
    if (inner->depth <= 0 || e->nodes <= 0) {
        Buffer *text = &e->made->text;
        e->is_short = 1;
        return add(text, "<", 1) || add_text(text, type->tp_name) || add_count(text, " of ", (size_t)size, ">");
    }
    inner->depth--;
    return type == &PyDict_Type ? show_dict(e, value, inner) : show_sequence(e, value, type, size, inner);
}

static int is_whole(PyObject *value) { return value == Py_None || PyLong_CheckExact(value); }

/* A range and a slice hold start, stop and step in their first three fields. */
static int show_range(Engine *e, PyObject *value, PyTypeObject *type) {
    PyObject **parts = (PyObject **)((char *)value + sizeof(PyObject));
    int plain = 1;
    if (watch(e->made, &value->ob_type, 4)) return -1;
    for (int i = 0; i < 3; i++) {
        plain = plain && is_whole(parts[i]);
        if (is_whole(parts[i]) ? hold(e->made, parts[i]) : watch(e->made, &parts[i]->ob_type, 1)) return -1;
    }
    if (plain) return add_repr(&e->made->text, value);
    return add(&e->made->text, "<", 1) || add_type_name(&e->made->text, type) || add(&e->made->text, ">", 1) ? -1 : 0;
}

static int show_again(Engine *e, PyObject *value, PyTypeObject *type) {
    Buffer *text = &e->made->text;
    if (watch_type(e, value, type)) return -1;
    if (type == &PyList_Type) return add_text(text, "[...]");
    if (type == &PyDict_Type || type == &PySet_Type) return add_text(text, "{...}");
    return add_text(text, "<... ") || add_type_name(text, type) || add_text(text, ">") ? -1 : 0;
}

static int show_leaf(Engine *e, PyObject *value) {
    Buffer *text = &e->made->text;
    size_t before = text->size;
    int is_short = e->is_short;
    e->is_short = 0;
    if (hold(e->made, value) || add_leaf(e, text, value)) return -1;
    e->passing |= e->is_short || text->size - before > LARGE_LEAF;
    e->is_short |= is_short;
    return 0;
}

static int show_other(Engine *e, PyObject *value, PyTypeObject *type, Walk *inner) {
    if (is_leaf(type)) return show_leaf(e, value) ? -1 : 0;
    e->parents[inner->level - 1] = value;
    if (type == &PyList_Type || type == &PyTuple_Type || type == &PyDict_Type || type == &PySet_Type ||
        type == &PyFrozenSet_Type)
        return show_container(e, value, type, inner);
    if (type == &PyRange_Type || type == &PySlice_Type) return show_range(e, value, type);
    return show_foreign(e, value, type, inner);
}

/* Show a value that is no light leaf, with what was made before of a part that lay there, or -1. */
static int show_part(Engine *e, PyObject *value, const Walk *walk, long former) {
    Walk inner = { walk->depth, walk->level + 1, former, former + 1 };
    long number = begin_part(e, value);
    e->nodes--;
    if (number < 0 || show_other(e, value, Py_TYPE(value), &inner)) return -1;
    end_part(e, number);
    return 0;
}

static int show(Engine *e, PyObject *value, Walk *walk) {
    PyTypeObject *type = Py_TYPE(value);
    if (is_leaf(type)) {
        e->nodes--;
        return show_leaf(e, value) ? -1 : 0;
    }
    for (int i = 0; i < walk->level; i++)
        if (e->parents[i] == value) {
            e->nodes--;
            return show_again(e, value, type);
        }
    long former = find_part(e, value, walk);
    if (former >= 0 && is_good(e, &e->former->parts[former])) return copy_part(e, former);
    return show_part(e, value, walk, former);
}
