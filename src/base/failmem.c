#include "base/failmem.h"

#include <stdlib.h>
#include <string.h>

/* processes have threads that allocate */
static _Atomic long failmem_left = -1;
static _Atomic long failmem_seen;

long
failmem_after(long k)
{
	long seen = failmem_seen;

	failmem_left = k;
	failmem_seen = 0;
	return seen;
}

void *
failmem_array(size_t count, size_t size)
{
	failmem_seen++;
	if (failmem_left == 0) {
		failmem_left = -1;
		return NULL;
	}
	if (failmem_left > 0)
		failmem_left--;
	return calloc(count == 0 ? 1 : count, size == 0 ? 1 : size);
}

void *
failmem_alloc(size_t n)
{
	return failmem_array(n, 1);
}

char *
failmem_strdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy = failmem_alloc(n);

	if (copy != NULL)
		memcpy(copy, s, n);
	return copy;
}
