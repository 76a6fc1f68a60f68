#include "wire/ohttp_config.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ohttp_config_key keys[OHTTP_CONFIG_KEYS];
	struct rd octets = { data, size };
	struct ohttp_config c, again;
	struct buf b;
	size_t n = 0;

	buf_init(&b, OHTTP_CONFIG_FILE_MAX);
	if (ohttp_config_parse(octets, 3, &c) == RC_OK) {
		FUZZ_REQUIRE(ohttp_config_build(&c, &b) == RC_OK);
		FUZZ_REQUIRE(
		    ohttp_config_parse(buf_get(&b), 3, &again) == RC_OK);
		FUZZ_REQUIRE(again.id == c.id && again.n_aeads == c.n_aeads);
	}
	b.len = 0;
	if (ohttp_config_file_parse(octets, keys, &n) == RC_OK) {
		FUZZ_REQUIRE(n > 0 && n <= OHTTP_CONFIG_KEYS);
		for (size_t i = 0; i < n; i++)
			FUZZ_REQUIRE(
			    ohttp_config_file_build(&keys[i], &b) == RC_OK);
		FUZZ_REQUIRE(b.len == size);
	}
	buf_clear(&b);
	return 0;
}
