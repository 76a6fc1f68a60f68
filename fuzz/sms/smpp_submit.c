#include "sms/smpp_submit.h"

#include <string.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char id[SMPP_PDU_ID_MAX];

	if (smpp_submit_resp_parse((struct rd){ data, size }, id) == RC_OK) {
		FUZZ_REQUIRE(strlen(id) < sizeof(id));
		FUZZ_REQUIRE(size == 0 || memcmp(id, data, strlen(id)) == 0);
	}
	return 0;
}
