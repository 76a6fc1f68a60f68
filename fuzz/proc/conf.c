#include "proc/conf.h"

#include "fuzz.h"

/* What is read and written again is read again. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf c;
	struct buf b;
	uint32_t line = 0;
	const char *why = NULL;

	buf_init(&b, CONF_TEXT_MAX);
	conf_defaults(&c);
	if (conf_parse((struct rd){ data, size }, &c, &line, &why) == RC_OK) {
		FUZZ_REQUIRE(c.retention_days >= 1);
		FUZZ_REQUIRE(conf_build(&c, &b) == RC_OK);
		FUZZ_REQUIRE(conf_parse(buf_get(&b), &c, &line, &why) == RC_OK);
	} else {
		FUZZ_REQUIRE(line >= 1 && why != NULL);
	}
	buf_clear(&b);
	return 0;
}
