#include "pir/pir_public.h"

#include "base/failmem.h"

enum rc
pir_public_new(const struct pir_shape *shape, struct pir_public **ret_public)
{
	struct pir_stream s = { .purpose = PIR_PUBLIC_KEY };
	struct pir_public *p = NULL;
	enum rc rc = RC_BUG;

	CHECK(pir_shape_is_valid(shape), RC_MALFORMED);
	p = failmem_alloc(sizeof(*p) + shape->columns * sizeof(p->a[0][0]));
	CHECK(p != NULL, RC_NOMEM);
	TRY(pir_ring_new(&p->ring));
	p->shape = *shape;
	pir_sample_label(shape->label, s.key);
	for (; s.index < PIR_KEYS; s.index++)
		pir_sample_uniform(&s, p->keys[s.index]);
	s.purpose = PIR_PUBLIC_QUERY;
	for (s.index = 0; s.index < shape->columns / PIR_D; s.index++)
		pir_sample_uniform(&s, p->a[s.index]);
	*ret_public = p;
	p = NULL;
	rc = RC_OK;
out:
	pir_public_free(p);
	return rc;
}

const struct pir_shape *
pir_public_shape(const struct pir_public *p)
{
	return &p->shape;
}

void
pir_public_free(struct pir_public *p)
{
	if (p != NULL)
		free(p->ring);
	free(p);
}
