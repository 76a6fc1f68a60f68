#include "client/epoch_answer.h"

#include "tap.h"
#include "wire/json_body.h"

#define HASH "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static const char good[] = "{\"checkpoint\":\"text\\n\",\"consistency\":[],"
			   "\"entry\":\"{}\",\"index\":5,\"path\":[\"" HASH
			   "\"],\"token_day\":20781}";

static enum rc
parse(const char *text, size_t n, struct epoch_answer *a)
{
	uint8_t *p = tap_block(text, n);
	enum rc rc;

	epoch_answer_init(a);
	rc = epoch_answer_parse((struct rd){ p, n }, a);
	free(p);
	return rc;
}

static void
an_answer_is_read_and_written(void)
{
	struct epoch_answer a;
	struct buf b;

	buf_init(&b, 4096);
	T_RC(RC_OK, parse(good, strlen(good), &a));
	T_OK(a.index == 5 && a.token_day == 20781);
	T_OK(a.path.n == 1 && a.consistency.n == 0);
	T_OK(rd_is_eq(buf_get(&a.note), "text\n"));
	T_OK(rd_is_eq(buf_get(&a.entry), "{}"));
	T_RC(RC_OK, epoch_answer_build(&a, &b));
	T_OK(rd_is_eq(buf_get(&b), good));
	epoch_answer_clear(&a);
	buf_clear(&b);
}

static void
every_truncation_is_refused(void)
{
	struct epoch_answer a;

	for (size_t n = 0; n < strlen(good); n++) {
		T_RC(RC_MALFORMED, parse(good, n, &a));
		epoch_answer_clear(&a);
	}
}

/* good with one piece put in place of another. */
static enum rc
changed(const char *from, const char *to)
{
	const char *at = strstr(good, from);
	struct epoch_answer a;
	char text[1024];
	enum rc rc;

	if (at == NULL)
		abort();
	(void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good,
	    to, at + strlen(from));
	rc = parse(text, strlen(text), &a);
	epoch_answer_clear(&a);
	return rc;
}

static void
what_is_of_another_form_is_refused(void)
{
	T_RC(RC_OK, changed("5", "0"));
	T_RC(RC_MALFORMED, changed("5", "-1"));
	T_RC(RC_MALFORMED, changed("5", "\"5\""));
	T_RC(RC_MALFORMED, changed("20781", "4294967296"));
	T_RC(RC_OK, changed("20781", "4294967295"));
	T_RC(RC_MALFORMED, changed(HASH, "AAAA"));
	T_RC(RC_MALFORMED, changed(HASH, HASH "A"));
	T_RC(RC_MALFORMED, changed("\"" HASH "\"", "7"));
	T_RC(RC_MALFORMED, changed("\"index\":5", "\"index\":5,\"more\":1"));
	T_RC(RC_MALFORMED, changed("\"entry\":\"{}\",", ""));
	T_RC(RC_MALFORMED, changed("20781}", "20781},"));
}

static void
the_longest_proof_is_64_hashes(void)
{
	struct epoch_answer a, again;
	char *text = NULL;
	json_t *o = NULL;
	struct buf b;

	buf_init(&b, 65536);
	T_RC(RC_OK, parse(good, strlen(good), &a));
	a.path.n = TREE_PROOF_MAX;
	T_RC(RC_OK, epoch_answer_build(&a, &b));
	T_RC(RC_OK, parse((const char *)b.p, b.len, &again));
	T_OK(again.path.n == TREE_PROOF_MAX);
	epoch_answer_clear(&again);
	epoch_answer_clear(&a);
	/* one more, with its octets there */
	T_RC(RC_OK, buf_u8(&b, 0));
	o = json_loads((const char *)b.p, 0, NULL);
	T_OK(json_array_append_new(
		 json_object_get(o, "path"), json_string(HASH)) == 0);
	text = json_dumps(o, JSON_COMPACT);
	T_RC(RC_MALFORMED, parse(text, strlen(text), &again));
	epoch_answer_clear(&again);
	free(text);
	json_decref(o);
	buf_clear(&b);
}

int
main(void)
{
	TEST(an_answer_is_read_and_written);
	TEST(every_truncation_is_refused);
	TEST(what_is_of_another_form_is_refused);
	TEST(the_longest_proof_is_64_hashes);
	return tap_done();
}
