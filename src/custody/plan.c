#include "custody/plan.h"

#include <sodium.h>
#include <string.h>

#include "custody/paper.h"

static bool
is_like(const struct contact *a, const struct contact *b)
{
	return strcmp(a->name, b->name) == 0 ||
	    memcmp(a->seal_key, b->seal_key, CUSTODIANS_KEY_SIZE) == 0 ||
	    memcmp(a->sign_key, b->sign_key, CUSTODIANS_KEY_SIZE) == 0;
}

static bool
is_sound(const struct plan *p)
{
	if (p->threshold < 1 || p->threshold > p->n || p->n > CUSTODIANS_MAX)
		return false;
	if (p->is_resharing && p->old.generation == UINT32_MAX)
		return false;
	for (size_t i = 0; i < p->n; i++)
		for (size_t j = i + 1; j < p->n; j++)
			if (is_like(&p->members[i], &p->members[j]) ||
			    strcmp(p->members[i].name, p->members[j].name) > 0)
				return false;
	return true;
}

static enum rc
hash_of(const json_t *o, uint8_t ret_hash[static PLAN_HASH_SIZE])
{
	static const char label[] = "tacet plan v2\n";
	crypto_hash_sha256_state st;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, PAPER_MAX);
	TRY(paper_canonical(o, &b));
	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, (const uint8_t *)label, strlen(label));
	crypto_hash_sha256_update(&st, b.p, b.len);
	crypto_hash_sha256_final(&st, ret_hash);
out:
	buf_clear(&b);
	return rc;
}

static void
sort(struct plan *p)
{
	for (size_t i = 1; i < p->n; i++) {
		struct contact c = p->members[i];
		size_t j = i;

		for (; j > 0 && strcmp(p->members[j - 1].name, c.name) > 0; j--)
			p->members[j] = p->members[j - 1];
		p->members[j] = c;
	}
}

enum rc
plan_make(uint8_t threshold, size_t n, const struct contact *members,
    const struct custodians *old, struct plan *ret_p)
{
	struct plan p = { .threshold = threshold, .is_resharing = old != NULL };
	json_t *o = NULL;
	enum rc rc = RC_BUG;

	CHECK(n >= 1 && n <= CUSTODIANS_MAX, RC_DENIED);
	p.n = (uint8_t)n;
	memcpy(p.members, members, n * sizeof(members[0]));
	if (old != NULL)
		p.old = *old;
	sort(&p);
	CHECK(is_sound(&p), RC_DENIED);
	TRY(plan_put(&p, &o));
	TRY(hash_of(o, p.hash));
	*ret_p = p;
out:
	json_decref(o);
	return rc;
}

static enum rc
member_put(const struct contact *c, json_t *a)
{
	json_t *o = json_pack("{s:s}", "name", c->name);
	enum rc rc = RC_BUG;

	CHECK(o != NULL, RC_NOMEM);
	TRY(paper_set(
	    o, "seal_key", (struct rd){ c->seal_key, CUSTODIANS_KEY_SIZE }));
	TRY(paper_set(
	    o, "sign_key", (struct rd){ c->sign_key, CUSTODIANS_KEY_SIZE }));
	CHECK(json_array_append(a, o) == 0, RC_NOMEM);
out:
	json_decref(o);
	return rc;
}

static enum rc
old_put(const struct custodians *c, json_t *o)
{
	json_t *old = NULL;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, CUSTODIANS_FILE_MAX);
	TRY(custodians_build(c, &b));
	TRY(json_body_parse(buf_get(&b), &old));
	CHECK(json_object_set(o, "old", old) == 0, RC_NOMEM);
out:
	json_decref(old);
	buf_clear(&b);
	return rc;
}

enum rc
plan_put(const struct plan *p, json_t **ret_o)
{
	json_t *a = json_array();
	json_t *o = json_pack(
	    "{s:I,s:O}", "threshold", (json_int_t)p->threshold, "members", a);
	enum rc rc = RC_BUG;

	CHECK(o != NULL, RC_NOMEM);
	for (size_t i = 0; i < p->n; i++)
		TRY(member_put(&p->members[i], a));
	if (p->is_resharing)
		TRY(old_put(&p->old, o));
	*ret_o = o;
	o = NULL;
	rc = RC_OK;
out:
	json_decref(a);
	json_decref(o);
	return rc;
}

static enum rc
member_take(const json_t *o, struct contact *c)
{
	static const char *const fields[] = { "name", "seal_key", "sign_key" };
	struct rd name = { 0 };
	enum rc rc = RC_BUG;

	CHECK(json_is_object(o), RC_MALFORMED);
	TRY(json_body_only(o, fields, ARRAY_LEN(fields)));
	TRY(json_body_str(o, "name", sizeof(c->name) - 1, &name));
	CHECK(custodians_is_name(name), RC_MALFORMED);
	memcpy(c->name, name.p, name.left);
	TRY(paper_get(o, "seal_key", CUSTODIANS_KEY_SIZE, c->seal_key));
	TRY(paper_get(o, "sign_key", CUSTODIANS_KEY_SIZE, c->sign_key));
out:
	return rc;
}

static enum rc
old_take(const json_t *o, struct plan *p)
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, CUSTODIANS_FILE_MAX);
	CHECK(paper_canonical(o, &b) == RC_OK, RC_MALFORMED);
	TRY(custodians_parse(buf_get(&b), &p->old));
	p->is_resharing = true;
out:
	buf_clear(&b);
	return rc;
}

enum rc
plan_take(const json_t *o, struct plan *ret_p)
{
	static const char *const fields[] = { "threshold", "members", "old" };
	struct plan p = { .threshold = 0 };
	const json_t *a = NULL;
	uint64_t v = 0;
	enum rc rc = RC_BUG;

	CHECK(json_is_object(o), RC_MALFORMED);
	TRY(json_body_only(o, fields, ARRAY_LEN(fields)));
	TRY(json_body_uint(o, "threshold", CUSTODIANS_MAX, &v));
	p.threshold = (uint8_t)v;
	TRY(json_body_array(o, "members", CUSTODIANS_MAX, &a));
	for (; p.n < json_array_size(a); p.n++)
		TRY(member_take(json_array_get(a, p.n), &p.members[p.n]));
	if (json_body_has(o, "old"))
		TRY(old_take(json_object_get(o, "old"), &p));
	CHECK(is_sound(&p), RC_MALFORMED);
	TRY(hash_of(o, p.hash));
	*ret_p = p;
out:
	return rc;
}

void
plan_members_of(
    const struct custodians *c, struct contact ret_members[CUSTODIANS_MAX])
{
	for (size_t i = 0; i < c->n; i++) {
		const struct custodians_member *m = &c->members[i];
		struct contact *to = &ret_members[i];

		memcpy(to->name, m->name, sizeof(to->name));
		memcpy(to->seal_key, m->seal_key, sizeof(to->seal_key));
		memcpy(to->sign_key, m->sign_key, sizeof(to->sign_key));
	}
}

uint16_t
plan_member(
    const struct plan *p, const uint8_t sign_key[static CUSTODIANS_KEY_SIZE])
{
	for (uint16_t i = 0; i < p->n; i++)
		if (memcmp(p->members[i].sign_key, sign_key,
			CUSTODIANS_KEY_SIZE) == 0)
			return (uint16_t)(i + 1);
	return 0;
}

uint16_t
plan_dealer(
    const struct plan *p, const uint8_t sign_key[static CUSTODIANS_KEY_SIZE])
{
	for (uint16_t i = 1; i <= plan_dealers_max(p); i++)
		if (memcmp(plan_dealer_key(p, i), sign_key,
			CUSTODIANS_KEY_SIZE) == 0)
			return i;
	return 0;
}

uint16_t
plan_dealers_max(const struct plan *p)
{
	return p->is_resharing ? p->old.n : p->n;
}

uint16_t
plan_dealers_min(const struct plan *p)
{
	return p->is_resharing ? p->old.threshold : p->n;
}

const char *
plan_dealer_name(const struct plan *p, uint16_t dealer)
{
	return p->is_resharing ? p->old.members[dealer - 1].name
			       : p->members[dealer - 1].name;
}

const uint8_t *
plan_dealer_key(const struct plan *p, uint16_t dealer)
{
	return p->is_resharing ? p->old.members[dealer - 1].sign_key
			       : p->members[dealer - 1].sign_key;
}
