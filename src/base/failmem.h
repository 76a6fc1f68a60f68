/*
 * failmem: the allocator of the tree, with a switch that makes the k-th call
 * fail, so that every RC_NOMEM path has a test. The switch costs one branch.
 */
#ifndef FAILMEM_H
#define FAILMEM_H
#include <stddef.h>

/* Zeroed memory, released with free(); NULL when out of memory. */
void *failmem_alloc(size_t n);
/* Zeroed array; NULL also when count * size overflows. */
void *failmem_array(size_t count, size_t size);
/* Copy of a NUL-terminated string; released with free(). */
char *failmem_strdup(const char *s);
/* Tests only: lets k allocations succeed and fails the one after; a negative
 * k switches it off. Returns how many allocations were seen since the last. */
long failmem_after(long k);
#endif
