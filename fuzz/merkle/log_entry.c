#include "merkle/log_entry.h"

#include <string.h>

#include "fuzz.h"
#include "wire/json_body.h"

/* What is read is built again the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum log_entry_type type;
	json_t *o = NULL;
	struct buf b;

	buf_init(&b, LOG_ENTRY_MAX);
	if (log_entry_parse((struct rd){ data, size }, &type, &o) == RC_OK) {
		FUZZ_REQUIRE(type >= 1 && type <= LOG_ENTRY_TYPE_LAST);
		FUZZ_REQUIRE(log_entry_build(o, &b) == RC_OK);
		FUZZ_REQUIRE(b.len == size && memcmp(b.p, data, size) == 0);
	}
	json_body_free(o);
	buf_clear(&b);
	return 0;
}
