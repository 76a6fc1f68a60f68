#include "orders/order_checks.h"

#include "fuzz.h"

/* What is read from an order's JSON is in range, checks itself, and is built
 * again as it was. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct order_facts facts;
	struct order_check c[ORDER_CHECKS_MAX];
	struct order_error e;
	struct order o;
	bool pass = false;
	json_t *again;
	json_t *j = json_loadb(
	    (const char *)data, size, JSON_REJECT_DUPLICATES, NULL);

	if (j != NULL && order_parse(j, &o, &e) == RC_OK) {
		FUZZ_REQUIRE(o.n_handles <= ORDER_HANDLES_MAX);
		FUZZ_REQUIRE(
		    order_checks(&o, &o, &facts, c, &pass) <= ORDER_CHECKS_MAX);
		FUZZ_REQUIRE(!pass); /* nobody is enrolled */
		again = order_build(&o);
		FUZZ_REQUIRE(again != NULL && json_equal(j, again));
		json_decref(again);
	}
	if (j != NULL && order_request_parse(j, &o, &e) == RC_OK) {
		FUZZ_REQUIRE(o.callback[0] == '\0' && !o.has_agency_key &&
		    !o.has_signature && o.id[0] == '\0');
		order_complete(&o, 180);
	}
	json_decref(j);
	return 0;
}
