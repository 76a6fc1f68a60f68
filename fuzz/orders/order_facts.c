#include "orders/order_checks.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct order_facts f;
	json_t *j = json_loadb(
	    (const char *)data, size, JSON_REJECT_DUPLICATES, NULL);

	if (j != NULL && order_facts_parse(j, &f) == RC_OK)
		for (size_t i = 0; i < ORDER_HANDLES_MAX; i++)
			FUZZ_REQUIRE(f.owners[i].n <= ORDER_OWNERS_MAX);
	json_decref(j);
	return 0;
}
