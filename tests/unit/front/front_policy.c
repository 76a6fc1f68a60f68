/* The policy note as keys sends it. */
#include "base/failmem.h"
#include "front/front_internal.h"
#include "tap.h"
#include "wire/note.h"

static struct front f;

static enum rc
take(size_t n, char fill)
{
	unsigned char *p = malloc(n + 1);
	enum rc rc;

	if (p == NULL)
		abort();
	memset(p, fill, n);
	rc = front_policy_take(&f, (struct rd){ p, n });
	free(p);
	return rc;
}

static void
a_note_is_served_as_it_stands(void)
{
	T_RC(RC_OK, take(500, 'a'));
	T_OK(f.policy.len == 500 && f.policy.p[0] == 'a' &&
	    f.policy.p[499] == 'a');
}

static void
a_reload_replaces_it(void)
{
	T_RC(RC_OK, take(300, 'b'));
	T_OK(f.policy.len == 300 && f.policy.p[299] == 'b');
}

static void
a_bad_one_keeps_what_was(void)
{
	T_RC(RC_MALFORMED, take(0, 'c'));
	T_RC(RC_LIMIT, take(NOTE_MAX + 1, 'c'));
	T_OK(f.policy.len == 300 && f.policy.p[0] == 'b');
}

static void
out_of_memory_keeps_what_was(void)
{
	(void)failmem_after(0);
	T_RC(RC_NOMEM, take(400, 'd'));
	(void)failmem_after(-1);
	T_OK(f.policy.len == 300 && f.policy.p[0] == 'b');
}

int
main(void)
{
	buf_init(&f.policy, NOTE_MAX);
	TEST(a_note_is_served_as_it_stands);
	TEST(a_reload_replaces_it);
	TEST(a_bad_one_keeps_what_was);
	TEST(out_of_memory_keeps_what_was);
	buf_clear(&f.policy);
	return tap_done();
}
