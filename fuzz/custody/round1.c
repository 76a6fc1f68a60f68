#include "custody/round1.h"

#include <sodium.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *why = NULL;
	struct round1 r;

	if (sodium_init() < 0)
		return 0;
	if (round1_parse((struct rd){ data, size }, &r, &why) == RC_OK) {
		FUZZ_REQUIRE(r.plan.threshold <= r.plan.n);
		FUZZ_REQUIRE(
		    r.dealer >= 1 && r.dealer <= plan_dealers_max(&r.plan));
	}
	FUZZ_REQUIRE(why != NULL);
	return 0;
}
