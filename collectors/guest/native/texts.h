/* The text of a whole value: of a light leaf in `e->text`, of any other as it was shown before where that holds. */
static const char *skip_characters(const char *text, size_t count) {
    while (count) {
        text++;
        if (((unsigned char)*text & 0xC0) != 0x80) count--;
    }
    return text;
}

/* Cut a text in the middle when it is longer than the bound, as Snapshot.text does; return 1 when it is, with it in `cut`. */
static int cut_text(Engine *e, Buffer *text, Buffer *cut) {
    if (text->size <= (size_t)e->most_characters) return 0;
    size_t length = characters(text), half = (size_t)e->most_characters / 2;
    if (length <= (size_t)e->most_characters) return 0;
    char said[64];
    snprintf(said, sizeof said, "<... %zu characters ...>", length - 2 * half);
    if (reserve(text, 1)) return -1;
    text->data[text->size] = 0;
    e->is_short = 1;
    size_t first = half, last = length - half;
    if (text->wide) {
        first = (size_t)(skip_characters(text->data, half) - text->data);
        last = (size_t)(skip_characters(text->data, length - half) - text->data);
    }
    cut->size = 0;
    cut->wide = text->wide;
    if (add(cut, text->data, first) || add_text(cut, said) || add(cut, text->data + last, text->size - last)) return -1;
    return 1;
}

static int make_leaf_text(Engine *e, PyObject *value) {
    e->is_short = 0;
    e->text.size = e->text.wide = 0;
    if (add_leaf(e, &e->text, value)) return -1;
    int cut = cut_text(e, &e->text, &e->scratch);
    if (cut <= 0) return cut;
    e->text.size = 0;
    return add(&e->text, e->scratch.data, e->scratch.size);
}

static inline const Buffer *text_of(const Shown *shown) { return shown->cut.size ? &shown->cut : &shown->text; }

static Shown *show_anew(Engine *e, PyObject *value, Shown *former) {
    Walk walk = { e->most_depth, 0, -1, 0 };
    Shown *made = e->made = new_shown(e);
    if (!made) return NULL;
    made->address = value;
    e->former = former;
    e->nodes = e->most_nodes;
    e->is_short = 0;
    if (show_part(e, value, &walk, former ? 0 : -1) || cut_text(e, &made->text, &made->cut) < 0) {
        let_go(e, made);
        return NULL;
    }
    made->is_short = e->is_short;
    return made;
}

/* Return a value that is no light leaf as it is shown, borrowed from the table of those that were shown last, by address.
 * `known` is what was made of it before, or NULL. */
static Shown *show_value(Engine *e, PyObject *value, Shown *known) {
    size_t at = ((uintptr_t)value >> 4) * 0x9E3779B97F4A7C15ull >> 55;
    Shown *there = e->shown_values[at], *former = there && there->address == value ? there : NULL;
    if (former && former != known && holds(&former->words, 0, former->words.size)) return former;
    if (!former && known && known->address == value) former = known;
    Shown *made = show_anew(e, value, former);
    if (!made) return NULL;
    if (!there) e->taken[e->taken_count++] = (uint16_t)at;
    e->shown_values[at] = made;
    let_go(e, there);
    return made;
}

static void forget_shown(Engine *e) {
    while (e->taken_count) {
        Shown **there = &e->shown_values[e->taken[--e->taken_count]];
        let_go(e, *there);
        *there = NULL;
    }
    e->passing = 0;
}
