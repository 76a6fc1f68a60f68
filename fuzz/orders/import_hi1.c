#include "orders/import_hi1.h"

#include "fuzz.h"

/* What is read is in range, and says nothing that is ours to say. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct order_error e;
	struct order o;
	enum rc rc = import_hi1_parse((struct rd){ data, size }, &o, &e);

	if (rc == RC_OK) {
		FUZZ_REQUIRE(o.n_handles > 0 &&
		    o.n_handles <= ORDER_HANDLES_MAX && o.classes != 0);
		FUZZ_REQUIRE(o.id[0] == '\0' && o.callback[0] == '\0' &&
		    !o.has_agency_key && !o.has_signature);
		order_complete(&o, 180);
	} else {
		FUZZ_REQUIRE(rc == RC_NOMEM || e.why != NULL);
	}
	return 0;
}
