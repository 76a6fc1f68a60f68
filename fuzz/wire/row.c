#include "wire/row.h"

#include <string.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum row_cause c = ROW_CAUSE_TYPED;
	struct row w = { 0 };
	uint8_t octets[ROW_SIZE];
	char text[ROW_IP_SIZE];

	if (row_cause_parse((struct rd){ data, size }, &c) == RC_OK)
		FUZZ_REQUIRE(strlen(row_cause_text(c)) == size);
	if (row_ip_parse((struct rd){ data, size }, &w) == RC_OK) {
		row_ip_text(&w, text);
		FUZZ_REQUIRE((size == 0) == (text[0] == '\0'));
	}
	if (row_parse((struct rd){ data, size }, &w) != RC_OK)
		return 0;
	FUZZ_REQUIRE(row_cause_text(w.cause) != NULL);
	FUZZ_REQUIRE(row_build(&w, octets) == RC_OK);
	FUZZ_REQUIRE(size == ROW_SIZE && memcmp(octets, data, size) == 0);
	row_clear(&w);
	return 0;
}
