/* Walk: what a visit of a value does. */
#define TAG(number) ((PyObject *)(((uintptr_t)(number) << 1) | 1))
/* What a walk does with a value: make its text, gather its shadow, or compare with the shadow of last time, of which
 * `e->matched` tokens were met so far. Each may be missing. A difference ends the walk as an error does, without one set. */
typedef struct { Buffer *text; Shadow *shadow; const Shadow *old; long depth; int level; } Walk;

static int show(Engine *e, PyObject *value, const Walk *walk);

static inline int meet(Engine *e, const Walk *walk, PyObject *token) {
    if (walk->old) {
        if (e->matched < walk->old->size && walk->old->tokens[e->matched++] == token) return 0;
        e->differs = 1;
        return -1;
    }
    return walk->shadow ? note(walk->shadow, token) : 0;
}
