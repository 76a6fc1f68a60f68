/*
 * Two generations of an open-addressing set; a generation lives two windows
 * (created may be a window early or late), then the older one is emptied.
 */
#include "exchange/nonces.h"

#include <string.h>

#include <sodium.h>

#include "base/failmem.h"

#define SLOTS (1u << 20)
#define FULL (SLOTS / 4 * 3)
#define LIFE_US (2LL * NONCES_WINDOW_S * 1000000)

struct entry {
	uint8_t nonce[16]; /* all zero: free */
};

struct generation {
	struct entry *slots;
	uint32_t n;
};

struct nonces {
	struct generation gen[2];
	int current;
	struct mono since;
	uint8_t key[crypto_shorthash_KEYBYTES];
};

enum rc
nonces_new(struct nonces **ret_n)
{
	struct nonces *n = failmem_alloc(sizeof(*n));
	enum rc rc = RC_BUG;

	CHECK(n != NULL, RC_NOMEM);
	for (int i = 0; i < 2; i++) {
		n->gen[i].slots = failmem_array(SLOTS, sizeof(struct entry));
		CHECK(n->gen[i].slots != NULL, RC_NOMEM);
	}
	n->since = mono_now();
	randombytes_buf(n->key, sizeof(n->key));
	*ret_n = n;
	n = NULL;
	rc = RC_OK;
out:
	nonces_free(n);
	return rc;
}

void
nonces_free(struct nonces *n)
{
	if (n == NULL)
		return;
	free(n->gen[0].slots);
	free(n->gen[1].slots);
	free(n);
}

/* The slot of the nonce, or the free one where it belongs. The hash is keyed:
 * a client that chooses its nonces cannot make the chains long. */
static struct entry *
find(const struct nonces *n, int gen, const uint8_t nonce[static 16])
{
	static const struct entry none;
	const struct generation *g = &n->gen[gen];
	uint8_t h[crypto_shorthash_BYTES];
	uint32_t i;

	(void)crypto_shorthash(h, nonce, 16, n->key);
	memcpy(&i, h, sizeof(i));
	for (i %= SLOTS;; i = (i + 1) % SLOTS)
		if (memcmp(&g->slots[i], &none, sizeof(none)) == 0 ||
		    memcmp(g->slots[i].nonce, nonce, 16) == 0)
			return &g->slots[i];
}

enum rc
nonces_add(struct nonces *n, const uint8_t nonce[static 16], struct mono now)
{
	static const uint8_t zero[16];
	struct entry *e;

	if (memcmp(nonce, zero, 16) == 0)
		return RC_EXISTS;
	if (now.us - n->since.us > LIFE_US) {
		n->current = !n->current;
		n->since = now;
		explicit_bzero(
		    n->gen[n->current].slots, SLOTS * sizeof(struct entry));
		n->gen[n->current].n = 0;
	}
	if (memcmp(find(n, !n->current, nonce)->nonce, nonce, 16) == 0)
		return RC_EXISTS;
	e = find(n, n->current, nonce);
	if (memcmp(e->nonce, nonce, 16) == 0)
		return RC_EXISTS;
	if (n->gen[n->current].n >= FULL)
		return RC_LIMIT;
	memcpy(e->nonce, nonce, 16);
	n->gen[n->current].n++;
	return RC_OK;
}
