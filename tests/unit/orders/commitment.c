#include "orders/commitment.h"

#include <sodium.h>

#include "tap.h"

static struct order
good(void)
{
	struct order o = { .id = "ord-20261124-00000001",
		.regime = RULES_REGIME_US_2703D,
		.issuer = { RULES_ISSUER_COURT, "Court", "US", "" },
		.agency = "ex",
		.n_handles = 1,
		.from = { 1795500000 },
		.to = { 1795510000 },
		.direction = ORDER_DIRECTION_BOTH,
		.classes = RULES_CLASS_TRAFFIC_QUERY,
		.received = { 1795510000 },
		.served = { 1795510000 } };

	T_RC(RC_OK, e164_parse(rd_str("+15550100"), &o.handles[0]));
	return o;
}

/* Written out by hand from doc/protocol/orders.md, section 1. */
static const char canonical[] =
    "{\"agency\":{\"country\":\"\",\"id\":\"ex\",\"public_key\":\"\"},"
    "\"callback\":\"\",\"certification\":\"\",\"classes\":[\"TRAFFIC_QUERY\"],"
    "\"direction\":\"both\",\"document_sha256\":\"\",\"due_at\":\"\","
    "\"emergency\":null,\"issuer\":{\"area\":\"\",\"country\":\"US\","
    "\"name\":\"Court\",\"type\":\"court\"},\"keep_until\":\"\","
    "\"legal_ref\":\"\",\"offence\":\"\",\"officer\":\"\","
    "\"order_id\":\"ord-20261124-00000001\",\"parent_order\":\"\","
    "\"received_at\":\"2026-11-24T08:46:40Z\",\"regime\":\"us-2703d\","
    "\"seal\":null,\"served_at\":\"2026-11-24T08:46:40Z\",\"signature\":\"\","
    "\"targets\":[{\"handle\":\"tel:+15550100\"}],\"window\":{\"from\":"
    "\"2026-11-24T06:00:00Z\",\"to\":\"2026-11-24T08:46:40Z\"}}";

static void
the_canonical_text_is_that_of_the_document(void)
{
	struct order o = good();
	json_t *j = order_build(&o);
	struct buf b;

	buf_init(&b, COMMITMENT_TEXT_MAX);
	T_RC(RC_OK, commitment_canonical(j, &b));
	T_OK(b.len == strlen(canonical) && memcmp(b.p, canonical, b.len) == 0);
	buf_clear(&b);
	json_decref(j);
}

static void
the_commitment_is_the_hash_of_label_opening_and_text(void)
{
	static const char label[] = "tacet order v1";
	uint8_t opening[32];
	uint8_t want[32];
	uint8_t got[32];
	struct order o = good();
	crypto_hash_sha256_state h;

	memset(opening, 7, sizeof(opening));
	(void)crypto_hash_sha256_init(&h);
	(void)crypto_hash_sha256_update(
	    &h, (const unsigned char *)label, strlen(label));
	(void)crypto_hash_sha256_update(&h, opening, sizeof(opening));
	(void)crypto_hash_sha256_update(
	    &h, (const unsigned char *)canonical, strlen(canonical));
	(void)crypto_hash_sha256_final(&h, want);
	T_RC(RC_OK, commitment_order(&o, opening, got));
	T_MEM(want, got, 32);
	opening[31] ^= 1;
	T_RC(RC_OK, commitment_order(&o, opening, got));
	T_OK(memcmp(want, got, 32) != 0);
	o.to.s--;
	opening[31] ^= 1;
	T_RC(RC_OK, commitment_order(&o, opening, got));
	T_OK(memcmp(want, got, 32) != 0);
}

static void
a_review_is_of_one_order_decision_and_step(void)
{
	struct order o = good();
	uint8_t pk[32];
	uint8_t sk[64];
	uint8_t sig[64];
	struct buf b;

	buf_init(&b, COMMITMENT_TEXT_MAX);
	(void)crypto_sign_keypair(pk, sk);
	T_RC(RC_OK,
	    commitment_review(
		&o, ORDER_DECISION_ACCEPT, COMMITMENT_STEP_DECIDE, &b));
	T_OK(
	    memcmp(b.p, "tacet review v1\n{\"decision\":\"accept\",\"order\":{",
		46) == 0);
	T_OK(memcmp(b.p + b.len - 18, ",\"step\":\"decide\"}", 17) != 0);
	T_OK(memcmp(b.p + b.len - 17, ",\"step\":\"decide\"}", 17) == 0);
	(void)crypto_sign_detached(sig, NULL, b.p, b.len, sk);
	T_RC(RC_OK,
	    commitment_review_check(
		&o, ORDER_DECISION_ACCEPT, COMMITMENT_STEP_DECIDE, pk, sig));
	T_RC(RC_DENIED,
	    commitment_review_check(
		&o, ORDER_DECISION_ACCEPT, COMMITMENT_STEP_CONFIRM, pk, sig));
	T_RC(RC_DENIED,
	    commitment_review_check(
		&o, ORDER_DECISION_NARROW, COMMITMENT_STEP_DECIDE, pk, sig));
	o.to.s++;
	T_RC(RC_DENIED,
	    commitment_review_check(
		&o, ORDER_DECISION_ACCEPT, COMMITMENT_STEP_DECIDE, pk, sig));
	buf_clear(&b);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(the_canonical_text_is_that_of_the_document);
	TEST(the_commitment_is_the_hash_of_label_opening_and_text);
	TEST(a_review_is_of_one_order_decision_and_step);
	return tap_done();
}
