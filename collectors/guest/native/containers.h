/* Containers, and the walk over any value. */
static int add_rest(Engine *e, const Walk *walk, Py_ssize_t left) {
    e->is_short = 1;
    return walk->text ? add_count(walk->text, "<... ", (size_t)left, " more ...>") : 0;
}

/* Compare the items of a dictionary with a shadow, as compare_items does. */
static int compare_dict(Engine *e, PyObject *value, const Walk *inner) {
    PyObject *key, *item, *const *tokens = inner->old->tokens;
    Py_ssize_t at = 0, shown = 0;
    while (PyDict_Next(value, &at, &key, &item)) {
        if (shown++ >= e->most_items || e->nodes <= 0) return 0;
        if (e->matched < inner->old->size && tokens[e->matched] == key) {
            e->matched++;
            e->nodes--;
        } else if (show(e, key, inner)) {
            return -1;
        }
        if (e->matched < inner->old->size && tokens[e->matched] == item) {
            e->matched++;
            e->nodes--;
        } else if (show(e, item, inner)) {
            return -1;
        }
    }
    return 0;
}

static int show_dict(Engine *e, PyObject *value, const Walk *inner) {
    if (inner->old) return compare_dict(e, value, inner);
    PyObject *key, *item;
    Py_ssize_t at = 0, shown = 0, size = PyDict_GET_SIZE(value);
    if (inner->text && add(inner->text, "{", 1)) return -1;
    while (PyDict_Next(value, &at, &key, &item)) {
        if (shown && inner->text && add(inner->text, ", ", 2)) return -1;
        if (shown >= e->most_items || e->nodes <= 0) {
            if (add_rest(e, inner, size - shown)) return -1;
            break;
        }
        Py_INCREF(key);
        Py_INCREF(item);
        int failed = show(e, key, inner) || (inner->text && add(inner->text, ": ", 2)) || show(e, item, inner);
        Py_DECREF(key);
        Py_DECREF(item);
        if (failed) return -1;
        shown++;
    }
    return inner->text ? add(inner->text, "}", 1) : 0;
}

/* Compare the items of a list or tuple with a shadow. A token that is the item itself is a leaf that has not changed. */
static int compare_items(Engine *e, PyObject *value, Py_ssize_t size, const Walk *inner) {
    PyObject **items = PyList_CheckExact(value) ? ((PyListObject *)value)->ob_item : ((PyTupleObject *)value)->ob_item;
    PyObject *const *tokens = inner->old->tokens;
    const size_t known = inner->old->size;
    const Py_ssize_t most = size < e->most_items ? size : e->most_items;
    for (Py_ssize_t at = 0; at < most && e->nodes > 0; at++) {
        size_t matched = e->matched;
        long nodes = e->nodes;
        while (at < most && nodes > 0 && matched < known && tokens[matched] == items[at]) matched++, nodes--, at++;
        e->matched = matched;
        e->nodes = nodes;
        if (at >= most || nodes <= 0) return 0;
        if (show(e, items[at], inner)) return -1;
    }
    return 0;
}

static int show_items(Engine *e, PyObject *value, Py_ssize_t size, const Walk *inner) {
    if (inner->old && (PyList_CheckExact(value) || PyTuple_CheckExact(value)))
        return compare_items(e, value, size, inner);
    PyObject *iterator = PyList_CheckExact(value) || PyTuple_CheckExact(value) ? NULL : PyObject_GetIter(value);
    if (!iterator && PyErr_Occurred()) return -1;
    int failed = 0;
    for (Py_ssize_t at = 0; !failed; at++) {
        PyObject *item;
        if (iterator) {
            item = PyIter_Next(iterator);
        } else {
            int there = PyList_CheckExact(value) ? at < PyList_GET_SIZE(value) : at < size;
            item = !there ? NULL : PyList_CheckExact(value) ? PyList_GET_ITEM(value, at) : PyTuple_GET_ITEM(value, at);
            Py_XINCREF(item);
        }
        if (!item) break;
        if (at && inner->text) failed = add(inner->text, ", ", 2);
        if (!failed && (at >= e->most_items || e->nodes <= 0)) {
            failed = add_rest(e, inner, size - at);
            Py_DECREF(item);
            break;
        }
        failed = failed || show(e, item, inner);
        Py_DECREF(item);
    }
    Py_XDECREF(iterator);
    return failed || (iterator && PyErr_Occurred()) ? -1 : 0;
}

static int show_sequence(Engine *e, PyObject *value, PyTypeObject *type, Py_ssize_t size, const Walk *inner) {
    const char *opening = type == &PyList_Type ? "[" : type == &PyTuple_Type ? "(" : type == &PySet_Type ? "{" : "frozenset({";
    const char *closing = type == &PyList_Type ? "]" : type == &PyTuple_Type ? (size == 1 ? ",)" : ")")
                        : type == &PySet_Type ? "}" : "})";
    const char *empty = type == &PyList_Type ? "[]" : type == &PyTuple_Type ? "()" : type == &PySet_Type ? "set()" : "frozenset()";
    if (!size) return inner->text ? add_text(inner->text, empty) : 0;
    if (inner->text && add_text(inner->text, opening)) return -1;
    if (show_items(e, value, size, inner)) return -1;
    return inner->text ? add_text(inner->text, closing) : 0;
}

static int show_container(Engine *e, PyObject *value, PyTypeObject *type, const Walk *walk) {
    Py_ssize_t size = type == &PyDict_Type ? PyDict_GET_SIZE(value)
                    : type == &PyList_Type ? PyList_GET_SIZE(value)
                    : type == &PyTuple_Type ? PyTuple_GET_SIZE(value) : PySet_GET_SIZE(value);
    if (meet(e, walk, TAG((uintptr_t)type >> 1)) || meet(e, walk, TAG(size))) return -1;
    if (walk->depth <= 0 || e->nodes <= 0) {
        e->is_short = 1;
        if (!walk->text) return 0;
        return add(walk->text, "<", 1) || add_text(walk->text, type->tp_name) || add_count(walk->text, " of ", (size_t)size, ">");
    }
    Walk inner = *walk;
    inner.depth--;
    inner.level++;
    e->parents[walk->level] = value;
    return type == &PyDict_Type ? show_dict(e, value, &inner) : show_sequence(e, value, type, size, &inner);
}

static int is_whole(PyObject *value) { return value == Py_None || PyLong_CheckExact(value); }

static int show_range(Engine *e, PyObject *value, PyTypeObject *type, const Walk *walk) {
    const char *names[] = { "start", "stop", "step" };
    int plain = 1;
    for (int i = 0; i < 3; i++) {
        PyObject *part = PyObject_GetAttrString(value, names[i]);
        if (!part) return -1;
        plain = plain && is_whole(part);
        if (meet(e, walk, is_whole(part) ? part : TAG(0))) plain = -1;
        Py_DECREF(part);
        if (plain < 0) return -1;
    }
    if (!walk->text) return 0;
    if (plain) return add_repr(walk->text, value);
    return add_text(walk->text, "<") || add_type_name(walk->text, type) || add_text(walk->text, ">") ? -1 : 0;
}

static int show_again(Engine *e, PyTypeObject *type, int level, const Walk *walk) {
    if (meet(e, walk, TAG(level))) return -1;
    if (!walk->text) return 0;
    if (type == &PyList_Type) return add_text(walk->text, "[...]");
    if (type == &PyDict_Type || type == &PySet_Type) return add_text(walk->text, "{...}");
    return add_text(walk->text, "<... ") || add_type_name(walk->text, type) || add_text(walk->text, ">") ? -1 : 0;
}

static int show(Engine *e, PyObject *value, const Walk *walk) {
    PyTypeObject *type = Py_TYPE(value);
    e->nodes--;
    if (is_leaf(type)) {
        if (meet(e, walk, value)) return -1;
        return walk->text ? add_leaf(e, walk->text, value) : 0;
    }
    for (int i = 0; i < walk->level; i++)
        if (e->parents[i] == value) return show_again(e, type, i, walk);
    if (type == &PyList_Type || type == &PyTuple_Type || type == &PyDict_Type || type == &PySet_Type ||
        type == &PyFrozenSet_Type)
        return show_container(e, value, type, walk);
    if (type == &PyRange_Type || type == &PySlice_Type) {
        if (meet(e, walk, TAG((uintptr_t)type >> 1))) return -1;
        return show_range(e, value, type, walk);
    }
    return show_foreign(e, value, type, walk);
}
