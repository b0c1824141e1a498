/* Codes by address, with the slots of their names. */
static void free_code(Code *code) {
    for (int i = 0; i < code->slots; i++) Py_XDECREF(code->slot[i].name);
    PyMem_RawFree(code->slot);
    Py_DECREF(code->code);
    PyMem_RawFree(code);
}

#if PY_VERSION_HEX >= 0x030B0000
static int read_slots(Code *made) {
    PyCodeObject *code = made->code;
    made->slot = PyMem_RawCalloc((size_t)code->co_nlocalsplus + 1, sizeof(Slot));
    if (!made->slot) return -1;
    for (int i = 0; i < code->co_nlocalsplus; i++) {
        unsigned char kind = (unsigned char)PyBytes_AS_STRING(code->co_localspluskinds)[i];
        Slot slot = { PyTuple_GET_ITEM(code->co_localsplusnames, i), i, kind & (CO_FAST_CELL | CO_FAST_FREE), -1 };
        Py_INCREF(slot.name);
        made->slot[made->slots++] = slot;
    }
    return 0;
}
#else
static int read_slots(Code *made) {
    PyCodeObject *code = made->code;
    Py_ssize_t cells = PyTuple_GET_SIZE(code->co_cellvars), frees = PyTuple_GET_SIZE(code->co_freevars);
    made->slot = PyMem_RawCalloc((size_t)(code->co_nlocals + cells + frees) + 1, sizeof(Slot));
    if (!made->slot) return -1;
    for (int i = 0; i < code->co_nlocals; i++) {
        Slot slot = { PyTuple_GET_ITEM(code->co_varnames, i), i, 0, -1 };
        Py_INCREF(slot.name);
        made->slot[made->slots++] = slot;
    }
    for (int i = 0; i < cells + frees; i++) {
        PyObject *name = i < cells ? PyTuple_GET_ITEM(code->co_cellvars, i) : PyTuple_GET_ITEM(code->co_freevars, i - cells);
        int place = code->co_nlocals + i, twin = -1;
        for (int j = 0; i < cells && j < code->co_nlocals; j++)
            if (made->slot[j].name == name) twin = j;
        if (twin >= 0) {
            made->slot[twin].cell = place; /* an argument that lives in a cell */
            continue;
        }
        Slot slot = { name, place, -1, -1 };
        Py_INCREF(name);
        made->slot[made->slots++] = slot;
    }
    return 0;
}
#endif

static size_t place_of(Code **table, size_t size, void *code) {
    size_t at = ((uintptr_t)code >> 4) * 0x9E3779B97F4A7C15ull >> 20 & (size - 1);
    while (table[at] && (void *)table[at]->code != code) at = (at + 1) & (size - 1);
    return at;
}

static int grow_table(Engine *e) {
    size_t size = e->table_size ? 2 * e->table_size : 256;
    Code **table = PyMem_RawCalloc(size, sizeof *table);
    if (!table) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < e->table_size; i++)
        if (e->table[i]) table[place_of(table, size, e->table[i]->code)] = e->table[i];
    PyMem_RawFree(e->table);
    e->table = table;
    e->table_size = size;
    return 0;
}

static Code *code_of(Engine *e, PyCodeObject *code) {
    if (2 * e->codes >= e->table_size && grow_table(e)) return NULL;
    size_t at = place_of(e->table, e->table_size, code);
    if (e->table[at]) return e->table[at];
    PyObject *answer = call_python(e->shown, (PyObject *)code, NULL);
    if (!answer) return NULL;
    int shown = PyObject_IsTrue(answer);
    Py_DECREF(answer);
    if (shown < 0) return NULL;
    Code *made = PyMem_RawCalloc(1, sizeof *made);
    if (!made) return (Code *)PyErr_NoMemory();
    Py_INCREF(code);
    made->code = code;
    made->shown = shown;
    made->number = -1;
    made->optimized = (code->co_flags & CO_OPTIMIZED) != 0;
    if (shown && made->optimized && read_slots(made)) {
        free_code(made);
        return (Code *)PyErr_NoMemory();
    }
    at = place_of(e->table, e->table_size, code);
    if (e->table[at]) { /* another thread has asked meanwhile */
        free_code(made);
        return e->table[at];
    }
    e->table[at] = made;
    e->codes++;
    return made;
}

static int announce(Engine *e, Code *code) {
    if (code->number >= 0) return 0;
    code->number = e->announced++;
    PyObject *name;
#if PY_VERSION_HEX >= 0x030B0000
    name = code->code->co_qualname;
#else
    name = code->code->co_name;
#endif
    return write_json(e, 'C', Py_BuildValue("[OOi]", code->code->co_filename, name, code->code->co_firstlineno));
}
