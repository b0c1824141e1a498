/* The texts of leaves: exactly repr, bounded. */
#define CONTAINERS (Py_TPFLAGS_LIST_SUBCLASS | Py_TPFLAGS_TUPLE_SUBCLASS | Py_TPFLAGS_DICT_SUBCLASS)

static inline int is_leaf(PyTypeObject *type) {
    if (type == &PyLong_Type || type == &PyUnicode_Type) return 1;
    if (type->tp_flags & CONTAINERS) return 0;
    return type == Py_TYPE(Py_None) || type == &PyFloat_Type || type == &PyBool_Type || type == &PyBytes_Type ||
           type == &PyComplex_Type || type == Py_TYPE(Py_Ellipsis) || type == Py_TYPE(Py_NotImplemented);
}

/* A leaf whose text is made again sooner than it is looked up: all but long strings. */
static inline int is_light(PyObject *value) {
    PyTypeObject *type = Py_TYPE(value);
    if (type == &PyUnicode_Type) return PyUnicode_GET_LENGTH(value) <= LONG_STRING;
    return is_leaf(type) && (type != &PyBytes_Type || PyBytes_GET_SIZE(value) <= LONG_STRING);
}

static int add_repr(Buffer *buffer, PyObject *value) {
    PyObject *text = Py_TYPE(value)->tp_repr(value);
    if (!text) return -1;
    int failed = add_unicode(buffer, text);
    Py_DECREF(text);
    return failed;
}

/* Return the number, without a call where it is small; `overflow` says whether it is too large. */
static inline long long number_of(PyObject *value, int *overflow) {
    *overflow = 0;
#if PY_VERSION_HEX >= 0x030C0000
    if (PyUnstable_Long_IsCompact((PyLongObject *)value)) return PyUnstable_Long_CompactValue((PyLongObject *)value);
#else
    Py_ssize_t size = Py_SIZE(value);
    if (!size) return 0;
    if (size == 1 || size == -1) return size * (long long)((PyLongObject *)value)->ob_digit[0];
#endif
    return PyLong_AsLongLongAndOverflow(value, overflow);
}

static int add_long(Engine *e, Buffer *buffer, PyObject *value) {
    int overflow;
    long long number = number_of(value, &overflow);
    char digits[40];
    if (!overflow) {
        char *end = digits + sizeof digits, *at = end;
        unsigned long long left = number < 0 ? 0ull - (unsigned long long)number : (unsigned long long)number;
        do *--at = (char)('0' + left % 10); while (left /= 10);
        if (number < 0) *--at = '-';
        return add(buffer, at, (size_t)(end - at));
    }
    size_t bits = _PyLong_NumBits(value);
    if (bits <= MOST_INT_BITS) return add_repr(buffer, value);
    e->is_short = 1;
    snprintf(digits, sizeof digits, "<int of %zu bits>", bits);
    return add_text(buffer, digits);
}

#define EACH 0x0101010101010101ull
#define TOPS 0x8080808080808080ull

/* Say whether one of eight bytes of ASCII is zero, one of them under 32. */
static inline int has_zero(uint64_t word) { return ((word - EACH) & ~word & TOPS) != 0; }
static inline int has_control(uint64_t word) { return ((word - EACH * 32) & ~word & TOPS) != 0; }

/* Copy characters that need no escape, eight at once; return how many. */
static size_t copy_plain(char *out, const unsigned char *text, size_t size, char quote) {
    size_t at = 0;
    for (uint64_t word; at + 8 <= size; at += 8) {
        memcpy(&word, text + at, 8);
        if (has_control(word) || has_zero(word ^ (EACH * 127)) || has_zero(word ^ (EACH * '\\')) ||
            has_zero(word ^ (EACH * (unsigned char)quote)))
            break;
        memcpy(out + at, &word, 8);
    }
    return at;
}

/* Add the repr of ASCII text, character by character where one must be escaped. */
static int add_ascii(Buffer *buffer, const unsigned char *text, size_t size) {
    static const char digits[] = "0123456789abcdef";
    if (reserve(buffer, 4 * size + 2)) return -1;
    char *out = buffer->data + buffer->size, quote = '\'';
    if (memchr(text, '\'', size) && !memchr(text, '"', size)) quote = '"';
    *out++ = quote;
    for (size_t i = 0; i < size; i++) {
        size_t plain = copy_plain(out, text + i, size - i, quote);
        out += plain;
        i += plain;
        if (i == size) break;
        unsigned char c = text[i];
        if (c >= 32 && c != 127 && c != (unsigned char)quote && c != '\\') {
            *out++ = (char)c;
            continue;
        }
        *out++ = '\\';
        if (c == (unsigned char)quote || c == '\\') *out++ = (char)c;
        else if (c == '\n' || c == '\t' || c == '\r') *out++ = c == '\n' ? 'n' : c == '\t' ? 't' : 'r';
        else *out++ = 'x', *out++ = digits[c >> 4], *out++ = digits[c & 15];
    }
    *out++ = quote;
    buffer->size = (size_t)(out - buffer->data);
    return 0;
}

static int add_piece(Buffer *buffer, PyObject *value, Py_ssize_t start, Py_ssize_t end) {
    PyObject *piece = PySequence_GetSlice(value, start, end);
    if (!piece) return -1;
    int failed = add_repr(buffer, piece);
    Py_DECREF(piece);
    return failed;
}

static int add_string(Engine *e, Buffer *buffer, PyObject *value) {
    int text = PyUnicode_CheckExact(value);
    Py_ssize_t size = text ? PyUnicode_GET_LENGTH(value) : PyBytes_GET_SIZE(value);
    Py_ssize_t longest = 4 * e->most_characters, half = longest / 2;
    if (size <= longest) {
        if (!text || !PyUnicode_IS_COMPACT_ASCII(value)) return add_repr(buffer, value);
        return add_ascii(buffer, PyUnicode_1BYTE_DATA(value), (size_t)size);
    }
    char said[64];
    snprintf(said, sizeof said, "<... %zd items ...>", size - 2 * half);
    e->is_short = 1;
    return add_piece(buffer, value, 0, half) || add_text(buffer, said) || add_piece(buffer, value, size - half, size);
}

static int add_leaf(Engine *e, Buffer *buffer, PyObject *value) {
    PyTypeObject *type = Py_TYPE(value);
    if (type == &PyLong_Type) return add_long(e, buffer, value);
    if (type == &PyUnicode_Type || type == &PyBytes_Type) return add_string(e, buffer, value);
    if (value == Py_None) return add(buffer, "None", 4);
    if (value == Py_True) return add(buffer, "True", 4);
    if (value == Py_False) return add(buffer, "False", 5);
    if (type == &PyFloat_Type) {
        char *text = PyOS_double_to_string(PyFloat_AS_DOUBLE(value), 'r', 0, Py_DTSF_ADD_DOT_0, NULL);
        if (!text) return -1;
        int failed = add_text(buffer, text);
        PyMem_Free(text);
        return failed;
    }
    return add_repr(buffer, value);
}
