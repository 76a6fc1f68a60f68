#include "records/shelf.h"

#include <string.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[256];
	char again[SHELF_NAME_SIZE];
	struct shelf_item item;

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (shelf_name_parse(text, &item) == RC_OK &&
	    item.kind != SHELF_KIND_TEMPORARY)
		FUZZ_REQUIRE(shelf_name_build(&item, again) == RC_OK);
	return 0;
}
