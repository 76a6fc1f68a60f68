/*
 * vector: JSON test vectors of others, read where TACET_VECTORS says; a clone
 * without them skips the test.
 */
#ifndef VECTOR_H
#define VECTOR_H
#include <jansson.h>
#include <sodium.h>

#include "base/rd.h"
#include "tap.h"

/* NULL: the test was marked as skipped. The caller decrefs. */
static inline json_t *
vector_open(const char *name)
{
	const char *dir = getenv("TACET_VECTORS");
	char path[4096];
	json_t *doc = NULL;

	if (dir != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
		doc = json_load_file(path, 0, NULL);
	}
	if (doc == NULL)
		tap_skip("no vectors here: set TACET_VECTORS");
	return doc;
}

/* A hex member in a heap block of its size; the caller frees .p. */
static inline struct rd
vector_hex(const json_t *obj, const char *key)
{
	const char *text = json_string_value(json_object_get(obj, key));
	size_t n = text == NULL ? 0 : strlen(text) / 2;
	unsigned char *p = malloc(n == 0 ? 1 : n);
	size_t got = 0;

	if (p == NULL || text == NULL ||
	    sodium_hex2bin(p, n, text, strlen(text), NULL, &got, NULL) != 0 ||
	    got != n)
		abort();
	return (struct rd){ p, n };
}

static inline void
vector_drop(struct rd r)
{
	free((void *)(uintptr_t)r.p);
}

static inline bool
vector_says(const json_t *obj, const char *key, const char *value)
{
	return strcmp(json_string_value(json_object_get(obj, key)), value) == 0;
}
#endif
