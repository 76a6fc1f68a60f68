#include "relay/relay_limits.h"

#include <sodium.h>
#include <string.h>

#include "base/failmem.h"

#define PLACES 65536u
#define MINUTE_MS 60000

struct place {
	uint32_t conns;
	bool is_used;
	/* requests that are left, times MINUTE_MS: whole numbers only */
	int64_t left;
	struct mono at;
};

struct relay_limits {
	uint32_t per_minute;
	uint32_t conns;
	uint8_t secret[IP_PREFIX_SECRET_SIZE];
	struct place *places;
};

enum rc
relay_limits_new(
    uint32_t per_minute, uint32_t conns, struct relay_limits **ret_l)
{
	struct relay_limits *l = failmem_alloc(sizeof(*l));
	enum rc rc = RC_BUG;

	CHECK(l != NULL, RC_NOMEM);
	l->per_minute = per_minute;
	l->conns = conns;
	randombytes_buf(l->secret, sizeof(l->secret));
	l->places = failmem_array(PLACES, sizeof(*l->places));
	CHECK(l->places != NULL, RC_NOMEM);
	*ret_l = l;
	l = NULL;
	rc = RC_OK;
out:
	relay_limits_free(l);
	return rc;
}

void
relay_limits_free(struct relay_limits *l)
{
	if (l == NULL)
		return;
	free(l->places);
	sodium_memzero(l, sizeof(*l));
	free(l);
}

uint32_t
relay_limits_place(const struct relay_limits *l, const struct sockaddr *sa)
{
	struct ip_prefix ip = ip_prefix_of(sa);
	uint8_t key[IP_PREFIX_KEY_SIZE];
	uint32_t h;

	ip_prefix_key(&ip, l->secret, key);
	ip_prefix_clear(&ip);
	memcpy(&h, key, sizeof(h));
	explicit_bzero(key, sizeof(key));
	return h % PLACES;
}

bool
relay_limits_take(struct relay_limits *l, uint32_t place)
{
	if (l->conns > 0 && l->places[place].conns >= l->conns)
		return false;
	l->places[place].conns++;
	return true;
}

void
relay_limits_release(struct relay_limits *l, uint32_t place)
{
	ASSERT(l->places[place].conns > 0);
	l->places[place].conns--;
}

enum rc
relay_limits_ask(
    struct relay_limits *l, uint32_t place, struct mono now, uint32_t *ret_wait)
{
	struct place *p = &l->places[place];
	const int64_t full = (int64_t)l->per_minute * MINUTE_MS;
	int64_t passed;

	if (l->per_minute == 0)
		return RC_OK;
	passed = p->is_used ? mono_diff_ms(now, p->at) : MINUTE_MS;
	if (passed > MINUTE_MS)
		passed = MINUTE_MS;
	if (passed > 0) {
		p->left += passed * l->per_minute;
		p->at = now;
	}
	p->is_used = true;
	if (p->left > full)
		p->left = full;
	if (p->left < MINUTE_MS) {
		/* rounded up, one second at least */
		*ret_wait = (uint32_t)((MINUTE_MS - p->left) /
				(1000 * (int64_t)l->per_minute)) +
		    1;
		return RC_LIMIT;
	}
	p->left -= MINUTE_MS;
	return RC_OK;
}
