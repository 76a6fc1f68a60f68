/*
 * tap: unit tests as TAP version 13 on stdout. A test is a function whose name
 * is a sentence that is true when it passes. A failed check prints where and
 * what was compared as code, never the values: they may be secret.
 */
#ifndef TAP_H
#define TAP_H
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rc.h"

static int tap_n;
static int tap_bad;
static int tap_failed;
static bool tap_skipped;

#define T_OK(x) tap_check((x), #x, __FILE__, __LINE__)
#define T_RC(want, call)                                                      \
	do {                                                                  \
		enum rc tap_rc_ = (call);                                     \
		if (!tap_check(tap_rc_ == (want), #call, __FILE__, __LINE__)) \
			printf("# got \"%s\"\n", rc_name(tap_rc_));           \
	} while (0)
#define T_MEM(want, got, n) \
	tap_check(memcmp((want), (got), (n)) == 0, #got, __FILE__, __LINE__)
#define T_STR(want, got) \
	tap_check(strcmp((want), (got)) == 0, #got, __FILE__, __LINE__)
#define TEST(fn) tap_run(#fn, fn)

static inline bool
tap_check(bool ok, const char *what, const char *file, int line)
{
	if (!ok) {
		tap_bad++;
		printf("# %s:%d: %s\n", file, line, what);
	}
	return ok;
}

/* Marks the running test as skipped; return from it at once. */
static inline void
tap_skip(const char *why)
{
	tap_skipped = true;
	printf("# skipped: %s\n", why);
}

static inline void
tap_run(const char *name, void (*fn)(void))
{
	tap_bad = 0;
	tap_skipped = false;
	fn();
	printf("%s %d - ", tap_bad == 0 ? "ok" : "not ok", ++tap_n);
	for (; *name != '\0'; name++)
		putchar(*name == '_' ? ' ' : *name);
	printf("%s\n", tap_skipped ? " # SKIP" : "");
	tap_failed += tap_bad > 0;
	(void)fflush(stdout);
}

static inline int
tap_done(void)
{
	printf("1..%d\n", tap_n);
	return tap_failed == 0 ? 0 : 1;
}

/* n bytes in a heap block of exactly n bytes, so that ASan sees an over-read
 * of one; the caller frees. */
static inline unsigned char *
tap_block(const void *bytes, size_t n)
{
	unsigned char *p = malloc(n == 0 ? 1 : n);

	if (p == NULL)
		abort();
	if (n > 0)
		memcpy(p, bytes, n);
	return p;
}
#endif
