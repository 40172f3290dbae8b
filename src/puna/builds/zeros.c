/* llama.cpp writes zeros over its whole KV cache when it starts, which makes the system give it all of that memory at
 * once, however little is ever used. Pages that are given back read as zeros, and take no memory until they are
 * written to. Linked with --wrap=memset, into programs whose large buffers are private memory of no file. */

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define LEAST ((size_t) 32 << 20) /* as in puna/engines/llama/untouched.py */

void *__real_memset(void *place, int value, size_t size);

void *__wrap_memset(void *place, int value, size_t size) {
    if (value != 0 || size < LEAST) {
        return __real_memset(place, value, size);
    }
    uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE);
    uintptr_t start = (uintptr_t) place, end = start + size;
    uintptr_t first = (start + page - 1) & ~(page - 1), last = end & ~(page - 1);
    if (madvise((void *) first, last - first, MADV_DONTNEED) != 0) {
        return __real_memset(place, value, size);
    }
    __real_memset(place, 0, first - start);
    __real_memset((void *) last, 0, end - last);
    return place;
}
