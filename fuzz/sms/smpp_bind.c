#include "sms/smpp_bind.h"

#include <string.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smpp_bind bind = { .system_id = "" }, again = bind;
	struct buf b;

	if (smpp_bind_resp_parse((struct rd){ data, size }) == RC_OK)
		FUZZ_REQUIRE(size == 0 || memchr(data, 0, size) != NULL);
	if (smpp_bind_parse((struct rd){ data, size }, &bind) != RC_OK)
		return 0;
	buf_init(&b, 64);
	FUZZ_REQUIRE(smpp_bind_build(&bind, &b) == RC_OK);
	FUZZ_REQUIRE(smpp_bind_parse(buf_get(&b), &again) == RC_OK);
	FUZZ_REQUIRE(strcmp(bind.system_id, again.system_id) == 0);
	FUZZ_REQUIRE(strcmp(bind.password, again.password) == 0);
	buf_clear(&b);
	return 0;
}
