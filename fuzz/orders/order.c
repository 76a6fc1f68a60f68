#include "orders/order.h"

#include "fuzz.h"

/* What is read from an order's JSON is in range, and checks itself. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct order_check c[ORDER_CHECKS_MAX];
	struct order o;
	bool pass = false;
	json_t *j = json_loadb(
	    (const char *)data, size, JSON_REJECT_DUPLICATES, NULL);

	if (j != NULL && order_parse(j, &o) == RC_OK) {
		FUZZ_REQUIRE(o.n_handles <= ORDER_HANDLES_MAX);
		FUZZ_REQUIRE(order_checks(&o, c, &pass) <= ORDER_CHECKS_MAX);
	}
	json_decref(j);
	return 0;
}
