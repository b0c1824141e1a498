/* Scopes: what each knows of its names, and the events that they make. */
static __attribute__((noinline)) int has_seconds(Engine *e) {
    if (now() - e->began > e->most_seconds) e->full = "seconds";
    return !e->full;
}

static inline int has_room(Engine *e) {
    if (e->full) return 0;
    e->events++;
    if (e->events > e->most_events) e->full = "events";
    else if (e->size > e->most_size) e->full = "bytes";
    else return e->events % SECONDS_EVERY || has_seconds(e);
    return 0;
}

static int look_at_leaf(Engine *e, Known *known, PyObject *value) {
    if (make_leaf_text(e, value)) return -1;
    const Buffer *before = known->shown ? text_of(known->shown) : &known->text;
    int same = known->bound && before->size == e->text.size && !memcmp(before->data, e->text.data, e->text.size);
    let_go(e, known->shown);
    known->shown = NULL;
    Py_INCREF(value);
    Py_XSETREF(known->leaf, value);
    known->text.size = 0;
    known->text.wide = e->text.wide;
    return add(&known->text, e->text.data, e->text.size) ? -1 : !same;
}

static int look_at_other(Engine *e, Known *known, PyObject *value) {
    Shown *old = known->shown, *shown = show_value(e, value, old);
    if (!shown) return -1;
    const Buffer *before = old ? text_of(old) : &known->text, *after = text_of(shown);
    int same = known->bound && before->size == after->size && !memcmp(before->data, after->data, after->size);
    shown->references++;
    known->shown = shown;
    let_go(e, old);
    Py_CLEAR(known->leaf);
    return !same;
}

/* Say whether a value is the leaf that it was, or shown as it was. */
static inline int is_known(const Known *known, PyObject *value) {
    if (known->leaf == value) return 1;
    const Shown *shown = known->shown;
    return shown && shown->address == value && holds(&shown->words, 0, shown->words.size);
}

/* Write what has become of one name of a scope; return how many changes were written, 0 or 1, or -1. */
static int look(Engine *e, Known *known, PyObject *value, PyObject *name, long *number) {
    int leaf = is_light(value);
    int differs = leaf ? look_at_leaf(e, known, value) : look_at_other(e, known, value);
    known->bound = 1;
    if (differs <= 0) return differs;
    if (*number < 0 && (*number = name_number(e, name)) < 0) return -1;
    const Buffer *text = leaf ? &known->text : text_of(known->shown);
    e->cut += leaf ? e->is_short : known->shown->is_short;
    e->size += (long)characters(text);
    return add_change(e, *number, text->data, text->size) ? -1 : 1;
}

static PyObject *cell_content(PyObject *cell) { return cell && PyCell_Check(cell) ? PyCell_GET(cell) : cell; }

static PyObject *value_of(const Slot *slot, PyObject **fast) {
#if PY_VERSION_HEX >= 0x030B0000
    return slot->cell ? cell_content(fast[slot->fast]) : fast[slot->fast];
#else
    if (slot->cell > 0) return cell_content(fast[slot->cell]);
    return slot->cell < 0 ? cell_content(fast[slot->fast]) : fast[slot->fast];
#endif
}

static int look_at_slots(Engine *e, Scope *scope, PyObject **fast) {
    int count = 0, gone = 0;
    Slot *slots = scope->code->slot;
    for (int i = 0, end = scope->code->slots; i < end; i++) {
        PyObject *value = value_of(&slots[i], fast);
        if (!value) {
            gone |= scope->known[i].bound;
            continue;
        }
        if (is_known(&scope->known[i], value)) continue;
        Py_INCREF(value);
        int more = look(e, &scope->known[i], value, slots[i].name, &slots[i].number);
        Py_DECREF(value);
        if (more < 0) return -1;
        count += more;
    }
    for (int i = 0; gone && i < scope->code->slots; i++)
        if (scope->known[i].bound && !value_of(&scope->code->slot[i], fast)) {
            forget(e, &scope->known[i]);
            if (add_change(e, scope->code->slot[i].number, "", 0)) return -1;
            count++;
        }
    return count;
}

/* Make room for `slots` names in all; what is there stays. */
static int grow_known(Scope *scope, int slots) {
    if (slots <= scope->room) return 0;
    Known *known = PyMem_RawRealloc(scope->known, (size_t)slots * sizeof *known);
    if (!known) {
        PyErr_NoMemory();
        return -1;
    }
    memset(&known[scope->room], 0, (size_t)(slots - scope->room) * sizeof *known);
    scope->known = known;
    scope->room = slots;
    return 0;
}

static int add_name(Scope *scope, PyObject *name) {
    if (grow_known(scope, scope->slots + 1)) return -1;
    PyObject **names = PyMem_RawRealloc(scope->names, ((size_t)scope->slots + 1) * sizeof *names);
    if (!names) {
        PyErr_NoMemory();
        return -1;
    }
    scope->names = names;
    Py_INCREF(name);
    scope->names[scope->slots++] = name;
    return 0;
}

/* A class body, a module or exec: the names are those of a dictionary, and their order is its order. */
static int look_at_names(Engine *e, Scope *scope, PyObject *names) {
    PyObject *name, *value;
    Py_ssize_t at = 0;
    int count = 0;
    while (PyDict_Next(names, &at, &name, &value)) {
        if (!PyUnicode_CheckExact(name)) continue;
        int place = 0;
        while (place < scope->slots && PyUnicode_Compare(scope->names[place], name)) place++;
        if (place == scope->slots && add_name(scope, name)) return -1;
        if (is_known(&scope->known[place], value)) continue;
        long number = -1;
        Py_INCREF(value);
        int more = look(e, &scope->known[place], value, name, &number);
        Py_DECREF(value);
        if (more < 0) return -1;
        count += more;
    }
    for (int i = 0; i < scope->slots; i++)
        if (scope->known[i].bound && !PyDict_GetItemWithError(names, scope->names[i])) {
            forget(e, &scope->known[i]);
            if (PyErr_Occurred() || add_change(e, name_number(e, scope->names[i]), "", 0)) return -1;
            count++;
        }
    return count;
}

static int state(Engine *e, int kind, PyObject **fast, PyObject *names, long line) {
    Scope *scope = &e->scope[e->scopes - 1];
    int fresh = scope->fresh;
    scope->line = (uint32_t)line;
    scope->raised = scope->fresh = 0;
    if (!has_room(e)) return 0;
    int count = fresh ? 0
              : scope->code->optimized ? look_at_slots(e, scope, fast)
              : names && PyDict_CheckExact(names) ? look_at_names(e, scope, names) : 0;
    return count < 0 ? -1 : add_event(e, kind, scope, (uint32_t)count);
}

/* Let go of all that the scope holds of the program. */
static void clear_scope(Engine *e, Scope *scope) {
    for (int i = 0; i < scope->slots; i++) {
        forget(e, &scope->known[i]);
        if (scope->names) Py_DECREF(scope->names[i]);
    }
    PyMem_RawFree(scope->names);
    scope->names = NULL;
    scope->slots = scope->errors = 0;
    scope->error.size = 0;
    scope->frame = NULL;
}

static void free_scope(Scope *scope) {
    for (int i = 0; i < scope->room; i++) PyMem_RawFree(scope->known[i].text.data);
    PyMem_RawFree(scope->known);
    PyMem_RawFree(scope->error.data);
}

static int push(Engine *e, Code *code, void *frame) {
    if (e->scopes == e->scope_room) {
        long room = e->scope_room ? 2 * e->scope_room : 16;
        Scope *grown = PyMem_RawRealloc(e->scope, (size_t)room * sizeof *grown);
        if (!grown) {
            PyErr_NoMemory();
            return -1;
        }
        memset(&grown[e->scope_room], 0, (size_t)(room - e->scope_room) * sizeof *grown);
        e->scope = grown;
        e->scope_room = room;
    }
    Scope *scope = &e->scope[e->scopes];
    if (grow_known(scope, code->slots)) return -1;
    scope->code = code;
    scope->frame = frame;
    scope->fresh = 0;
    scope->slots = code->slots;
    e->scopes++;
    return 0;
}

static int end_trace(Engine *e) {
    while (e->scopes) clear_scope(e, &e->scope[--e->scopes]);
    if (e->passing) forget_shown(e);
    if (!e->open) return 0;
    e->open = 0;
    if (flush(e)) return -1;
    return write_end(e);
}

static int begin_trace(Engine *e, PyObject *attributes) {
    e->open = 1;
    e->full = NULL;
    e->events = e->size = e->cut = e->position = 0;
    e->began = now();
    if (flush(e)) return -1;
    Py_INCREF(attributes);
    return write_json(e, 'B', attributes);
}

/* Take a call, or the first call of a generator's frame; return 1 when its steps are recorded, 0 when not, -1 on an error. */
static int on_call(Engine *e, Code *code, void *frame, PyObject **fast, PyObject *names, long line, int first) {
    if (!code->shown) return 0;
    if (!e->scopes) {
        PyObject *attributes = call_python(e->wanted, (PyObject *)code->code);
        if (!attributes) return -1;
        int failed = attributes == Py_None ? 1 : begin_trace(e, attributes);
        Py_DECREF(attributes);
        if (failed) return failed < 0 ? -1 : 0;
    } else if (e->full || e->scopes > e->most_scopes) {
        return 0;
    }
    if (push(e, code, frame) || announce(e, code) || state(e, CALL, fast, names, line)) return -1;
    e->scope[e->scopes - 1].fresh = first && code->optimized;
    return 1;
}

static int leave(Engine *e, int kind, const Buffer *text) {
    if (!has_room(e)) return 0;
    e->size += (long)characters(text);
    if (add_change(e, 0, text->data, text->size)) return -1;
    return add_event(e, kind, &e->scope[e->scopes - 1], 1);
}

static int pop(Engine *e) {
    clear_scope(e, &e->scope[--e->scopes]);
    return e->scopes ? 0 : end_trace(e);
}

static int on_return(Engine *e, PyObject *value) {
    int leaf = is_light(value);
    Shown *shown = leaf ? NULL : show_value(e, value, NULL);
    if (leaf ? make_leaf_text(e, value) : !shown) return -1;
    if (!e->full) e->cut += leaf ? e->is_short : shown->is_short;
    const Buffer *text = leaf ? &e->text : text_of(shown);
    return leave(e, RETURN, text) || pop(e) ? -1 : 0;
}

/* Keep what the exceptions of a scope said, as long as they said the same. Of a group a part may leave in its place. */
static int keep_error(Scope *scope, PyObject *kind, const Buffer *text) {
    int same = !scope->errors ||
               (scope->error.size == text->size && !memcmp(scope->error.data, text->data, text->size));
#if PY_VERSION_HEX >= 0x030B0000
    same = same && !PyType_IsSubtype((PyTypeObject *)kind, (PyTypeObject *)PyExc_BaseExceptionGroup);
#endif
    if (same && !scope->errors && add(&scope->error, text->data, text->size)) return -1;
    scope->error.wide = text->wide;
    scope->errors = same && scope->errors < 2 ? 1 : 2;
    return 0;
}

static int on_exception(Engine *e, PyObject *kind, PyObject *value) {
    Scope *scope = &e->scope[e->scopes - 1];
    scope->raised = 1;
    scope->fresh = 0;
    if (make_error_text(e, kind, value) || keep_error(scope, kind, &e->scratch) || leave(e, EXCEPTION, &e->scratch)) return -1;
    scope->raised_at = e->position;
    return 0;
}

/* Where a scope has run on since its exception, as in `finally`, that is shown once more. No engine is told which exception
 * leaves: it is known when only one was raised in the scope. */
static int on_unwind(Engine *e) {
    Scope *scope = &e->scope[e->scopes - 1];
    if (scope->errors == 1 && scope->raised_at != e->position && leave(e, EXCEPTION, &scope->error))
        return -1;
    if (!e->full && add_event(e, UNWIND, scope, 0)) return -1;
    return pop(e);
}
