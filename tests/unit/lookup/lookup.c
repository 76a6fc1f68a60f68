/* The process that evaluates, as the parent starts it; this test plays front,
 * exchange and ktlog. */
#include "lookup/lookup.h"

#include <sodium.h>

#include "crypto/voprf.h"
#include "unit/keys/process.h"

static const uint8_t seed[32] = { 9 };
static struct chan *front, *exchange, *ktlog;
static struct msg_lookup_keys keys;

static bool
start(const void *key, size_t n)
{
	process_begin(PERMIT_ROLE_LOOKUP, lookup_main, "");
	process_give(MSG_FILE, "lookup.key", process_file(key, n));
	front = process_peer(PERMIT_ROLE_FRONT);
	exchange = process_peer(PERMIT_ROLE_EXCHANGE);
	ktlog = process_peer(PERMIT_ROLE_KTLOG);
	return process_start();
}

static int
end(bool stop)
{
	int status = process_end(stop);

	chan_free(front);
	chan_free(exchange);
	chan_free(ktlog);
	return status;
}

static void
serve(void)
{
	struct msg_lookup_keys other;

	T_OK(start(seed, sizeof(seed)));
	T_OK(process_hear(exchange, MSG_LOOKUP_KEYS, &keys, PROCESS_WAIT_MS));
	T_OK(process_hear(ktlog, MSG_LOOKUP_KEYS, &other, PROCESS_WAIT_MS));
	T_MEM(&keys, &other, sizeof(keys));
}

/* The status; the proof is checked when there is one. */
static int
evaluate(uint8_t key, const uint8_t (*blinded)[RGROUP_SIZE], size_t octets)
{
	static uint64_t req;
	const struct msg_evaluate m = { ++req, key, { blinded[0], octets } };
	struct voprf_batch batch = { octets / RGROUP_SIZE, blinded, NULL };
	struct msg_evaluated answer;

	process_send(exchange, MSG_EVALUATE, &m, -1);
	if (!process_hear(exchange, MSG_EVALUATED, &answer, PROCESS_WAIT_MS) ||
	    answer.req != req)
		return -1;
	if (answer.status != MSG_STATUS_OK) {
		T_OK(answer.evaluated.left == 0);
		return answer.status;
	}
	T_OK(answer.evaluated.left == octets);
	batch.evaluated = (const uint8_t(*)[RGROUP_SIZE])answer.evaluated.p;
	T_RC(RC_OK,
	    voprf_check(key == MSG_EVALUATE_TOKEN ? keys.token : keys.voprf,
		&batch, answer.proof));
	return answer.status;
}

static void
what_the_exchange_asks_is_evaluated_with_a_proof(void)
{
	uint8_t blinded[MSG_EVALUATE_MAX][RGROUP_SIZE];
	struct voprf_blinded b;

	serve();
	for (size_t i = 0; i < MSG_EVALUATE_MAX; i++) {
		T_RC(RC_OK, voprf_blind(rd_str("+15550100"), &b));
		memcpy(blinded[i], b.element, RGROUP_SIZE);
	}
	T_OK(evaluate(MSG_EVALUATE_DIRECTORY,
		 (const uint8_t(*)[RGROUP_SIZE])blinded,
		 RGROUP_SIZE) == MSG_STATUS_OK);
	T_OK(
	    evaluate(MSG_EVALUATE_TOKEN, (const uint8_t(*)[RGROUP_SIZE])blinded,
		sizeof(blinded)) == MSG_STATUS_OK);
	T_OK(end(true) == 0);
}

static void
what_is_no_element_is_refused_and_the_next_is_answered(void)
{
	uint8_t blinded[2][RGROUP_SIZE] = { 0 }; /* the identity */
	const uint8_t(
	    *elements)[RGROUP_SIZE] = (const uint8_t(*)[RGROUP_SIZE])blinded;
	struct voprf_blinded b;

	serve();
	T_OK(evaluate(0, elements, RGROUP_SIZE) == MSG_STATUS_MALFORMED);
	memset(blinded[0], 0xff, RGROUP_SIZE);
	T_OK(evaluate(1, elements, RGROUP_SIZE) == MSG_STATUS_MALFORMED);
	T_RC(RC_OK, voprf_blind(rd_str("+15550100"), &b));
	memcpy(blinded[0], b.element, RGROUP_SIZE);
	T_OK(evaluate(0, elements, 0) == MSG_STATUS_MALFORMED);
	T_OK(evaluate(0, elements, 31) == MSG_STATUS_MALFORMED);
	T_OK(evaluate(0, elements, 33) == MSG_STATUS_MALFORMED);
	T_OK(evaluate(0, elements, 64) == MSG_STATUS_MALFORMED);
	T_OK(evaluate(2, elements, 32) == MSG_STATUS_MALFORMED);
	T_OK(evaluate(0, elements, 32) == MSG_STATUS_OK);
	T_OK(end(true) == 0);
}

static void
without_a_snapshot_nothing_is_answered(void)
{
	const struct msg_private ask = { .req = 5 };
	struct msg_private_reply answer;

	serve();
	process_send(front, MSG_PRIVATE, &ask, -1);
	T_OK(process_hear(front, MSG_PRIVATE_REPLY, &answer, PROCESS_WAIT_MS));
	T_OK(answer.req == 5 && answer.status == MSG_STATUS_NO_PRIVATE);
	T_OK(answer.body.left == 0);
	T_OK(end(true) == 0);
}

static void
a_key_file_of_another_size_is_refused(void)
{
	static const uint8_t octets[33] = { 1 };

	T_OK(!start(octets, 31));
	T_OK(end(false) != 0);
	T_OK(!start(octets, 33));
	T_OK(end(false) != 0);
}

int
main(void)
{
	if (sodium_init() < 0)
		abort();
	TEST(what_the_exchange_asks_is_evaluated_with_a_proof);
	TEST(what_is_no_element_is_refused_and_the_next_is_answered);
	TEST(without_a_snapshot_nothing_is_answered);
	TEST(a_key_file_of_another_size_is_refused);
	return tap_done();
}
