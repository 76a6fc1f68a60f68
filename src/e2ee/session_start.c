#include <sodium.h>
#include <string.h>

#include "base/failmem.h"
#include "e2ee/session_internal.h"

static struct rd
one_time_get(const struct prekey_bundle *bundle)
{
	if (!bundle->has_one_time)
		return (struct rd){ bundle->one_time.key, 0 };
	return (struct rd){ bundle->one_time.key, 32 };
}

/* DH1 to DH4 of session.md, Start, from A's side. */
static enum rc
secrets(const uint8_t dik_secret[static 32],
    const uint8_t base_secret[static 32], const uint8_t peer_dik[static 32],
    const struct prekey_bundle *bundle, uint8_t (*ret_dh)[32])
{
	const uint8_t *signed_key = bundle->signed_key.key;
	enum rc rc = RC_OK;

	CHECK(crypto_scalarmult(ret_dh[0], dik_secret, signed_key) == 0,
	    RC_DENIED);
	CHECK(crypto_scalarmult(ret_dh[1], base_secret, peer_dik) == 0,
	    RC_DENIED);
	CHECK(crypto_scalarmult(ret_dh[2], base_secret, signed_key) == 0,
	    RC_DENIED);
	if (bundle->has_one_time)
		CHECK(crypto_scalarmult(
			  ret_dh[3], base_secret, bundle->one_time.key) == 0,
		    RC_DENIED);
out:
	return rc;
}

static enum rc
intro_fill(struct session *s, const struct session_key_start *t)
{
	struct session_intro i = {
		.device = t->a->device,
		.signed_id = t->signed_id,
		.one_time_id = t->one_time_id,
		.handle = t->a->handle,
	};
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, SESSION_INTRO_MAX);
	memcpy(i.account, t->a->account, sizeof(i.account));
	memcpy(i.aik, t->a->aik, sizeof(i.aik));
	memcpy(i.dik, t->a->dik, sizeof(i.dik));
	memcpy(i.list_hash, t->a->list_hash, sizeof(i.list_hash));
	memcpy(i.base_key, t->base_key, sizeof(i.base_key));
	TRY(session_intro_build(&i, &b));
	memcpy(s->intro, b.p, b.len);
	s->n_intro = b.len;
out:
	buf_clear(&b);
	return rc;
}

enum rc
session_start_with(const struct session_party *self,
    const uint8_t dik_secret[static 32], const struct session_party *peer,
    const struct prekey_bundle *bundle, const uint8_t base_secret[static 32],
    struct session **ret_s)
{
	struct session_key_start t = {
		.a = self,
		.b = peer,
		.signed_id = bundle->signed_key.id,
		.one_time_id = bundle->has_one_time ? bundle->one_time.id : 0,
		.one_time = one_time_get(bundle),
	};
	uint8_t dh[4][32] = { 0 };
	struct session *s = NULL;
	enum rc rc = RC_BUG;

	/* id 0 is how the intro says that there was none */
	CHECK(!bundle->has_one_time || bundle->one_time.id != 0, RC_MALFORMED);
	CHECK(bundle->device == peer->device, RC_MALFORMED);
	ASSERT(crypto_scalarmult_base(t.base_key, base_secret) == 0);
	memcpy(t.signed_key, bundle->signed_key.key, sizeof(t.signed_key));
	s = failmem_alloc(sizeof(*s));
	CHECK(s != NULL, RC_NOMEM);
	TRY(session_key_hash(&t, s->hash));
	TRY(secrets(dik_secret, base_secret, peer->dik, bundle, dh));
	TRY(intro_fill(s, &t));
	session_key_root(s->hash, dh, bundle->has_one_time ? 4 : 3, s->r.root);
	s->initiator = true;
	memcpy(s->base_key, t.base_key, sizeof(s->base_key));
	memcpy(s->r.remote, t.signed_key, sizeof(s->r.remote));
	s->r.has_remote = true;
	s->r.turn = true;
	*ret_s = s;
	s = NULL;
out:
	session_free(s);
	explicit_bzero(dh, sizeof(dh));
	return rc;
}

enum rc
session_start(const struct session_party *self,
    const uint8_t dik_secret[static 32], const struct session_party *peer,
    const struct prekey_bundle *bundle, struct wall now, struct session **ret_s)
{
	uint8_t base_secret[32];
	struct session *s = NULL;
	enum rc rc = RC_BUG;

	randombytes_buf(base_secret, sizeof(base_secret));
	TRY(session_start_with(
	    self, dik_secret, peer, bundle, base_secret, &s));
	s->start = now;
	s->used = now;
	*ret_s = s;
out:
	explicit_bzero(base_secret, sizeof(base_secret));
	return rc;
}
