#include "client/keep_blob.h"

#include <sodium.h>
#include <string.h>

#include "wire/cbor.h"

#define VERSION 2
#define SUM_SIZE 32
#define FIXED(a) ((struct rd){ (a), sizeof(a) })
#define TIME_MAX INT64_MAX

static enum rc
number_put(struct buf *b, const struct e164 *e)
{
	return cbor_put_bytes(b, (struct rd){ e->digits, e->n });
}

static enum rc
number_get(struct rd *r, struct e164 *e)
{
	struct rd digits = { 0 };
	enum rc rc = RC_BUG;

	*e = (struct e164){ 0 };
	TRY(cbor_get_bytes(r, E164_DIGITS_MAX, &digits));
	if (digits.left > 0)
		TRY(e164_parse_digits(digits, e));
out:
	return rc;
}

static enum rc
time_get(struct rd *r, struct wall *t)
{
	uint64_t v = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_uint(r, TIME_MAX, &v));
	t->s = (int64_t)v;
out:
	return rc;
}

static enum rc
time_put(struct buf *b, struct wall t)
{
	return cbor_put_u64(b, t.s > 0 ? (uint64_t)t.s : 0);
}

static enum rc
str_get(struct rd *r, size_t size, char *ret_s)
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
buf_take(struct rd *r, struct buf *b)
{
	struct rd octets = { 0 };
	enum rc rc = RC_BUG;

	TRY(cbor_get_bytes(r, b->max, &octets));
	TRY(keep_buf_set(b, octets));
out:
	return rc;
}

static enum rc
u8_get(struct rd *r, uint8_t max, uint8_t *ret_v)
{
	uint64_t v = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_uint(r, max, &v));
	*ret_v = (uint8_t)v;
out:
	return rc;
}

static enum rc
u32_get(struct rd *r, uint32_t *ret_v)
{
	uint64_t v = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_uint(r, UINT32_MAX, &v));
	*ret_v = (uint32_t)v;
out:
	return rc;
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

static enum rc
identity_put(const struct keep *k, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(cbor_put_array(b, 14));
	TRY(cbor_put_u64(b, k->stage));
	TRY(number_put(b, &k->number));
	TRY(cbor_put_bytes(b, FIXED(k->account)));
	TRY(cbor_put_u64(b, k->device));
	TRY(cbor_put_u64(b, k->epoch));
	TRY(cbor_put_text(b, rd_str(k->name)));
	TRY(cbor_put_bool(b, k->has_aik));
	TRY(cbor_put_bytes(b, FIXED(k->aik_secret)));
	TRY(cbor_put_bytes(b, FIXED(k->records_secret)));
	TRY(cbor_put_bytes(b, FIXED(k->dsk_secret)));
	TRY(cbor_put_bytes(b, FIXED(k->dik_secret)));
	TRY(cbor_put_bytes(b, FIXED(k->ek_secret)));
	TRY(cbor_put_bytes(b, buf_get(&k->list)));
	TRY(cbor_put_bytes(b,
	    (struct rd){ k->hashes[0], k->n_hashes * sizeof(k->hashes[0]) }));
out:
	return rc;
}

static enum rc
identity_get(struct rd *r, struct keep *k)
{
	struct rd hashes = { 0 };
	uint8_t stage = 0;
	enum rc rc = RC_BUG;

	TRY(count_get(r, 14));
	TRY(u8_get(r, KEEP_STAGE_REGISTERED, &stage));
	k->stage = (enum keep_stage)stage;
	TRY(number_get(r, &k->number));
	TRY(cbor_get_fixed(r, sizeof(k->account), k->account));
	TRY(u8_get(r, UINT8_MAX, &k->device));
	TRY(u32_get(r, &k->epoch));
	TRY(str_get(r, sizeof(k->name), k->name));
	TRY(cbor_get_bool(r, &k->has_aik));
	TRY(cbor_get_fixed(r, sizeof(k->aik_secret), k->aik_secret));
	TRY(cbor_get_fixed(r, sizeof(k->records_secret), k->records_secret));
	TRY(cbor_get_fixed(r, sizeof(k->dsk_secret), k->dsk_secret));
	TRY(cbor_get_fixed(r, sizeof(k->dik_secret), k->dik_secret));
	TRY(cbor_get_fixed(r, sizeof(k->ek_secret), k->ek_secret));
	TRY(buf_take(r, &k->list));
	TRY(cbor_get_bytes(r, sizeof(k->hashes), &hashes));
	CHECK(hashes.left % sizeof(k->hashes[0]) == 0, RC_MALFORMED);
	k->n_hashes = hashes.left / sizeof(k->hashes[0]);
	TRY(rd_copy(&hashes, hashes.left, k->hashes));
out:
	return rc;
}

static enum rc
keys_put(const struct keep_prekey *keys, size_t n, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(cbor_put_array(b, n));
	for (size_t i = 0; i < n; i++) {
		TRY(cbor_put_array(b, 3));
		TRY(cbor_put_u64(b, keys[i].id));
		TRY(time_put(b, keys[i].time));
		TRY(cbor_put_bytes(b, FIXED(keys[i].secret)));
	}
out:
	return rc;
}

static enum rc
keys_get(struct rd *r, size_t max, struct keep_prekey *keys, size_t *ret_n)
{
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(r, max, &n));
	for (size_t i = 0; i < n; i++) {
		TRY(count_get(r, 3));
		TRY(u32_get(r, &keys[i].id));
		TRY(time_get(r, &keys[i].time));
		TRY(cbor_get_fixed(r, sizeof(keys[i].secret), keys[i].secret));
	}
	*ret_n = n;
out:
	return rc;
}

static enum rc
prekeys_put(const struct keep *k, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(cbor_put_array(b, 9));
	TRY(cbor_put_u64(b, k->next_prekey));
	TRY(cbor_put_u64(b, k->one_time_left));
	TRY(time_put(b, k->replenished));
	TRY(keys_put(k->signed_keys, k->n_signed, b));
	TRY(keys_put(k->one_time, k->n_one_time, b));
	TRY(cbor_put_bool(b, k->policy_private));
	TRY(cbor_put_bool(b, k->policy_classic));
	TRY(time_put(b, k->policy_read));
	TRY(cbor_put_bytes(b, FIXED(k->policy_hash)));
out:
	return rc;
}

static enum rc
prekeys_get(struct rd *r, struct keep *k)
{
	enum rc rc = RC_BUG;

	TRY(count_get(r, 9));
	TRY(u32_get(r, &k->next_prekey));
	TRY(u32_get(r, &k->one_time_left));
	TRY(time_get(r, &k->replenished));
	TRY(keys_get(r, KEEP_SIGNED_MAX, k->signed_keys, &k->n_signed));
	TRY(keys_get(r, KEEP_ONE_TIME_MAX, k->one_time, &k->n_one_time));
	TRY(cbor_get_bool(r, &k->policy_private));
	TRY(cbor_get_bool(r, &k->policy_classic));
	TRY(time_get(r, &k->policy_read));
	TRY(cbor_get_fixed(r, sizeof(k->policy_hash), k->policy_hash));
out:
	return rc;
}

static enum rc
contact_slot_put(const struct keep_contact *c, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(cbor_put_bool(b, c->has_y));
	TRY(cbor_put_bytes(b, FIXED(c->y)));
	TRY(cbor_put_bool(b, c->is_proved));
	TRY(cbor_put_bytes(b, FIXED(c->commitment)));
	TRY(keep_view_slot_put(&c->slot, b));
	TRY(time_put(b, c->tried));
	TRY(time_put(b, c->told));
	TRY(time_put(b, c->unproved));
out:
	return rc;
}

static enum rc
contact_slot_get(struct rd *r, struct keep_contact *c)
{
	enum rc rc = RC_BUG;

	TRY(cbor_get_bool(r, &c->has_y));
	TRY(cbor_get_fixed(r, sizeof(c->y), c->y));
	TRY(cbor_get_bool(r, &c->is_proved));
	TRY(cbor_get_fixed(r, sizeof(c->commitment), c->commitment));
	TRY(keep_view_slot_get(r, &c->slot));
	TRY(time_get(r, &c->tried));
	TRY(time_get(r, &c->told));
	TRY(time_get(r, &c->unproved));
out:
	return rc;
}

static enum rc
contacts_put(const struct keep *k, struct buf *b)
{
	size_t n = 0;
	enum rc rc = RC_BUG;

	for (struct keep_contact *c = k->contacts; c != NULL; c = c->next)
		n++;
	TRY(cbor_put_array(b, n));
	for (struct keep_contact *c = k->contacts; c != NULL; c = c->next) {
		TRY(cbor_put_array(b, 20));
		TRY(number_put(b, &c->number));
		TRY(cbor_put_text(b, rd_str(c->name)));
		TRY(cbor_put_bool(b, c->in_book));
		TRY(cbor_put_bool(b, c->heard));
		TRY(cbor_put_u64(b, c->route));
		TRY(cbor_put_u64(b, c->devices));
		TRY(time_put(b, c->fetched));
		TRY(cbor_put_bool(b, c->has_account));
		TRY(cbor_put_bytes(b, FIXED(c->account)));
		TRY(cbor_put_bool(b, c->has_aik));
		TRY(cbor_put_bytes(b, FIXED(c->aik)));
		TRY(cbor_put_bytes(b, buf_get(&c->list)));
		TRY(contact_slot_put(c, b));
	}
out:
	return rc;
}

static enum rc
contact_get(struct rd *r, struct keep *k)
{
	struct keep_contact *c = NULL;
	struct e164 number = { 0 };
	uint8_t route = 0;
	enum rc rc = RC_BUG;

	TRY(count_get(r, 20));
	TRY(number_get(r, &number));
	TRY(keep_contact_add(k, &number, &c));
	TRY(str_get(r, sizeof(c->name), c->name));
	TRY(cbor_get_bool(r, &c->in_book));
	TRY(cbor_get_bool(r, &c->heard));
	TRY(u8_get(r, KEEP_ROUTE_SMS, &route));
	c->route = (enum keep_route)route;
	TRY(u8_get(r, UINT8_MAX, &c->devices));
	TRY(time_get(r, &c->fetched));
	TRY(cbor_get_bool(r, &c->has_account));
	TRY(cbor_get_fixed(r, sizeof(c->account), c->account));
	TRY(cbor_get_bool(r, &c->has_aik));
	TRY(cbor_get_fixed(r, sizeof(c->aik), c->aik));
	TRY(buf_take(r, &c->list));
	TRY(contact_slot_get(r, c));
out:
	return rc;
}

static enum rc
sessions_put(const struct keep *k, struct buf *b)
{
	struct buf state;
	size_t n = 0;
	enum rc rc = RC_BUG;

	buf_init(&state, SESSION_STATE_MAX);
	for (struct keep_session *e = k->sessions; e != NULL; e = e->next)
		n++;
	TRY(cbor_put_array(b, n));
	for (struct keep_session *e = k->sessions; e != NULL; e = e->next) {
		buf_clear(&state);
		TRY(session_build(e->s, &state));
		TRY(cbor_put_array(b, 6));
		TRY(cbor_put_bytes(b, FIXED(e->account)));
		TRY(cbor_put_u64(b, e->device));
		TRY(cbor_put_bytes(b, FIXED(e->aik)));
		TRY(cbor_put_bytes(b, FIXED(e->base_key)));
		TRY(number_put(b, &e->number));
		TRY(cbor_put_bytes(b, buf_get(&state)));
	}
out:
	buf_clear(&state);
	return rc;
}

static enum rc
session_get(struct rd *r, struct keep *k, struct keep_session ***tail)
{
	struct keep_session *e = NULL;
	struct rd state = { 0 };
	enum rc rc = RC_BUG;

	TRY(keep_session_add(k, NULL, &e));
	/* the list is stored in its order: this one goes behind the others */
	if (*tail != &k->sessions) {
		k->sessions = e->next;
		e->next = NULL;
		**tail = e;
	}
	*tail = &e->next;
	TRY(count_get(r, 6));
	TRY(cbor_get_fixed(r, sizeof(e->account), e->account));
	TRY(u8_get(r, UINT8_MAX, &e->device));
	TRY(cbor_get_fixed(r, sizeof(e->aik), e->aik));
	TRY(cbor_get_fixed(r, sizeof(e->base_key), e->base_key));
	TRY(number_get(r, &e->number));
	TRY(cbor_get_bytes(r, SESSION_STATE_MAX, &state));
	TRY(session_parse(state, &e->s));
out:
	return rc;
}

static enum rc
outbox_put(const struct keep *k, struct buf *b)
{
	size_t n = 0;
	enum rc rc = RC_BUG;

	for (struct keep_out *o = k->outbox; o != NULL; o = o->next)
		n++;
	TRY(cbor_put_array(b, n));
	for (struct keep_out *o = k->outbox; o != NULL; o = o->next) {
		TRY(cbor_put_array(b, 6));
		TRY(cbor_put_u64(b, o->kind));
		TRY(cbor_put_bytes(b, FIXED(o->id)));
		TRY(number_put(b, &o->number));
		TRY(time_put(b, o->time));
		TRY(cbor_put_bytes(b, buf_get(&o->text)));
		TRY(cbor_put_bytes(b, buf_get(&o->frame)));
	}
out:
	return rc;
}

static enum rc
out_get(struct rd *r, struct keep *k)
{
	struct keep_out *o = NULL;
	uint8_t kind = 0;
	enum rc rc = RC_BUG;

	TRY(keep_out_add(k, &o));
	TRY(count_get(r, 6));
	TRY(u8_get(r, KEEP_OUT_DEVICES, &kind));
	CHECK(kind != 0, RC_MALFORMED);
	o->kind = (enum keep_out_kind)kind;
	TRY(cbor_get_fixed(r, sizeof(o->id), o->id));
	TRY(number_get(r, &o->number));
	TRY(time_get(r, &o->time));
	TRY(buf_take(r, &o->text));
	TRY(buf_take(r, &o->frame));
out:
	return rc;
}

static enum rc
inbox_put(const struct keep *k, struct buf *b)
{
	size_t n = 0;
	enum rc rc = RC_BUG;

	for (struct keep_in *i = k->inbox; i != NULL; i = i->next)
		n++;
	TRY(cbor_put_array(b, n));
	for (struct keep_in *i = k->inbox; i != NULL; i = i->next) {
		TRY(cbor_put_array(b, 7));
		TRY(cbor_put_u64(b, i->type));
		TRY(cbor_put_bytes(b, FIXED(i->id)));
		TRY(number_put(b, &i->number));
		TRY(cbor_put_text(b, rd_str(i->from)));
		TRY(time_put(b, i->time));
		TRY(cbor_put_bool(b, i->is_sms));
		TRY(cbor_put_bytes(b, buf_get(&i->text)));
	}
out:
	return rc;
}

static enum rc
in_get(struct rd *r, struct keep *k)
{
	struct keep_in *i = NULL;
	enum rc rc = RC_BUG;

	TRY(keep_in_add(k, &i));
	TRY(count_get(r, 7));
	TRY(u8_get(r, UINT8_MAX, &i->type));
	TRY(cbor_get_fixed(r, sizeof(i->id), i->id));
	TRY(number_get(r, &i->number));
	TRY(str_get(r, sizeof(i->from), i->from));
	TRY(time_get(r, &i->time));
	TRY(cbor_get_bool(r, &i->is_sms));
	TRY(buf_take(r, &i->text));
out:
	return rc;
}

static enum rc
lists_get(struct rd *r, struct keep *k)
{
	struct keep_session **tail = &k->sessions;
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(r, KEEP_CONTACTS_MAX, &n));
	while (n-- > 0)
		TRY(contact_get(r, k));
	TRY(cbor_get_array(r, KEEP_SESSIONS_MAX, &n));
	while (n-- > 0)
		TRY(session_get(r, k, &tail));
	TRY(cbor_get_array(r, KEEP_OUTBOX_MAX, &n));
	while (n-- > 0)
		TRY(out_get(r, k));
	TRY(cbor_get_array(r, KEEP_INBOX_MAX, &n));
	while (n-- > 0)
		TRY(in_get(r, k));
out:
	return rc;
}

enum rc
keep_blob_build(const struct keep *k, struct buf *b)
{
	uint8_t sum[SUM_SIZE];
	size_t before = b->len;
	enum rc rc = RC_BUG;

	TRY(cbor_put_array(b, 10));
	TRY(cbor_put_u64(b, VERSION));
	TRY(identity_put(k, b));
	TRY(prekeys_put(k, b));
	TRY(contacts_put(k, b));
	TRY(sessions_put(k, b));
	TRY(outbox_put(k, b));
	TRY(inbox_put(k, b));
	TRY(cbor_put_bytes(
	    b, (struct rd){ k->seen[0], k->n_seen * sizeof(k->seen[0]) }));
	TRY(cbor_put_u64(b, k->unopened));
	TRY(keep_view_put(&k->view, b));
	crypto_generichash(
	    sum, sizeof(sum), b->p + before, b->len - before, NULL, 0);
	TRY(buf_add(b, sum, sizeof(sum)));
out:
	return rc;
}

enum rc
keep_blob_parse(struct rd blob, struct keep **ret_k)
{
	uint8_t sum[SUM_SIZE];
	struct keep *k = NULL;
	struct rd seen = { 0 };
	enum rc rc = RC_BUG;

	CHECK(blob.left > SUM_SIZE, RC_CORRUPT);
	blob.left -= SUM_SIZE;
	crypto_generichash(sum, sizeof(sum), blob.p, blob.left, NULL, 0);
	CHECK(memcmp(sum, blob.p + blob.left, SUM_SIZE) == 0, RC_CORRUPT);
	TRY(keep_new(&k));
	TRY(count_get(&blob, 10));
	TRY(cbor_get_key(&blob, VERSION));
	TRY(identity_get(&blob, k));
	TRY(prekeys_get(&blob, k));
	TRY(lists_get(&blob, k));
	TRY(cbor_get_bytes(&blob, sizeof(k->seen), &seen));
	CHECK(seen.left % sizeof(k->seen[0]) == 0, RC_CORRUPT);
	k->n_seen = seen.left / sizeof(k->seen[0]);
	TRY(rd_copy(&seen, seen.left, k->seen));
	TRY(cbor_get_u64(&blob, &k->unopened));
	TRY(keep_view_get(&blob, &k->view));
	TRY(rd_end(&blob));
	*ret_k = k;
	k = NULL;
out:
	keep_free(k);
	if (rc == RC_MALFORMED || rc == RC_LIMIT || rc == RC_DENIED)
		rc = RC_CORRUPT;
	return rc;
}
