#include "client/epoch_answer.h"

#include "fuzz.h"

/* What is read can be written and is read again. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct epoch_answer a, again;
	struct buf b;

	buf_init(&b, 65536);
	epoch_answer_init(&a);
	epoch_answer_init(&again);
	if (epoch_answer_parse((struct rd){ data, size }, &a) == RC_OK &&
	    epoch_answer_build(&a, &b) == RC_OK) {
		FUZZ_REQUIRE(a.path.n <= TREE_PROOF_MAX);
		FUZZ_REQUIRE(epoch_answer_parse(buf_get(&b), &again) == RC_OK);
		FUZZ_REQUIRE(again.index == a.index &&
		    again.path.n == a.path.n && again.note.len == a.note.len);
	}
	epoch_answer_clear(&a);
	epoch_answer_clear(&again);
	buf_clear(&b);
	return 0;
}
