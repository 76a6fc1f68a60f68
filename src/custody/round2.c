#include "custody/round2.h"

#include <string.h>

#include "custody/paper.h"

#define KIND "round2"
#define INFO "TACET-DKG-V2"
#define AAD_SIZE (32 + 2 + 2)

/* ceremony || u16 i || u16 j */
static void
aad_of(const uint8_t ceremony[static 32], uint16_t dealer, uint16_t member,
    uint8_t ret_aad[static AAD_SIZE])
{
	memcpy(ret_aad, ceremony, 32);
	ret_aad[32] = (uint8_t)(dealer >> 8);
	ret_aad[33] = (uint8_t)dealer;
	ret_aad[34] = (uint8_t)(member >> 8);
	ret_aad[35] = (uint8_t)member;
}

static enum rc
seal_one(const struct vss_poly *f, const struct contact *to, uint16_t member,
    const uint8_t aad[static AAD_SIZE], json_t *a)
{
	uint8_t share[RGROUP_SIZE];
	struct buf sealed;
	enum rc rc = RC_BUG;

	buf_init(&sealed, ROUND2_SEALED_SIZE);
	vss_eval(f, member, share);
	TRY(hpke_seal(to->seal_key, rd_str(INFO), (struct rd){ aad, AAD_SIZE },
	    (struct rd){ share, sizeof(share) }, &sealed));
	TRY(paper_append(a, buf_get(&sealed)));
out:
	explicit_bzero(share, sizeof(share));
	buf_clear(&sealed);
	return rc;
}

enum rc
round2_build(const struct plan *p, const struct round1_dealer *d,
    const uint8_t ceremony[static 32], struct buf *b)
{
	uint8_t aad[AAD_SIZE];
	struct vss_poly f;
	json_t *a = json_array();
	json_t *o = json_pack(
	    "{s:I,s:O}", "dealer", (json_int_t)d->index, "shares", a);
	enum rc rc = RC_BUG;

	round1_poly(p, d, &f);
	CHECK(o != NULL, RC_NOMEM);
	for (uint16_t j = 1; j <= p->n; j++) {
		aad_of(ceremony, d->index, j, aad);
		TRY(seal_one(&f, &p->members[j - 1], j, aad, a));
	}
	TRY(paper_set(o, "ceremony", (struct rd){ ceremony, 32 }));
	TRY(paper_build(o, KIND, d->sign_seed, b));
out:
	vss_clear(&f);
	json_decref(a);
	json_decref(o);
	return rc;
}

static enum rc
fields_take(const json_t *o, const struct plan *p, struct round2 *r)
{
	static const char *const fields[] = { "tacet", "version", "ceremony",
		"dealer", "shares", "signature" };
	const json_t *a = NULL;
	uint64_t v = 0;
	enum rc rc = RC_BUG;

	TRY(json_body_only(o, fields, ARRAY_LEN(fields)));
	TRY(paper_get(o, "ceremony", sizeof(r->ceremony), r->ceremony));
	TRY(json_body_uint(o, "dealer", plan_dealers_max(p), &v));
	CHECK(v >= 1, RC_MALFORMED);
	r->dealer = (uint16_t)v;
	TRY(json_body_array(o, "shares", p->n, &a));
	CHECK(json_array_size(a) == p->n, RC_MALFORMED);
	for (size_t j = 0; j < p->n; j++)
		TRY(paper_at(a, j, ROUND2_SEALED_SIZE, r->sealed[j]));
out:
	return rc;
}

enum rc
round2_parse(struct rd text, const struct plan *p, struct round2 *ret_r,
    const char **ret_why)
{
	struct round2 r = { .dealer = 0 };
	json_t *o = NULL;
	enum rc rc = RC_BUG;

	*ret_why = "not a whole round 2 file of this ceremony";
	TRY(paper_parse(text, KIND, &o));
	TRY(fields_take(o, p, &r));
	*ret_why = "its signature is not its dealer's, or it was changed";
	TRY(paper_verify(o, KIND, plan_dealer_key(p, r.dealer)));
	*ret_r = r;
out:
	json_body_free(o);
	return rc;
}

enum rc
round2_open(const struct round2 *r, uint16_t member,
    const uint8_t seal_secret[static HPKE_KEY_SIZE],
    uint8_t ret_share[static RGROUP_SIZE])
{
	uint8_t aad[AAD_SIZE];
	struct buf plain;
	enum rc rc = RC_BUG;

	buf_init(&plain, RGROUP_SIZE);
	aad_of(r->ceremony, r->dealer, member, aad);
	CHECK(hpke_open(seal_secret, rd_str(INFO), (struct rd){ aad, AAD_SIZE },
		  (struct rd){ r->sealed[member - 1], ROUND2_SEALED_SIZE },
		  &plain) == RC_OK,
	    RC_DENIED);
	CHECK(rgroup_scalar_check(plain.p) == RC_OK, RC_DENIED);
	memcpy(ret_share, plain.p, RGROUP_SIZE);
	rc = RC_OK;
out:
	buf_clear(&plain);
	return rc;
}
