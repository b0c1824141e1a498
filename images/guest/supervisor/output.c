/* Output: the first and the last half of what a child wrote, and how much it was. */
#include "supervisor.h"
#include <stdlib.h>
#include <string.h>

Output new_output(size_t kept) {
    Output made = { take_memory(kept / 2), take_memory(kept / 2), kept / 2, 0, 0, 0, 0 };
    return made;
}

void free_output(Output *output) {
    free(output->head);
    free(output->tail);
}

void keep(Output *output, const char *data, size_t size) {
    output->total += size;
    size_t room = output->half - output->head_size, first = size < room ? size : room;
    memcpy(output->head + output->head_size, data, first);
    output->head_size += first;
    data += first; size -= first;
    if (size > output->half) {
        data += size - output->half;
        size = output->half;
    }
    size_t straight = output->half - output->tail_at;
    if (straight > size) straight = size;
    memcpy(output->tail + output->tail_at, data, straight);
    memcpy(output->tail, data + straight, size - straight);
    output->tail_at = output->half ? (output->tail_at + size) % output->half : 0;
    output->tail_size = output->tail_size + size < output->half ? output->tail_size + size : output->half;
}

/* Return a copy of the last part, the caller's to free. */
Bytes tail_of(Output *output) {
    char *straight = take_memory(output->tail_size);
    size_t start = (output->tail_at + output->half - output->tail_size) % (output->half ? output->half : 1);
    size_t first = output->half - start < output->tail_size ? output->half - start : output->tail_size;
    memcpy(straight, output->tail + start, first);
    memcpy(straight + first, output->tail, output->tail_size - first);
    return (Bytes){ straight, (uint32_t)output->tail_size };
}
