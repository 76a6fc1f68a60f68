#include "merkle/witness_line.h"

#include <string.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct witness_line w;

	if (witness_line_parse((struct rd){ data, size }, &w) == RC_OK) {
		FUZZ_REQUIRE(strlen(w.host) > 0 && strlen(w.port) > 0);
		FUZZ_REQUIRE(w.target[0] == '/');
		FUZZ_REQUIRE(w.key.type == VKEY_TYPE_COSIGNATURE);
	}
	return 0;
}
