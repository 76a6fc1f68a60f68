#include "client/keep_view.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/failmem.h"
#include "wire/cbor.h"

#define FIXED(a) ((struct rd){ (a), sizeof(a) })

void
keep_view_init(struct keep_view *v)
{
	sodium_memzero(v, sizeof(*v));
	buf_init(&v->point.note, KEEP_NOTE_MAX);
	buf_init(&v->before.note, KEEP_NOTE_MAX);
	buf_init(&v->entry, KEEP_ENTRY_MAX);
	buf_init(&v->ohttp_keys, KEEP_OHTTP_KEYS_MAX);
	buf_init(&v->stash, KEEP_STASH_MAX);
	buf_init(&v->promise, KEEP_NOTE_MAX);
	for (size_t i = 0; i < KEEP_HEARD_MAX; i++)
		buf_init(&v->heard[i].note, KEEP_NOTE_MAX);
}

static void
proof_free(struct keep_proof *p)
{
	buf_clear(&p->first);
	buf_clear(&p->second);
	free(p);
}

void
keep_view_clear(struct keep_view *v)
{
	for (struct keep_proof *p = v->proofs, *n = NULL; p != NULL; p = n) {
		n = p->next;
		proof_free(p);
	}
	buf_clear(&v->point.note);
	buf_clear(&v->before.note);
	buf_clear(&v->entry);
	buf_clear(&v->ohttp_keys);
	buf_clear(&v->stash);
	buf_clear(&v->promise);
	for (size_t i = 0; i < KEEP_HEARD_MAX; i++)
		buf_clear(&v->heard[i].note);
	sodium_memzero(v, sizeof(*v));
}

void
keep_view_tokens_trim(struct keep_view *v, uint32_t day)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n_tokens; i++)
		if (v->tokens[i].day == day || v->tokens[i].day + 1 == day)
			v->tokens[n++] = v->tokens[i];
	sodium_memzero(&v->tokens[n], (v->n_tokens - n) * sizeof(v->tokens[0]));
	v->n_tokens = n;
}

enum rc
keep_view_token_take(struct keep_view *v, struct keep_token *ret_t)
{
	if (v->n_tokens == 0)
		return RC_NOT_FOUND;
	*ret_t = v->tokens[0];
	v->n_tokens--;
	memmove(
	    &v->tokens[0], &v->tokens[1], v->n_tokens * sizeof(v->tokens[0]));
	sodium_memzero(&v->tokens[v->n_tokens], sizeof(v->tokens[0]));
	return RC_OK;
}

void
keep_view_heard_drop(struct keep_view *v, size_t i)
{
	struct keep_point p = v->heard[i];

	v->n_heard--;
	memmove(&v->heard[i], &v->heard[i + 1],
	    (v->n_heard - i) * sizeof(v->heard[0]));
	buf_clear(&p.note);
	v->heard[v->n_heard] = p;
}

enum rc
keep_view_hear(struct keep_view *v, const struct trust_point *p, struct rd note)
{
	struct keep_point *h = NULL;
	enum rc rc = RC_OK;

	for (size_t i = 0; i < v->n_heard; i++)
		if (v->heard[i].size == p->size &&
		    memcmp(v->heard[i].root, p->root, sizeof(p->root)) == 0)
			goto out;
	if (v->n_heard == KEEP_HEARD_MAX)
		keep_view_heard_drop(v, 0);
	h = &v->heard[v->n_heard];
	TRY(buf_add_rd(&h->note, note));
	h->size = p->size;
	memcpy(h->root, p->root, sizeof(h->root));
	v->n_heard++;
out:
	return rc;
}

/* At the end of the list, whose oldest makes room. */
static enum rc
proof_add(struct keep_view *v, struct keep_proof **ret_p)
{
	struct keep_proof **at = &v->proofs;
	struct keep_proof *p = NULL;
	size_t n = 0;

	for (; *at != NULL; at = &(*at)->next)
		n++;
	p = failmem_alloc(sizeof(*p));
	if (p == NULL)
		return RC_NOMEM;
	buf_init(&p->first, KEEP_NOTE_MAX);
	buf_init(&p->second, KEEP_NOTE_MAX);
	*at = p;
	if (n == KEEP_PROOFS_MAX) {
		struct keep_proof *old = v->proofs;

		v->proofs = old->next;
		proof_free(old);
	}
	*ret_p = p;
	return RC_OK;
}

enum rc
keep_view_prove(struct keep_view *v, const char *problem, struct wall time,
    struct rd first, struct rd second)
{
	struct keep_proof *p = NULL;
	enum rc rc = RC_BUG;

	TRY(proof_add(v, &p));
	(void)snprintf(p->problem, sizeof(p->problem), "%s", problem);
	p->time = time;
	TRY(buf_add_rd(&p->first, first));
	TRY(buf_add_rd(&p->second, second));
out:
	return rc;
}

/* --- kept between two runs ---------------------------------------------------
 */

static enum rc
octets_get(struct rd *r, struct buf *b)
{
	struct rd octets = { 0 };
	enum rc rc = RC_BUG;

	TRY(cbor_get_bytes(r, b->max, &octets));
	buf_clear(b);
	TRY(buf_add_rd(b, octets));
out:
	return rc;
}

static enum rc
text_get(struct rd *r, size_t size, char *ret_s)
{
	struct rd t = { 0 };
	enum rc rc = RC_BUG;

	TRY(cbor_get_text(r, size - 1, &t));
	memcpy(ret_s, t.p, t.left);
	ret_s[t.left] = '\0';
out:
	return rc;
}

static enum rc
time_get(struct rd *r, struct wall *ret_t)
{
	uint64_t v = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_uint(r, INT64_MAX, &v));
	ret_t->s = (int64_t)v;
out:
	return rc;
}

static enum rc
time_put(struct buf *b, struct wall t)
{
	return cbor_put_u64(b, t.s > 0 ? (uint64_t)t.s : 0);
}

static enum rc
count_get(struct rd *r, size_t want)
{
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(r, want, &n));
	CHECK(n == want, RC_MALFORMED);
out:
	return rc;
}

enum rc
keep_view_slot_put(const struct keep_slot *s, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(cbor_put_array(b, 6));
	TRY(cbor_put_bool(b, s->is_set));
	TRY(cbor_put_u64(b, s->version));
	TRY(cbor_put_bytes(b, FIXED(s->commitment)));
	TRY(cbor_put_bytes(b, FIXED(s->account)));
	TRY(cbor_put_bytes(b, FIXED(s->aik)));
	TRY(cbor_put_bytes(b, FIXED(s->list_hash)));
out:
	return rc;
}

enum rc
keep_view_slot_get(struct rd *r, struct keep_slot *s)
{
	uint64_t version = 0;
	enum rc rc = RC_BUG;

	TRY(count_get(r, 6));
	TRY(cbor_get_bool(r, &s->is_set));
	TRY(cbor_get_uint(r, UINT32_MAX, &version));
	s->version = (uint32_t)version;
	TRY(cbor_get_fixed(r, sizeof(s->commitment), s->commitment));
	TRY(cbor_get_fixed(r, sizeof(s->account), s->account));
	TRY(cbor_get_fixed(r, sizeof(s->aik), s->aik));
	TRY(cbor_get_fixed(r, sizeof(s->list_hash), s->list_hash));
out:
	return rc;
}

static enum rc
point_put(const struct keep_point *p, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(cbor_put_array(b, 3));
	TRY(cbor_put_u64(b, p->size));
	TRY(cbor_put_bytes(b, FIXED(p->root)));
	TRY(cbor_put_bytes(b, buf_get(&p->note)));
out:
	return rc;
}

static enum rc
point_get(struct rd *r, struct keep_point *p)
{
	enum rc rc = RC_BUG;

	TRY(count_get(r, 3));
	TRY(cbor_get_uint(r, TREE_SIZE_MAX, &p->size));
	TRY(cbor_get_fixed(r, sizeof(p->root), p->root));
	TRY(octets_get(r, &p->note));
out:
	return rc;
}

static enum rc
pin_put(const struct keep_view *v, struct buf *b)
{
	struct buf trust;
	enum rc rc = RC_BUG;

	buf_init(&trust, TRUST_TEXT_MAX);
	if (v->pin != KEEP_PIN_NONE)
		TRY(trust_build(&v->trust, &trust));
	TRY(cbor_put_array(b, 5));
	TRY(cbor_put_u64(b, v->pin));
	TRY(cbor_put_bytes(b, buf_get(&trust)));
	TRY(cbor_put_text(b, rd_str(v->relay)));
	TRY(cbor_put_bool(b, v->is_address_told));
	TRY(cbor_put_bytes(b, buf_get(&v->ohttp_keys)));
out:
	buf_clear(&trust);
	return rc;
}

static enum rc
pin_get(struct rd *r, struct keep_view *v)
{
	struct rd trust = { 0 };
	uint64_t pin = 0;
	enum rc rc = RC_BUG;

	TRY(count_get(r, 5));
	TRY(cbor_get_uint(r, KEEP_PIN_BY_HAND, &pin));
	v->pin = (enum keep_pin)pin;
	TRY(cbor_get_bytes(r, TRUST_TEXT_MAX, &trust));
	if (v->pin != KEEP_PIN_NONE)
		TRY(trust_parse(trust, &v->trust));
	TRY(text_get(r, sizeof(v->relay), v->relay));
	TRY(cbor_get_bool(r, &v->is_address_told));
	TRY(octets_get(r, &v->ohttp_keys));
out:
	return rc;
}

static enum rc
tokens_put(const struct keep_view *v, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(cbor_put_array(b, v->n_tokens));
	for (size_t i = 0; i < v->n_tokens; i++) {
		TRY(cbor_put_array(b, 3));
		TRY(cbor_put_u64(b, v->tokens[i].day));
		TRY(cbor_put_bytes(b, FIXED(v->tokens[i].nonce)));
		TRY(cbor_put_bytes(b, FIXED(v->tokens[i].output)));
	}
out:
	return rc;
}

static enum rc
tokens_get(struct rd *r, struct keep_view *v)
{
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(r, KEEP_TOKENS_MAX, &n));
	for (size_t i = 0; i < n; i++) {
		struct keep_token *t = &v->tokens[i];
		uint64_t day = 0;

		TRY(count_get(r, 3));
		TRY(cbor_get_uint(r, UINT32_MAX, &day));
		t->day = (uint32_t)day;
		TRY(cbor_get_fixed(r, sizeof(t->nonce), t->nonce));
		TRY(cbor_get_fixed(r, sizeof(t->output), t->output));
	}
	v->n_tokens = n;
out:
	return rc;
}

static enum rc
proofs_put(const struct keep_view *v, struct buf *b)
{
	size_t n = 0;
	enum rc rc = RC_BUG;

	for (struct keep_proof *p = v->proofs; p != NULL; p = p->next)
		n++;
	TRY(cbor_put_array(b, n));
	for (struct keep_proof *p = v->proofs; p != NULL; p = p->next) {
		TRY(cbor_put_array(b, 5));
		TRY(cbor_put_text(b, rd_str(p->problem)));
		TRY(time_put(b, p->time));
		TRY(cbor_put_bool(b, p->is_shown));
		TRY(cbor_put_bytes(b, buf_get(&p->first)));
		TRY(cbor_put_bytes(b, buf_get(&p->second)));
	}
out:
	return rc;
}

static enum rc
proofs_get(struct rd *r, struct keep_view *v)
{
	struct keep_proof *p = NULL;
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(r, KEEP_PROOFS_MAX, &n));
	while (n-- > 0) {
		TRY(proof_add(v, &p));
		TRY(count_get(r, 5));
		TRY(text_get(r, sizeof(p->problem), p->problem));
		TRY(time_get(r, &p->time));
		TRY(cbor_get_bool(r, &p->is_shown));
		TRY(octets_get(r, &p->first));
		TRY(octets_get(r, &p->second));
	}
out:
	return rc;
}

static enum rc
heard_put(const struct keep_view *v, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(cbor_put_array(b, v->n_heard));
	for (size_t i = 0; i < v->n_heard; i++)
		TRY(point_put(&v->heard[i], b));
out:
	return rc;
}

static enum rc
heard_get(struct rd *r, struct keep_view *v)
{
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(r, KEEP_HEARD_MAX, &v->n_heard));
	for (size_t i = 0; i < v->n_heard; i++)
		TRY(point_get(r, &v->heard[i]));
out:
	return rc;
}

static enum rc
own_put(const struct keep_view *v, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(cbor_put_array(b, 9));
	TRY(cbor_put_bool(b, v->has_y));
	TRY(cbor_put_bytes(b, FIXED(v->y)));
	TRY(keep_view_slot_put(&v->own, b));
	TRY(time_put(b, v->watched));
	TRY(time_put(b, v->looked));
	TRY(time_put(b, v->tried));
	TRY(time_put(b, v->promise_tried));
	TRY(time_put(b, v->compared));
	TRY(cbor_put_bytes(b, buf_get(&v->promise)));
out:
	return rc;
}

static enum rc
own_get(struct rd *r, struct keep_view *v)
{
	enum rc rc = RC_BUG;

	TRY(count_get(r, 9));
	TRY(cbor_get_bool(r, &v->has_y));
	TRY(cbor_get_fixed(r, sizeof(v->y), v->y));
	TRY(keep_view_slot_get(r, &v->own));
	TRY(time_get(r, &v->watched));
	TRY(time_get(r, &v->looked));
	TRY(time_get(r, &v->tried));
	TRY(time_get(r, &v->promise_tried));
	TRY(time_get(r, &v->compared));
	TRY(octets_get(r, &v->promise));
out:
	return rc;
}

enum rc
keep_view_put(const struct keep_view *v, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(cbor_put_array(b, 16));
	TRY(pin_put(v, b));
	TRY(point_put(&v->point, b));
	TRY(point_put(&v->before, b));
	TRY(time_put(b, v->fetched));
	TRY(cbor_put_bytes(b, buf_get(&v->entry)));
	TRY(cbor_put_u64(b, v->entry_index));
	TRY(cbor_put_u64(b, v->token_day));
	TRY(cbor_put_bool(b, v->has_voprf));
	TRY(cbor_put_bytes(b, FIXED(v->voprf)));
	TRY(tokens_put(v, b));
	TRY(cbor_put_bool(b, v->has_stash));
	TRY(cbor_put_bytes(b, FIXED(v->stash_hash)));
	TRY(cbor_put_bytes(b, buf_get(&v->stash)));
	TRY(own_put(v, b));
	TRY(heard_put(v, b));
	TRY(proofs_put(v, b));
out:
	return rc;
}

enum rc
keep_view_get(struct rd *r, struct keep_view *v)
{
	uint64_t day = 0;
	enum rc rc = RC_BUG;

	TRY(count_get(r, 16));
	TRY(pin_get(r, v));
	TRY(point_get(r, &v->point));
	TRY(point_get(r, &v->before));
	TRY(time_get(r, &v->fetched));
	TRY(octets_get(r, &v->entry));
	TRY(cbor_get_u64(r, &v->entry_index));
	TRY(cbor_get_uint(r, UINT32_MAX, &day));
	v->token_day = (uint32_t)day;
	TRY(cbor_get_bool(r, &v->has_voprf));
	TRY(cbor_get_fixed(r, sizeof(v->voprf), v->voprf));
	TRY(tokens_get(r, v));
	TRY(cbor_get_bool(r, &v->has_stash));
	TRY(cbor_get_fixed(r, sizeof(v->stash_hash), v->stash_hash));
	TRY(octets_get(r, &v->stash));
	TRY(own_get(r, v));
	TRY(heard_get(r, v));
	TRY(proofs_get(r, v));
out:
	return rc;
}
