#include "orders/report.h"

#include <stdio.h>
#include <string.h>

#include "base/failmem.h"
#include "wire/json_body.h"

#define ENTRIES_MAX 10000000
#define GROUPS_MAX 4096

struct group { /* one line: who asked, and by which process */
	char country[ORDER_COUNTRY_SIZE];
	enum rules_regime regime;
	enum rules_issuer issuer;
	uint64_t requests, targets;
	uint64_t decisions[ORDER_DECISION_NOT_HELD + 1];
	uint64_t with_rows, rows, packages, over, late, emergencies;
	uint64_t gags, gags_open_ended, gags_extended;
	int32_t *answer_days; /* of the answered, in turn */
	int32_t *gag_days;
	size_t n_answers;
	size_t cap;
};

struct counts {
	struct group groups[GROUPS_MAX];
	size_t n;
	uint64_t class_requests[RULES_CLASSES];
	uint64_t class_rows[RULES_CLASSES];
	uint64_t committed; /* of the whole log up to here */
	uint64_t opened;
	uint64_t notices; /* in the days asked for */
	uint64_t unconfirmed;
	uint64_t repeats; /* entries of the whole log that say it again */
};

/* --- one entry
 * --------------------------------------------------------------------- */

static enum rc
find_group(
    struct counts *k, const struct report_entry_open *e, struct group **ret_g)
{
	struct group *g;

	for (size_t i = 0; i < k->n; i++) {
		g = &k->groups[i];
		if (strcmp(g->country, e->country) == 0 &&
		    g->regime == e->regime && g->issuer == e->issuer) {
			*ret_g = g;
			return RC_OK;
		}
	}
	if (k->n == GROUPS_MAX)
		return RC_LIMIT;
	g = &k->groups[k->n++];
	memcpy(g->country, e->country, sizeof(g->country));
	g->regime = e->regime;
	g->issuer = e->issuer;
	*ret_g = g;
	return RC_OK;
}

static enum rc
grow(struct group *g)
{
	size_t cap = g->cap == 0 ? 16 : g->cap * 2;
	int32_t *answers;
	int32_t *gags;

	if (g->n_answers < g->cap && g->gags < g->cap)
		return RC_OK;
	answers = failmem_array(cap, sizeof(*answers));
	gags = failmem_array(cap, sizeof(*gags));
	if (answers == NULL || gags == NULL) {
		free(answers);
		free(gags);
		return RC_NOMEM;
	}
	if (g->cap > 0) {
		memcpy(answers, g->answer_days, g->cap * sizeof(*answers));
		memcpy(gags, g->gag_days, g->cap * sizeof(*gags));
	}
	free(g->answer_days);
	free(g->gag_days);
	g->answer_days = answers;
	g->gag_days = gags;
	g->cap = cap;
	return RC_OK;
}

static enum rc
count_open(struct counts *k, const struct report_entry_open *e)
{
	struct group *g = NULL;
	enum rc rc = RC_BUG;

	TRY(find_group(k, e, &g));
	TRY(grow(g));
	g->requests++;
	g->targets += e->targets;
	g->decisions[e->decision]++;
	g->with_rows += e->rows > 0;
	g->rows += e->rows;
	g->packages += e->packages;
	g->over += e->over;
	g->late += e->late;
	g->emergencies += e->emergency;
	if (e->has_answer)
		g->answer_days[g->n_answers++] = e->answered - e->received;
	if (e->has_seal)
		g->gag_days[g->gags++] = e->sealed_until - e->received;
	g->gags_open_ended += e->open_ended;
	g->gags_extended += e->seal_extensions > 0;
	for (unsigned int i = 0; i < RULES_CLASSES; i++)
		if ((e->classes & (1u << i)) != 0) {
			k->class_requests[i]++;
			k->class_rows[i] += e->rows > 0;
		}
out:
	return rc;
}

/* --- the walk
 * ---------------------------------------------------------------------- */

struct walk {
	const json_t *entries;
	size_t n;
	int32_t from;
	int32_t to;
	json_t *seen; /* commitment -> which entries there are, as bits */
	struct counts *k;
	const char *why;
};

enum kind {
	KIND_ORDER = 1,
	KIND_OPEN = 2,
	KIND_NOTICE = 4,
	KIND_EMERGENCY = 8
};

static unsigned int
kind_of(const json_t *e)
{
	static const struct {
		const char *type;
		unsigned int kind;
	} table[] = { { "order", KIND_ORDER }, { "order-open", KIND_OPEN },
		{ "notice", KIND_NOTICE }, { "emergency", KIND_EMERGENCY } };
	const char *type = json_string_value(json_object_get(e, "type"));

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (type != NULL && strcmp(type, table[i].type) == 0)
			return table[i].kind;
	return 0;
}

/* No entry of an order before its commitment. Each counts once: a writer that
 * crashed may have said a thing again, and the first stands. */
static enum rc
mark(struct walk *w, const json_t *e, unsigned int kind, bool *ret_is_first)
{
	uint8_t commitment[COMMITMENT_SIZE];
	const char *hex = json_string_value(json_object_get(e, "commitment"));
	json_int_t bits;
	enum rc rc = RC_BUG;

	w->why = "its commitment is no hash";
	CHECK(json_body_hex(e, "commitment", COMMITMENT_SIZE, commitment) ==
		RC_OK,
	    RC_CORRUPT);
	bits = json_integer_value(json_object_get(w->seen, hex));
	w->why = "no order of that commitment stands before it";
	CHECK(kind == KIND_ORDER || (bits & KIND_ORDER) != 0, RC_CORRUPT);
	*ret_is_first = (bits & (json_int_t)kind) == 0;
	CHECK(json_object_set_new(
		  w->seen, hex, json_integer(bits | (json_int_t)kind)) == 0,
	    RC_NOMEM);
	w->why = NULL;
	rc = RC_OK;
out:
	return rc;
}

static bool
is_within(const struct walk *w, int32_t day)
{
	return day >= w->from && day < w->to;
}

static enum rc
count_day(struct walk *w, const json_t *e, uint64_t *ret_count)
{
	const char *text = json_string_value(json_object_get(e, "day"));
	int32_t day = 0;

	w->why = "it has other fields than a commitment and a day";
	if (json_object_size(e) != 3 || text == NULL ||
	    mono_date_parse(text, &day) != RC_OK)
		return RC_CORRUPT;
	w->why = NULL;
	*ret_count += is_within(w, day);
	return RC_OK;
}

static enum rc
count_entry(struct walk *w, const json_t *e)
{
	struct report_entry_open o;
	unsigned int kind = kind_of(e);
	bool is_first = false;
	enum rc rc = RC_OK;

	if (kind == 0)
		return RC_OK;
	TRY(mark(w, e, kind, &is_first));
	if (!is_first) {
		w->k->repeats++;
		goto out;
	}
	w->why = "it has other fields than a commitment";
	CHECK(kind != KIND_ORDER || json_object_size(e) == 2, RC_CORRUPT);
	w->why = "a field is missing, unknown or wrong";
	CHECK(kind != KIND_OPEN || report_entry_parse(e, &o) == RC_OK,
	    RC_CORRUPT);
	w->why = NULL;
	w->k->committed += kind == KIND_ORDER;
	w->k->opened += kind == KIND_OPEN;
	if (kind == KIND_OPEN && is_within(w, o.received))
		TRY(count_open(w->k, &o));
	if (kind == KIND_NOTICE)
		TRY(count_day(w, e, &w->k->notices));
	if (kind == KIND_EMERGENCY)
		TRY(count_day(w, e, &w->k->unconfirmed));
out:
	return rc;
}

/* --- the report
 * -------------------------------------------------------------------- */

static int
by_day(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a;
	int32_t y = *(const int32_t *)b;

	return x < y ? -1 : x > y;
}

static int
by_name(const void *a, const void *b)
{
	const struct group *x = a;
	const struct group *y = b;
	int d = strcmp(x->country, y->country);

	if (d == 0)
		d = (int)x->regime - (int)y->regime;
	return d != 0 ? d : (int)x->issuer - (int)y->issuer;
}

/* The lower median and the greatest; null of none. */
static json_t *
spread(int32_t *days, size_t n)
{
	if (n == 0)
		return json_null();
	qsort(days, n, sizeof(*days), by_day);
	return json_pack("{s:I,s:I}", "median", (json_int_t)days[(n - 1) / 2],
	    "most", (json_int_t)days[n - 1]);
}

#define N(field) #field, (json_int_t)g->field
static json_t *
group_json(struct group *g)
{
	json_t *j = json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I}",
	    "country", g->country, "regime", rules_regime_name(g->regime),
	    "issuer", rules_issuer_name(g->issuer), N(requests), N(targets),
	    "accept", (json_int_t)g->decisions[ORDER_DECISION_ACCEPT], "narrow",
	    (json_int_t)g->decisions[ORDER_DECISION_NARROW], "refuse",
	    (json_int_t)g->decisions[ORDER_DECISION_REFUSE], "not_held",
	    (json_int_t)g->decisions[ORDER_DECISION_NOT_HELD]);
	json_t *more = json_pack(
	    "{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o}", N(with_rows),
	    N(rows), N(packages), N(over), N(late), N(emergencies), N(gags),
	    N(gags_open_ended), N(gags_extended), "answer_days",
	    spread(g->answer_days, g->n_answers), "gag_days",
	    spread(g->gag_days, (size_t)g->gags));

	(void)json_object_update(j, more);
	json_decref(more);
	return j;
}

static json_t *
classes_json(const struct counts *k)
{
	json_t *a = json_array();

	for (unsigned int i = 0; i < RULES_CLASSES; i++)
		if (k->class_requests[i] > 0)
			(void)json_array_append_new(a,
			    json_pack("{s:s,s:I,s:I}", "class",
				rules_class_name((enum rules_class)(1u << i)),
				"requests", (json_int_t)k->class_requests[i],
				"with_rows", (json_int_t)k->class_rows[i]));
	return a;
}

static json_t *
counts_json(struct counts *k, const struct walk *w)
{
	char from[MONO_DATE_SIZE];
	char to[MONO_DATE_SIZE];
	json_t *lines = json_array();

	if (mono_date(w->from, from) != RC_OK ||
	    mono_date(w->to, to) != RC_OK) {
		json_decref(lines);
		return NULL;
	}
	qsort(k->groups, k->n, sizeof(k->groups[0]), by_name);
	for (size_t i = 0; i < k->n; i++)
		(void)json_array_append_new(lines, group_json(&k->groups[i]));
	return json_pack("{s:s,s:i,s:s,s:s,s:I,s:I,s:I,s:o,s:o,s:I,s:I,s:I}",
	    "tacet", "report", "version", 1, "from", from, "to", to, "log_size",
	    (json_int_t)w->n, "orders_ever", (json_int_t)k->committed,
	    "sealed_now", (json_int_t)(k->committed - k->opened), "orders",
	    lines, "classes", classes_json(k), "emergencies_never_confirmed",
	    (json_int_t)k->unconfirmed, "notices", (json_int_t)k->notices,
	    "repeats", (json_int_t)k->repeats);
}

static enum rc
count(const json_t *entries, size_t n, const int32_t days[static 2],
    json_t **ret_report, struct report_error *ret_e)
{
	struct walk w = { .entries = entries,
		.n = n,
		.from = days[0],
		.to = days[1],
		.seen = json_object(),
		.k = failmem_alloc(sizeof(*w.k)) };
	json_t *report;
	enum rc rc = RC_OK;

	*ret_e = (struct report_error){ 0, NULL, "" };
	CHECK(w.seen != NULL && w.k != NULL, RC_NOMEM);
	for (size_t i = 0; i < n && rc == RC_OK; i++) {
		ret_e->index = i;
		rc = count_entry(&w, json_array_get(entries, i));
	}
	ret_e->why = w.why;
	CHECK(rc == RC_OK, rc);
	report = counts_json(w.k, &w);
	CHECK(report != NULL, RC_NOMEM);
	*ret_report = report;
out:
	for (size_t i = 0; w.k != NULL && i < w.k->n; i++) {
		free(w.k->groups[i].answer_days);
		free(w.k->groups[i].gag_days);
	}
	free(w.k);
	json_decref(w.seen);
	return rc;
}

enum rc
report_build(const json_t *entries, int32_t from, int32_t to,
    json_t **ret_report, struct report_error *ret_e)
{
	const int32_t days[2] = { from, to };

	if (!json_is_array(entries) || json_array_size(entries) > ENTRIES_MAX)
		return RC_LIMIT;
	return count(
	    entries, json_array_size(entries), days, ret_report, ret_e);
}

/* --- counted again
 * ----------------------------------------------------------------- */

static enum rc
first_difference(
    const json_t *want, const json_t *got, struct report_error *ret_e)
{
	void *it = json_object_iter((json_t *)(uintptr_t)want);
	const char *name = NULL;

	for (; it != NULL && name == NULL;
	     it = json_object_iter_next((json_t *)(uintptr_t)want, it))
		if (json_equal(json_object_iter_value(it),
			json_object_get(got, json_object_iter_key(it))) != 1)
			name = json_object_iter_key(it);
	it = json_object_iter((json_t *)(uintptr_t)got);
	for (; it != NULL && name == NULL;
	     it = json_object_iter_next((json_t *)(uintptr_t)got, it))
		if (strcmp(json_object_iter_key(it), "local") != 0 &&
		    json_object_get(want, json_object_iter_key(it)) == NULL)
			name = json_object_iter_key(it);
	if (name == NULL)
		return RC_OK;
	(void)snprintf(ret_e->field, sizeof(ret_e->field), "%s", name);
	ret_e->why = "the log counts otherwise";
	return RC_DENIED;
}

enum rc
report_check(
    const json_t *entries, const json_t *report, struct report_error *ret_e)
{
	const char *from = json_string_value(json_object_get(report, "from"));
	const char *to = json_string_value(json_object_get(report, "to"));
	const char *kind = json_string_value(json_object_get(report, "tacet"));
	int32_t days[2] = { 0, 0 };
	uint64_t size = 0;
	json_t *again = NULL;
	enum rc rc = RC_BUG;

	*ret_e = (struct report_error){ 0, "it is no report", "" };
	CHECK(json_is_object(report) && kind != NULL &&
		strcmp(kind, "report") == 0,
	    RC_MALFORMED);
	CHECK(from != NULL && to != NULL, RC_MALFORMED);
	TRY(mono_date_parse(from, &days[0]));
	TRY(mono_date_parse(to, &days[1]));
	TRY(json_body_uint(report, "log_size", ENTRIES_MAX, &size));
	ret_e->why = "it has seen a longer log than this one";
	CHECK(size <= json_array_size(entries), RC_DENIED);
	TRY(count(entries, (size_t)size, days, &again, ret_e));
	TRY(first_difference(again, report, ret_e));
out:
	json_decref(again);
	return rc;
}
