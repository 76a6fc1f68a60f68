#include "orders/case.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <sodium.h>

#include "base/failmem.h"
#include "orders/ledger.h"
#include "wire/json_body.h"
#include "wire/text64.h"

#define LIST_MAX 100000
#define LOCK "orders/case.lock"

static const char *const states[] = { "", "received", "checked", "decided",
	"committed", "released", "packaged", "delivered", "noticed", "closed",
	"expired", "withdrawn", "refused" };

const char *
case_state_name(enum case_state s)
{
	return states[s];
}

bool
case_is_confirmed(const struct case_file *c)
{
	return c->reviews[0].is_made && c->reviews[1].is_made;
}

/* --- what each event brings
 * -------------------------------------------------------- */

static enum rc
time_get(const json_t *j, const char *name, struct wall *ret_t)
{
	const char *s = json_string_value(json_object_get(j, name));

	return s == NULL ? RC_MALFORMED : mono_rfc3339_parse(s, ret_t);
}

static enum rc
on_received(struct case_file *c, const json_t *e, const json_t *d)
{
	struct order_error error;

	(void)e;
	if (order_parse(json_object_get(d, "order"), &c->received, &error) !=
	    RC_OK)
		return RC_CORRUPT;
	c->order = c->received;
	c->seal_until = c->received.seal_until;
	return RC_OK;
}

/* Also again, when what is known beside the order has changed: the epochs of
 * its targets are those of the last. */
static enum rc
on_checked(struct case_file *c, const json_t *e, const json_t *d)
{
	struct order_check checks[ORDER_CHECKS_MAX];

	(void)e;
	if (order_facts_parse(json_object_get(d, "facts"), &c->facts) != RC_OK)
		return RC_CORRUPT;
	(void)order_checks(
	    &c->received, &c->received, &c->facts, checks, &c->pass);
	return RC_OK;
}

static enum rc
take_review(struct case_file *c, const json_t *d, enum commitment_step step)
{
	struct case_review *w = &c->reviews[step - 1];
	const json_t *j = json_object_get(d, "review");
	const char *name = json_string_value(json_object_get(j, "name"));
	enum rc rc = RC_BUG;

	CHECK(name != NULL && strlen(name) < sizeof(w->name), RC_CORRUPT);
	memcpy(w->name, name, strlen(name) + 1);
	TRY(json_body_hex(j, "public_key", 32, w->public_key));
	TRY(json_body_hex(j, "signature", 64, w->signature));
	TRY(commitment_review_check(
	    &c->order, c->decision, step, w->public_key, w->signature));
	w->is_made = true;
out:
	return rc == RC_OK || rc == RC_NOMEM ? rc : RC_CORRUPT;
}

static enum rc
on_decided(struct case_file *c, const json_t *e, const json_t *d)
{
	const char *decision = json_string_value(
	    json_object_get(d, "decision"));
	struct order_error error;
	enum rc rc = RC_BUG;

	(void)e;
	CHECK(decision != NULL &&
		order_decision_find(rd_str(decision), &c->decision) == RC_OK,
	    RC_CORRUPT);
	CHECK(order_parse(json_object_get(d, "order"), &c->order, &error) ==
		RC_OK,
	    RC_CORRUPT);
	CHECK(order_is_narrower(&c->order, &c->received, &error) == RC_OK,
	    RC_CORRUPT);
	TRY(take_review(c, d, COMMITMENT_STEP_DECIDE));
out:
	return rc;
}

static enum rc
on_confirmed(struct case_file *c, const json_t *e, const json_t *d)
{
	enum rc rc = RC_BUG;

	TRY(take_review(c, d, COMMITMENT_STEP_CONFIRM));
	CHECK(
	    memcmp(c->reviews[0].public_key, c->reviews[1].public_key, 32) != 0,
	    RC_CORRUPT);
	CHECK(time_get(e, "time", &c->decided_at) == RC_OK, RC_CORRUPT);
	if (c->decision == ORDER_DECISION_REFUSE)
		c->state = CASE_STATE_REFUSED;
out:
	return rc;
}

/* The opening is written before the log is asked, so that a crash between the
 * two leaves one commitment and not two. */
static enum rc
on_committing(struct case_file *c, const json_t *e, const json_t *d)
{
	enum rc rc = RC_BUG;

	(void)e;
	CHECK(case_is_confirmed(c), RC_CORRUPT);
	CHECK(json_body_hex(d, "opening", 32, c->opening) == RC_OK, RC_CORRUPT);
	TRY(commitment_order(&c->order, c->opening, c->commitment));
	c->has_opening = true;
out:
	return rc;
}

static enum rc
on_committed(struct case_file *c, const json_t *e, const json_t *d)
{
	(void)e;
	if (!c->has_opening ||
	    json_body_uint(d, "index", INT64_MAX, &c->log_index) != RC_OK)
		return RC_CORRUPT;
	c->is_committed = true;
	/* a refusal is counted in the log, and stays one */
	if (c->state == CASE_STATE_DECIDED)
		c->state = CASE_STATE_COMMITTED;
	return RC_OK;
}

static enum rc
on_released(struct case_file *c, const json_t *e, const json_t *d)
{
	(void)e;
	(void)d;
	return case_is_confirmed(c) ? RC_OK : RC_CORRUPT;
}

static enum rc
on_packaged(struct case_file *c, const json_t *e, const json_t *d)
{
	const char *root = json_string_value(
	    json_object_get(d, "manifest_sha256"));
	uint64_t rows = 0;

	if (root == NULL || strlen(root) != 64 ||
	    json_body_uint(d, "rows", INT64_MAX, &rows) != RC_OK)
		return RC_CORRUPT;
	memcpy(c->package_root, root, sizeof(c->package_root));
	c->rows += rows;
	if (c->packages++ == 0)
		return time_get(e, "time", &c->packaged_at) == RC_OK
		    ? RC_OK
		    : RC_CORRUPT;
	return RC_OK;
}

static enum rc
on_delivered(struct case_file *c, const json_t *e, const json_t *d)
{
	(void)d;
	return time_get(e, "time", &c->delivered_at) == RC_OK ? RC_OK
							      : RC_CORRUPT;
}

static enum rc
on_over_disclosed(struct case_file *c, const json_t *e, const json_t *d)
{
	uint64_t rows = 0;

	(void)e;
	if (json_body_uint(d, "rows", INT64_MAX, &rows) != RC_OK)
		return RC_CORRUPT;
	c->over += rows;
	return RC_OK;
}

static enum rc
on_seal_extended(struct case_file *c, const json_t *e, const json_t *d)
{
	(void)e;
	if (time_get(d, "until", &c->seal_until) != RC_OK)
		return RC_CORRUPT;
	c->seal_extensions++;
	return RC_OK;
}

#define MARK(name, member)                                         \
	static enum rc name(                                       \
	    struct case_file *c, const json_t *e, const json_t *d) \
	{                                                          \
		(void)e;                                           \
		(void)d;                                           \
		c->member = true;                                  \
		return RC_OK;                                      \
	}
MARK(on_stopped, is_stopped)
MARK(on_overdue, is_overdue)
MARK(on_followed, is_followed)
MARK(on_unconfirmed, is_unconfirmed)
MARK(on_opened, is_opened)
MARK(on_noticed, is_noticed)

/* --- the state machine
 * ------------------------------------------------------------- */

#define IN(state) (1u << CASE_STATE_##state)
#define GIVEN (IN(RELEASED) | IN(PACKAGED) | IN(DELIVERED) | IN(NOTICED))
#define DECIDED (IN(DECIDED) | IN(COMMITTED) | GIVEN)
#define OVER (IN(CLOSED) | IN(EXPIRED) | IN(WITHDRAWN) | IN(REFUSED))
#define OPEN (IN(RECEIVED) | IN(CHECKED) | DECIDED)

static const struct step {
	const char *event;
	unsigned int from;  /* the states it may come in; 0: none yet */
	enum case_state to; /* 0: the state stays */
	enum rc (*take)(
	    struct case_file *c, const json_t *event, const json_t *data);
} steps[] = {
	{ "received", 0, CASE_STATE_RECEIVED, on_received },
	{ "checked", IN(RECEIVED) | IN(CHECKED), CASE_STATE_CHECKED,
	    on_checked },
	{ "decided", IN(CHECKED), CASE_STATE_DECIDED, on_decided },
	{ "confirmed", IN(DECIDED), 0, on_confirmed },
	/* what ended without it too, so that each decision counts */
	{ "committing", IN(DECIDED) | OVER, 0, on_committing },
	{ "committed", IN(DECIDED) | OVER, 0, on_committed },
	/* a pen register comes here day after day */
	{ "released", IN(COMMITTED) | GIVEN, CASE_STATE_RELEASED, on_released },
	{ "packaged", GIVEN, CASE_STATE_PACKAGED, on_packaged },
	{ "delivered", IN(PACKAGED) | IN(DELIVERED) | IN(NOTICED),
	    CASE_STATE_DELIVERED, on_delivered },
	{ "closed", DECIDED | IN(EXPIRED), CASE_STATE_CLOSED, NULL },
	{ "expired", OPEN, CASE_STATE_EXPIRED, NULL },
	{ "withdrawn", OPEN, CASE_STATE_WITHDRAWN, NULL },
	/* the target is told after the end too; the end stays the end */
	{ "noticed", DECIDED | OVER, 0, on_noticed },
	{ "seal-extended", DECIDED | OVER, 0, on_seal_extended },
	{ "stopped", DECIDED, 0, on_stopped },
	{ "overdue", OPEN, 0, on_overdue },
	{ "followed", DECIDED | OVER, 0, on_followed },
	{ "unconfirmed", DECIDED | OVER, 0, on_unconfirmed },
	{ "opened", DECIDED | OVER, 0, on_opened },
	{ "over-disclosed", GIVEN | OVER, 0, on_over_disclosed },
};

static const struct step *
find_step(const struct case_file *c, const char *event)
{
	unsigned int now = c->state == 0 ? 0 : 1u << (unsigned int)c->state;

	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (strcmp(steps[i].event, event) == 0)
			return steps[i].from == now ||
				(steps[i].from & now) != 0
			    ? &steps[i]
			    : NULL;
	return NULL;
}

/* What the table's states do not say. */
static bool
is_in_order(const struct case_file *c, const char *event)
{
	if (strcmp(event, "confirmed") == 0)
		return !c->reviews[1].is_made;
	if (strcmp(event, "committing") == 0)
		return case_is_confirmed(c) && !c->has_opening;
	if (strcmp(event, "committed") == 0)
		return c->has_opening && !c->is_committed;
	if (strcmp(event, "released") == 0)
		return case_is_confirmed(c) &&
		    (order_decision_is_accepted(c->decision) ||
			c->decision == ORDER_DECISION_NOT_HELD);
	if (strcmp(event, "opened") == 0)
		return c->is_committed && !c->is_opened;
	return true;
}

bool
case_may(const struct case_file *c, const char *event)
{
	return find_step(c, event) != NULL && is_in_order(c, event);
}

enum rc
case_fold(struct case_file *c, const json_t *event)
{
	const char *name = json_string_value(json_object_get(event, "event"));
	const json_t *data = json_object_get(event, "data");
	const struct step *s;
	enum rc rc = RC_BUG;

	CHECK(name != NULL, RC_CORRUPT);
	s = find_step(c, name);
	CHECK(s != NULL && is_in_order(c, name), RC_CORRUPT);
	if (s->to != 0)
		c->state = s->to;
	/* noticed is a state only of an order that is still open */
	if (strcmp(name, "noticed") == 0 &&
	    ((1u << (unsigned int)c->state) & GIVEN) != 0)
		c->state = CASE_STATE_NOTICED;
	rc = s->take == NULL ? RC_OK : s->take(c, event, data);
out:
	return rc;
}

/* --- of the ledger
 * ----------------------------------------------------------------- */

struct search {
	const char *id;
	bool found;
	struct case_file *c;
};

static const char *
order_of(const json_t *event)
{
	const char *id = json_string_value(json_object_get(event, "order"));

	return id == NULL ? "" : id;
}

static enum rc
on_find(void *arg, const json_t *event)
{
	struct search *s = arg;

	if (strcmp(order_of(event), s->id) != 0)
		return RC_OK;
	s->found = true;
	return case_fold(s->c, event);
}

enum rc
case_find(int dir, const char *id, struct case_file *ret_c)
{
	struct case_file *c = failmem_alloc(sizeof(*c));
	struct search s = { id, false, c };
	enum rc rc = RC_BUG;

	CHECK(c != NULL, RC_NOMEM);
	CHECK(id[0] != '\0', RC_NOT_FOUND);
	TRY(ledger_each(dir, on_find, &s));
	CHECK(s.found, RC_NOT_FOUND);
	*ret_c = *c;
out:
	free(c);
	return rc;
}

/* What would be written is folded first: nothing is written that could not be
 * read again. */
static enum rc
try_event(const struct case_file *now, const char *event, json_t *data)
{
	struct case_file *next = failmem_alloc(sizeof(*next));
	char time[MONO_RFC3339_SIZE] = "";
	json_t *e = NULL;
	enum rc rc = RC_BUG;

	CHECK(next != NULL, RC_NOMEM);
	CHECK(case_may(now, event), RC_STATE);
	TRY(mono_rfc3339(mono_wall(), time));
	e = json_pack(
	    "{s:s,s:s,s:O}", "event", event, "time", time, "data", data);
	CHECK(e != NULL, RC_NOMEM);
	*next = *now;
	rc = case_fold(next, e);
	CHECK(rc != RC_CORRUPT, RC_BUG);
out:
	json_decref(e);
	free(next);
	return rc;
}

enum rc
case_append(int dir, const char *actor, const char *order, const char *event,
    json_t *data)
{
	struct case_file *now = failmem_alloc(sizeof(*now));
	int lock = openat(dir, LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	enum rc rc = RC_BUG;

	CHECK(now != NULL && data != NULL, RC_NOMEM);
	CHECK(lock >= 0 && flock(lock, LOCK_EX) == 0, RC_IO);
	rc = case_find(dir, order, now);
	CHECK(rc == RC_OK || rc == RC_NOT_FOUND, rc);
	TRY(try_event(now, event, data));
	TRY(ledger_append(dir, actor, order, event, json_incref(data)));
out:
	json_decref(data);
	free(now);
	if (lock >= 0)
		(void)close(lock);
	return rc;
}

static enum rc
add(struct case_list *l, const char *id, struct case_file **ret_c)
{
	size_t cap = l->cap == 0 ? 16 : l->cap * 2;
	struct case_file *at;

	/* the last come first: most events are of a running order */
	for (size_t i = l->n; i > 0; i--)
		if (strcmp(l->at[i - 1].received.id, id) == 0) {
			*ret_c = &l->at[i - 1];
			return RC_OK;
		}
	if (l->n == LIST_MAX)
		return RC_LIMIT;
	if (l->n == l->cap) {
		at = failmem_array(cap, sizeof(*at));
		if (at == NULL)
			return RC_NOMEM;
		if (l->n > 0)
			memcpy(at, l->at, l->n * sizeof(*at));
		free(l->at);
		l->at = at;
		l->cap = cap;
	}
	*ret_c = &l->at[l->n++];
	return RC_OK;
}

static enum rc
on_load(void *arg, const json_t *event)
{
	struct case_file *c = NULL;
	enum rc rc;

	if (order_of(event)[0] == '\0')
		return RC_OK; /* of an agency or a reviewer */
	rc = add(arg, order_of(event), &c);
	return rc == RC_OK ? case_fold(c, event) : rc;
}

enum rc
case_load(int dir, struct case_list *ret_l)
{
	struct case_list l = { NULL, 0, 0 };
	enum rc rc = RC_BUG;

	TRY(ledger_each(dir, on_load, &l));
	*ret_l = l;
	l = (struct case_list){ NULL, 0, 0 };
out:
	case_list_clear(&l);
	return rc;
}

void
case_list_clear(struct case_list *l)
{
	if (l->at != NULL)
		sodium_memzero(l->at, l->cap * sizeof(*l->at));
	free(l->at);
	*l = (struct case_list){ NULL, 0, 0 };
}
