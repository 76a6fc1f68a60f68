#include "orders/request.h"

#include <string.h>

#include <sodium.h>

#include "base/failmem.h"
#include "crypto/tprf.h"
#include "orders/json_field.h"
#include "wire/e164_text.h"

static const char *const stages[] = { "", "find", "open" };

void
request_init(struct request *q)
{
	*q = (struct request){ 0 };
	buf_init(&q->note, REQUEST_NOTE_MAX);
}

void
request_clear(struct request *q)
{
	for (size_t i = 0; i < q->n_parts; i++) {
		buf_clear(&q->parts[i].body);
		free(q->parts[i].found);
	}
	free(q->parts);
	free(q->envelopes);
	buf_clear(&q->note);
	sodium_memzero(q, sizeof(*q));
	request_init(q);
}

enum rc
request_parts_new(struct request *q, size_t n)
{
	if (n > REQUEST_PARTS_MAX)
		return RC_LIMIT;
	q->parts = failmem_array(n + 1, sizeof(*q->parts));
	if (q->parts == NULL)
		return RC_NOMEM;
	for (size_t i = 0; i < n; i++)
		buf_init(&q->parts[i].body, JOURNAL_FRAME_MAX);
	q->n_parts = n;
	return RC_OK;
}

enum rc
request_envelopes_new(struct request *q, size_t n)
{
	if (n > (size_t)REQUEST_PARTS_MAX * ORDER_HANDLES_MAX * 2)
		return RC_LIMIT;
	q->envelopes = failmem_array(n + 1, sizeof(*q->envelopes));
	if (q->envelopes == NULL)
		return RC_NOMEM;
	q->n_envelopes = n;
	return RC_OK;
}

/* --- tags ----------------------------------------------------------------- */

static enum rc
tag_of(const struct request *q, const struct request_part *p, uint32_t handle,
    uint8_t ret_tag[static JOURNAL_TAG_SIZE], uint16_t *ret_index)
{
	const uint8_t(
	    *commitments)[32] = (const uint8_t(*)[32])p->session.commitments;
	const uint8_t(*shares)[TDH2_SHARE_SIZE] =
	    (const uint8_t(*)[TDH2_SHARE_SIZE])(
		p->found + (size_t)handle * p->session.k);
	char text[E164_TEXT_SIZE];
	uint8_t point[32];
	enum rc rc = RC_BUG;

	e164_text(&q->order.handles[handle], text);
	for (uint8_t i = 0; i < p->session.k; i++) {
		*ret_index = (uint16_t)(shares[i][0] << 8 | shares[i][1]);
		TRY(tprf_share_check(
		    p->session.k, commitments, rd_str(text), shares[i]));
	}
	TRY(tprf_combine(p->session.k, shares, point));
	journal_tag(point, ret_tag);
out:
	sodium_memzero(text, sizeof(text));
	sodium_memzero(point, sizeof(point));
	return rc;
}

enum rc
request_tags(struct request *q, uint16_t *ret_index)
{
	const struct request_envelope *last = NULL;
	enum rc rc = RC_OK;

	for (size_t i = 0; i < q->n_envelopes; i++) {
		struct request_envelope *e = &q->envelopes[i];

		if (last != NULL && last->part == e->part &&
		    last->handle == e->handle)
			memcpy(e->tag, last->tag, sizeof(e->tag));
		else
			TRY(tag_of(q, &q->parts[e->part], e->handle, e->tag,
			    ret_index));
		last = e;
	}
out:
	return rc;
}

/* --- parse ---------------------------------------------------------------- */

static enum rc
review_get(const json_t *j, struct request_review *r)
{
	enum rc rc = RC_BUG;

	TRY(json_field_text(j, "name", sizeof(r->name), r->name));
	TRY(json_field_octets(j, "key", sizeof(r->key), r->key));
	TRY(json_field_octets(
	    j, "signature", sizeof(r->signature), r->signature));
	CHECK(json_object_size(j) == 3, RC_MALFORMED);
out:
	return rc;
}

static enum rc
reviews_get(const json_t *a, struct request_decision *d)
{
	enum rc rc = RC_BUG;

	CHECK(json_array_size(a) == REQUEST_REVIEWS, RC_MALFORMED);
	for (size_t i = 0; i < REQUEST_REVIEWS; i++)
		TRY(review_get(json_array_get(a, i), &d->reviews[i]));
out:
	return rc;
}

static enum rc
decision_get(const json_t *j, enum order_decision *ret_d)
{
	const char *s = json_string_value(json_object_get(j, "decision"));

	return s != NULL && order_decision_find(rd_str(s), ret_d) == RC_OK
	    ? RC_OK
	    : RC_MALFORMED;
}

static enum rc
parent_get(const json_t *j, struct request_parent *p)
{
	struct order_error e;
	enum rc rc = RC_BUG;

	CHECK(json_object_size(j) == 6, RC_MALFORMED);
	TRY(order_parse(json_object_get(j, "order"), &p->order, &e));
	TRY(decision_get(j, &p->decided.verdict));
	TRY(reviews_get(json_object_get(j, "reviews"), &p->decided));
	TRY(json_field_octets(j, "opening", sizeof(p->opening), p->opening));
	TRY(json_field_number(j, "index", INT64_MAX, &p->log_index));
	TRY(json_field_path(json_object_get(j, "path"), &p->path));
out:
	return rc;
}

static enum rc
parents_get(const json_t *a, struct request *q)
{
	enum rc rc = RC_BUG;

	CHECK(json_is_array(a) && json_array_size(a) <= REQUEST_PARENTS_MAX,
	    RC_MALFORMED);
	q->n_parents = json_array_size(a);
	rc = RC_OK;
	for (size_t i = 0; i < q->n_parents; i++)
		TRY(parent_get(json_array_get(a, i), &q->parents[i]));
out:
	return rc;
}

static enum rc
part_get(const json_t *j, struct request *q, struct request_part *p)
{
	const json_t *found = json_object_get(j, "found");
	size_t n;
	enum rc rc = RC_BUG;

	TRY(json_field_bytes(j, "session", &p->body));
	TRY(journal_session_parse(buf_get(&p->body), &p->session));
	if (q->stage == REQUEST_STAGE_FIND) {
		CHECK(json_object_size(j) == 1, RC_MALFORMED);
		return RC_OK;
	}
	n = q->order.n_handles * p->session.k;
	CHECK(json_object_size(j) == 2, RC_MALFORMED);
	CHECK(json_array_size(found) == n, RC_MALFORMED);
	p->found = failmem_array(n, sizeof(*p->found));
	CHECK(p->found != NULL, RC_NOMEM);
	for (size_t i = 0; i < n; i++)
		TRY(json_field_element(
		    json_array_get(found, i), TDH2_SHARE_SIZE, p->found[i]));
out:
	return rc;
}

static enum rc
parts_get(const json_t *a, struct request *q)
{
	enum rc rc = RC_BUG;

	CHECK(json_is_array(a), RC_MALFORMED);
	TRY(request_parts_new(q, json_array_size(a)));
	for (size_t i = 0; i < q->n_parts; i++)
		TRY(part_get(json_array_get(a, i), q, &q->parts[i]));
out:
	return rc;
}

static enum rc
envelope_get(
    const json_t *j, const struct request *q, struct request_envelope *e)
{
	uint64_t part;
	uint64_t handle;
	uint64_t direction;
	enum rc rc = RC_BUG;

	CHECK(json_object_size(j) == 4, RC_MALFORMED);
	TRY(json_field_number(j, "part", q->n_parts, &part));
	TRY(json_field_number(j, "handle", q->order.n_handles, &handle));
	TRY(json_field_number(
	    j, "direction", JOURNAL_DIRECTION_LOOKUP + 1, &direction));
	CHECK(direction >= JOURNAL_DIRECTION_SOURCE, RC_MALFORMED);
	TRY(json_field_octets(j, "wrap", sizeof(e->wrap), e->wrap));
	e->part = (uint32_t)part;
	e->handle = (uint32_t)handle;
	e->direction = (enum journal_direction)direction;
out:
	return rc;
}

static enum rc
envelopes_get(const json_t *a, struct request *q)
{
	enum rc rc = RC_BUG;

	CHECK(json_is_array(a), RC_MALFORMED);
	TRY(request_envelopes_new(q, json_array_size(a)));
	for (size_t i = 0; i < q->n_envelopes; i++)
		TRY(envelope_get(json_array_get(a, i), q, &q->envelopes[i]));
out:
	return rc;
}

static enum rc
stage_get(const json_t *j, enum request_stage *ret_stage)
{
	const char *s = json_string_value(json_object_get(j, "stage"));

	for (int i = REQUEST_STAGE_FIND; i <= REQUEST_STAGE_OPEN; i++)
		if (s != NULL && strcmp(s, stages[i]) == 0) {
			*ret_stage = (enum request_stage)i;
			return RC_OK;
		}
	return RC_MALFORMED;
}

static enum rc
proof_get(const json_t *j, struct request *q)
{
	const char *note = json_string_value(json_object_get(j, "checkpoint"));
	enum rc rc = RC_BUG;

	CHECK(note != NULL, RC_MALFORMED);
	TRY(buf_add_str(&q->note, note));
	TRY(json_field_number(j, "index", INT64_MAX, &q->log_index));
	TRY(json_field_path(json_object_get(j, "path"), &q->path));
out:
	return rc;
}

enum rc
request_parse(struct rd text, struct request *ret_q, const char **ret_why)
{
	struct order_error e;
	struct request q;
	json_t *j = NULL;
	enum rc rc = RC_BUG;

	request_init(&q);
	*ret_why = "it is no request";
	j = json_loadb(
	    (const char *)text.p, text.left, JSON_REJECT_DUPLICATES, NULL);
	CHECK(json_field_is(j, "tacet", "request"), RC_MALFORMED);
	*ret_why = "stage";
	TRY(stage_get(j, &q.stage));
	CHECK(
	    json_object_size(j) == (q.stage == REQUEST_STAGE_OPEN ? 12u : 11u),
	    RC_MALFORMED);
	*ret_why = "order";
	TRY(order_parse(json_object_get(j, "order"), &q.order, &e));
	*ret_why = "opening";
	TRY(json_field_octets(j, "opening", sizeof(q.opening), q.opening));
	*ret_why = "checkpoint, index or path";
	TRY(proof_get(j, &q));
	*ret_why = "decision";
	TRY(decision_get(j, &q.decided.verdict));
	*ret_why = "reviews";
	TRY(reviews_get(json_object_get(j, "reviews"), &q.decided));
	*ret_why = "parents";
	TRY(parents_get(json_object_get(j, "parents"), &q));
	*ret_why = "parts";
	TRY(parts_get(json_object_get(j, "parts"), &q));
	*ret_why = "envelopes";
	if (q.stage == REQUEST_STAGE_OPEN)
		TRY(envelopes_get(json_object_get(j, "envelopes"), &q));
	*ret_q = q;
	request_init(&q);
out:
	json_decref(j);
	request_clear(&q);
	return rc;
}

/* --- build ---------------------------------------------------------------- */

static json_t *
reviews_json(const struct request_decision *d)
{
	json_t *a = json_array();

	for (size_t i = 0; i < REQUEST_REVIEWS; i++) {
		const struct request_review *r = &d->reviews[i];

		(void)json_array_append_new(a,
		    json_pack("{s:s,s:o,s:o}", "name", r->name, "key",
			json_field_base64((struct rd){ r->key, 32 }),
			"signature",
			json_field_base64((struct rd){ r->signature, 64 })));
	}
	return a;
}

static json_t *
parents_json(const struct request *q)
{
	json_t *a = json_array();

	for (size_t i = 0; i < q->n_parents; i++) {
		const struct request_parent *p = &q->parents[i];
		const struct rd opening = { p->opening, sizeof(p->opening) };

		(void)json_array_append_new(a,
		    json_pack("{s:o,s:s,s:o,s:o,s:I,s:o}", "order",
			order_build(&p->order), "decision",
			order_decision_name(p->decided.verdict), "reviews",
			reviews_json(&p->decided), "opening",
			json_field_base64(opening), "index",
			(json_int_t)p->log_index, "path",
			json_field_path_json(&p->path)));
	}
	return a;
}

static json_t *
parts_json(const struct request *q)
{
	json_t *a = json_array();

	for (size_t i = 0; i < q->n_parts; i++) {
		const struct request_part *p = &q->parts[i];
		size_t n = q->order.n_handles * p->session.k;
		json_t *o = json_pack(
		    "{s:o}", "session", json_field_base64(buf_get(&p->body)));
		json_t *found = json_array();

		for (size_t s = 0; p->found != NULL && s < n; s++)
			(void)json_array_append_new(found,
			    json_field_base64(
				(struct rd){ p->found[s], TDH2_SHARE_SIZE }));
		if (q->stage == REQUEST_STAGE_OPEN)
			(void)json_object_set(o, "found", found);
		json_decref(found);
		(void)json_array_append_new(a, o);
	}
	return a;
}

static json_t *
envelopes_json(const struct request *q)
{
	json_t *a = json_array();

	for (size_t i = 0; i < q->n_envelopes; i++) {
		const struct request_envelope *e = &q->envelopes[i];

		(void)json_array_append_new(a,
		    json_pack("{s:i,s:i,s:i,s:o}", "part", (int)e->part,
			"handle", (int)e->handle, "direction",
			(int)e->direction, "wrap",
			json_field_base64(
			    (struct rd){ e->wrap, sizeof(e->wrap) })));
	}
	return a;
}

enum rc
request_entry(const uint8_t commitment[static COMMITMENT_SIZE], struct buf *b)
{
	char hex[2 * COMMITMENT_SIZE + 1];

	(void)sodium_bin2hex(hex, sizeof(hex), commitment, COMMITMENT_SIZE);
	return buf_add_fmt(
	    b, "{\"commitment\":\"%s\",\"type\":\"order\"}", hex);
}

enum rc
request_build(const struct request *q, struct buf *b)
{
	json_t *j;
	enum rc rc = RC_BUG;

	j = json_pack("{s:s,s:s,s:o,s:o,s:s%,s:I,s:o,s:s,s:o,s:o,s:o}", "tacet",
	    "request", "stage", stages[q->stage], "order",
	    order_build(&q->order), "opening",
	    json_field_base64((struct rd){ q->opening, sizeof(q->opening) }),
	    "checkpoint", (const char *)q->note.p, q->note.len, "index",
	    (json_int_t)q->log_index, "path", json_field_path_json(&q->path),
	    "decision", order_decision_name(q->decided.verdict), "reviews",
	    reviews_json(&q->decided), "parents", parents_json(q), "parts",
	    parts_json(q));
	CHECK(j != NULL, RC_NOMEM);
	if (q->stage == REQUEST_STAGE_OPEN)
		CHECK(
		    json_object_set_new(j, "envelopes", envelopes_json(q)) == 0,
		    RC_NOMEM);
	TRY(json_field_dump(j, b));
out:
	json_decref(j);
	return rc;
}

/* --- shares --------------------------------------------------------------- */

void
request_shares_clear(struct request_shares *s)
{
	free(s->shares);
	*s = (struct request_shares){ 0 };
}

enum rc
request_shares_parse(struct rd text, struct request_shares *ret_s)
{
	struct request_shares s = { 0 };
	const json_t *a;
	json_t *j;
	uint64_t custodian;
	enum rc rc = RC_BUG;

	j = json_loadb(
	    (const char *)text.p, text.left, JSON_REJECT_DUPLICATES, NULL);
	CHECK(json_field_is(j, "tacet", "shares"), RC_MALFORMED);
	CHECK(json_object_size(j) == 5, RC_MALFORMED);
	TRY(stage_get(j, &s.stage));
	TRY(json_field_number(
	    j, "custodian", TDH2_MEMBERS_MAX + 1, &custodian));
	CHECK(custodian > 0, RC_MALFORMED);
	s.custodian = (uint16_t)custodian;
	TRY(json_field_octets(
	    j, "request", sizeof(s.request_hash), s.request_hash));
	a = json_object_get(j, "shares");
	CHECK(json_is_array(a), RC_MALFORMED);
	s.n = json_array_size(a);
	s.shares = failmem_array(s.n + 1, sizeof(*s.shares));
	CHECK(s.shares != NULL, RC_NOMEM);
	for (size_t i = 0; i < s.n; i++)
		TRY(json_field_element(
		    json_array_get(a, i), TDH2_SHARE_SIZE, s.shares[i]));
	*ret_s = s;
	s.shares = NULL;
out:
	json_decref(j);
	request_shares_clear(&s);
	return rc;
}

enum rc
request_shares_build(const struct request_shares *s, struct buf *b)
{
	json_t *a = json_array();
	json_t *j;
	enum rc rc = RC_BUG;

	for (size_t i = 0; i < s->n; i++)
		(void)json_array_append_new(a,
		    json_field_base64(
			(struct rd){ s->shares[i], TDH2_SHARE_SIZE }));
	j = json_pack("{s:s,s:s,s:i,s:o,s:o}", "tacet", "shares", "stage",
	    stages[s->stage], "custodian", (int)s->custodian, "request",
	    json_field_base64(
		(struct rd){ s->request_hash, sizeof(s->request_hash) }),
	    "shares", a);
	CHECK(j != NULL, RC_NOMEM);
	TRY(json_field_dump(j, b));
out:
	json_decref(j);
	return rc;
}
