#include <sodium.h>
#include <string.h>

#include "exchange/exchange_internal.h"

/* Signature first, then the nonce: only a real request can use up a nonce. */
static enum msg_status
check(
    struct exchange *x, const struct msg_auth *m, const uint8_t dsk[static 32])
{
	struct mono turn = loop_now(child_loop(x->child));
	int64_t now = mono_wall().s;
	uint32_t retry;
	enum rc rc;

	if (crypto_sign_verify_detached(
		m->signature, m->base.p, m->base.left, dsk) != 0)
		return MSG_STATUS_UNSIGNED;
	if ((int64_t)m->created < now - NONCES_WINDOW_S ||
	    (int64_t)m->created > now + NONCES_WINDOW_S)
		return MSG_STATUS_REPLAY;
	/* nonces of before our start are forgotten, but only as long as such a
	 * request is in the window: a clock set back shuts nobody out */
	if ((int64_t)m->created < x->started.s &&
	    mono_diff_ms(turn, x->started_mono) < 2000LL * NONCES_WINDOW_S)
		return MSG_STATUS_REPLAY;
	/* the memory of nonces is shared: one device must not fill it */
	if (limits_bucket(x->limits,
		(struct limits_rule){ LIMITS_REQUESTS, 1000, 50, 1 },
		(struct rd){ dsk, 32 }, turn, &retry) != RC_OK)
		return MSG_STATUS_LIMIT;
	rc = nonces_add(x->nonces, m->nonce, turn);
	return rc == RC_OK   ? MSG_STATUS_OK
	    : rc == RC_LIMIT ? MSG_STATUS_DOWN
			     : MSG_STATUS_REPLAY;
}

enum msg_status
exchange_auth(
    struct exchange *x, const struct msg_auth *m, struct store_account *ret_a)
{
	struct store_device d[DEVICE_LIST_MAX];
	struct store_account a;
	size_t n = 0;
	enum rc rc;

	if (m->is_new)
		return MSG_STATUS_UNSIGNED;
	rc = store_account_get(x->store, m->account, &a);
	if (rc == RC_OK)
		rc = store_devices(x->store, m->account, d, &n);
	if (rc == RC_NOT_FOUND)
		return MSG_STATUS_UNSIGNED;
	if (rc != RC_OK)
		return MSG_STATUS_DOWN;
	for (size_t i = 0; i < n; i++)
		if (d[i].id == m->device) {
			enum msg_status status = check(x, m, d[i].dsk);

			if (status == MSG_STATUS_OK)
				*ret_a = a;
			return status;
		}
	return MSG_STATUS_UNSIGNED;
}

enum msg_status
exchange_auth_new(
    struct exchange *x, const struct msg_auth *m, const uint8_t dsk[static 32])
{
	if (!m->is_new)
		return MSG_STATUS_UNSIGNED;
	return check(x, m, dsk);
}
