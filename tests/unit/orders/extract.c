/*
 * Random histories of rows, sealed, closed and logged as the server does it,
 * and random orders, answered by two of three custodians: what is opened, and
 * what a verifier reads out of the proof, is what a plain model in memory says.
 * Then people who lie: clerk, custodian, operator.
 */
#include "orders/extract.h"

#include <ftw.h>

#include "custody/release.h"
#include "custody_pair.h"
#include "log_pair.h"
#include "orders/json_field.h"
#include "orders/package.h"
#include "orders/verify.h"
#include "records/closing.h"
#include "records/part.h"
#include "records/seal.h"

#define DAY0 20000
#define DAYS 4
#define PEOPLE 6
#define PER_DAY 60
#define ROWS (DAYS * PER_DAY)
#define ORDERS 25
#define STEP 1400 /* seconds between rows */

static char root[64];
static int dir = -1;
static struct pair pair;
static struct log_pair public_log;
static struct row history[ROWS];
static struct release_trust trusted;
static uint8_t reviewers[2][crypto_sign_SECRETKEYBYTES];
static uint64_t n_segments;
static uint32_t seed = 1;

static uint32_t
draw(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static struct e164
person(uint32_t i)
{
	char text[16];
	struct e164 e = { 0 };

	(void)snprintf(text, sizeof(text), "+155501%02u", i);
	T_RC(RC_OK, e164_parse(rd_str(text), &e));
	return e;
}

/* --- a history ------------------------------------------------------------ */

static void
close_part(uint32_t day, uint16_t number, uint64_t closed)
{
	struct closing c = {
		.day = day, .part = number, .seq = n_segments, .closed = closed
	};
	struct segment_entry e;
	uint64_t torn;
	struct buf b;

	buf_init(&b, 1024);
	T_RC(RC_OK, custodians_hash(&pair.group, c.custodians));
	T_RC(RC_OK, closing_run(&c, &e, &torn));
	T_RC(RC_OK, segment_entry_build(&e, &b));
	(void)log_pair_add(&public_log, buf_get(&b));
	n_segments++;
	buf_clear(&b);
}

/* One day in one to three parts, as restarts make them. */
static void
write_day(uint32_t day, size_t *at)
{
	static const uint8_t own[32] = { 9 };
	static const uint8_t locator[16] = { 1 };
	struct seal_part sp = { .day = day };
	uint32_t parts = 1 + draw(3);
	struct seal *s = NULL;
	struct part *p = NULL;
	struct buf b;

	buf_init(&b, 1u << 20);
	T_RC(RC_OK, shelf_key_open(day, sp.day_key));
	T_RC(RC_OK, seal_new(&pair.group, &s));
	for (uint16_t n = 0; n < parts; n++) {
		uint32_t rows = PER_DAY / parts;

		if (n == 0)
			rows += PER_DAY % parts;
		sp.part = n;
		sp.opened = (uint64_t)day * 86400 + (*at % PER_DAY) * STEP;
		T_RC(RC_OK, part_create(day, n, &p));
		T_RC(RC_OK, seal_begin(s, &sp, &b));
		for (uint32_t i = 0; i < rows; i++) {
			struct row *w = &history[*at];

			*w = (struct row){
				.query_time = { (int64_t)day * 86400 +
				    (int64_t)(*at % PER_DAY) * STEP },
				.source = person(draw(PEOPLE)),
				.lookup = person(draw(PEOPLE)),
				.devices = (uint8_t)draw(3),
				.cause = ROW_CAUSE_TYPED,
				.source_epoch = 1,
				.lookup_epoch = 1
			};
			T_RC(RC_OK, seal_row(s, w, own, locator, &b));
			(*at)++;
		}
		T_RC(RC_OK, part_append(p, seal_group(s, &b)));
		b.len = 0;
		part_close(p);
		close_part(
		    day, n, (uint64_t)history[*at - 1].query_time.s + STEP / 2);
	}
	seal_free(s);
	buf_clear(&b);
}

static void
write_history(void)
{
	size_t at = 0;

	T_OK(mkdirat(dir, "records", 0700) == 0 &&
	    mkdirat(dir, "log", 0700) == 0);
	T_OK(fchdir(dir) == 0 && chdir("records") == 0);
	for (uint32_t day = 0; day < DAYS; day++)
		write_day(DAY0 + day, &at);
	/* the cut that a clerk asks for first */
	T_OK(at == ROWS);
}

/* --- an order, committed ---------------------------------------------------
 */

static void
random_order(struct order *o)
{
	*o = (struct order){ .regime = RULES_REGIME_US_2703D,
		.direction = (enum order_direction)(1 + draw(3)),
		.classes = RULES_CLASS_TRAFFIC_QUERY };
	o->issuer.type = rules_issuer_usual(o->regime);
	(void)snprintf(o->issuer.name, sizeof(o->issuer.name), "Court");
	(void)snprintf(o->issuer.country, sizeof(o->issuer.country), "US");
	(void)snprintf(o->agency, sizeof(o->agency), "ex");
	(void)snprintf(o->ref, sizeof(o->ref), "26-1");
	(void)snprintf(o->offence, sizeof(o->offence), "18 USC 1343");
	o->n_handles = 1 + draw(2);
	o->handles[0] = person(draw(PEOPLE));
	o->handles[1] = person(PEOPLE); /* of whom nothing is held */
	o->from.s = (int64_t)DAY0 * 86400 + draw(DAYS * 86400);
	o->to.s = o->from.s + 1 + draw(2 * 86400);
	if (o->to.s >= history[ROWS - 1].query_time.s)
		o->to.s = history[ROWS - 1].query_time.s;
	if (o->from.s >= o->to.s)
		o->from.s = o->to.s - 1;
	o->served = (struct wall){ (int64_t)(DAY0 + DAYS) * 86400 };
	o->received = o->served;
	order_complete(o, 180);
	order_id(o->received, o->id);
}

static void
review(struct request *q)
{
	static const enum commitment_step steps[2] = { COMMITMENT_STEP_DECIDE,
		COMMITMENT_STEP_CONFIRM };
	struct buf b;

	buf_init(&b, COMMITMENT_TEXT_MAX);
	q->decided.verdict = ORDER_DECISION_ACCEPT;
	for (size_t i = 0; i < 2; i++) {
		struct request_review *r = &q->decided.reviews[i];

		(void)snprintf(r->name, sizeof(r->name), "r%zu", i);
		memcpy(r->key, reviewers[i] + 32, 32);
		b.len = 0;
		T_RC(RC_OK,
		    commitment_review(
			&q->order, q->decided.verdict, steps[i], &b));
		(void)crypto_sign_detached(
		    r->signature, NULL, b.p, b.len, reviewers[i]);
	}
	buf_clear(&b);
}

static void
commit(struct request *q)
{
	uint8_t hash[COMMITMENT_SIZE];
	struct buf b;

	buf_init(&b, 256);
	randombytes_buf(q->opening, sizeof(q->opening));
	T_RC(RC_OK, commitment_order(&q->order, q->opening, hash));
	T_RC(RC_OK, request_entry(hash, &b));
	q->log_index = log_pair_add(&public_log, buf_get(&b));
	buf_clear(&b);
}

static void
prove_commitment(struct request *q, const struct scope *s)
{
	q->note.len = 0;
	T_RC(RC_OK, buf_add_rd(&q->note, buf_get(&s->note)));
	T_RC(RC_OK, scope_path(s, q->log_index, &q->path));
}

/* --- custodians ------------------------------------------------------------
 */

static int64_t later; /* days */

static struct wall
when(void)
{
	return (struct wall){ (int64_t)(DAY0 + DAYS + later) * 86400 + 60 };
}

/* What custodian i says to the request as a file. */
static enum rc
answer(const struct request *q, unsigned i, struct request_shares *ret_s,
    const char **ret_why)
{
	struct release_keys k = { .index = (uint16_t)(i + 1) };
	struct request copy;
	struct request_shares s;
	struct buf text;
	struct buf file;
	enum rc rc = RC_BUG;

	*ret_s = (struct request_shares){ 0 };
	request_init(&copy);
	buf_init(&text, REQUEST_SIZE_MAX);
	buf_init(&file, REQUEST_SIZE_MAX);
	memcpy(k.share, pair.shares[i], 32);
	memcpy(k.seal_secret, pair.seal_secrets[i], 32);
	TRY(request_build(q, &text));
	TRY(request_parse(buf_get(&text), &copy, ret_why));
	TRY(release_check(&copy, &trusted, when(), ret_why));
	TRY(release_make(&copy, buf_get(&text), &k, &s));
	TRY(request_shares_build(&s, &file));
	request_shares_clear(&s);
	TRY(request_shares_parse(buf_get(&file), ret_s));
out:
	request_clear(&copy);
	buf_clear(&text);
	buf_clear(&file);
	return rc;
}

static void
two_answers(const struct request *q, struct request_shares ret_s[static 2])
{
	unsigned first = draw(3);
	const char *why = "";

	T_RC(RC_OK, answer(q, first, &ret_s[0], &why));
	T_RC(RC_OK, answer(q, (first + 1 + draw(2)) % 3, &ret_s[1], &why));
}

static void
clear_two(struct request_shares s[static 2])
{
	request_shares_clear(&s[0]);
	request_shares_clear(&s[1]);
}

/* An order and its scope up to the request of stage FIND. */
static void
begin(struct request *q, struct scope **ret_s)
{
	uint32_t day;

	request_init(q);
	random_order(&q->order);
	review(q);
	commit(q);
	log_pair_write(&public_log, dir);
	T_RC(RC_OK, scope_open(dir, q->order.from, q->order.to, ret_s, &day));
	prove_commitment(q, *ret_s);
	T_RC(RC_OK, extract_find(*ret_s, q));
}

static void
find(struct request *q, const struct scope *s)
{
	struct request_shares a[2];
	uint16_t wrong = 0;

	two_answers(q, a);
	T_RC(RC_OK,
	    extract_open(s, q, &(struct extract_answers){ a, 2 }, &wrong));
	T_OK(wrong == 0);
	clear_two(a);
}

static void
give(struct request *q, const struct scope *s, struct extract_result *ret)
{
	struct request_shares a[2];
	uint16_t wrong = 0;

	*ret = (struct extract_result){ 0 };
	find(q, s);
	two_answers(q, a);
	T_RC(RC_OK,
	    extract_rows(s, q, &(struct extract_groups){ &pair.group, 1 },
		&(struct extract_answers){ a, 2 }, &wrong, ret));
	T_OK(wrong == 0);
	clear_two(a);
}

/* --- the model ------------------------------------------------------------ */

static bool
is_target(const struct order *o, const struct e164 *e)
{
	for (size_t i = 0; i < o->n_handles; i++)
		if (e164_is_eq(&o->handles[i], e))
			return true;
	return false;
}

static bool
is_ordered(const struct order *o, const struct row *w)
{
	bool source = is_target(o, &w->source) &&
	    o->direction != ORDER_DIRECTION_LOOKUP;
	bool lookup = is_target(o, &w->lookup) &&
	    o->direction != ORDER_DIRECTION_SOURCE;

	return (source || lookup) && w->query_time.s >= o->from.s &&
	    w->query_time.s < o->to.s;
}

static bool
is_model(const struct order *o, const struct opening *r)
{
	size_t n = 0;

	for (size_t i = 0; i < ROWS; i++) {
		if (!is_ordered(o, &history[i]))
			continue;
		if (n == r->n ||
		    r->rows[n].query_time.s != history[i].query_time.s ||
		    !e164_is_eq(&r->rows[n].source, &history[i].source) ||
		    !e164_is_eq(&r->rows[n].lookup, &history[i].lookup))
			return false;
		n++;
	}
	return n == r->n;
}

static json_t *
again(const json_t *j)
{
	char *text = json_dumps(j, 0);
	json_t *copy = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	free(text);
	return copy;
}

static void
a_package_is_what_a_plain_model_says(void)
{
	for (int i = 0; i < ORDERS; i++) {
		struct extract_result r;
		struct verify_result v = { 0 };
		struct scope *s = NULL;
		struct request q;
		json_t *order;
		json_t *proof;
		const char *why = "";

		begin(&q, &s);
		give(&q, s, &r);
		T_OK(is_model(&q.order, &r.rows));
		order = order_build(&q.order);
		proof = again(r.proof);
		T_RC(RC_OK,
		    verify_proof(&public_log.trust, order, proof, &v, &why));
		T_OK(is_model(&q.order, &v.rows));
		T_OK(v.held_back == r.held_back);
		verify_result_clear(&v);
		extract_result_clear(&r);
		json_decref(order);
		json_decref(proof);
		request_clear(&q);
		scope_free(s);
	}
}

/* --- a package that was changed ------------------------------------------- */

/* Picks the n-th leaf of the JSON tree, counted in its own order. */
static json_t *
leaf(json_t *j, size_t *n, json_t **ret_parent, const char **ret_name,
    size_t *ret_at)
{
	const char *name;
	json_t *v;
	json_t *found;
	size_t i;

	if (json_is_object(j)) {
		json_object_foreach(j, name, v)
		{
			found = leaf(v, n, ret_parent, ret_name, ret_at);
			if (found != NULL) {
				if (found == v && *ret_parent == NULL) {
					*ret_parent = j;
					*ret_name = name;
				}
				return found;
			}
		}
		return NULL;
	}
	if (json_is_array(j) && json_array_size(j) > 0) {
		json_array_foreach(j, i, v)
		{
			found = leaf(v, n, ret_parent, ret_name, ret_at);
			if (found != NULL) {
				if (found == v && *ret_parent == NULL) {
					*ret_parent = j;
					*ret_name = NULL;
					*ret_at = i;
				}
				return found;
			}
		}
		return NULL;
	}
	return (*n)-- == 0 ? j : NULL;
}

/* One character of a text, or one in a number; or the element is taken out. */
static bool
mutate(json_t *proof, size_t n)
{
	json_t *parent = NULL;
	const char *name = NULL;
	size_t at = 0;
	json_t *v = leaf(proof, &n, &parent, &name, &at);
	json_t *changed = NULL;

	if (v == NULL || parent == NULL)
		return false;
	if (draw(4) == 0 && name == NULL)
		return json_array_remove(parent, at) == 0;
	if (json_is_integer(v)) {
		changed = json_integer(json_integer_value(v) + 1);
	} else if (json_is_string(v) && json_string_length(v) > 0) {
		char *text = strdup(json_string_value(v));
		size_t i = draw((uint32_t)json_string_length(v));

		text[i] = text[i] == 'A' ? 'B' : 'A';
		changed = json_string(text);
		free(text);
	} else {
		changed = json_string("x");
	}
	return name != NULL ? json_object_set_new(parent, name, changed) == 0
			    : json_array_set_new(parent, at, changed) == 0;
}

static void
every_one_of_300_changes_of_a_proof_is_found(void)
{
	struct extract_result r;
	struct scope *s = NULL;
	struct request q;
	json_t *order;
	size_t found = 0;
	size_t tried = 0;

	do {
		begin(&q, &s);
		give(&q, s, &r);
		if (r.rows.n < 3) {
			extract_result_clear(&r);
			request_clear(&q);
			scope_free(s);
			s = NULL;
		}
	} while (s == NULL);
	order = order_build(&q.order);
	for (size_t n = 0; tried < 300; n++) {
		struct verify_result v = { 0 };
		json_t *proof = again(r.proof);
		const char *why = "";

		if (!mutate(proof, n)) {
			json_decref(proof);
			n = (size_t)-1;
			continue;
		}
		tried++;
		found += verify_proof(&public_log.trust, order, proof, &v,
			     &why) == RC_DENIED;
		verify_result_clear(&v);
		json_decref(proof);
	}
	T_OK(found == tried);
	json_decref(order);
	extract_result_clear(&r);
	request_clear(&q);
	scope_free(s);
}

static void
a_part_that_is_left_out_is_missed(void)
{
	struct extract_result r;
	struct verify_result v = { 0 };
	struct scope *s = NULL;
	struct request q;
	json_t *order;
	json_t *parts;
	const char *why = "";
	size_t n;

	begin(&q, &s);
	give(&q, s, &r);
	order = order_build(&q.order);
	n = json_array_size(json_object_get(r.proof, "parts"));
	for (size_t i = 0; i < n; i++) {
		json_t *proof = again(r.proof);

		parts = json_object_get(proof, "parts");
		T_OK(json_array_remove(parts, i) == 0);
		T_RC(RC_DENIED,
		    verify_proof(&public_log.trust, order, proof, &v, &why));
		json_decref(proof);
	}
	json_decref(order);
	extract_result_clear(&r);
	request_clear(&q);
	scope_free(s);
}

/* --- custodians and clerks who lie ---------------------------------------- */

static void
a_wrong_share_is_named_and_k_others_do(void)
{
	struct request_shares a[3];
	struct scope *s = NULL;
	struct request q;
	struct request before;
	uint16_t wrong = 0;
	const char *why = "";

	begin(&q, &s);
	for (unsigned i = 0; i < 3; i++)
		T_RC(RC_OK, answer(&q, i, &a[i], &why));
	a[1].shares[0][40] ^= 1;
	before = q;
	T_RC(RC_OK,
	    extract_open(s, &q, &(struct extract_answers){ a, 3 }, &wrong));
	T_OK(wrong == 2);
	for (size_t i = 0; i < q.n_parts; i++) {
		free(q.parts[i].found);
		q.parts[i].found = NULL;
	}
	free(q.envelopes);
	q = before;
	wrong = 0;
	T_RC(RC_DENIED,
	    extract_open(s, &q, &(struct extract_answers){ a, 2 }, &wrong));
	T_OK(wrong == 2);
	for (unsigned i = 0; i < 3; i++)
		request_shares_clear(&a[i]);
	request_clear(&q);
	scope_free(s);
}

static void
fewer_than_k_custodians_find_nothing(void)
{
	struct request_shares a[2];
	struct scope *s = NULL;
	struct request q;
	uint16_t wrong = 0;
	const char *why = "";

	begin(&q, &s);
	T_RC(RC_OK, answer(&q, 0, &a[0], &why));
	T_RC(RC_OK, answer(&q, 0, &a[1], &why));
	T_RC(RC_DENIED,
	    extract_open(s, &q, &(struct extract_answers){ a, 1 }, &wrong));
	for (size_t i = 0; i < q.n_parts; i++) {
		free(q.parts[i].found);
		q.parts[i].found = NULL;
	}
	/* the same person twice is one person */
	T_RC(RC_DENIED,
	    extract_open(s, &q, &(struct extract_answers){ a, 2 }, &wrong));
	clear_two(a);
	request_clear(&q);
	scope_free(s);
}

static enum rc
ask(const struct request *q)
{
	struct request_shares a = { 0 };
	const char *why = "";
	enum rc rc = answer(q, 0, &a, &why);

	request_shares_clear(&a);
	return rc;
}

static void
a_patched_clerk_gets_nothing_beyond_the_order(void)
{
	struct scope *s = NULL;
	struct scope *wide = NULL;
	struct request q;
	struct order was;
	uint32_t day;
	uint8_t key[32];

	begin(&q, &s);
	T_RC(RC_OK, ask(&q));
	was = q.order;
	/* another handle: not what was committed and signed */
	q.order.handles[0] = person(PEOPLE + 1);
	T_RC(RC_DENIED, ask(&q));
	q.order = was;
	q.order.to.s += 86400;
	T_RC(RC_DENIED, ask(&q));
	q.order = was;
	/* one person signs as two */
	memcpy(key, q.decided.reviews[1].key, 32);
	q.decided.reviews[1] = q.decided.reviews[0];
	T_RC(RC_DENIED, ask(&q));
	review(&q);
	T_RC(RC_OK, ask(&q));
	/* not in the log */
	q.log_index = 0;
	T_RC(RC_DENIED, ask(&q));
	request_clear(&q);
	scope_free(s);

	/* a day more than the order says, by a request with that day's part */
	begin(&q, &s);
	T_RC(RC_OK,
	    scope_open(dir, (struct wall){ (int64_t)DAY0 * 86400 },
		(struct wall){ history[ROWS - 1].query_time.s }, &wide, &day));
	request_clear(&q);
	scope_free(s);
	begin(&q, &s);
	for (size_t i = 0; i < q.n_parts; i++)
		buf_clear(&q.parts[i].body);
	free(q.parts);
	q.parts = NULL;
	q.n_parts = 0;
	T_RC(RC_OK, extract_find(wide, &q));
	T_RC(RC_DENIED, ask(&q));
	request_clear(&q);
	scope_free(s);
	scope_free(wide);
}

/* The envelope of somebody else under the name of the order's handle. */
static void
an_envelope_of_another_handle_gets_no_share(void)
{
	struct scope *s = NULL;
	struct request q;
	struct segment_record r;
	const struct scope_part *p = NULL;
	bool swapped = false;

	do {
		if (s != NULL) {
			request_clear(&q);
			scope_free(s);
		}
		begin(&q, &s);
		find(&q, s);
	} while (q.n_envelopes == 0);
	T_RC(RC_OK, ask(&q));
	for (size_t i = 0; i < s->n && p == NULL; i++)
		if (s->parts[i].state == SCOPE_STATE_HELD)
			p = &s->parts[i];
	for (uint32_t i = 0; i < p->segment.envelopes && !swapped; i++) {
		struct buf wrap;

		buf_init(&wrap, TDH2_CT_SIZE);
		T_RC(RC_OK, segment_record_parse(&p->segment, i, &r));
		T_RC(RC_OK, buf_add(&wrap, r.wrap, TDH2_CT_SIZE));
		journal_layer_xor(p->day_key, p->segment.session.nonce,
		    JOURNAL_LAYER_SORTED_WRAP, r.number, &wrap);
		if (memcmp(wrap.p, q.envelopes[0].wrap, TDH2_CT_SIZE) != 0) {
			memcpy(q.envelopes[0].wrap, wrap.p, TDH2_CT_SIZE);
			swapped = true;
		}
		buf_clear(&wrap);
	}
	T_OK(swapped);
	T_RC(RC_DENIED, ask(&q));
	request_clear(&q);
	scope_free(s);
}

static void
a_day_older_than_retention_is_refused(void)
{
	struct scope *s = NULL;
	struct request q;

	begin(&q, &s);
	T_RC(RC_OK, ask(&q));
	trusted.retention_days = 0;
	T_RC(RC_DENIED, ask(&q));
	trusted.retention_days = 25;
	request_clear(&q);
	scope_free(s);
}

static void
an_order_that_nobody_answered_for_two_months_is_refused(void)
{
	struct scope *s = NULL;
	struct request q;

	begin(&q, &s);
	trusted.retention_days = 100;
	later = RELEASE_DAYS - 1;
	T_RC(RC_OK, ask(&q));
	later = RELEASE_DAYS + 1;
	T_RC(RC_DENIED, ask(&q));
	later = 0;
	trusted.retention_days = 25;
	request_clear(&q);
	scope_free(s);
}

static void
a_log_without_the_window_s_end_asks_for_a_cut(void)
{
	struct scope *s = NULL;
	uint32_t day;

	T_RC(RC_STATE,
	    scope_open(dir, (struct wall){ (int64_t)DAY0 * 86400 },
		(struct wall){ (int64_t)(DAY0 + DAYS + 1) * 86400 }, &s, &day));
	T_OK(s == NULL);
}

/* The day key and then the segment are gone; the log says so. */
static void
a_destroyed_day_is_said_and_not_opened(void)
{
	struct extract_result r;
	struct verify_result v = { 0 };
	struct scope *s = NULL;
	struct request q;
	uint32_t day;
	json_t *order;
	const char *why = "";

	T_OK(fchdir(dir) == 0 && chdir("records") == 0);
	T_RC(RC_OK, shelf_key_destroy(DAY0 + 1));
	(void)log_pair_add(&public_log,
	    rd_str("{\"day\":\"2024-10-05\",\"type\":\"destroy\"}"));
	request_init(&q);
	random_order(&q.order);
	q.order.from.s = (int64_t)DAY0 * 86400;
	q.order.to.s = (int64_t)(DAY0 + 3) * 86400;
	review(&q);
	commit(&q);
	log_pair_write(&public_log, dir);
	T_RC(RC_OK, scope_open(dir, q.order.from, q.order.to, &s, &day));
	prove_commitment(&q, s);
	T_RC(RC_OK, extract_find(s, &q));
	give(&q, s, &r);
	T_OK(r.destroyed > 0);
	for (size_t i = 0; i < r.rows.n; i++)
		T_OK(mono_day(r.rows.rows[i].query_time) != DAY0 + 1);
	order = order_build(&q.order);
	T_RC(RC_OK, verify_proof(&public_log.trust, order, r.proof, &v, &why));
	T_OK(v.destroyed == r.destroyed);
	verify_result_clear(&v);
	json_decref(order);
	extract_result_clear(&r);
	request_clear(&q);
	scope_free(s);
}

/* --- life ----------------------------------------------------------------- */

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

int
main(void)
{
	T_OK(sodium_init() >= 0);
	(void)snprintf(root, sizeof(root), "/tmp/tacet-extract.XXXXXX");
	T_OK(mkdtemp(root) != NULL);
	dir = open(root, O_RDONLY | O_DIRECTORY);
	pair_make(&pair, 2, 3);
	log_pair_init(&public_log);
	for (size_t i = 0; i < 2; i++) {
		(void)crypto_sign_keypair(trusted.reviewers[i], reviewers[i]);
		trusted.n_reviewers++;
	}
	trusted.log = public_log.trust;
	trusted.retention_days = 25;
	write_history();
	TEST(a_package_is_what_a_plain_model_says);
	TEST(every_one_of_300_changes_of_a_proof_is_found);
	TEST(a_part_that_is_left_out_is_missed);
	TEST(a_wrong_share_is_named_and_k_others_do);
	TEST(fewer_than_k_custodians_find_nothing);
	TEST(a_patched_clerk_gets_nothing_beyond_the_order);
	TEST(an_envelope_of_another_handle_gets_no_share);
	TEST(a_day_older_than_retention_is_refused);
	TEST(an_order_that_nobody_answered_for_two_months_is_refused);
	TEST(a_log_without_the_window_s_end_asks_for_a_cut);
	TEST(a_destroyed_day_is_said_and_not_opened);
	log_pair_clear(&public_log);
	(void)nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	(void)close(dir);
	return tap_done();
}
