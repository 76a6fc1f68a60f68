/*
 * Registration (research: protocols E.2; design: budgets, Limits that ship).
 * The answer to a start is the same for every valid number; only the length of
 * the code in the SMS differs.
 */
#include <sodium.h>
#include <string.h>

#include "base/ct.h"
#include "exchange/exchange_internal.h"
#include "proc/log.h"
#include "wire/e164_plan.h"

#define CODE_MAX 8
#define WAITING_MAX 16384
#define CHECKS_MAX 5
#define SENDS_MAX 5
#define DAY_S 86400
#define CODE_TEXT "Your Tacet code is %s. Do not give it to anyone."

static const uint32_t send_wait[SENDS_MAX] = { 0, 60, 120, 300, 600 };
static const uint32_t check_wait[CHECKS_MAX] = { 0, 0, 60, 120, 120 };

/* 6 digits; 8 when somebody could be taken over by guessing it. */
static enum rc
make_code(struct exchange *x, const uint8_t handle[static STORE_HASH_SIZE],
    char ret_code[static CODE_MAX + 1])
{
	struct store_account a;
	enum rc rc = store_account_by_handle(x->store, handle, &a);
	size_t n = rc == RC_OK ? 8 : 6;

	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return rc;
	for (size_t i = 0; i < n; i++)
		ret_code[i] = (char)('0' + randombytes_uniform(10));
	ret_code[n] = '\0';
	return RC_OK;
}

/* Under a key that is not in the store, or 10^6 tries would find the code; with
 * the session's id, so that one code has a different hash each time. */
static void
code_hash(const struct exchange *x, const uint8_t session[static STORE_ID_SIZE],
    struct rd code, uint8_t ret_hash[static 32])
{
	crypto_generichash_state st;

	(void)crypto_generichash_init(
	    &st, x->code_key, sizeof(x->code_key), 32);
	(void)crypto_generichash_update(&st, session, STORE_ID_SIZE);
	(void)crypto_generichash_update(&st, code.p, code.left);
	(void)crypto_generichash_final(&st, ret_hash, 32);
	explicit_bzero(&st, sizeof(st));
}

/* --- numbers that may want their SMS once more --- */

/* In memory only, and no longer than a code lives: the store keeps the hash.
 * A place that another session took, or a restart, means to begin anew. */
struct waiting {
	uint8_t session[STORE_ID_SIZE];
	struct e164 number; /* n = 0: free */
	struct mono at;
};

static struct waiting waiting[WAITING_MAX];

static struct waiting *
waiting_place(const uint8_t session[static STORE_ID_SIZE])
{
	uint32_t h;

	memcpy(&h, session, sizeof(h)); /* ours, and random */
	return &waiting[h % WAITING_MAX];
}

static void
waiting_put(struct exchange *x, const uint8_t session[static STORE_ID_SIZE],
    const struct e164 *number)
{
	struct waiting *w = waiting_place(session);

	memcpy(w->session, session, sizeof(w->session));
	w->number = *number;
	w->at = loop_now(child_loop(x->child));
}

void
exchange_register_expire(struct exchange *x)
{
	int64_t life = (int64_t)child_conf(x->child)->code_minutes * 60000;
	struct mono now = loop_now(child_loop(x->child));

	for (size_t i = 0; i < WAITING_MAX; i++)
		if (waiting[i].number.n != 0 &&
		    mono_diff_ms(now, waiting[i].at) > life)
			explicit_bzero(&waiting[i], sizeof(waiting[i]));
}

/* All limits of a send but the session's own; the first that says no. */
static enum rc
may_send(struct exchange *x, const uint8_t addr_key[static 16],
    const struct e164 *number, uint32_t *ret_retry)
{
	const struct conf *c = child_conf(x->child);
	struct mono now = loop_now(child_loop(x->child));
	uint32_t prefix = e164_prefix(number);
	enum rc rc = RC_BUG;

	rc = limits_breaker(
	    x->limits, prefix, c->breaker_after, now, ret_retry);
	if (rc == RC_LIMIT)
		log_event(LOG_SMS_BREAKER);
	CHECK(rc == RC_OK, rc);
	TRY(limits_window(x->limits,
	    (struct limits_rule){
		LIMITS_ADDRESS_HOUR, c->sends_hour_address, 3600, 1 },
	    (struct rd){ addr_key, 16 }, now, ret_retry));
	TRY(limits_window(x->limits,
	    (struct limits_rule){
		LIMITS_ADDRESS_DAY, c->sends_day_address, DAY_S, 1 },
	    (struct rd){ addr_key, 16 }, now, ret_retry));
	TRY(limits_window(x->limits,
	    (struct limits_rule){
		LIMITS_PREFIX_HOUR, c->sends_hour_prefix, 3600, 1 },
	    (struct rd){ (const uint8_t *)&prefix, sizeof(prefix) }, now,
	    ret_retry));
	limits_sent(x->limits, prefix, now);
out:
	return rc;
}

static enum rc
send_code(
    struct exchange *x, struct store_session *r, const struct e164 *number)
{
	char code[CODE_MAX + 1] = "";
	struct msg_sms_out out = { .to = *number };
	struct buf text;
	enum rc rc = RC_BUG;

	buf_init(&text, 160);
	TRY(make_code(x, r->handle, code));
	TRY(buf_add_fmt(&text, CODE_TEXT, code));
	code_hash(x, r->id, rd_str(code), r->code_hash);
	r->last_send = mono_wall();
	r->sends++;
	TRY(store_session_put(x->store, r));
	randombytes_buf(out.id, sizeof(out.id));
	out.text = buf_get(&text);
	waiting_put(x, r->id, number);
	exchange_reply(x, PERMIT_ROLE_SMS, MSG_SMS_OUT, &out);
out:
	sodium_memzero(code, sizeof(code));
	explicit_bzero(&out, sizeof(out));
	buf_clear(&text);
	return rc;
}

void
exchange_on_reg_start(struct exchange *x, const void *msg)
{
	const struct msg_reg_start *m = msg;
	struct msg_reg_reply reply = { .req = m->req };
	struct store_session r = { .created = mono_wall() };
	uint32_t today = 0;
	enum rc rc = RC_BUG;

	TRY(e164_plan_check(&m->number));
	store_handle(x->store, &m->number, r.handle);
	TRY(store_session_count(
	    x->store, r.handle, (struct wall){ r.created.s - DAY_S }, &today));
	if (today >= child_conf(x->child)->sessions_day_number) {
		reply.retry_after = DAY_S;
		CHECK(false, RC_LIMIT);
	}
	TRY(may_send(x, m->addr_key, &m->number, &reply.retry_after));
	randombytes_buf(r.id, sizeof(r.id));
	TRY(send_code(x, &r, &m->number));
	memcpy(reply.session, r.id, sizeof(r.id));
	reply.retry_after = send_wait[1];
out:
	reply.status = (uint8_t)exchange_status(rc);
	exchange_reply(x, PERMIT_ROLE_FRONT, MSG_REG_REPLY, &reply);
}

static bool
is_over(struct exchange *x, const struct store_session *r)
{
	int64_t age = mono_wall().s - r->last_send.s;

	return r->checks >= CHECKS_MAX || age < -DAY_S ||
	    age > (int64_t)child_conf(x->child)->code_minutes * 60;
}

/* Another SMS with another code; the one before is void from then on. */
void
exchange_on_reg_send(struct exchange *x, const void *msg)
{
	const struct msg_reg_send *m = msg;
	struct msg_reg_reply reply = { .req = m->req };
	struct waiting *w = waiting_place(m->session);
	struct store_session r;
	struct e164 number = { 0 };
	int64_t wait;
	enum rc rc = RC_BUG;

	memcpy(reply.session, m->session, sizeof(reply.session));
	TRY(store_session_get(x->store, m->session, &r));
	CHECK(!is_over(x, &r) && !r.verified && r.sends < SENDS_MAX &&
		w->number.n != 0 && memcmp(w->session, r.id, 16) == 0,
	    RC_NOT_FOUND);
	wait = r.last_send.s + send_wait[r.sends] - mono_wall().s;
	if (wait > 0) {
		reply.retry_after = (uint32_t)wait;
		CHECK(false, RC_LIMIT);
	}
	number = w->number;
	TRY(may_send(x, m->addr_key, &number, &reply.retry_after));
	TRY(send_code(x, &r, &number));
	if (r.sends < SENDS_MAX)
		reply.retry_after = send_wait[r.sends];
out:
	e164_clear(&number);
	reply.status = (uint8_t)exchange_status(rc);
	exchange_reply(x, PERMIT_ROLE_FRONT, MSG_REG_REPLY, &reply);
}

/* Compares the code; every wrong one counts, durably, before the answer. */
static enum msg_status
check_code(struct exchange *x, const struct msg_account_put *m,
    struct store_session *r, uint32_t *ret_retry)
{
	uint8_t hash[32];
	int64_t wait;

	if (is_over(x, r))
		return MSG_STATUS_WRONG_CODE;
	wait = r->last_check.s + check_wait[r->checks] - mono_wall().s;
	if (r->checks > 0 && wait > 0) {
		*ret_retry = (uint32_t)wait;
		return MSG_STATUS_LIMIT;
	}
	code_hash(x, r->id, m->code, hash);
	if (ct_eq(hash, r->code_hash, sizeof(hash)))
		return MSG_STATUS_OK;
	r->checks++;
	r->last_check = mono_wall();
	if (r->checks < CHECKS_MAX)
		*ret_retry = check_wait[r->checks];
	return store_session_put(x->store, r) == RC_OK ? MSG_STATUS_WRONG_CODE
						       : MSG_STATUS_DOWN;
}

/* A code is good once; after that only for who used it, so that a registration
 * can be repeated when its answer was lost. */
static bool
may_use(struct exchange *x, const struct store_session *r,
    const struct device_list *l)
{
	struct store_account a;

	return !r->verified ||
	    (store_account_by_handle(x->store, r->handle, &a) == RC_OK &&
		memcmp(a.aik, l->aik, sizeof(a.aik)) == 0);
}

static enum rc
put_account(struct exchange *x, const struct msg_account_put *m,
    const struct device_list *l, const uint8_t handle[static STORE_HASH_SIZE],
    struct msg_account_reply *reply)
{
	static struct prekey_upload keys; /* 10 KiB; one thread */
	struct store_account a = { .registered = mono_wall() };
	struct store_account now;
	struct store_account old;
	bool had;
	enum rc rc = RC_BUG;

	had = store_account_by_handle(x->store, handle, &old) == RC_OK;
	TRY(prekey_upload_parse(m->prekeys, l->devices[0].dsk, &keys));
	CHECK(keys.has_signed, RC_MALFORMED);
	memcpy(a.handle, handle, sizeof(a.handle));
	randombytes_buf(a.account, sizeof(a.account));
	a.last_day = mono_day(a.registered);
	TRY(store_account_put(x->store, &a, l, m->device_list, &now));
	TRY(store_prekeys_put(x->store, now.account, l->devices[0].id, &keys));
	memcpy(reply->account, now.account, sizeof(reply->account));
	reply->device = l->devices[0].id;
	reply->epoch = now.epoch;
	if (had) /* whoever lost the number, or a device of his, is cut off */
		exchange_streams_check(x, old.account);
	x->n_registered++;
	log_event(LOG_REGISTERED, LOG_ACCT(now.account));
out:
	return rc;
}

/* A repeat after a lost answer finds its session verified and its identity key
 * registered, and is answered the same. */
void
exchange_on_account_put(struct exchange *x, const void *msg)
{
	const struct msg_account_put *m = msg;
	struct msg_account_reply reply = { .req = m->req };
	uint8_t handle[STORE_HASH_SIZE];
	struct device_list l;
	struct store_session r;
	enum msg_status status = MSG_STATUS_OK;
	enum rc rc = RC_BUG;

	TRY(device_list_parse(m->device_list, &l));
	CHECK(l.n == 1 && l.version == 1, RC_MALFORMED);
	status = exchange_auth_new(x, &m->auth, l.devices[0].dsk);
	if (status != MSG_STATUS_OK)
		goto out;
	rc = store_session_get(x->store, m->session, &r);
	CHECK(rc == RC_OK || rc == RC_NOT_FOUND, rc);
	store_handle(x->store, &m->number, handle);
	if (rc == RC_NOT_FOUND || memcmp(handle, r.handle, 32) != 0) {
		status = MSG_STATUS_WRONG_CODE;
		rc = RC_OK;
		goto out;
	}
	status = check_code(x, m, &r, &reply.retry_after);
	if (status == MSG_STATUS_OK && !may_use(x, &r, &l))
		status = MSG_STATUS_WRONG_CODE;
	if (status != MSG_STATUS_OK)
		goto out;
	if (!r.verified)
		limits_verified(x->limits, e164_prefix(&m->number),
		    loop_now(child_loop(x->child)));
	TRY(put_account(x, m, &l, handle, &reply));
	r.verified = true;
	TRY(store_session_put(x->store, &r));
	rc = exchange_slot_enrol(x, handle, &m->number, &reply);
	if (rc == RC_AGAIN)
		return; /* the answer waits for MSG_EVALUATED */
out:
	reply.status = (uint8_t)(status != MSG_STATUS_OK ? status
							 : exchange_status(rc));
	exchange_reply(x, PERMIT_ROLE_FRONT, MSG_ACCOUNT_REPLY, &reply);
}
