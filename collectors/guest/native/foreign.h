/* Instances and named objects: types, functions, modules, and attributes where the interpreter keeps them. */
static int add_type_name(Buffer *buffer, PyTypeObject *type) {
    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE) return add_unicode(buffer, ((PyHeapTypeObject *)type)->ht_name);
    const char *dot = strrchr(type->tp_name, '.');
    return add_text(buffer, dot ? dot + 1 : type->tp_name);
}

static int watch_type_name(Engine *e, PyTypeObject *type) {
    if (!(type->tp_flags & Py_TPFLAGS_HEAPTYPE)) return 0;
    PyObject **name = &((PyHeapTypeObject *)type)->ht_name;
    return watch(e->made, name, 1) || hold(e->made, *name);
}

static int watch_type(Engine *e, PyObject *value, PyTypeObject *type) {
    if (!(type->tp_flags & Py_TPFLAGS_HEAPTYPE)) return watch(e->made, &value->ob_type, 1);
    if (!(type->tp_flags & Py_TPFLAGS_VALID_VERSION_TAG)) _PyType_Lookup(type, dict_name); /* gives it a version */
    e->passing |= !type->tp_version_tag;
    return watch_instance(e->made, value, type) || hold(e->made, ((PyHeapTypeObject *)type)->ht_name);
}

static int add_between(Engine *e, const char *before, PyTypeObject *type, const char *after) {
    Buffer *text = &e->made->text;
    return add_text(text, before) || add_type_name(text, type) || add_text(text, after) ? -1 : 0;
}

/* Show what is known by a name of its own, which lies at the place. */
static int show_name(Engine *e, const char *kind, PyObject **name) {
    Buffer *text = &e->made->text;
    if (watch(e->made, name, 1) || hold(e->made, *name)) return -1;
    return add_text(text, kind) || add_unicode(text, *name) || add(text, ">", 1) ? -1 : 0;
}

static int show_method(Engine *e, PyObject *value) {
    PyObject *target = PyMethod_GET_FUNCTION(value);
    if (watch(e->made, &((PyMethodObject *)value)->im_func, 1) || watch_type(e, target, Py_TYPE(target))) return -1;
    if (Py_TYPE(target) != &PyFunction_Type) return add_between(e, "<bound method ", Py_TYPE(target), ">");
    return show_name(e, "<bound method ", &((PyFunctionObject *)target)->func_qualname);
}

/* A module's first field is its dictionary, in all versions. */
static int show_module(Engine *e, PyObject *value) {
    PyObject *names = PyModule_GetDict(value), *name = PyDict_GetItemString(names, "__name__");
    Buffer *text = &e->made->text;
    if (watch(e->made, (char *)value + sizeof(PyObject), 1) || watch(e->made, &names->ob_type, 3)) return -1;
    if (add_text(text, "<module ")) return -1;
    return (name && PyUnicode_CheckExact(name) ? add_unicode(text, name) : add_text(text, "?")) || add(text, ">", 1) ? -1 : 0;
}

/* Show functions, methods, modules and the like by name; return 1 when the value is none of them. */
static int show_named(Engine *e, PyObject *value, PyTypeObject *type) {
    if (type == &PyFunction_Type) return show_name(e, "<function ", &((PyFunctionObject *)value)->func_qualname);
    if (type == &PyCFunction_Type) {
        PyMethodDef **method = &((PyCFunctionObject *)value)->m_ml;
        Buffer *text = &e->made->text;
        if (watch(e->made, method, 1) || add_text(text, "<built-in function ")) return -1;
        return add_text(text, (*method)->ml_name) || add(text, ">", 1) ? -1 : 0;
    }
    if (type == &PyMethod_Type) return show_method(e, value);
    if (type == &PyModule_Type) return show_module(e, value);
    if (type == &PyGen_Type) return show_name(e, "<generator object ", &((PyGenObject *)value)->gi_qualname);
    if (type == &PyCode_Type) return show_name(e, "<code object ", &((PyCodeObject *)value)->co_name);
    return 1;
}

/* What is made holds for no longer than this. */
static int watch_never(Engine *e) {
    static const uintptr_t never = 1;
    e->passing = 1;
    if (watch(e->made, &never, 1)) return -1;
    e->made->words.at[e->made->words.size - 1] = 0;
    return 0;
}

/* Show a value of a trusted program as its own __repr__ does; return 1 when that fails. */
static int show_as_told(Engine *e, PyObject *value) {
    PyObject *text, *told = PyObject_CallFunction(e->true_text, "Ol", value, 4 * e->most_characters);
    int is_short = 0;
    if (!told || told == Py_None) {
        Py_XDECREF(told);
        return told ? 1 : -1;
    }
    int failed = !PyArg_ParseTuple(told, "Up", &text, &is_short) || watch_never(e) || add_unicode(&e->made->text, text);
    e->is_short |= is_short;
    Py_DECREF(told);
    return failed ? -1 : 0;
}

/* Make a plain value of what an instance of a subclass of a leaf's type holds, without a method of the subclass. */
static PyObject *plain_leaf(PyObject *value, PyTypeObject *base) {
    if (base == &PyLong_Type) return PyLong_Type.tp_as_number->nb_int(value);
    if (base == &PyFloat_Type) return PyFloat_FromDouble(PyFloat_AS_DOUBLE(value));
    if (base == &PyComplex_Type) return PyComplex_FromCComplex(((PyComplexObject *)value)->cval);
    if (base == &PyUnicode_Type) return PyUnicode_FromObject(value);
    return PyBytes_FromStringAndSize(PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value));
}

/* Show what an instance of a subclass of a built-in type holds. */
static int show_content(Engine *e, PyObject *value, PyTypeObject *base, const Walk *walk) {
    if (base == &PyList_Type || base == &PyTuple_Type || base == &PyDict_Type || base == &PySet_Type ||
        base == &PyFrozenSet_Type) {
        Walk inner = { walk->depth - 1, walk->level, walk->old, walk->next };
        return show_container(e, value, base, &inner);
    }
    PyObject *plain = plain_leaf(value, base);
    int failed = !plain || watch_never(e) || add_leaf(e, &e->made->text, plain);
    Py_XDECREF(plain);
    return failed ? -1 : 0;
}

/* Show the attributes of an instance: those in slots, then those of its own dictionary. */
static int show_foreign(Engine *e, PyObject *value, PyTypeObject *type, Walk *inner) {
    if (watch_type(e, value, type)) return -1;
    int told = e->true_text ? show_as_told(e, value) : 1;
    if (told <= 0) return told;
    if (PyType_Check(value))
        return watch_type_name(e, (PyTypeObject *)value) || add_between(e, "<class ", (PyTypeObject *)value, ">") ? -1 : 0;
    /* What is shown by name is of a static type. */
    int named = type->tp_flags & Py_TPFLAGS_HEAPTYPE ? 1 : show_named(e, value, type);
    if (named <= 0) return named;
    Attributes read = { 0 };
    if (inner->depth > 1 && e->nodes > 0 && open_attributes(e, &read, value, type)) return -1;
    PyObject *key, *item;
    long shown = 0;
    int more = 1;
    if (read.base) {
        shown = 1;
        if (add_between(e, "<", type, " ") || show_content(e, value, read.base, inner)) return -1;
    }
    long most = e->most_items + shown;
    inner->depth -= 2;
    while (shown < most && (more = next_attribute(e, &read, &key, &item)) > 0) {
        if (!PyUnicode_CheckExact(key)) continue;
        Buffer *text = &e->made->text;
        if (!shown++ && add_between(e, "<", type, "")) return -1;
        if (hold(e->made, key) || add(text, " ", 1) || add_unicode(text, key) || add(text, "=", 1) || show(e, item, inner))
            return -1;
    }
    if (more < 0) return -1;
    return shown ? add(&e->made->text, ">", 1) : add_between(e, "<", type, " object>");
}
