#include "sms/smpp_pdu.h"

#include <string.h>

#include "fuzz.h"

/* Every PDU taken is built again from the octets it came from. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd in = { data, size };
	struct smpp_pdu pdu = { 0 };
	struct buf b;

	buf_init(&b, SMPP_PDU_MAX);
	for (const uint8_t *at = in.p; smpp_pdu_parse(&in, &pdu) == RC_OK;
	     at = in.p) {
		buf_clear(&b);
		FUZZ_REQUIRE(smpp_pdu_build(&pdu, &b) == RC_OK);
		FUZZ_REQUIRE(b.len == (size_t)(in.p - at));
		FUZZ_REQUIRE(memcmp(b.p, at, b.len) == 0);
	}
	buf_clear(&b);
	return 0;
}
