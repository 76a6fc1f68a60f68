#include "ipc/permit.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum permit_role role;

	if (permit_role_parse((struct rd){ data, size }, &role) == RC_OK)
		FUZZ_REQUIRE(rd_is_eq(
		    (struct rd){ data, size }, permit_role_name(role)));
	return 0;
}
