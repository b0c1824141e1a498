/* The attributes of an instance in their order: its slots, then its dictionary, or the values that it keeps in place of one.
 *
 * All is read where the interpreter keeps it, and watched there. */
typedef struct {
    PyObject *instance, *names;
    PyTypeObject *base;
    int place, slots;
    Py_ssize_t at;
#if PY_VERSION_HEX >= 0x030B0000
    PyDictValues *values;
    PyDictUnicodeEntry *entries;
    const uint8_t *order;
    int step, left;
#endif
} Attributes;

/* Find the slots of a class: the last definition of each name counts, in the place of the first. */
static int read_places(TypeFacts *facts, PyTypeObject *type) {
    PyObject *mro = type->tp_mro, *name, *holder;
    for (Py_ssize_t i = mro ? PyTuple_GET_SIZE(mro) - 1 : -1; i >= 0; i--) { /* 3.8 has types without one */
        PyTypeObject *parent = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);
        Py_ssize_t at = 0;
        if (!(parent->tp_flags & Py_TPFLAGS_HEAPTYPE) || !PyDict_GetItemWithError(parent->tp_dict, slots_name)) continue;
        while (PyDict_Next(parent->tp_dict, &at, &name, &holder)) {
            if (Py_TYPE(holder) != &PyMemberDescr_Type || !PyUnicode_CheckExact(name)) continue;
            Place found = { name, ((PyMemberDescrObject *)holder)->d_member->offset };
            int place = 0;
            while (place < facts->slots && PyUnicode_Compare(facts->places[place].name, name)) place++;
            if (place == facts->slots) {
                Place *places = PyMem_RawRealloc(facts->places, (size_t)(place + 1) * sizeof *places);
                if (!places) return -1;
                facts->places = places;
                facts->slots++;
                Py_INCREF(name);
            } else {
                found.name = facts->places[place].name;
            }
            facts->places[place] = found;
        }
    }
    return 0;
}

static void forget_type(TypeFacts *facts) {
    for (int i = 0; i < facts->slots; i++) Py_DECREF(facts->places[i].name);
    facts->slots = 0;
    facts->version = 0;
}

/* Return the built-in type that a class is derived from and that has a content, or NULL. */
static PyTypeObject *base_of(PyTypeObject *type) {
    PyTypeObject *bases[] = { &PyList_Type, &PyTuple_Type, &PyDict_Type, &PySet_Type, &PyFrozenSet_Type, &PyLong_Type,
                              &PyFloat_Type, &PyComplex_Type, &PyUnicode_Type, &PyBytes_Type };
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
        if (PyType_IsSubtype(type, bases[i])) return bases[i];
    return NULL;
}

/* Say whether a class gets its instances' dictionary as classes in Python do; one in C may do anything instead. */
static int is_plain_getter(PyObject *holder) {
    if (Py_TYPE(holder) != &PyGetSetDescr_Type) return 0;
    const char *doc = ((PyGetSetDescrObject *)holder)->d_getset->doc;
    return PyDescr_TYPE(holder) == (PyTypeObject *)PyExc_BaseException ||
           (doc && !strncmp(doc, "dictionary for instance variables", 33));
}

/* Return what is known of a type, which holds as long as the type keeps its version; NULL on an error.
 *
 * A class of the program may put anything in place of the slot that holds the dictionary. */
static TypeFacts *facts_of(Engine *e, PyTypeObject *type) {
    TypeFacts *facts = &e->types[((uintptr_t)type >> 4) * 0x9E3779B97F4A7C15ull >> 56];
    unsigned version = type->tp_flags & Py_TPFLAGS_VALID_VERSION_TAG ? type->tp_version_tag : 0;
    if (version && facts->type == type && facts->version == version) return facts;
    PyObject *holder = _PyType_Lookup(type, dict_name);
    forget_type(facts);
    facts->base = base_of(type);
    facts->plain_dict = holder && is_plain_getter(holder);
    facts->type = type;
    facts->version = type->tp_flags & Py_TPFLAGS_VALID_VERSION_TAG ? type->tp_version_tag : 0;
    if (read_places(facts, type)) return (TypeFacts *)PyErr_NoMemory();
    return facts;
}

#if PY_VERSION_HEX >= 0x030B0000
/* Below 3.13 the order is written downwards in front of the values, from 3.13 on upwards behind them. */
static int read_values(Engine *e, Attributes *read, PyDictValues *values, PyTypeObject *type) {
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
    size_t top = 0;
    for (int i = 0; i < read->left; i++) {
        size_t place = read->order[i * read->step];
        top = place + 1 > top ? place + 1 : top;
    }
#if PY_VERSION_HEX >= 0x030D0000
    /* Whole words that end with the order's last byte, and so begin in the values: what lies behind it is not set. */
    size_t words = ((size_t)read->left + sizeof(uintptr_t) - 1) / sizeof(uintptr_t);
    return watch(e->made, values, 1 + top) || watch(e->made, read->order + read->left - words * sizeof(uintptr_t), words);
#else
    /* Whole words that begin with the order's last byte, and so end in the values: what lies before it is not set. */
    size_t bytes = (size_t)read->left + 2, words = (bytes + sizeof(uintptr_t) - 1) / sizeof(uintptr_t);
    return watch(e->made, (const char *)values - bytes, words) || watch(e->made, values->values, top);
#endif
}
#endif

/* Watch the word that leads to the dictionary, and open what it leads to. No dictionary is made for an instance that has
 * none yet: it would lose the place of its values for good. */
static int open_dict(Engine *e, Attributes *read, PyObject *value, PyTypeObject *type) {
#if PY_VERSION_HEX >= 0x030D0000
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        PyManagedDictPointer *kept = _PyObject_ManagedDictPointer(value);
        read->names = (PyObject *)kept->dict;
        if (watch(e->made, kept, 1)) return -1;
        if (!read->names && type->tp_flags & Py_TPFLAGS_INLINE_VALUES) {
            PyDictValues *values = _PyObject_InlineValues(value);
            return values->valid ? read_values(e, read, values, type) : watch(e->made, values, 1);
        }
        return 0;
    }
#elif PY_VERSION_HEX >= 0x030C0000
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        PyDictOrValues *kept = _PyObject_DictOrValuesPointer(value);
        if (watch(e->made, kept, 1)) return -1;
        if (!_PyDictOrValues_IsValues(*kept)) read->names = _PyDictOrValues_GetDict(*kept);
        else if (_PyDictOrValues_GetValues(*kept)) return read_values(e, read, _PyDictOrValues_GetValues(*kept), type);
        return 0;
    }
#elif PY_VERSION_HEX >= 0x030B0000
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        read->names = *_PyObject_ManagedDictPointer(value);
        if (watch(e->made, _PyObject_ValuesPointer(value), 2)) return -1; /* the values, and behind them the dictionary */
        if (!read->names && *_PyObject_ValuesPointer(value))
            return read_values(e, read, *_PyObject_ValuesPointer(value), type);
        return 0;
    }
#endif
    PyObject **place = _PyObject_GetDictPtr(value);
    read->names = place ? *place : NULL;
    return place ? watch(e->made, place, 1) : 0;
}

static int open_attributes(Engine *e, Attributes *read, PyObject *value, PyTypeObject *type) {
    const TypeFacts *facts = facts_of(e, type);
    if (!facts) return -1;
    read->instance = value;
    read->base = facts->base;
    read->slots = facts->slots;
    Py_ssize_t first = PY_SSIZE_T_MAX, last = -1;
    for (int i = 0; i < facts->slots; i++) {
        first = facts->places[i].offset < first ? facts->places[i].offset : first;
        last = facts->places[i].offset > last ? facts->places[i].offset : last;
    }
    if (last >= 0 && watch(e->made, (char *)value + first, (size_t)(last - first) / sizeof(uintptr_t) + 1)) return -1;
    if (facts->plain_dict && open_dict(e, read, value, type)) return -1;
    if (!read->names) return 0;
    int plain = PyDict_CheckExact(read->names);
    int failed = watch(e->made, &read->names->ob_type, plain ? 3 : 1);
    if (!plain) read->names = NULL;
    return failed;
}

/* Return 1 with the next attribute, 0 when there is none, -1 on an error. What is known of the type is asked for each time:
 * to show an attribute may put another type in its place. */
static int next_attribute(Engine *e, Attributes *read, PyObject **key, PyObject **item) {
    while (read->place < read->slots) {
        const TypeFacts *facts = facts_of(e, Py_TYPE(read->instance));
        if (!facts) return -1;
        const Place *place = &facts->places[read->place++];
        *key = place->name;
        *item = *(PyObject **)((char *)read->instance + place->offset);
        if (*item) return 1;
    }
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
