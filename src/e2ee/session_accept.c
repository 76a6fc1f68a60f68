#include <sodium.h>
#include <string.h>

#include "base/failmem.h"
#include "e2ee/session_internal.h"

/* DH1 to DH4 of session.md, Start, from B's side. */
static enum rc
secrets(const uint8_t dik_secret[static 32],
    const uint8_t signed_secret[static 32], const uint8_t *one_time_secret,
    const struct session_intro *intro, uint8_t (*ret_dh)[32])
{
	enum rc rc = RC_OK;

	CHECK(crypto_scalarmult(ret_dh[0], signed_secret, intro->dik) == 0,
	    RC_DENIED);
	CHECK(crypto_scalarmult(ret_dh[1], dik_secret, intro->base_key) == 0,
	    RC_DENIED);
	CHECK(crypto_scalarmult(ret_dh[2], signed_secret, intro->base_key) == 0,
	    RC_DENIED);
	if (one_time_secret != NULL)
		CHECK(crypto_scalarmult(
			  ret_dh[3], one_time_secret, intro->base_key) == 0,
		    RC_DENIED);
out:
	return rc;
}

static struct session_party
sender_of(const struct session_intro *intro)
{
	struct session_party p = {
		.device = intro->device,
		.handle = intro->handle,
	};

	memcpy(p.account, intro->account, sizeof(p.account));
	memcpy(p.aik, intro->aik, sizeof(p.aik));
	memcpy(p.dik, intro->dik, sizeof(p.dik));
	memcpy(p.list_hash, intro->list_hash, sizeof(p.list_hash));
	return p;
}

enum rc
session_accept(const struct session_party *self,
    const uint8_t dik_secret[static 32], const uint8_t signed_secret[static 32],
    const uint8_t *one_time_secret, const struct session_intro *intro,
    struct wall now, struct session **ret_s)
{
	const struct session_party sender = sender_of(intro);
	uint8_t one_time[32] = { 0 };
	struct session_key_start t = {
		.a = &sender,
		.b = self,
		.signed_id = intro->signed_id,
		.one_time_id = intro->one_time_id,
		.one_time = { one_time, one_time_secret == NULL ? 0 : 32 },
	};
	uint8_t dh[4][32] = { 0 };
	struct session *s = NULL;
	enum rc rc = RC_BUG;

	CHECK((one_time_secret != NULL) == (intro->one_time_id != 0), RC_STATE);
	if (one_time_secret != NULL)
		ASSERT(crypto_scalarmult_base(one_time, one_time_secret) == 0);
	ASSERT(crypto_scalarmult_base(t.signed_key, signed_secret) == 0);
	memcpy(t.base_key, intro->base_key, sizeof(t.base_key));
	s = failmem_alloc(sizeof(*s));
	CHECK(s != NULL, RC_NOMEM);
	TRY(session_key_hash(&t, s->hash));
	TRY(secrets(dik_secret, signed_secret, one_time_secret, intro, dh));
	session_key_root(
	    s->hash, dh, one_time_secret == NULL ? 3 : 4, s->r.root);
	memcpy(s->base_key, intro->base_key, sizeof(s->base_key));
	memcpy(s->r.own, signed_secret, sizeof(s->r.own));
	s->start = now;
	s->used = now;
	*ret_s = s;
	s = NULL;
out:
	session_free(s);
	explicit_bzero(dh, sizeof(dh));
	return rc;
}
