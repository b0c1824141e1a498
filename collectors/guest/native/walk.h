/* Walk: a visit of a value that makes its text and gathers the words that the text depends on.
 *
 * What was made of the same value before is used again: a part of it that lies where it lay, and whose words hold, is
 * copied. `old` is the part of `e->former` that the walk is inside of, or -1, `next` the first one inside it that was
 * not met yet. Parts are found on the same way down from the same root, so that cycles end at the same place. */
typedef struct { long depth; int level; long old, next; } Walk;

static int show(Engine *e, PyObject *value, Walk *walk);
static int show_container(Engine *e, PyObject *value, PyTypeObject *type, Walk *inner);

static long find_part(Engine *e, const void *address, Walk *walk) {
    if (walk->old < 0) return -1;
    const Part *parts = e->former->parts;
    for (long at = walk->next, end = parts[walk->old].end; at < end; at = parts[at].end)
        if (parts[at].address == address) {
            walk->next = parts[at].end;
            return at;
        }
    return -1;
}

static int grow_parts(Shown *made, size_t more) {
    size_t room = made->part_room ? 2 * made->part_room : 4;
    while (room < made->part_count + more) room *= 2;
    Part *parts = PyMem_RawRealloc(made->parts, room * sizeof *parts);
    if (!parts) {
        PyErr_NoMemory();
        return -1;
    }
    made->parts = parts;
    made->part_room = room;
    return 0;
}

/* Say whether a part would come out the same with the room that is left, and holds. */
static int is_good(Engine *e, const Part *part) {
    if (part->before != e->nodes && (part->used >= part->before || part->used >= e->nodes)) return 0;
    return holds(&e->former->words, part->words, part->words + part->size[0]);
}

/* Copy a part, and the parts inside it, from what was made before. */
static int copy_part(Engine *e, long number) {
    Shown *made = e->made, *former = e->former;
    const Part *part = &former->parts[number];
    size_t count = part->end - (size_t)number;
    if (made->part_count + count > made->part_room && grow_parts(made, count)) return -1;
    if (made->words.size + part->size[0] > made->words.room && grow_words(&made->words, part->size[0])) return -1;
    for (size_t i = 0; i < count; i++) {
        Part *copy = &made->parts[made->part_count + i];
        *copy = part[i];
        copy->end += (uint32_t)made->part_count - (uint32_t)number;
        copy->words += made->words.size - part->words;
        copy->leaves += made->leaves.size - part->leaves;
        copy->text += made->text.size - part->text;
    }
    made->part_count += count;
    memcpy(made->words.at + made->words.size, former->words.at + part->words, part->size[0] * sizeof(uintptr_t));
    made->words.size += part->size[0];
    for (size_t i = 0; i < part->size[1]; i++)
        if (hold(made, former->leaves.at[part->leaves + i])) return -1;
    e->nodes -= part->used;
    e->is_short |= part->is_short;
    made->text.wide |= former->text.wide;
    return add(&made->text, former->text.data + part->text, part->size[2]);
}

/* Begin a part; return its number or -1. */
static long begin_part(Engine *e, void *address) {
    Shown *made = e->made;
    if (made->part_count == made->part_room && grow_parts(made, 1)) return -1;
    Part part = { address, 0, e->is_short, e->nodes, 0, made->words.size, made->leaves.size, made->text.size, { 0, 0, 0 } };
    made->parts[made->part_count] = part;
    e->is_short = 0;
    return (long)made->part_count++;
}

static void end_part(Engine *e, long number) {
    Shown *made = e->made;
    Part *part = &made->parts[number];
    int before = part->is_short;
    part->is_short = e->is_short;
    e->is_short |= before;
    part->end = (uint32_t)made->part_count;
    part->used = part->before - e->nodes;
    part->size[0] = made->words.size - part->words;
    part->size[1] = made->leaves.size - part->leaves;
    part->size[2] = made->text.size - part->text;
}
