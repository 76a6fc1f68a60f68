#include "exchange/limits.h"

#include <string.h>

#include <sodium.h>

#include "base/failmem.h"

#define SLOTS 65536u /* each with WAYS places: 512 Ki counters, 20 MiB */
#define WAYS 8
#define DAY_US (86400LL * 1000000)
#define BREAKER_PERCENT 20
#define STOP_PERCENT 5
#define PAUSE_S 3600
#define STOP_S (6 * 3600)
#define BREAKER_WINDOW_US DAY_US

struct place {
	uint64_t key;  /* keyed hash of kind and key; 0: free */
	int64_t start; /* of the window, or when the tokens were counted */
	int64_t end;   /* from then on the place is free */
	uint32_t count;
	uint32_t good; /* breaker: codes that came back */
};

struct limits {
	uint8_t key[crypto_shorthash_KEYBYTES];
	struct place *places;
};

enum rc
limits_new(struct limits **ret_l)
{
	struct limits *l = failmem_alloc(sizeof(*l));

	if (l == NULL)
		return RC_NOMEM;
	l->places = failmem_array((size_t)SLOTS * WAYS, sizeof(struct place));
	if (l->places == NULL) {
		free(l);
		return RC_NOMEM;
	}
	randombytes_buf(l->key, sizeof(l->key));
	*ret_l = l;
	return RC_OK;
}

void
limits_free(struct limits *l)
{
	if (l == NULL)
		return;
	free(l->places);
	free(l);
}

/* The place of a key; a free one, begun now, when it has none; NULL when all
 * places of its slot are taken by others. The hash is keyed afresh at each
 * start, so that nobody can aim at a slot. */
static struct place *
find(struct limits *l, int kind, const void *key, size_t n, int64_t now)
{
	uint8_t in[1 + LIMITS_KEY_SIZE] = { (uint8_t)kind };
	uint8_t out[crypto_shorthash_BYTES];
	struct place *slot;
	struct place *free_place = NULL;
	uint64_t h;

	ASSERT(n <= LIMITS_KEY_SIZE);
	memcpy(in + 1, key, n);
	(void)crypto_shorthash(out, in, sizeof(in), l->key);
	memcpy(&h, out, sizeof(h));
	h += h == 0;
	slot = l->places + (h % SLOTS) * WAYS;
	for (size_t i = 0; i < WAYS; i++) {
		if (slot[i].key == h && slot[i].end > now)
			return &slot[i];
		if (slot[i].key == 0 || slot[i].end <= now)
			free_place = &slot[i];
	}
	if (free_place != NULL)
		*free_place = (struct place){ h, now, 0, 0, 0 };
	return free_place;
}

static uint32_t
seconds(int64_t us)
{
	return us <= 0 ? 1 : (uint32_t)((us + 999999) / 1000000);
}

enum rc
limits_window(struct limits *l, struct limits_rule rule, struct rd key,
    struct mono now, uint32_t *ret_retry)
{
	struct place *p = find(l, (int)rule.kind, key.p, key.left, now.us);

	if (p == NULL) {
		*ret_retry = 60;
		return RC_LIMIT;
	}
	if (p->count == 0)
		p->end = now.us + (int64_t)rule.per * 1000000;
	if ((uint64_t)p->count + rule.n > rule.max) {
		*ret_retry = seconds(p->end - now.us);
		return RC_LIMIT;
	}
	p->count += rule.n;
	return RC_OK;
}

enum rc
limits_bucket(struct limits *l, struct limits_rule rule, struct rd key,
    struct mono now, uint32_t *ret_retry)
{
	struct place *p = find(l, (int)rule.kind, key.p, key.left, now.us);
	int64_t step = (int64_t)rule.per * 1000;
	int64_t back;
	int64_t missing;

	if (step == 0)
		step = 1;
	if (p == NULL) {
		*ret_retry = 60;
		return RC_LIMIT;
	}
	/* count is what was taken and has not come back */
	back = (now.us - p->start) / step;
	if (back >= p->count) {
		p->count = 0;
		p->start = now.us;
	} else {
		p->count -= (uint32_t)back;
		p->start += back * step;
	}
	p->end = now.us + (int64_t)(rule.max + 1) * step + 1;
	missing = (int64_t)p->count + rule.n - rule.max;
	if (missing > 0) {
		*ret_retry = seconds(p->start + missing * step - now.us);
		return RC_LIMIT;
	}
	p->count += rule.n;
	return RC_OK;
}

static struct place *
breaker(struct limits *l, uint32_t prefix, struct mono now)
{
	struct place *p = find(l, 0, &prefix, sizeof(prefix), now.us);

	if (p != NULL && p->end == 0)
		p->end = now.us + BREAKER_WINDOW_US;
	return p;
}

enum rc
limits_breaker(struct limits *l, uint32_t prefix, uint32_t breaker_after,
    struct mono now, uint32_t *ret_retry)
{
	struct place *p = breaker(l, prefix, now);
	uint64_t share;
	int64_t until;

	if (p == NULL || p->count < breaker_after)
		return RC_OK;
	share = (uint64_t)p->good * 100 / p->count;
	if (share >= BREAKER_PERCENT)
		return RC_OK;
	until = now.us + (share < STOP_PERCENT ? STOP_S : PAUSE_S) * 1000000LL;
	/* the first refusal decides when the place is free: later ones find
	 * an earlier end */
	if (p->end > until)
		p->end = until;
	*ret_retry = seconds(p->end - now.us);
	return RC_LIMIT;
}

void
limits_sent(struct limits *l, uint32_t prefix, struct mono now)
{
	struct place *p = breaker(l, prefix, now);

	if (p != NULL)
		p->count++;
}

void
limits_verified(struct limits *l, uint32_t prefix, struct mono now)
{
	struct place *p = breaker(l, prefix, now);

	if (p != NULL)
		p->good++;
}
