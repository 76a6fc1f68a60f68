#include "directory/epoch_entry.h"

#include "tap.h"

static const struct epoch_entry example = { .epoch = 3,
	.time_ms = 1790000000123,
	.shape = { 4096, 2 },
	.label = { 1 },
	.policy = { 2 },
	.root = { 3 },
	.stash = { 4 },
	.filter = { 8 },
	.diff = { 5 },
	.voprf = { 6 },
	.token = { 7 } };

#define ZEROS62 "00000000000000000000000000000000000000000000000000000000000000"
static const char text[] =
    "{\"blocks\":2,\"columns\":4096,\"diff\":\"05" ZEROS62
    "\",\"epoch\":3,\"filter\":\"08" ZEROS62 "\",\"label\":\"01" ZEROS62
    "\",\"policy\":\"02" ZEROS62 "\",\"root\":\"03" ZEROS62
    "\",\"stash\":\"04" ZEROS62
    "\",\"time_ms\":1790000000123,\"token\":\"07" ZEROS62
    "\",\"type\":\"epoch\",\"voprf\":\"06" ZEROS62 "\"}";

static void
an_entry_is_this_text(void)
{
	struct epoch_entry e;
	struct buf b;

	buf_init(&b, EPOCH_ENTRY_MAX);
	T_RC(RC_OK, epoch_entry_build(&example, &b));
	T_OK(rd_is_eq(buf_get(&b), text));
	T_RC(RC_OK, epoch_entry_parse(rd_str(text), &e));
	T_OK(e.epoch == 3 && e.time_ms == 1790000000123 &&
	    e.shape.columns == 4096 && e.shape.blocks == 2);
	T_MEM(example.label, e.label, 32);
	T_MEM(example.policy, e.policy, 32);
	T_MEM(example.root, e.root, 32);
	T_MEM(example.stash, e.stash, 32);
	T_MEM(example.filter, e.filter, 32);
	T_MEM(example.diff, e.diff, 32);
	T_MEM(example.voprf, e.voprf, 32);
	T_MEM(example.token, e.token, 32);
	buf_clear(&b);
}

static void
every_truncation_is_refused(void)
{
	struct epoch_entry e;

	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		unsigned char *p = tap_block(text, n);

		T_RC(RC_MALFORMED, epoch_entry_parse((struct rd){ p, n }, &e));
		free(p);
	}
}

static void
another_form_of_the_same_is_refused(void)
{
	static const struct {
		const char *from;
		const char *to;
		enum rc rc;
		const char *why;
	} cases[] = {
		{ "\"epoch\":3", "\"epoch\": 3", RC_MALFORMED, "a blank" },
		{ "\"epoch\":3", "\"epoch\":0", RC_MALFORMED, "none" },
		{ "\"epoch\":3", "\"epoch\":4294967296", RC_MALFORMED, "big" },
		{ "\"epoch\":3", "\"epoch\":4294967295", RC_OK, "the last" },
		{ "\"columns\":4096", "\"columns\":4097", RC_MALFORMED,
		    "no power of two" },
		{ "\"blocks\":2", "\"blocks\":0", RC_MALFORMED, "no block" },
		{ "\"blocks\":2", "\"blocks\":17", RC_MALFORMED, "many" },
		{ "\"blocks\":2", "\"block\":2", RC_MALFORMED, "a name" },
		{ "\"time_ms\":1790000000123", "\"time_ms\":253402300800000",
		    RC_MALFORMED, "the year 10000" },
		{ "\"03", "\"0A", RC_MALFORMED, "upper case" },
		{ "\"03", "\"0303", RC_MALFORMED, "long" },
		{ "\"type\":", "\"time\":1,\"type\":", RC_MALFORMED, "more" },
		{ "\"type\":\"epoch\"", "\"type\":\"policy\"", RC_NOT_FOUND,
		    "another type" },
	};
	struct epoch_entry e;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char s[sizeof(text) + 64];
		const char *at = strstr(text, cases[i].from);
		int n = (int)(at - text);

		(void)snprintf(s, sizeof(s), "%.*s%s%s", n, text, cases[i].to,
		    at + strlen(cases[i].from));
		T_RC(cases[i].rc, epoch_entry_parse(rd_str(s), &e));
	}
}

int
main(void)
{
	TEST(an_entry_is_this_text);
	TEST(every_truncation_is_refused);
	TEST(another_form_of_the_same_is_refused);
	return tap_done();
}
