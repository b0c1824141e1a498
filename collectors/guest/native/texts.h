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

static int walk_again(Engine *e, PyObject *value, int leaf) {
    Walk walk = { &e->text, leaf ? NULL : &e->fresh, NULL, e->most_depth, 0 };
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

/* Make the text of a value in `e->text`, and its shadow in `e->fresh` unless it is a leaf.
 *
 * The values that were shown last are remembered by address. A walk that meets what it met there gives the same text,
 * whatever object lies there now. */
static int make_text(Engine *e, PyObject *value, int leaf) {
    if (leaf) return walk_again(e, value, 1);
    Shown *shown = &e->shown_values[((uintptr_t)value >> 4) * 0x9E3779B97F4A7C15ull >> 55];
    if (shown->address == value) {
        int same = is_unchanged(e, &shown->shadow, value);
        if (same < 0) return -1;
        if (same) {
            e->is_short = shown->is_short;
            e->text.size = 0;
            return copy_shadow(&e->fresh, &shown->shadow) || add(&e->text, shown->text.data, shown->text.size) ? -1 : 0;
        }
    }
    if (walk_again(e, value, 0) || copy_shadow(&shown->shadow, &e->fresh)) return -1;
    shown->address = value;
    shown->is_short = e->is_short;
    shown->text.size = 0;
    return add(&shown->text, e->text.data, e->text.size);
}

static void forget_shown(Engine *e) {
    for (int i = 0; i < SHOWN; i++) {
        e->shown_values[i].address = NULL;
        drop_shadow(&e->shown_values[i].shadow);
    }
}
