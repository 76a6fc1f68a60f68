#include "witness/witness_conf.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct witness_conf c;
	uint32_t line = 0;
	const char *why = NULL;

	if (witness_conf_parse((struct rd){ data, size }, &c, &line, &why) ==
	    RC_OK) {
		FUZZ_REQUIRE(c.n_logs <= WITNESS_CONF_LOGS);
		FUZZ_REQUIRE(note_is_name(rd_str(c.name)));
		FUZZ_REQUIRE(c.key[0] != '\0' && c.state[0] != '\0');
	} else {
		FUZZ_REQUIRE(why != NULL);
	}
	return 0;
}
