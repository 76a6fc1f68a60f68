#include "relay/relay_conf.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct relay_conf c;
	uint32_t line = 0;
	const char *why = NULL;

	if (relay_conf_parse((struct rd){ data, size }, &c, &line, &why) ==
	    RC_OK) {
		FUZZ_REQUIRE(
		    c.n_gateways > 0 && c.n_gateways <= RELAY_CONF_GATEWAYS);
		FUZZ_REQUIRE(c.connections > 0);
	} else {
		FUZZ_REQUIRE(why != NULL);
	}
	return 0;
}
