/* Instances and named objects: types, functions, modules, and attributes where the interpreter keeps them. */
static int add_type_name(Buffer *buffer, PyTypeObject *type) {
    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE) return add_unicode(buffer, ((PyHeapTypeObject *)type)->ht_name);
    const char *dot = strrchr(type->tp_name, '.');
    return add_text(buffer, dot ? dot + 1 : type->tp_name);
}

static int add_named(Engine *e, const Walk *walk, const char *kind, PyObject *name) {
    if (meet(e, walk, name)) return -1;
    return walk->text && (add_text(walk->text, kind) || add_unicode(walk->text, name) || add(walk->text, ">", 1)) ? -1 : 0;
}

static int add_object(Engine *e, const Walk *walk, const char *before, PyTypeObject *type, const char *after) {
    if (meet(e, walk, TAG((uintptr_t)type >> 1))) return -1;
    if (!walk->text) return 0;
    return add_text(walk->text, before) || add_type_name(walk->text, type) || add_text(walk->text, after) ? -1 : 0;
}

/* Show functions, methods, modules and the like by name; return 1 when the value is none of them. */
static int show_named(Engine *e, PyObject *value, PyTypeObject *type, const Walk *walk) {
    if (type == &PyFunction_Type)
        return add_named(e, walk, "<function ", ((PyFunctionObject *)value)->func_qualname);
    if (type == &PyCFunction_Type) {
        PyObject *name = PyUnicode_FromString(((PyCFunctionObject *)value)->m_ml->ml_name);
        int failed = name ? add_named(e, walk, "<built-in function ", name) : -1;
        Py_XDECREF(name);
        return failed;
    }
    if (type == &PyMethod_Type) {
        PyObject *target = PyMethod_GET_FUNCTION(value);
        if (Py_TYPE(target) != &PyFunction_Type) return add_object(e, walk, "<bound method ", Py_TYPE(target), ">");
        return add_named(e, walk, "<bound method ", ((PyFunctionObject *)target)->func_qualname);
    }
    if (type == &PyModule_Type) {
        PyObject *names = PyModule_GetDict(value), *name = names ? PyDict_GetItemString(names, "__name__") : NULL;
        PyObject *unknown = NULL;
        if (!name || !PyUnicode_CheckExact(name)) name = unknown = PyUnicode_FromString("?");
        int failed = name ? add_named(e, walk, "<module ", name) : -1;
        Py_XDECREF(unknown);
        return failed;
    }
    if (type == &PyGen_Type) return add_named(e, walk, "<generator object ", ((PyGenObject *)value)->gi_qualname);
    if (type == &PyCode_Type) return add_named(e, walk, "<code object ", ((PyCodeObject *)value)->co_name);
    return 1;
}

/* The attributes of an instance in their order: of its dictionary, or of the values that it keeps in its own body. */
typedef struct {
    PyObject *names;
    Py_ssize_t at;
#if PY_VERSION_HEX >= 0x030B0000
    PyDictValues *values;
    PyDictUnicodeEntry *entries;
    const uint8_t *order;
    int step, left;
#endif
} Attributes;

#if PY_VERSION_HEX >= 0x030B0000
/* Below 3.13 the order is written downwards in front of the values, from 3.13 on upwards behind them. */
static void read_values(Attributes *read, PyDictValues *values, PyTypeObject *type) {
    read->values = values;
    read->entries = DK_UNICODE_ENTRIES(((PyHeapTypeObject *)type)->ht_cached_keys);
#if PY_VERSION_HEX >= 0x030D0000
    read->order = get_insertion_order_array(values);
    read->step = 1;
    read->left = values->size;
#else
    read->order = (const uint8_t *)values - 3;
    read->step = -1;
    read->left = ((const uint8_t *)values)[-2];
#endif
}
#endif

/* A class of the program may put anything in place of the slot that holds the dictionary. */
static int has_plain_dict(Engine *e, PyTypeObject *type) {
    size_t at = ((uintptr_t)type >> 5) % TYPES;
    unsigned version = type->tp_flags & Py_TPFLAGS_VALID_VERSION_TAG ? type->tp_version_tag : 0;
    if (version && e->types[at].type == type && e->types[at].version == version) return e->types[at].plain;
    PyObject *holder = _PyType_Lookup(type, dict_name);
    int plain = holder && Py_TYPE(holder) == &PyGetSetDescr_Type;
    e->types[at].type = type;
    e->types[at].version = type->tp_flags & Py_TPFLAGS_VALID_VERSION_TAG ? type->tp_version_tag : 0;
    e->types[at].plain = plain;
    return plain;
}

/* No dictionary is made for an instance that has none yet: it would lose the place of its values for good. */
static void open_attributes(Engine *e, Attributes *read, PyObject *value, PyTypeObject *type) {
    if (!has_plain_dict(e, type)) return;
#if PY_VERSION_HEX >= 0x030D0000
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        read->names = (PyObject *)_PyObject_ManagedDictPointer(value)->dict;
        if (!read->names && type->tp_flags & Py_TPFLAGS_INLINE_VALUES && _PyObject_InlineValues(value)->valid)
            read_values(read, _PyObject_InlineValues(value), type);
    } else
#elif PY_VERSION_HEX >= 0x030C0000
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        PyDictOrValues kept = *_PyObject_DictOrValuesPointer(value);
        if (!_PyDictOrValues_IsValues(kept)) read->names = _PyDictOrValues_GetDict(kept);
        else if (_PyDictOrValues_GetValues(kept)) read_values(read, _PyDictOrValues_GetValues(kept), type);
    } else
#elif PY_VERSION_HEX >= 0x030B0000
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        read->names = *_PyObject_ManagedDictPointer(value);
        if (!read->names && *_PyObject_ValuesPointer(value)) read_values(read, *_PyObject_ValuesPointer(value), type);
    } else
#endif
    {
        PyObject **place = _PyObject_GetDictPtr(value);
        read->names = place ? *place : NULL;
    }
    if (read->names && !PyDict_CheckExact(read->names)) read->names = NULL;
    Py_XINCREF(read->names);
}

static int next_attribute(Attributes *read, PyObject **key, PyObject **item) {
#if PY_VERSION_HEX >= 0x030B0000
    if (read->values) {
        if (read->left-- <= 0) return 0;
        *key = read->entries[*read->order].me_key;
        *item = read->values->values[*read->order];
        read->order += read->step;
        return *item != NULL;
    }
#endif
    return read->names && PyDict_Next(read->names, &read->at, key, item);
}

static int show_attribute(Engine *e, PyObject *key, PyObject *item, const Walk *inner) {
    if (meet(e, inner, key)) return -1;
    if (inner->text && (add(inner->text, " ", 1) || add_unicode(inner->text, key) || add(inner->text, "=", 1))) return -1;
    return show(e, item, inner);
}

static int show_foreign(Engine *e, PyObject *value, PyTypeObject *type, const Walk *walk) {
    if (PyType_Check(value)) return add_object(e, walk, "<class ", (PyTypeObject *)value, ">");
    /* What is shown by name is of a static type. */
    int named = type->tp_flags & Py_TPFLAGS_HEAPTYPE ? 1 : show_named(e, value, type, walk);
    if (named <= 0) return named;
    Attributes read = { 0 };
    if (walk->depth > 1 && e->nodes > 0) open_attributes(e, &read, value, type);
    PyObject *key, *item;
    long shown = 0;
    Walk inner = *walk;
    inner.depth = walk->depth - 2;
    inner.level = walk->level + 1;
    e->parents[walk->level] = value;
    int failed = 0;
    while (!failed && shown < e->most_items && next_attribute(&read, &key, &item)) {
        if (!PyUnicode_CheckExact(key)) continue;
        if (!shown++) failed = add_object(e, walk, "<", type, "");
        if (walk->old && !failed && e->matched + 1 < walk->old->size && walk->old->tokens[e->matched] == key &&
            walk->old->tokens[e->matched + 1] == item) {
            e->matched += 2; /* an unchanged leaf */
            e->nodes--;
            continue;
        }
        Py_INCREF(item);
        failed = failed || show_attribute(e, key, item, &inner);
        Py_DECREF(item);
    }
    Py_XDECREF(read.names);
    if (failed) return -1;
    if (!shown) return add_object(e, walk, "<", type, " object>");
    return walk->text ? add(walk->text, ">", 1) : 0;
}
