#include "orders/reviewers.h"

#include "fuzz.h"

/* A roster that is read is one that can be built person by person. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reviewers r;
	static struct reviewers again;
	struct buf b;
	const char *who;

	buf_init(&b, 4 * REVIEWERS_FILE_MAX);
	(void)!reviewers_skeleton((struct rd){ data, size }, &b);
	buf_clear(&b);
	if (reviewers_parse((struct rd){ data, size }, &r) != RC_OK)
		return 0;
	again.n = 0;
	for (size_t i = 0; i < r.n; i++)
		FUZZ_REQUIRE(reviewers_add(&again, r.at[i].name,
				 r.at[i].public_key, &who) == RC_OK);
	return 0;
}
