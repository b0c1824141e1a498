/* The text of a whole value, and whether a value is unchanged. */
static const char *skip_characters(const char *text, size_t count) {
    while (count) {
        text++;
        if (((unsigned char)*text & 0xC0) != 0x80) count--;
    }
    return text;
}

/* Cut the text in the middle when it is longer than the bound, as Snapshot.text does. */
static int cut_text(Engine *e) {
    Buffer *text = &e->text;
    if (text->size <= (size_t)e->most_characters) return 0;
    size_t length = characters(text->data, text->size), half = (size_t)e->most_characters / 2;
    if (length <= (size_t)e->most_characters) return 0;
    char said[64];
    snprintf(said, sizeof said, "<... %zu characters ...>", length - 2 * half);
    if (reserve(text, 1)) return -1;
    text->data[text->size] = 0;
    e->is_short = 1;
    size_t first = (size_t)(skip_characters(text->data, half) - text->data);
    size_t last = (size_t)(skip_characters(text->data, length - half) - text->data);
    e->scratch.size = 0;
    if (add(&e->scratch, text->data, first) || add_text(&e->scratch, said) ||
        add(&e->scratch, text->data + last, text->size - last))
        return -1;
    text->size = 0;
    return add(text, e->scratch.data, e->scratch.size);
}

/* Make the text of a value in `e->text`, and its shadow in `e->fresh` unless it is a leaf. */
static int make_text(Engine *e, PyObject *value, int with_shadow) {
    Walk walk = { &e->text, with_shadow ? &e->fresh : NULL, NULL, e->most_depth, 0 };
    e->nodes = e->most_nodes;
    e->is_short = 0;
    e->text.size = 0;
    drop_shadow(&e->fresh);
    return show(e, value, &walk) || cut_text(e) ? -1 : 0;
}

/* Say whether a walk meets what it met when the shadow was made: then the text is the same. */
static int is_unchanged(Engine *e, const Shadow *old, PyObject *value) {
    Walk walk = { NULL, NULL, old, e->most_depth, 0 };
    e->nodes = e->most_nodes;
    e->matched = 0;
    e->differs = 0;
    if (show(e, value, &walk)) return e->differs ? 0 : -1;
    return e->matched == old->size;
}
