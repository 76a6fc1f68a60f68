#include <sodium.h>
#include <string.h>

#include "base/failmem.h"
#include "e2ee/session_internal.h"

enum rc
session_ratchet_send(struct session_ratchet *r, const uint8_t fresh[static 32],
    struct session_header *ret_h, uint8_t ret_key[static 32])
{
	enum rc rc = RC_OK;

	if (r->turn) {
		TRY(session_key_step(r->root, fresh, r->remote, r->send));
		memcpy(r->own, fresh, sizeof(r->own));
		r->has_send = true;
		r->turn = false;
		r->pn = r->ns;
		r->ns = 0;
	}
	CHECK(r->has_send, RC_STATE);
	CHECK(r->ns < UINT32_MAX, RC_LIMIT);
	ASSERT(crypto_scalarmult_base(ret_h->dh, r->own) == 0);
	ret_h->pn = r->pn;
	ret_h->n = r->ns++;
	session_key_next(r->send, ret_key);
out:
	return rc;
}

/* Draws the keys of the receiving chain up to n, not included. */
static size_t
skip(struct session_ratchet *r, uint32_t n, struct session_kept *to)
{
	size_t count = 0;

	for (; r->nr < n; r->nr++, count++) {
		memcpy(to[count].dh, r->remote, sizeof(r->remote));
		to[count].n = r->nr;
		session_key_next(r->recv, to[count].key);
	}
	return count;
}

/* The chain of r->remote is over; only the last few are remembered. */
static void
ended_add(struct session_ratchet *r)
{
	if (r->n_ended == SESSION_ENDED_MAX) {
		memmove(r->ended, r->ended + 1,
		    (SESSION_ENDED_MAX - 1) * sizeof(r->ended[0]));
		r->n_ended--;
	}
	memcpy(r->ended[r->n_ended].dh, r->remote, sizeof(r->remote));
	r->ended[r->n_ended++].n = r->nr;
}

/* A new DH key: session.md, Ratchet, last paragraph. */
static enum rc
receive_turn(struct session_ratchet *r, const struct session_header *h,
    struct session_kept *to, size_t *ret_n)
{
	size_t n = 0;
	enum rc rc = RC_BUG;

	if (r->has_recv) {
		n = skip(r, h->pn, to);
		ended_add(r);
	}
	TRY(session_key_step(r->root, r->own, h->dh, r->recv));
	memcpy(r->remote, h->dh, sizeof(r->remote));
	r->has_remote = true;
	r->has_recv = true;
	r->nr = 0;
	explicit_bzero(r->send, sizeof(r->send));
	r->has_send = false;
	r->turn = true;
	*ret_n = n;
out:
	return rc;
}

/* What the header alone decides: session.md, Limits and refusals. */
static enum rc
header_check(const struct session_ratchet *r, const struct session_header *h,
    bool same, uint64_t *ret_skips)
{
	uint64_t skips = h->n;
	enum rc rc = RC_OK;

	for (size_t i = 0; i < r->n_ended; i++)
		if (memcmp(r->ended[i].dh, h->dh, sizeof(h->dh)) == 0)
			CHECK(false,
			    h->n < r->ended[i].n ? RC_EXISTS : RC_DENIED);
	if (same) {
		/* before an answer the peer's key is its signed prekey, under
		 * which nobody sends */
		CHECK(r->has_recv, RC_DENIED);
		CHECK(h->n >= r->nr, RC_EXISTS);
		skips = h->n - r->nr;
	} else if (r->has_recv) {
		CHECK(h->pn >= r->nr, RC_DENIED);
		skips += h->pn - r->nr;
	}
	CHECK(skips <= SESSION_SKIP_MAX, RC_DENIED);
	*ret_skips = skips;
out:
	return rc;
}

enum rc
session_ratchet_receive(struct session_ratchet *r,
    const struct session_header *h, uint8_t ret_key[static 32],
    struct session_kept **ret_skipped, size_t *ret_n)
{
	bool same = r->has_remote &&
	    memcmp(r->remote, h->dh, sizeof(h->dh)) == 0;
	struct session_kept *skipped = NULL;
	uint64_t skips = 0;
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(header_check(r, h, same, &skips));
	if (skips > 0) {
		skipped = failmem_array((size_t)skips, sizeof(*skipped));
		CHECK(skipped != NULL, RC_NOMEM);
	}
	if (!same)
		TRY(receive_turn(r, h, skipped, &n));
	if (skipped != NULL)
		n += skip(r, h->n, skipped + n);
	ASSERT(n == skips);
	session_key_next(r->recv, ret_key);
	r->nr++;
	*ret_skipped = skipped;
	*ret_n = n;
	skipped = NULL;
out:
	if (skipped != NULL)
		explicit_bzero(skipped, (size_t)skips * sizeof(*skipped));
	free(skipped);
	return rc;
}
