#include "sms/smpp_receipt.h"

#include <string.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smpp_receipt r = { .id = "" };

	if (smpp_receipt_parse((struct rd){ data, size }, &r) != RC_OK)
		return 0;
	FUZZ_REQUIRE(r.id[0] != '\0' && strlen(r.id) < sizeof(r.id));
	FUZZ_REQUIRE(r.state >= SMPP_RECEIPT_STATE_ENROUTE);
	FUZZ_REQUIRE(r.state <= SMPP_RECEIPT_STATE_REJECTED);
	FUZZ_REQUIRE(smpp_receipt_is_for(r.id, r.id));
	return 0;
}
