#include <sodium.h>

#include "base/failmem.h"
#include "exchange/nonces.h"
#include "tap.h"

static struct nonces *n;

static enum rc
add(uint64_t name, int64_t seconds)
{
	uint8_t nonce[16] = { 0 };
	struct mono now = mono_now();

	memcpy(nonce, &name, sizeof(name));
	now.us += seconds * 1000000;
	return nonces_add(n, nonce, now);
}

static void
fresh(void)
{
	nonces_free(n);
	n = NULL;
	T_RC(RC_OK, nonces_new(&n));
}

static void
a_nonce_is_taken_once(void)
{
	fresh();
	T_RC(RC_OK, add(1, 0));
	T_RC(RC_EXISTS, add(1, 0));
	T_RC(RC_OK, add(2, 0));
	T_RC(RC_EXISTS, add(2, 1));
	T_RC(RC_EXISTS, add(1, 299));
}

static void
the_zero_nonce_is_refused(void)
{
	fresh();
	T_RC(RC_EXISTS, add(0, 0));
}

static void
a_nonce_outlives_its_window_whenever_it_came(void)
{
	fresh();
	for (int64_t t = 0; t < 4000; t += 61) {
		T_RC(RC_OK, add(1000 + (uint64_t)t, t));
		if (t >= 610)
			T_RC(RC_EXISTS,
			    add(1000 + (uint64_t)(t - t % 61 - 549), t));
	}
}

static void
old_ones_are_forgotten(void)
{
	fresh();
	T_RC(RC_OK, add(1, 0));
	T_RC(RC_OK, add(2, 601));
	T_RC(RC_OK, add(3, 1202));
	T_RC(RC_OK, add(1, 1203));
}

static void
a_full_window_refuses(void)
{
	uint64_t i = 1;
	enum rc rc = RC_OK;

	fresh();
	for (; i < 2000000 && rc == RC_OK; i++)
		rc = add(i, 0);
	T_RC(RC_LIMIT, rc);
	T_RC(RC_EXISTS, add(5, 0));
}

static void
a_failed_allocation_leaks_nothing(void)
{
	struct nonces *m = NULL;

	for (long k = 0; k < 3; k++) {
		(void)failmem_after(k);
		T_RC(RC_NOMEM, nonces_new(&m));
		(void)failmem_after(-1);
		T_OK(m == NULL);
	}
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(a_nonce_is_taken_once);
	TEST(the_zero_nonce_is_refused);
	TEST(a_nonce_outlives_its_window_whenever_it_came);
	TEST(old_ones_are_forgotten);
	TEST(a_full_window_refuses);
	TEST(a_failed_allocation_leaks_nothing);
	nonces_free(n);
	return tap_done();
}
