#include "witness/witness_state.h"

#include <fcntl.h>
#include <unistd.h>

#include "tap.h"

#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define TEXT "a/b 7 " ROOT "c 9223372036854775807 " ROOT

static enum rc
parse(const char *text, size_t n, struct witness_state *ret_s)
{
	unsigned char *p = tap_block(text, n);
	enum rc rc = witness_state_parse((struct rd){ p, n }, ret_s);

	free(p);
	return rc;
}

static void
a_state_is_read_and_built_again(void)
{
	const struct witness_seen *w;
	struct witness_state s;
	struct buf b;

	buf_init(&b, 1024);
	T_RC(RC_OK, parse(TEXT, strlen(TEXT), &s));
	T_OK(s.n == 2);
	w = witness_state_find(&s, "a/b");
	T_OK(w != NULL && w->size == 7 && w->root[0] == 0x0a);
	T_OK(witness_state_find(&s, "a") == NULL);
	T_RC(RC_OK, witness_state_build(&s, &b));
	T_OK(rd_is_eq(buf_get(&b), TEXT));
	T_RC(RC_OK, parse("", 0, &s));
	T_OK(s.n == 0);
	buf_clear(&b);
}

/* Cut between two lines it is another state: that is why it is replaced
 * whole. */
static void
no_truncation_inside_a_line_is_read(void)
{
	struct witness_state s = { .n = 5 };
	size_t line = 6 + strlen(ROOT);

	for (size_t n = 1; n < strlen(TEXT); n++)
		if (n != line)
			T_RC(RC_MALFORMED, parse(TEXT, n, &s));
	T_OK(s.n == 5);
}

static void
another_form_is_refused(void)
{
	static const char *const bad[] = { " 7 " ROOT, "a+b 7 " ROOT,
		"a 0 " ROOT, "a 07 " ROOT, "a -7 " ROOT, "a  7 " ROOT,
		"a 9223372036854775808 " ROOT, "a 7  " ROOT, "a 7 AAAA\n",
		"a 7 " ROOT "a 8 " ROOT, "a 7 " ROOT "\n" };
	struct witness_state s;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		T_RC(RC_MALFORMED, parse(bad[i], strlen(bad[i]), &s));
}

static void
there_is_room_for_so_many_logs(void)
{
	static const uint8_t root[32] = { 1 };
	static struct witness_state s;
	char name[16];
	struct buf b;

	s.n = 0;
	for (int i = 0; i < WITNESS_STATE_LOGS; i++) {
		(void)snprintf(name, sizeof(name), "log%d", i);
		T_RC(RC_OK, witness_state_set(&s, name, 1, root));
	}
	T_RC(RC_LIMIT, witness_state_set(&s, "one more", 1, root));
	T_RC(RC_OK, witness_state_set(&s, "log5", 9, root));
	T_OK(s.n == WITNESS_STATE_LOGS);
	T_OK(witness_state_find(&s, "log5")->size == 9);
	buf_init(&b, 65536);
	T_RC(RC_OK, witness_state_build(&s, &b));
	T_RC(RC_OK, parse((char *)b.p, b.len, &s));
	T_RC(RC_OK, buf_add_str(&b, "more 1 " ROOT));
	T_RC(RC_MALFORMED, parse((char *)b.p, b.len, &s));
	buf_clear(&b);
}

static void
it_is_saved_and_loaded(void)
{
	static const uint8_t root[32] = { 2 };
	char dir[] = "/tmp/tacet-state-XXXXXX";
	char path[64];
	struct witness_state s = { .n = 0 };
	struct witness_state again = { .n = 7 };
	int fd;

	if (mkdtemp(dir) == NULL)
		abort();
	(void)snprintf(path, sizeof(path), "%s/state", dir);
	T_RC(RC_NOT_FOUND, witness_state_load(path, &again));
	T_OK(again.n == 7);
	T_RC(RC_OK, witness_state_save(path, &s));
	T_RC(RC_OK, witness_state_load(path, &again));
	T_OK(again.n == 0);
	T_RC(RC_OK, witness_state_set(&s, "x", 3, root));
	T_RC(RC_OK, witness_state_save(path, &s));
	T_RC(RC_OK, witness_state_load(path, &again));
	T_OK(again.n == 1 && witness_state_find(&again, "x")->size == 3);
	fd = open(path, O_WRONLY | O_APPEND);
	T_OK(fd >= 0 && write(fd, "y", 1) == 1);
	(void)close(fd);
	T_RC(RC_CORRUPT, witness_state_load(path, &again));
	T_OK(unlink(path) == 0 && rmdir(dir) == 0);
	T_RC(RC_IO, witness_state_save(path, &s));
}

int
main(void)
{
	TEST(a_state_is_read_and_built_again);
	TEST(no_truncation_inside_a_line_is_read);
	TEST(another_form_is_refused);
	TEST(there_is_room_for_so_many_logs);
	TEST(it_is_saved_and_loaded);
	return tap_done();
}
