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

/* Say whether steps inside the code belong to a trace. It is asked once for all threads, whose answers are kept by the
 * address of the code, with the code, so that nothing else comes to lie there. */
static int is_shown(Engine *e, PyObject *code) {
    PyObject *address = PyLong_FromVoidPtr(code);
    PyObject *known = address ? PyDict_GetItemWithError(e->answers, address) : NULL, *answer = NULL;
    int shown = known ? PyTuple_GET_ITEM(known, 0) == Py_True : -1;
    if (!known && address && !PyErr_Occurred()) answer = call_python(e->shown, code);
    if (answer) {
        shown = PyObject_IsTrue(answer);
        PyObject *kept = shown < 0 ? NULL : PyTuple_Pack(2, shown ? Py_True : Py_False, code);
        if (!kept || PyDict_SetItem(e->answers, address, kept)) shown = -1;
        Py_XDECREF(kept);
        Py_DECREF(answer);
    }
    Py_XDECREF(address);
    return shown;
}

static Code *code_of(Engine *e, PyCodeObject *code) {
    if (2 * e->codes >= e->table_size && grow_table(e)) return NULL;
    size_t at = place_of(e->table, e->table_size, code);
    if (e->table[at]) return e->table[at];
    int shown = is_shown(e, (PyObject *)code);
    if (shown < 0) return NULL;
#if PY_VERSION_HEX >= 0x030C0000
    static Code hidden;
    if (!shown) return &hidden; /* there are many, and each is asked for once: its place is switched off then */
#endif
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
    PyCodeObject *about = code->code;
#if PY_VERSION_HEX >= 0x030B0000
    PyObject *name = about->co_qualname;
#else
    PyObject *name = about->co_name;
#endif
    Buffer *text = &e->scratch;
    int failed;
    text->size = 0;
    if (is_plain(about->co_filename) && is_plain(name) && about->co_firstlineno >= 0)
        failed = add(text, "[", 1) || add_plain(text, about->co_filename) || add(text, ",", 1) || add_plain(text, name) ||
                 add_count(text, ",", (size_t)about->co_firstlineno, "]");
    else failed = make_json(e, Py_BuildValue("[OOi]", about->co_filename, name, about->co_firstlineno));
    return failed ? -1 : write_code(e, about->co_filename);
}
