#include "orders/case.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/failmem.h"
#include "orders/ledger.h"
#include "tap.h"

static uint8_t pk[2][32];
static uint8_t sk[2][64];
static struct order order;
static struct case_file c;

static struct order
good(void)
{
	struct order o = { .id = "ord-20261124-00000001",
		.regime = RULES_REGIME_US_2703D,
		.issuer = { RULES_ISSUER_COURT, "Court", "US", "" },
		.agency = "ex",
		.n_handles = 2,
		.from = { 1795500000 },
		.to = { 1795510000 },
		.direction = ORDER_DIRECTION_BOTH,
		.classes = RULES_CLASS_TRAFFIC_QUERY,
		.seal_until = { 1800000000 },
		.received = { 1795510000 },
		.served = { 1795510000 } };

	T_RC(RC_OK, e164_parse(rd_str("+15550100"), &o.handles[0]));
	T_RC(RC_OK, e164_parse(rd_str("+15550123"), &o.handles[1]));
	return o;
}

static json_t *
review(int who, enum order_decision decision, enum commitment_step step)
{
	uint8_t sig[64];
	char key[65];
	char hex[129];
	struct buf b;

	buf_init(&b, COMMITMENT_TEXT_MAX);
	T_RC(RC_OK, commitment_review(&order, decision, step, &b));
	(void)crypto_sign_detached(sig, NULL, b.p, b.len, sk[who]);
	buf_clear(&b);
	(void)sodium_bin2hex(key, sizeof(key), pk[who], 32);
	(void)sodium_bin2hex(hex, sizeof(hex), sig, 64);
	return json_pack("{s:s,s:s,s:s}", "name", who == 0 ? "ann" : "ben",
	    "public_key", key, "signature", hex);
}

static json_t *
checked_data(void)
{
	static const struct order_facts none;

	return json_pack("{s:o,s:[]}", "facts",
	    order_facts_build(&none, order.n_handles), "checks");
}

static json_t *
decided_data(enum order_decision d)
{
	return json_pack("{s:s,s:s,s:o,s:o}", "decision",
	    order_decision_name(d), "why", "x", "order", order_build(&order),
	    "review", review(0, d, COMMITMENT_STEP_DECIDE));
}

static json_t *
confirmed_data(int who, enum order_decision d)
{
	return json_pack(
	    "{s:o}", "review", review(who, d, COMMITMENT_STEP_CONFIRM));
}

static enum rc
event(const char *name, json_t *data)
{
	json_t *e = json_pack("{s:s,s:s,s:o}", "event", name, "time",
	    "2026-11-24T10:00:00Z", "data", data);
	enum rc rc = case_fold(&c, e);

	json_decref(e);
	return rc;
}

/* Folds up to a state: 1 received, 2 checked, 3 decided, 4 confirmed. */
static void
start(int steps)
{
	c = (struct case_file){ .pass = false };
	order = good();
	T_RC(RC_OK,
	    event(
		"received", json_pack("{s:o}", "order", order_build(&order))));
	if (steps >= 2)
		T_RC(RC_OK, event("checked", checked_data()));
	if (steps >= 3)
		T_RC(RC_OK,
		    event("decided", decided_data(ORDER_DECISION_ACCEPT)));
	if (steps >= 4)
		T_RC(RC_OK,
		    event(
			"confirmed", confirmed_data(1, ORDER_DECISION_ACCEPT)));
}

static json_t *
opening(void)
{
	return json_pack("{s:s}", "opening",
	    "0303030303030303030303030303030303030303030303030303030303030303");
}

static json_t *
packaged(int rows)
{
	return json_pack("{s:s,s:i}", "manifest_sha256",
	    "0404040404040404040404040404040404040404040404040404040404040404",
	    "rows", rows);
}

static void
an_order_goes_from_its_receipt_to_its_end(void)
{
	uint8_t want[32];

	start(4);
	T_OK(c.state == CASE_STATE_DECIDED && case_is_confirmed(&c));
	T_STR("ann", c.reviews[0].name);
	T_STR("ben", c.reviews[1].name);
	T_OK(!c.pass); /* nothing is known beside it */
	T_RC(RC_OK, event("committing", opening()));
	T_RC(RC_OK, commitment_order(&order, c.opening, want));
	T_MEM(want, c.commitment, 32);
	T_OK(c.state == CASE_STATE_DECIDED);
	T_RC(RC_OK, event("committed", json_pack("{s:i}", "index", 17)));
	T_OK(c.state == CASE_STATE_COMMITTED && c.is_committed &&
	    c.log_index == 17);
	T_RC(RC_OK, event("released", json_object()));
	T_RC(RC_OK, event("packaged", packaged(3)));
	T_RC(RC_OK, event("released", json_object()));
	T_RC(RC_OK, event("packaged", packaged(4)));
	T_OK(c.state == CASE_STATE_PACKAGED && c.rows == 7 && c.packages == 2);
	T_RC(RC_OK, event("delivered", json_object()));
	T_RC(RC_OK, event("noticed", json_object()));
	T_OK(c.state == CASE_STATE_NOTICED && c.is_noticed);
	T_RC(RC_OK, event("opened", json_object()));
	T_RC(RC_OK, event("closed", json_object()));
	T_OK(c.state == CASE_STATE_CLOSED);
	T_RC(RC_CORRUPT, event("released", json_object()));
}

/* What may come in each state, by name. */
static void
no_event_comes_before_its_time(void)
{
	static const struct {
		int steps;
		const char *may;
	} table[] = {
		{ 1, "checked expired withdrawn overdue " },
		{ 2, "checked decided expired withdrawn overdue " },
		{ 3,
		    "confirmed closed expired withdrawn noticed seal-extended "
		    "stopped overdue followed unconfirmed " },
		{ 4,
		    "committing closed expired withdrawn noticed "
		    "seal-extended stopped overdue followed unconfirmed " },
	};
	static const char *const events[] = { "received", "checked", "decided",
		"confirmed", "committing", "committed", "released", "packaged",
		"delivered", "closed", "expired", "withdrawn", "noticed",
		"seal-extended", "stopped", "overdue", "followed",
		"unconfirmed", "opened", "over-disclosed", "nonsense" };

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		char may[512] = "";

		start(table[i].steps);
		for (size_t k = 0; k < ARRAY_LEN(events); k++)
			if (case_may(&c, events[k]))
				(void)snprintf(may + strlen(may),
				    sizeof(may) - strlen(may), "%s ",
				    events[k]);
		T_STR(table[i].may, may);
	}
}

static void
one_key_cannot_confirm_itself(void)
{
	start(3);
	T_RC(RC_CORRUPT,
	    event("confirmed", confirmed_data(0, ORDER_DECISION_ACCEPT)));
}

static void
a_review_of_another_decision_or_order_is_no_review(void)
{
	json_t *d;

	start(3);
	T_RC(RC_CORRUPT,
	    event("confirmed", confirmed_data(1, ORDER_DECISION_REFUSE)));
	start(2);
	d = decided_data(ORDER_DECISION_ACCEPT);
	(void)json_object_set_new(d, "decision", json_string("narrow"));
	T_RC(RC_CORRUPT, event("decided", d));
	start(2);
	d = decided_data(ORDER_DECISION_ACCEPT);
	(void)json_object_set_new(
	    json_object_get(d, "order"), "legal_ref", json_string("2"));
	T_RC(RC_CORRUPT, event("decided", d));
}

static void
a_narrowed_order_is_the_order_and_a_wider_one_is_corrupt(void)
{
	start(2);
	order.n_handles = 1;
	order.to.s -= 100;
	T_RC(RC_OK, event("decided", decided_data(ORDER_DECISION_NARROW)));
	T_OK(c.order.n_handles == 1 && c.received.n_handles == 2);
	start(2);
	order.to.s += 100;
	T_RC(RC_CORRUPT, event("decided", decided_data(ORDER_DECISION_NARROW)));
}

static void
a_refused_order_ends_there_and_is_counted(void)
{
	start(2);
	T_RC(RC_OK, event("decided", decided_data(ORDER_DECISION_REFUSE)));
	T_RC(RC_OK,
	    event("confirmed", confirmed_data(1, ORDER_DECISION_REFUSE)));
	T_OK(c.state == CASE_STATE_REFUSED);
	T_OK(!case_may(&c, "released") && case_may(&c, "committing"));
	T_RC(RC_OK, event("committing", opening()));
	T_RC(RC_OK, event("committed", json_pack("{s:i}", "index", 2)));
	T_OK(c.state == CASE_STATE_REFUSED && case_may(&c, "opened"));
}

static void
a_seal_moves_by_its_extensions(void)
{
	start(4);
	T_OK(c.seal_until.s == order.seal_until.s);
	T_RC(RC_OK,
	    event("seal-extended",
		json_pack("{s:s}", "until", "2027-06-01T00:00:00Z")));
	T_OK(c.seal_until.s == 1811808000 && c.seal_extensions == 1);
	T_RC(RC_CORRUPT, event("seal-extended", json_object()));
}

static void
the_ledger_gives_each_order_its_own_events(void)
{
	char root[] = "/tmp/tacet-case.XXXXXX";
	struct case_file one;
	struct case_list l;
	int dir;

	T_OK(mkdtemp(root) != NULL);
	dir = open(root, O_RDONLY | O_DIRECTORY);
	T_OK(mkdirat(dir, "orders", 0700) == 0);
	T_RC(RC_NOT_FOUND, case_find(dir, "ord-20261124-00000001", &one));
	T_RC(RC_OK, ledger_append(dir, "x", "", "agency-added", json_object()));
	for (int i = 1; i <= 40; i++) {
		order = good();
		(void)snprintf(
		    order.id, sizeof(order.id), "ord-20261124-%08d", i);
		T_RC(RC_OK,
		    ledger_append(dir, "x", order.id, "received",
			json_pack("{s:o}", "order", order_build(&order))));
	}
	T_RC(RC_OK,
	    ledger_append(
		dir, "x", "ord-20261124-00000002", "checked", checked_data()));
	T_RC(RC_OK, case_find(dir, "ord-20261124-00000002", &one));
	T_OK(one.state == CASE_STATE_CHECKED);
	T_RC(RC_OK, case_load(dir, &l));
	T_OK(l.n == 40 && l.at[0].state == CASE_STATE_RECEIVED &&
	    l.at[1].state == CASE_STATE_CHECKED);
	T_STR("ord-20261124-00000040", l.at[39].order.id);
	case_list_clear(&l);
	for (long k = 0; k < 3; k++) {
		l.n = 7;
		(void)failmem_after(k);
		T_RC(RC_NOMEM, case_load(dir, &l));
		(void)failmem_after(-1);
		T_OK(l.n == 7);
	}
	/* an event of an order that was never received */
	T_RC(RC_OK,
	    ledger_append(
		dir, "x", "ord-20261124-00000099", "closed", json_object()));
	T_RC(RC_CORRUPT, case_load(dir, &l));
	(void)unlinkat(dir, "orders/events.log", 0);
	(void)unlinkat(dir, "orders", AT_REMOVEDIR);
	(void)close(dir);
	(void)rmdir(root);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	for (int i = 0; i < 2; i++)
		(void)crypto_sign_keypair(pk[i], sk[i]);
	TEST(an_order_goes_from_its_receipt_to_its_end);
	TEST(no_event_comes_before_its_time);
	TEST(one_key_cannot_confirm_itself);
	TEST(a_review_of_another_decision_or_order_is_no_review);
	TEST(a_narrowed_order_is_the_order_and_a_wider_one_is_corrupt);
	TEST(a_refused_order_ends_there_and_is_counted);
	TEST(a_seal_moves_by_its_extensions);
	TEST(the_ledger_gives_each_order_its_own_events);
	return tap_done();
}
