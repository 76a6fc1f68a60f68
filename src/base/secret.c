#include "base/secret.h"

#include <string.h>

#include <sodium.h>

#include "base/failmem.h"

struct secret {
	size_t n;
	uint8_t *p;
};

enum rc
secret_new(size_t n, struct secret **ret_s)
{
	struct secret *s = NULL;
	enum rc rc = RC_BUG;

	s = failmem_alloc(sizeof(*s));
	CHECK(s != NULL, RC_NOMEM);
	s->n = n;
	s->p = sodium_malloc(n == 0 ? 1 : n);
	CHECK(s->p != NULL, RC_NOMEM);
	sodium_memzero(s->p, n);
	*ret_s = s;
	s = NULL;
	rc = RC_OK;
out:
	secret_free(s);
	return rc;
}

enum rc
secret_random(size_t n, struct secret **ret_s)
{
	struct secret *s = NULL;
	enum rc rc = secret_new(n, &s);

	if (rc == RC_OK) {
		randombytes_buf(s->p, n);
		*ret_s = s;
	}
	return rc;
}

enum rc
secret_copy(struct rd bytes, struct secret **ret_s)
{
	struct secret *s = NULL;
	enum rc rc = secret_new(bytes.left, &s);

	if (rc == RC_OK) {
		if (bytes.left > 0)
			memcpy(s->p, bytes.p, bytes.left);
		*ret_s = s;
	}
	return rc;
}

uint8_t *
secret_bytes(struct secret *s)
{
	return s->p;
}

struct rd
secret_get(const struct secret *s)
{
	return (struct rd){ s->p, s->n };
}

void
secret_free(struct secret *s)
{
	if (s == NULL)
		return;
	sodium_free(s->p);
	free(s);
}
