#include <sodium.h>
#include <string.h>

#include "base/failmem.h"
#include "e2ee/session_internal.h"

/* DH1 to DH4 of session.md, Start, from B's side. */
static enum rc
agree(const struct session_secrets *own, const struct session_intro *intro,
    uint8_t (*ret_dh)[32])
{
	enum rc rc = RC_OK;

	CHECK(crypto_scalarmult(ret_dh[0], own->signed_key, intro->dik) == 0,
	    RC_DENIED);
	CHECK(crypto_scalarmult(ret_dh[1], own->dik, intro->base_key) == 0,
	    RC_DENIED);
	CHECK(
	    crypto_scalarmult(ret_dh[2], own->signed_key, intro->base_key) == 0,
	    RC_DENIED);
	if (own->one_time != NULL)
		CHECK(crypto_scalarmult(
			  ret_dh[3], own->one_time, intro->base_key) == 0,
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
    const struct session_secrets *secrets, const struct session_intro *intro,
    struct wall now, struct session **ret_s)
{
	const struct session_party sender = sender_of(intro);
	uint8_t one_time[32] = { 0 };
	struct session_key_start t = {
		.a = &sender,
		.b = self,
		.signed_id = intro->signed_id,
		.one_time_id = intro->one_time_id,
		.one_time = { one_time, secrets->one_time == NULL ? 0 : 32 },
	};
	uint8_t dh[4][32] = { 0 };
	struct session *s = NULL;
	enum rc rc = RC_BUG;

	CHECK(
	    (secrets->one_time != NULL) == (intro->one_time_id != 0), RC_STATE);
	if (secrets->one_time != NULL)
		ASSERT(
		    crypto_scalarmult_base(one_time, secrets->one_time) == 0);
	ASSERT(crypto_scalarmult_base(t.signed_key, secrets->signed_key) == 0);
	memcpy(t.base_key, intro->base_key, sizeof(t.base_key));
	s = failmem_alloc(sizeof(*s));
	CHECK(s != NULL, RC_NOMEM);
	TRY(session_key_hash(&t, s->hash));
	TRY(agree(secrets, intro, dh));
	session_key_root(
	    s->hash, dh, secrets->one_time == NULL ? 3 : 4, s->r.root);
	memcpy(s->base_key, intro->base_key, sizeof(s->base_key));
	memcpy(s->r.own, secrets->signed_key, sizeof(s->r.own));
	s->start = now;
	s->used = now;
	*ret_s = s;
	s = NULL;
out:
	session_free(s);
	explicit_bzero(dh, sizeof(dh));
	return rc;
}
