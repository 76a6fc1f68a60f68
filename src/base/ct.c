#include "base/ct.h"

#ifdef TACET_VALGRIND
#include <valgrind/memcheck.h>
#endif

bool
ct_eq(const void *a, const void *b, size_t n)
{
	const volatile uint8_t *x = a;
	const volatile uint8_t *y = b;
	uint8_t diff = 0;
	bool eq;

	for (size_t i = 0; i < n; i++)
		diff = (uint8_t)(diff | (x[i] ^ y[i]));
	eq = diff == 0;
	ct_public(&eq, sizeof(eq)); /* whether they match is the answer */
	return eq;
}

uint32_t
ct_select(uint32_t pick, uint32_t a, uint32_t b)
{
	volatile uint32_t mask = (uint32_t)0 - (pick & 1);

	return (a & mask) | (b & ~mask);
}

void
ct_secret(const void *p, size_t n)
{
#ifdef TACET_VALGRIND
	(void)VALGRIND_MAKE_MEM_UNDEFINED(p, n);
#else
	(void)p;
	(void)n;
#endif
}

void
ct_public(const void *p, size_t n)
{
#ifdef TACET_VALGRIND
	(void)VALGRIND_MAKE_MEM_DEFINED(p, n);
#else
	(void)p;
	(void)n;
#endif
}
