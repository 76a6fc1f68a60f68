#include "orders/extract.h"

#include <string.h>

#include <sodium.h>

#include "base/failmem.h"
#include "crypto/tprf.h"
#include "orders/held.h"
#include "orders/json_field.h"
#include "wire/e164_text.h"
#include "wire/text64.h"

static const enum journal_direction directions[] = { JOURNAL_DIRECTION_SOURCE,
	JOURNAL_DIRECTION_LOOKUP };

static bool
is_named(const struct order *o, enum journal_direction d)
{
	return ((unsigned int)o->direction & (unsigned int)d) != 0;
}

/* The i-th held part of the scope, which is request part i. */
static const struct scope_part *
held(const struct scope *s, size_t i)
{
	for (size_t p = 0; p < s->n; p++)
		if (s->parts[p].state == SCOPE_STATE_HELD && i-- == 0)
			return &s->parts[p];
	return NULL;
}

enum rc
extract_find(const struct scope *s, struct request *q)
{
	size_t n = 0;
	size_t at = 0;
	enum rc rc = RC_BUG;

	for (size_t i = 0; i < s->n; i++)
		n += s->parts[i].state == SCOPE_STATE_HELD;
	q->stage = REQUEST_STAGE_FIND;
	TRY(request_parts_new(q, n));
	for (size_t i = 0; i < s->n; i++) {
		struct request_part *p = &q->parts[at];

		if (s->parts[i].state != SCOPE_STATE_HELD)
			continue;
		TRY(scope_session(&s->parts[i], &p->body));
		TRY(journal_session_parse(buf_get(&p->body), &p->session));
		at++;
	}
out:
	return rc;
}

/* --- choosing k good shares ----------------------------------------------- */

static enum rc
request_digest(const struct request *q, uint8_t ret_hash[static 32])
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, REQUEST_SIZE_MAX);
	TRY(request_build(q, &b));
	(void)crypto_hash_sha256(ret_hash, b.p, b.len);
out:
	buf_clear(&b);
	return rc;
}

/* Each answer is to this very request, complete, and by another person. */
static enum rc
check_answers(
    const struct request *q, size_t n_shares, const struct extract_answers *a)
{
	uint8_t hash[32];
	enum rc rc = RC_BUG;

	TRY(request_digest(q, hash));
	for (size_t i = 0; i < a->n; i++) {
		const struct request_shares *s = &a->at[i];

		CHECK(s->stage == q->stage && s->n == n_shares &&
			memcmp(s->request_hash, hash, sizeof(hash)) == 0,
		    RC_DENIED);
		for (size_t j = 0; j < i; j++)
			CHECK(s->custodian != a->at[j].custodian, RC_DENIED);
	}
out:
	return rc;
}

struct choice { /* of one share in every answer */
	const struct request_shares *answers;
	size_t n_answers;
	size_t at;
	size_t k;
	uint8_t (*out)[TDH2_SHARE_SIZE]; /* k */
	uint16_t wrong;
};

typedef enum rc (*share_check_fn)(const void *arg, const uint8_t *share);

/* The first k that are good; a wrong one is named, and does no harm while
 * there are k others. */
static enum rc
choose(struct choice *c, share_check_fn check, const void *arg)
{
	size_t n = 0;
	enum rc rc;

	for (size_t i = 0; i < c->n_answers && n < c->k; i++) {
		const uint8_t *share = c->answers[i].shares[c->at];
		bool again = false;

		for (size_t j = 0; j < n; j++)
			again = again ||
			    vss_share_index(c->out[j]) ==
				vss_share_index(share);
		rc = again ? RC_DENIED : check(arg, share);
		if (rc == RC_OK)
			memcpy(c->out[n++], share, TDH2_SHARE_SIZE);
		else if (rc == RC_DENIED || rc == RC_MALFORMED)
			c->wrong = c->answers[i].custodian;
		else
			return rc;
	}
	return n == c->k ? RC_OK : RC_DENIED;
}

/* --- FIND to OPEN --------------------------------------------------------- */

struct find_check {
	const struct journal_session *session;
	struct rd input;
};

static enum rc
check_found(const void *arg, const uint8_t *share)
{
	const struct find_check *f = arg;

	return tprf_share_check(f->session->k,
	    (const uint8_t(*)[32])f->session->commitments, f->input, share);
}

static enum rc
choose_found(struct request *q, struct choice *c, size_t part)
{
	struct request_part *p = &q->parts[part];
	struct find_check f = { .session = &p->session };
	char text[E164_TEXT_SIZE];
	enum rc rc = RC_BUG;

	c->k = p->session.k;
	p->found = failmem_array(q->order.n_handles * c->k, sizeof(*p->found));
	CHECK(p->found != NULL, RC_NOMEM);
	rc = RC_OK;
	for (size_t h = 0; h < q->order.n_handles; h++) {
		e164_text(&q->order.handles[h], text);
		f.input = rd_str(text);
		c->at = part * q->order.n_handles + h;
		c->out = p->found + h * c->k;
		TRY(choose(c, check_found, &f));
	}
out:
	sodium_memzero(text, sizeof(text));
	return rc;
}

static enum rc
tag_of(const struct request_part *p, size_t handle,
    uint8_t ret_tag[static JOURNAL_TAG_SIZE])
{
	const uint8_t(
	    *shares)[TDH2_SHARE_SIZE] = (const uint8_t(*)[TDH2_SHARE_SIZE]) &
	    p->found[handle * p->session.k];
	uint8_t point[32];
	enum rc rc = RC_BUG;

	TRY(tprf_combine(p->session.k, shares, point));
	journal_tag(point, ret_tag);
out:
	sodium_memzero(point, sizeof(point));
	return rc;
}

/* Appends an envelope that is there; one that is not is no error. */
static enum rc
find_envelope(const struct scope *s, struct request *q,
    const struct request_envelope *wanted)
{
	struct request_envelope *e = &q->envelopes[q->n_envelopes];
	json_t *item = NULL;
	enum rc rc = RC_BUG;

	TRY(held_item(
	    held(s, wanted->part), wanted->tag, wanted->direction, &item));
	*e = *wanted;
	rc = held_wrap(item, e->wrap);
	if (rc == RC_OK)
		q->n_envelopes++;
	else if (rc == RC_NOT_FOUND)
		rc = RC_OK;
out:
	json_decref(item);
	return rc;
}

static enum rc
find_envelopes(const struct scope *s, struct request *q)
{
	struct request_envelope wanted = { 0 };
	enum rc rc = RC_BUG;

	TRY(request_envelopes_new(
	    q, q->n_parts * q->order.n_handles * ARRAY_LEN(directions)));
	q->n_envelopes = 0;
	for (size_t p = 0; p < q->n_parts; p++)
		for (size_t h = 0; h < q->order.n_handles; h++) {
			wanted.part = (uint32_t)p;
			wanted.handle = (uint32_t)h;
			TRY(tag_of(&q->parts[p], h, wanted.tag));
			for (size_t d = 0; d < ARRAY_LEN(directions); d++) {
				wanted.direction = directions[d];
				if (is_named(&q->order, directions[d]))
					TRY(find_envelope(s, q, &wanted));
			}
		}
out:
	return rc;
}

enum rc
extract_open(const struct scope *s, struct request *q,
    const struct extract_answers *a, uint16_t *ret_index)
{
	struct choice c = { .answers = a->at, .n_answers = a->n };
	enum rc rc = RC_BUG;

	TRY(check_answers(q, q->n_parts * q->order.n_handles, a));
	for (size_t p = 0; p < q->n_parts; p++)
		TRY(choose_found(q, &c, p));
	TRY(find_envelopes(s, q));
	q->stage = REQUEST_STAGE_OPEN;
out:
	*ret_index = c.wrong;
	return rc;
}

/* --- OPEN to rows and proof ----------------------------------------------- */

struct open_check {
	const struct custodians *group;
	const uint8_t *wrap;
	struct rd label;
};

static enum rc
check_opened(const void *arg, const uint8_t *share)
{
	const struct open_check *o = arg;
	uint16_t i = vss_share_index(share);

	if (i == 0 || i > o->group->n)
		return RC_DENIED;
	return tdh2_share_check(o->group->members[i - 1].verification_key,
	    o->wrap, o->label, share);
}

struct opener {
	const struct scope *scope;
	const struct request *q;
	const struct custodians *group; /* the first of n_groups */
	size_t n_groups;
	struct choice choice;
	struct extract_result *result;
	const struct scope_part *part; /* the one at hand */
	size_t handle;                 /* and whose envelope */
};

static json_t *
base64(const uint8_t *p, size_t n)
{
	const struct rd octets = { p, n };

	return json_field_base64(octets);
}

static json_t *
chosen_json(const struct choice *c)
{
	json_t *a = json_array();

	for (size_t i = 0; i < c->k; i++)
		(void)json_array_append_new(
		    a, base64(c->out[i], TDH2_SHARE_SIZE));
	return a;
}

/* Inside the window: the sealed row, which the shares open. Outside: its
 * hash. */
static enum rc
one_row(struct opener *o, struct rd sealed, uint32_t counter,
    const uint8_t label[static JOURNAL_LABEL_SIZE],
    const uint8_t key[static JOURNAL_KEY_SIZE], json_t *rows)
{
	const struct opening_window window = { o->scope->from, o->scope->to };
	bool is_lookup = label[6 + JOURNAL_TAG_SIZE] ==
	    JOURNAL_DIRECTION_LOOKUP;
	uint8_t plain[ROW_SIZE];
	uint8_t hash[crypto_hash_sha256_BYTES];
	struct row w = { 0 };
	enum rc rc = RC_BUG;

	CHECK(journal_row_open(sealed, counter, label, key, plain) == RC_OK,
	    RC_CORRUPT);
	CHECK(row_parse((struct rd){ plain, sizeof(plain) }, &w) == RC_OK,
	    RC_CORRUPT);
	if (!opening_is_inside(
		&o->q->order, o->handle, &window, &w, is_lookup)) {
		o->result->held_back++;
		(void)crypto_hash_sha256(hash, sealed.p, sealed.left);
		(void)json_array_append_new(rows,
		    json_pack("{s:o}", "sha256", base64(hash, sizeof(hash))));
		rc = RC_OK;
		goto out;
	}
	(void)json_array_append_new(rows, json_field_base64(sealed));
	if (!opening_is_copy(&o->q->order, &w, is_lookup))
		TRY(opening_add(&o->result->rows, &w));
	rc = RC_OK;
out:
	sodium_memzero(plain, sizeof(plain));
	row_clear(&w);
	return rc;
}

/* In place: the rows of an item, sealed, become those of a package. */
static enum rc
open_rows(struct opener *o, json_t *item,
    const uint8_t label[static JOURNAL_LABEL_SIZE],
    const uint8_t key[static JOURNAL_KEY_SIZE])
{
	const json_t *sealed = json_object_get(item, "rows");
	json_t *rows = json_array();
	uint8_t octets[JOURNAL_SEALED_SIZE];
	size_t n;
	enum rc rc = RC_BUG;

	CHECK(rows != NULL, RC_NOMEM);
	for (size_t c = 0; c < json_array_size(sealed); c++) {
		const json_t *v = json_array_get(sealed, c);
		const struct rd text = { (const uint8_t *)json_string_value(v),
			json_string_length(v) };

		CHECK(json_is_string(v) &&
			text64_url_parse(text, sizeof(octets), octets, &n) ==
			    RC_OK,
		    RC_CORRUPT);
		TRY(one_row(o, (struct rd){ octets, n }, (uint32_t)c, label,
		    key, rows));
	}
	CHECK(json_object_set(item, "rows", rows) == 0, RC_NOMEM);
	rc = RC_OK;
out:
	json_decref(rows);
	return rc;
}

/* e: what the shares are for; its key opens the rows of the item. */
static enum rc
open_item(struct opener *o, const struct request_envelope *e, json_t *item)
{
	uint8_t label[JOURNAL_LABEL_SIZE];
	uint8_t key[JOURNAL_KEY_SIZE];
	uint8_t chosen[TDH2_MEMBERS_MAX][TDH2_SHARE_SIZE];
	struct open_check check = { o->group, e->wrap,
		{ label, sizeof(label) } };
	enum rc rc = RC_BUG;

	journal_label(
	    &o->q->parts[e->part].session, e->tag, e->direction, label);
	o->choice.k = o->group->threshold;
	o->choice.out = chosen;
	TRY(choose(&o->choice, check_opened, &check));
	CHECK(
	    tdh2_combine(o->choice.k, (const uint8_t(*)[TDH2_SHARE_SIZE])chosen,
		e->wrap, key) == RC_OK,
	    RC_CORRUPT);
	TRY(open_rows(o, item, label, key));
	CHECK(json_object_set_new(item, "shares", chosen_json(&o->choice)) == 0,
	    RC_NOMEM);
out:
	sodium_memzero(key, sizeof(key));
	return rc;
}

static enum rc
one_envelope(
    struct opener *o, const struct request_envelope *wanted, json_t *list)
{
	const struct request_envelope *e = NULL;
	uint8_t wrap[JOURNAL_WRAP_SIZE];
	json_t *item = NULL;
	enum rc rc = RC_BUG;

	TRY(held_item(o->part, wanted->tag, wanted->direction, &item));
	rc = held_wrap(item, wrap);
	CHECK(rc == RC_OK || rc == RC_NOT_FOUND, rc);
	if (rc == RC_OK) {
		/* the request has them in this very order */
		CHECK(o->choice.at < o->q->n_envelopes, RC_STATE);
		e = &o->q->envelopes[o->choice.at];
		CHECK(memcmp(e->tag, wanted->tag, sizeof(e->tag)) == 0 &&
			e->direction == wanted->direction &&
			e->part == wanted->part &&
			memcmp(e->wrap, wrap, sizeof(wrap)) == 0,
		    RC_STATE);
		TRY(open_item(o, e, item));
		o->choice.at++;
	}
	CHECK(json_array_append(list, item) == 0, RC_NOMEM);
	rc = RC_OK;
out:
	json_decref(item);
	return rc;
}

static enum rc
one_part(struct opener *o, size_t part, json_t *j)
{
	const struct request_part *p = &o->q->parts[part];
	size_t n = o->q->order.n_handles * p->session.k;
	struct request_envelope wanted = { .part = (uint32_t)part };
	json_t *found = json_array();
	json_t *list = json_array();
	enum rc rc = RC_BUG;

	CHECK(found != NULL && list != NULL, RC_NOMEM);
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(
		    found, base64(p->found[i], TDH2_SHARE_SIZE));
	for (size_t h = 0; h < o->q->order.n_handles; h++) {
		wanted.handle = (uint32_t)h;
		o->handle = h;
		TRY(tag_of(p, h, wanted.tag));
		for (size_t d = 0; d < ARRAY_LEN(directions); d++) {
			wanted.direction = directions[d];
			if (is_named(&o->q->order, directions[d]))
				TRY(one_envelope(o, &wanted, list));
		}
	}
	TRY(held_session(o->part, j));
	(void)json_object_set(j, "found", found);
	(void)json_object_set(j, "envelopes", list);
	rc = RC_OK;
out:
	json_decref(found);
	json_decref(list);
	return rc;
}

static enum rc
path_json(const struct scope *s, uint64_t index, json_t **ret_j)
{
	struct tree_proof path;
	enum rc rc = scope_path(s, index, &path);

	if (rc == RC_OK)
		*ret_j = json_field_path_json(&path);
	return rc;
}

static enum rc
part_json(struct opener *o, const struct scope_part *p, size_t *held_at,
    json_t **ret_j)
{
	static const char *const states[] = { "", "outside", "held",
		"destroyed" };
	json_t *path = NULL;
	json_t *j = NULL;
	enum rc rc = RC_BUG;

	TRY(path_json(o->scope, p->log_index, &path));
	j = json_pack("{s:s%,s:I,s:o,s:s}", "entry", (const char *)p->text.p,
	    p->text.len, "index", (json_int_t)p->log_index, "path", path,
	    "state", states[p->state]);
	CHECK(j != NULL, RC_NOMEM);
	if (p->state == SCOPE_STATE_DESTROYED) {
		TRY(path_json(o->scope, p->destroy_index, &path));
		(void)json_object_set_new(j, "destroyed",
		    json_pack("{s:I,s:o}", "index",
			(json_int_t)p->destroy_index, "path", path));
		o->result->destroyed++;
	}
	if (p->state == SCOPE_STATE_HELD) {
		o->part = p;
		TRY(one_part(o, (*held_at)++, j));
	}
	*ret_j = j;
	j = NULL;
out:
	json_decref(j);
	return rc;
}

/* Where the order's commitment stands in the log, and how it opens. */
static enum rc
commitment_json(const struct opener *o, json_t **ret_j)
{
	json_t *path = NULL;
	enum rc rc = path_json(o->scope, o->q->log_index, &path);

	if (rc == RC_OK)
		*ret_j = json_pack("{s:o,s:I,s:o}", "opening",
		    base64(o->q->opening, sizeof(o->q->opening)), "index",
		    (json_int_t)o->q->log_index, "path", path);
	return rc;
}

static enum rc
group_json(const struct custodians *g, json_t *list)
{
	struct buf b;
	json_t *j;
	enum rc rc = RC_BUG;

	buf_init(&b, CUSTODIANS_FILE_MAX);
	TRY(custodians_build(g, &b));
	j = json_loadb((const char *)b.p, b.len, 0, NULL);
	CHECK(json_array_append_new(list, j) == 0, RC_NOMEM);
out:
	buf_clear(&b);
	return rc;
}

static enum rc
proof_json(const struct opener *o, json_t *parts, json_t **ret_j)
{
	char from[MONO_RFC3339_SIZE];
	char to[MONO_RFC3339_SIZE];
	json_t *commitment = NULL;
	json_t *groups = json_array();
	enum rc rc = RC_BUG;

	TRY(mono_rfc3339(o->scope->from, from));
	TRY(mono_rfc3339(o->scope->to, to));
	TRY(commitment_json(o, &commitment));
	for (size_t i = 0; i < o->n_groups; i++)
		TRY(group_json(&o->group[i], groups));
	*ret_j = json_pack("{s:s,s:s,s:s,s:s%,s:O,s:O,s:O}", "tacet", "proof",
	    "from", from, "to", to, "checkpoint",
	    (const char *)o->scope->note.p, o->scope->note.len, "custodians",
	    groups, "order", commitment, "parts", parts);
	CHECK(*ret_j != NULL, RC_NOMEM);
out:
	json_decref(commitment);
	json_decref(groups);
	return rc;
}

void
extract_result_clear(struct extract_result *r)
{
	opening_clear(&r->rows);
	json_decref(r->proof);
	*r = (struct extract_result){ 0 };
}

enum rc
extract_rows(const struct scope *s, const struct request *q,
    const struct extract_groups *g, const struct extract_answers *a,
    uint16_t *ret_index, struct extract_result *ret)
{
	struct extract_result result = { 0 };
	struct opener o = { .scope = s,
		.q = q,
		.group = g->at,
		.n_groups = g->n,
		.choice = { .answers = a->at, .n_answers = a->n },
		.result = &result };
	json_t *parts = json_array();
	json_t *j = NULL;
	size_t held_at = 0;
	enum rc rc = RC_BUG;

	CHECK(parts != NULL, RC_NOMEM);
	TRY(check_answers(q, q->n_envelopes, a));
	for (size_t i = 0; i < s->n; i++) {
		TRY(part_json(&o, &s->parts[i], &held_at, &j));
		CHECK(json_array_append_new(parts, j) == 0, RC_NOMEM);
	}
	TRY(opening_sort(&result.rows));
	TRY(proof_json(&o, parts, &result.proof));
	*ret = result;
	result = (struct extract_result){ 0 };
out:
	*ret_index = o.choice.wrong;
	json_decref(parts);
	extract_result_clear(&result);
	return rc;
}
