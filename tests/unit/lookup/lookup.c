/* The process that evaluates, as the parent starts it; this test plays front,
 * exchange and ktlog, and a client with the client's half of the code. */
#include "lookup/lookup.h"

#include <sodium.h>

#include "crypto/voprf.h"
#include "pir/pir_client.h"
#include "pir/pir_server.h"
#include "unit/keys/process.h"
#include "wire/private_lookup.h"

#define COLUMNS 2048
#define TOKENS 64
#define CLOCK "clock_offset = %lld\n"

static const uint8_t seed[32] = { 9 };
static const struct pir_shape shape = { COLUMNS, 1, { 1, 2, 3 } };
static struct chan *front, *exchange, *ktlog;
static struct msg_lookup_keys keys;
static int spent_files[2] = { -1, -1 };
static int snapshot_file = -1;
static struct pir_public *public;
static uint64_t last_req;

/* --- the process
 * ----------------------------------------------------------------- */

static void
fresh_spent(void)
{
	for (size_t i = 0; i < 2; i++) {
		if (spent_files[i] >= 0)
			(void)close(spent_files[i]);
		spent_files[i] = process_file("", 0);
	}
}

static bool
start(const void *key, size_t n, const char *conf)
{
	process_begin(PERMIT_ROLE_LOOKUP, lookup_main, conf);
	process_give(MSG_FILE, "lookup.key", process_file(key, n));
	process_give(MSG_FILE, "token.spent.0", dup(spent_files[0]));
	process_give(MSG_FILE, "token.spent.1", dup(spent_files[1]));
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
hear_keys(void)
{
	struct msg_lookup_keys other;

	T_OK(process_hear(exchange, MSG_LOOKUP_KEYS, &keys, PROCESS_WAIT_MS));
	T_OK(process_hear(ktlog, MSG_LOOKUP_KEYS, &other, PROCESS_WAIT_MS));
	T_MEM(&keys, &other, sizeof(keys));
}

static void
serve_with(const char *conf)
{
	T_OK(start(seed, sizeof(seed), conf));
	hear_keys();
}

static void
serve(void)
{
	fresh_spent();
	serve_with("");
}

/* --- evaluations
 * ----------------------------------------------------------------- */

/* The status; the proof is checked when there is one. */
static int
evaluate(uint8_t key, const uint8_t (*blinded)[RGROUP_SIZE], size_t octets,
    uint8_t (*ret_evaluated)[RGROUP_SIZE])
{
	const struct msg_evaluate m = { ++last_req, key,
		{ blinded[0], octets } };
	struct voprf_batch batch = { octets / RGROUP_SIZE, blinded, NULL };
	struct msg_evaluated answer;

	process_send(exchange, MSG_EVALUATE, &m, -1);
	if (!process_hear(exchange, MSG_EVALUATED, &answer, PROCESS_WAIT_MS) ||
	    answer.req != last_req)
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
	if (ret_evaluated != NULL)
		memcpy(ret_evaluated, answer.evaluated.p, octets);
	return answer.status;
}

static void
what_the_exchange_asks_is_evaluated_with_a_proof(void)
{
	uint8_t blinded[MSG_EVALUATE_MAX][RGROUP_SIZE];
	const uint8_t(
	    *elements)[RGROUP_SIZE] = (const uint8_t(*)[RGROUP_SIZE])blinded;
	struct voprf_blinded b;

	serve();
	for (size_t i = 0; i < MSG_EVALUATE_MAX; i++) {
		T_RC(RC_OK, voprf_blind(rd_str("+15550100"), &b));
		memcpy(blinded[i], b.element, RGROUP_SIZE);
	}
	T_OK(evaluate(MSG_EVALUATE_DIRECTORY, elements, RGROUP_SIZE, NULL) ==
	    MSG_STATUS_OK);
	T_OK(evaluate(MSG_EVALUATE_TOKEN, elements, sizeof(blinded), NULL) ==
	    MSG_STATUS_OK);
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
	T_OK(evaluate(0, elements, 32, NULL) == MSG_STATUS_MALFORMED);
	memset(blinded[0], 0xff, RGROUP_SIZE);
	T_OK(evaluate(1, elements, 32, NULL) == MSG_STATUS_MALFORMED);
	T_RC(RC_OK, voprf_blind(rd_str("+15550100"), &b));
	memcpy(blinded[0], b.element, RGROUP_SIZE);
	T_OK(evaluate(0, elements, 0, NULL) == MSG_STATUS_MALFORMED);
	T_OK(evaluate(0, elements, 31, NULL) == MSG_STATUS_MALFORMED);
	T_OK(evaluate(0, elements, 33, NULL) == MSG_STATUS_MALFORMED);
	T_OK(evaluate(0, elements, 64, NULL) == MSG_STATUS_MALFORMED);
	T_OK(evaluate(2, elements, 32, NULL) == MSG_STATUS_MALFORMED);
	T_OK(evaluate(0, elements, 32, NULL) == MSG_STATUS_OK);
	T_OK(end(true) == 0);
}

static void
a_key_file_of_another_size_is_refused(void)
{
	static const uint8_t octets[33] = { 1 };

	fresh_spent();
	T_OK(!start(octets, 31, ""));
	T_OK(end(false) != 0);
	T_OK(!start(octets, 33, ""));
	T_OK(end(false) != 0);
}

/* --- a client
 * -------------------------------------------------------------------- */

static uint8_t tokens[TOKENS][PRIVATE_LOOKUP_TOKEN_SIZE];
static size_t n_tokens;

static void
take_tokens(size_t n)
{
	static uint8_t inputs[TOKENS][14 + 32];
	static struct voprf_blinded blinds[TOKENS];
	uint8_t blinded[TOKENS][RGROUP_SIZE];
	uint8_t evaluated[TOKENS][RGROUP_SIZE];

	for (size_t i = 0; i < n; i++) {
		memcpy(inputs[i], "tacet token v1", 14);
		randombytes_buf(inputs[i] + 14, 32);
		T_RC(RC_OK,
		    voprf_blind((struct rd){ inputs[i], sizeof(inputs[i]) },
			&blinds[i]));
		memcpy(blinded[i], blinds[i].element, RGROUP_SIZE);
	}
	T_OK(
	    evaluate(MSG_EVALUATE_TOKEN, (const uint8_t(*)[RGROUP_SIZE])blinded,
		n * RGROUP_SIZE, evaluated) == MSG_STATUS_OK);
	for (size_t i = 0; i < n; i++) {
		memcpy(tokens[i], inputs[i] + 14, 32);
		T_RC(RC_OK,
		    voprf_finalize((struct rd){ inputs[i], sizeof(inputs[i]) },
			&blinds[i], evaluated[i], tokens[i] + 32));
	}
	n_tokens = n;
}

static struct private_lookup_pair
pay(struct voprf_blinded *ret_b)
{
	struct private_lookup_pair p = { { 0 }, { 0 } };

	T_OK(n_tokens > 0);
	memcpy(p.token, tokens[--n_tokens], sizeof(p.token));
	T_RC(RC_OK, voprf_blind(rd_str("+15550100"), ret_b));
	memcpy(p.element, ret_b->element, sizeof(p.element));
	return p;
}

/* The status; *ret_answer borrows until the next. */
static int
ask(enum msg_private_kind kind, struct rd body, struct rd *ret_answer)
{
	const struct msg_private m = { ++last_req, (uint8_t)kind, body };
	struct msg_private_reply answer;

	process_send(front, MSG_PRIVATE, &m, -1);
	if (!process_hear(
		front, MSG_PRIVATE_REPLY, &answer, 6 * PROCESS_WAIT_MS) ||
	    answer.req != last_req)
		return -1;
	T_OK((answer.status == MSG_STATUS_OK) == (answer.body.left > 0));
	*ret_answer = answer.body;
	return answer.status;
}

static void
check_element(const struct private_lookup_pair *p, struct rd evaluated,
    const uint8_t *proof)
{
	const struct voprf_batch batch = { 1,
		(const uint8_t(*)[RGROUP_SIZE])p->element,
		(const uint8_t(*)[RGROUP_SIZE])evaluated.p };

	T_RC(RC_OK, voprf_check(keys.voprf, &batch, proof));
}

/* --- snapshots
 * ------------------------------------------------------------------- */

static void
column_of(uint32_t column, uint8_t *ret_octets)
{
	for (size_t i = 0; i < PIR_COLUMN_BLOCK_SIZE; i++)
		ret_octets[i] = (uint8_t)(column * 31 + i * 7 + i / 256);
}

static void
make_snapshot(void)
{
	uint8_t column[PIR_COLUMN_BLOCK_SIZE];
	struct pir_table *t = NULL;

	T_RC(RC_OK, pir_table_new(&shape, &t));
	for (uint32_t c = 0; c < COLUMNS; c++) {
		column_of(c, column);
		T_RC(RC_OK, pir_table_set(t, c, column));
	}
	T_RC(RC_OK, pir_table_prepare(t));
	snapshot_file = memfd_create("snapshot", MFD_CLOEXEC);
	T_RC(RC_OK, pir_table_save(t, snapshot_file));
	pir_table_free(t);
	T_RC(RC_OK, pir_public_new(&shape, &public));
}

/* The status that lookup says of it. */
static int
offer(
    uint32_t epoch, uint8_t root, uint32_t columns, uint32_t token_day, int fd)
{
	const struct msg_snapshot m = { epoch, columns, 1, { root },
		token_day };
	struct msg_snapshot_ready ready;
	struct msg_private_limit limit;

	process_send(ktlog, MSG_SNAPSHOT, &m, fd);
	if (!process_hear(
		ktlog, MSG_SNAPSHOT_READY, &ready, 2 * PROCESS_WAIT_MS) ||
	    ready.epoch != epoch)
		return -1;
	if (ready.status == MSG_STATUS_OK) {
		T_OK(process_hear(
		    front, MSG_PRIVATE_LIMIT, &limit, PROCESS_WAIT_MS));
		T_OK(limit.max ==
		    PRIVATE_LOOKUP_ASK_HEAD + pir_query_size(&shape));
	}
	return ready.status;
}

static void
build_ask(uint32_t epoch, uint32_t column, struct pir_query **ret_q,
    struct private_lookup_pair *ret_pair, struct buf *b)
{
	struct voprf_blinded blind;
	struct private_lookup_ask a = { .epoch = epoch };
	struct buf query;

	buf_init(&query, pir_query_size(&shape));
	T_RC(RC_OK, pir_query_new(public, column, ret_q, &query));
	a.pair = *ret_pair = pay(&blind);
	a.query = buf_get(&query);
	b->len = 0;
	T_RC(RC_OK, private_lookup_ask_build(&a, b));
	buf_clear(&query);
}

static void
check_answer(struct rd body, uint32_t epoch, uint32_t column,
    const struct pir_query *q, const struct private_lookup_pair *p)
{
	struct private_lookup_answer a;
	uint8_t want[PIR_COLUMN_BLOCK_SIZE];
	uint8_t got[PIR_COLUMN_BLOCK_SIZE];

	T_RC(RC_OK, private_lookup_answer_parse(body, &a));
	T_OK(a.epoch == epoch);
	check_element(p, (struct rd){ a.element, 32 }, a.proof);
	T_RC(RC_OK, pir_query_open(q, a.answer, got));
	column_of(column, want);
	T_MEM(want, got, sizeof(want));
}

/* Asks for a column and reads it. */
static int
look(uint32_t epoch, uint32_t column)
{
	struct private_lookup_pair p;
	struct pir_query *q = NULL;
	struct rd answer;
	struct buf b;
	int status;

	buf_init(&b, MSG_PRIVATE_MAX);
	build_ask(epoch, column, &q, &p, &b);
	status = ask(MSG_PRIVATE_LOOKUP, buf_get(&b), &answer);
	if (status == MSG_STATUS_OK)
		check_answer(answer, epoch, column, q, &p);
	pir_query_free(q);
	buf_clear(&b);
	return status;
}

static int oprf(const struct private_lookup_pair *pairs, size_t n);

/* --- private lookups
 * ------------------------------------------------------------- */

static void
a_column_is_read_that_the_process_does_not_know(void)
{
	serve();
	take_tokens(10);
	T_OK(look(1, 0) == MSG_STATUS_EPOCH_GONE); /* there is none yet */
	T_OK(offer(1, 1, COLUMNS, 0, snapshot_file) == MSG_STATUS_OK);
	T_OK(look(1, 0) == MSG_STATUS_OK);
	T_OK(look(1, COLUMNS - 1) == MSG_STATUS_OK);
	T_OK(look(1, randombytes_uniform(COLUMNS)) == MSG_STATUS_OK);
	T_OK(end(true) == 0);
}

static void
three_epochs_are_answered_for(void)
{
	serve();
	take_tokens(20);
	for (uint32_t e = 7; e <= 10; e++) /* 8 and 9 with the same root */
		T_OK(offer(e, e == 9 ? 8 : (uint8_t)e, COLUMNS, 0,
			 snapshot_file) == MSG_STATUS_OK);
	T_OK(look(7, 5) == MSG_STATUS_EPOCH_GONE);
	T_OK(look(8, 5) == MSG_STATUS_OK);
	T_OK(look(9, 6) == MSG_STATUS_OK);
	T_OK(look(10, 7) == MSG_STATUS_OK);
	T_OK(look(11, 7) == MSG_STATUS_EPOCH_GONE);
	T_OK(end(true) == 0);
}

/* Handed over without a pause, as ktlog does at its start: the order stays. */
static void
snapshots_that_come_together_are_served_in_their_order(void)
{
	struct msg_snapshot_ready ready;
	struct msg_private_limit limit;
	int told = 0;

	serve();
	take_tokens(8);
	for (uint8_t e = 1; e <= 5; e++) {
		const struct msg_snapshot m = { e, COLUMNS, 1,
			{ e == 4 ? 3 : e }, 0 };

		process_send(ktlog, MSG_SNAPSHOT, &m, snapshot_file);
	}
	for (uint32_t e = 1; e <= 5; e++)
		T_OK(process_hear(ktlog, MSG_SNAPSHOT_READY, &ready,
			 2 * PROCESS_WAIT_MS) &&
		    ready.epoch == e && ready.status == MSG_STATUS_OK);
	/* front hears when none waits: at the end, and perhaps between */
	while (process_hear(front, MSG_PRIVATE_LIMIT, &limit, 300))
		told++;
	T_OK(told >= 1 && told <= 5);
	T_OK(look(2, 5) == MSG_STATUS_EPOCH_GONE);
	for (uint32_t e = 3; e <= 5; e++)
		T_OK(look(e, e) == MSG_STATUS_OK);
	T_OK(end(true) == 0);
}

static void
a_damaged_snapshot_is_refused_and_the_one_before_goes_on(void)
{
	uint8_t c = 0;
	off_t size = lseek(snapshot_file, 0, SEEK_END);
	int damaged = memfd_create("damaged", MFD_CLOEXEC);
	uint8_t *copy = malloc((size_t)size);

	serve();
	take_tokens(4);
	T_OK(copy != NULL &&
	    pread(snapshot_file, copy, (size_t)size, 0) == size);
	T_OK(offer(1, 1, COLUMNS, 0, snapshot_file) == MSG_STATUS_OK);
	T_OK(pwrite(damaged, copy, (size_t)size, 0) == size);
	c = copy[size / 2] ^ 1;
	T_OK(pwrite(damaged, &c, 1, size / 2) == 1);
	T_OK(offer(2, 2, COLUMNS, 0, damaged) == MSG_STATUS_MALFORMED);
	T_OK(pwrite(damaged, copy + size / 2, 1, size / 2) == 1);
	T_OK(offer(2, 2, 2 * COLUMNS, 0, damaged) == MSG_STATUS_MALFORMED);
	T_OK(ftruncate(damaged, size - 1) == 0);
	T_OK(offer(2, 2, COLUMNS, 0, damaged) == MSG_STATUS_MALFORMED);
	T_OK(look(1, 3) == MSG_STATUS_OK);
	T_OK(pwrite(damaged, copy + size - 1, 1, size - 1) == 1);
	T_OK(offer(2, 2, COLUMNS, 0, damaged) == MSG_STATUS_OK);
	T_OK(look(2, 3) == MSG_STATUS_OK);
	T_OK(end(true) == 0);
	(void)close(damaged);
	free(copy);
}

/* Sixteen at once and more: each gets its own column. */
static void
many_are_answered_together(void)
{
	enum { N = 40 };
	static struct pir_query *queries[N];
	static struct private_lookup_pair pairs[N];
	static bool seen[N];
	struct msg_private_reply answer;
	struct buf b;

	serve();
	take_tokens(N);
	T_OK(offer(1, 1, COLUMNS, 0, snapshot_file) == MSG_STATUS_OK);
	buf_init(&b, MSG_PRIVATE_MAX);
	for (uint32_t i = 0; i < N; i++) {
		struct msg_private m = { .req = 1000 + i };

		build_ask(1, i * 17, &queries[i], &pairs[i], &b);
		m.body = buf_get(&b);
		process_send(front, MSG_PRIVATE, &m, -1);
	}
	for (uint32_t i = 0; i < N; i++) {
		uint64_t k;

		if (!T_OK(process_hear(front, MSG_PRIVATE_REPLY, &answer,
			12 * PROCESS_WAIT_MS)))
			break;
		k = answer.req - 1000;
		if (!T_OK(k < N && !seen[k] && answer.status == MSG_STATUS_OK))
			break;
		seen[k] = true;
		check_answer(
		    answer.body, 1, (uint32_t)k * 17, queries[k], &pairs[k]);
	}
	for (size_t i = 0; i < N; i++)
		pir_query_free(queries[i]);
	buf_clear(&b);
	T_OK(end(true) == 0);
}

/* Counts, and nothing of whom. */
static void
what_was_done_is_counted(void)
{
	const struct msg_counts_get get = { 77, 1 };
	struct private_lookup_pair pairs[3];
	struct voprf_blinded b;
	struct msg_counts m;

	serve();
	take_tokens(8);
	T_OK(offer(6, 1, COLUMNS, 0, snapshot_file) == MSG_STATUS_OK);
	T_OK(look(6, 1) == MSG_STATUS_OK && look(6, 2) == MSG_STATUS_OK);
	for (size_t i = 0; i < 3; i++)
		pairs[i] = pay(&b);
	T_OK(oprf(pairs, 3) == MSG_STATUS_OK);
	T_OK(oprf(pairs, 1) == MSG_STATUS_TOKEN);
	process_send(exchange, MSG_COUNTS_GET, &get, -1);
	T_OK(process_hear(exchange, MSG_COUNTS, &m, PROCESS_WAIT_MS));
	T_OK(m.req == 77 && m.kind == 1 && m.epoch == 6);
	T_OK(m.lookups == 2 && m.evaluations == 5 && m.issued == 8);
	T_OK(m.redeemed == 5 && m.refused == 1 && m.spent == 5);
	T_OK(m.batches[0] == 2 && m.batches[1] == 0 && m.cores >= 1);
	T_OK(rd_is_eq(m.kernel, pir_kernel_name()));
	T_OK(end(true) == 0);
}

static void
what_is_no_question_is_refused_and_costs_no_token(void)
{
	const size_t whole = PRIVATE_LOOKUP_ASK_HEAD + pir_query_size(&shape);
	struct private_lookup_pair p;
	struct pir_query *q = NULL;
	struct rd answer;
	struct buf b;

	serve();
	take_tokens(4);
	T_OK(offer(1, 1, COLUMNS, 0, snapshot_file) == MSG_STATUS_OK);
	buf_init(&b, MSG_PRIVATE_MAX);
	build_ask(1, 9, &q, &p, &b);
	T_OK(b.len == whole);
	for (size_t n = 0; n < whole; n += n < 140 ? 1 : 4001)
		T_OK(ask(MSG_PRIVATE_LOOKUP, (struct rd){ b.p, n }, &answer) ==
		    MSG_STATUS_MALFORMED);
	T_RC(RC_OK, buf_u8(&b, 0));
	T_OK(ask(MSG_PRIVATE_LOOKUP, buf_get(&b), &answer) ==
	    MSG_STATUS_MALFORMED);
	b.len = whole;
	b.p[PRIVATE_LOOKUP_TOKEN_SIZE + 31] ^= 0x80; /* no element */
	T_OK(ask(MSG_PRIVATE_LOOKUP, buf_get(&b), &answer) ==
	    MSG_STATUS_MALFORMED);
	b.p[PRIVATE_LOOKUP_TOKEN_SIZE + 31] ^= 0x80;
	T_OK(ask((enum msg_private_kind)2, buf_get(&b), &answer) ==
	    MSG_STATUS_MALFORMED);
	T_OK(ask(MSG_PRIVATE_LOOKUP, buf_get(&b), &answer) == MSG_STATUS_OK);
	check_answer(answer, 1, 9, q, &p);
	T_OK(ask(MSG_PRIVATE_LOOKUP, buf_get(&b), &answer) == MSG_STATUS_TOKEN);
	pir_query_free(q);
	buf_clear(&b);
	T_OK(end(true) == 0);
}

/* Words and values that are as large as their bits allow are out of range; as
 * large as the range allows they are answered. */
static void
maximal_words_are_answered_or_refused(void)
{
	struct private_lookup_pair p;
	struct pir_query *q = NULL;
	struct rd answer;
	struct buf b;

	serve();
	take_tokens(4);
	T_OK(offer(1, 1, COLUMNS, 0, snapshot_file) == MSG_STATUS_OK);
	buf_init(&b, MSG_PRIVATE_MAX);
	build_ask(1, 9, &q, &p, &b);
	memset(b.p + PRIVATE_LOOKUP_ASK_HEAD, 0xff,
	    b.len - PRIVATE_LOOKUP_ASK_HEAD);
	T_OK(ask(MSG_PRIVATE_LOOKUP, buf_get(&b), &answer) ==
	    MSG_STATUS_MALFORMED);
	pir_query_free(q);
	build_ask(1, 9, &q, &p, &b);
	memset(b.p + PRIVATE_LOOKUP_ASK_HEAD, 0, pir_query_size(&shape));
	T_OK(ask(MSG_PRIVATE_LOOKUP, buf_get(&b), &answer) == MSG_STATUS_OK);
	T_OK(look(1, 4) == MSG_STATUS_OK);
	pir_query_free(q);
	buf_clear(&b);
	T_OK(end(true) == 0);
}

/* --- tokens
 * ---------------------------------------------------------------------- */

static int
oprf(const struct private_lookup_pair *pairs, size_t n)
{
	struct rd answer = { 0 };
	struct buf b;
	int status;

	buf_init(&b, 20000);
	T_RC(RC_OK, private_lookup_oprf_build(pairs, n, &b));
	status = ask(MSG_PRIVATE_OPRF, buf_get(&b), &answer);
	if (status == MSG_STATUS_OK) {
		uint8_t blinded[PRIVATE_LOOKUP_OPRF_MAX][RGROUP_SIZE];
		const struct voprf_batch batch = { n,
			(const uint8_t(*)[RGROUP_SIZE])blinded,
			(const uint8_t(*)[RGROUP_SIZE])answer.p };

		for (size_t i = 0; i < n; i++)
			memcpy(blinded[i], pairs[i].element, RGROUP_SIZE);
		T_OK(answer.left == n * 32 + 64);
		T_RC(RC_OK, voprf_check(keys.voprf, &batch, answer.p + n * 32));
	}
	buf_clear(&b);
	return status;
}

static void
a_token_pays_once_and_a_kill_does_not_bring_it_back(void)
{
	struct private_lookup_pair pairs[8];
	struct voprf_blinded b;

	serve();
	take_tokens(8);
	for (size_t i = 0; i < 8; i++)
		pairs[i] = pay(&b);
	T_OK(oprf(pairs, 3) == MSG_STATUS_OK);
	T_OK(oprf(pairs, 1) == MSG_STATUS_TOKEN);
	T_OK(oprf(pairs + 2, 2) == MSG_STATUS_TOKEN);
	T_OK(oprf(pairs + 3, 1) == MSG_STATUS_OK); /* it was not taken */
	(void)kill(process_pid, SIGKILL);
	T_OK(end(false) != 0);
	serve_with("");
	for (size_t i = 0; i < 4; i++)
		T_OK(oprf(pairs + i, 1) == MSG_STATUS_TOKEN);
	T_OK(oprf(pairs + 4, 2) == MSG_STATUS_OK);
	pairs[7] = pairs[6]; /* one token twice in one question */
	T_OK(oprf(pairs + 6, 2) == MSG_STATUS_TOKEN);
	T_OK(oprf(pairs + 6, 1) == MSG_STATUS_OK);
	T_OK(end(true) == 0);
}

static void
a_false_token_pays_nothing(void)
{
	struct private_lookup_pair p;
	struct voprf_blinded b;

	serve();
	take_tokens(1);
	p = pay(&b);
	p.token[95] ^= 1;
	T_OK(oprf(&p, 1) == MSG_STATUS_TOKEN);
	p.token[95] ^= 1;
	p.token[0] ^= 1;
	T_OK(oprf(&p, 1) == MSG_STATUS_TOKEN);
	p.token[0] ^= 1;
	T_OK(oprf(&p, 1) == MSG_STATUS_OK);
	T_OK(end(true) == 0);
}

static void
serve_at(int64_t offset)
{
	char conf[64];

	(void)snprintf(conf, sizeof(conf), CLOCK, (long long)offset);
	serve_with(conf);
}

static void
tokens_live_two_days_and_a_clock_set_back_opens_none(void)
{
	struct private_lookup_pair pairs[6];
	struct voprf_blinded b;
	uint32_t first;

	fresh_spent();
	serve_at(0);
	first = keys.day;
	take_tokens(6);
	for (size_t i = 0; i < 6; i++)
		pairs[i] = pay(&b);
	T_OK(oprf(pairs, 1) == MSG_STATUS_OK);
	T_OK(end(true) == 0);
	serve_at(86400);
	T_OK(keys.day == first + 1);
	T_OK(oprf(pairs, 1) == MSG_STATUS_TOKEN);
	T_OK(oprf(pairs + 1, 1) == MSG_STATUS_OK);
	T_OK(end(true) == 0);
	serve_at(2 * 86400);
	T_OK(oprf(pairs + 2, 1) == MSG_STATUS_TOKEN); /* too old */
	take_tokens(1);
	pairs[5] = pay(&b);
	T_OK(oprf(pairs + 5, 1) == MSG_STATUS_OK);
	T_OK(end(true) == 0);
	serve_at(-86400); /* back: the day stays where it was */
	T_OK(keys.day == first + 2);
	T_OK(oprf(pairs, 1) == MSG_STATUS_TOKEN);
	T_OK(oprf(pairs + 3, 1) == MSG_STATUS_TOKEN);
	T_OK(oprf(pairs + 5, 1) == MSG_STATUS_TOKEN);
	T_OK(end(true) == 0);
}

/* Tokens are of the day that the newest epoch's entry says. */
static void
a_new_days_tokens_come_with_the_epoch_that_says_so(void)
{
	uint8_t today[32];
	struct private_lookup_pair p;
	struct voprf_blinded b;

	fresh_spent();
	serve_at(0);
	memcpy(today, keys.token, sizeof(today));
	T_OK(end(true) == 0);
	serve_at(86400);
	T_OK(memcmp(today, keys.token, sizeof(today)) != 0);
	T_OK(
	    offer(1, 1, COLUMNS, keys.day - 1, snapshot_file) == MSG_STATUS_OK);
	memcpy(keys.token, today, sizeof(today));
	take_tokens(2); /* checks the proof with yesterday's key */
	p = pay(&b);
	T_OK(oprf(&p, 1) == MSG_STATUS_OK);
	T_OK(end(true) == 0);
}

static void
without_private_mode_nothing_is_answered(void)
{
	struct rd answer;

	fresh_spent();
	serve_with("private = no\n");
	T_OK(ask(MSG_PRIVATE_OPRF, rd_str("x"), &answer) ==
	    MSG_STATUS_NO_PRIVATE);
	T_OK(end(true) == 0);
}

int
main(void)
{
	if (sodium_init() < 0)
		abort();
	make_snapshot();
	TEST(what_the_exchange_asks_is_evaluated_with_a_proof);
	TEST(what_is_no_element_is_refused_and_the_next_is_answered);
	TEST(a_key_file_of_another_size_is_refused);
	TEST(a_column_is_read_that_the_process_does_not_know);
	TEST(three_epochs_are_answered_for);
	TEST(snapshots_that_come_together_are_served_in_their_order);
	TEST(a_damaged_snapshot_is_refused_and_the_one_before_goes_on);
	TEST(many_are_answered_together);
	TEST(what_was_done_is_counted);
	TEST(what_is_no_question_is_refused_and_costs_no_token);
	TEST(maximal_words_are_answered_or_refused);
	TEST(a_token_pays_once_and_a_kill_does_not_bring_it_back);
	TEST(a_false_token_pays_nothing);
	TEST(tokens_live_two_days_and_a_clock_set_back_opens_none);
	TEST(a_new_days_tokens_come_with_the_epoch_that_says_so);
	TEST(without_private_mode_nothing_is_answered);
	pir_public_free(public);
	(void)close(snapshot_file);
	return tap_done();
}
