#include "custody/contact.h"

#include <sodium.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[CONTACT_PRINT_SIZE];
	struct contact c;

	if (sodium_init() < 0)
		return 0;
	if (contact_parse((struct rd){ data, size }, &c) == RC_OK) {
		FUZZ_REQUIRE(custodians_is_name(rd_str(c.name)));
		contact_print(&c, text);
		FUZZ_REQUIRE(text[CONTACT_PRINT_SIZE - 1] == '\0');
	}
	return 0;
}
