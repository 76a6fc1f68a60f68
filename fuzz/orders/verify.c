#include "orders/verify.h"

#include <string.h>

#include "fuzz.h"

/* A proof by somebody whom nobody trusts: refused with a sentence, whatever it
 * says. The first octet chooses which half of the input is the order. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct trust nobody;
	struct verify_result r;
	const char *why = "";
	size_t half;
	json_t *order;
	json_t *proof;

	if (size < 2)
		return 0;
	half = 1 + (size - 1) * data[0] / 256;
	order = json_loadb(
	    (const char *)data + 1, half - 1, JSON_REJECT_DUPLICATES, NULL);
	proof = json_loadb((const char *)data + half, size - half,
	    JSON_REJECT_DUPLICATES, NULL);
	FUZZ_REQUIRE(verify_proof(&nobody, order, proof, &r, &why) != RC_OK);
	FUZZ_REQUIRE(why[0] != '\0');
	json_decref(order);
	json_decref(proof);
	return 0;
}
