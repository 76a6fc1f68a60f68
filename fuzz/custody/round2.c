#include "custody/round2.h"

#include <string.h>

#include <sodium.h>

#include "fuzz.h"

/* Of a ceremony of three, whose keys nobody has. */
static void
plan_fill(struct plan *p)
{
	struct contact c[3] = { 0 };

	for (size_t i = 0; i < 3; i++) {
		c[i].name[0] = (char)('a' + i);
		memset(c[i].seal_key, (int)i + 1, sizeof(c[i].seal_key));
		memset(c[i].sign_key, (int)i + 1, sizeof(c[i].sign_key));
	}
	FUZZ_REQUIRE(plan_make(2, 3, c, NULL, p) == RC_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct plan p;
	const char *why = NULL;
	struct round2 r;

	if (sodium_init() < 0)
		return 0;
	if (p.n == 0)
		plan_fill(&p);
	if (round2_parse((struct rd){ data, size }, &p, &r, &why) == RC_OK)
		FUZZ_REQUIRE(r.dealer >= 1 && r.dealer <= 3);
	FUZZ_REQUIRE(why != NULL);
	return 0;
}
