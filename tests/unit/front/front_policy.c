/* The policy note from a descriptor; child_file_take is a fake. */
#include <sys/mman.h>
#include <unistd.h>

#include "base/failmem.h"
#include "front/front_internal.h"
#include "tap.h"
#include "wire/note.h"

static int given = -1;

enum rc
child_file_take(struct child *c, const char *name, int *ret_fd)
{
	(void)c;
	if (given < 0 || strcmp(name, "policy") != 0)
		return RC_NOT_FOUND;
	*ret_fd = given;
	given = -1;
	return RC_OK;
}

static void
give(size_t n, char fill)
{
	char *p = malloc(n + 1);

	given = memfd_create("policy", MFD_CLOEXEC);
	if (p == NULL || given < 0)
		abort();
	memset(p, fill, n);
	if (n > 0 && write(given, p, n) != (ssize_t)n)
		abort();
	(void)lseek(given, 0, SEEK_SET);
	free(p);
}

static struct front f;

static void
a_note_is_served_as_it_stands(void)
{
	give(500, 'a');
	T_RC(RC_OK, front_policy_load(&f));
	T_OK(f.policy.len == 500 && f.policy.p[0] == 'a' &&
	    f.policy.p[499] == 'a');
}

static void
a_reload_replaces_it(void)
{
	give(300, 'b');
	T_RC(RC_OK, front_policy_load(&f));
	T_OK(f.policy.len == 300 && f.policy.p[299] == 'b');
}

static void
a_bad_reload_keeps_what_was(void)
{
	give(0, 'c');
	T_RC(RC_CORRUPT, front_policy_load(&f));
	T_RC(RC_NOT_FOUND, front_policy_load(&f));
	give(NOTE_MAX + 1, 'c');
	T_RC(RC_LIMIT, front_policy_load(&f));
	T_OK(f.policy.len == 300 && f.policy.p[0] == 'b');
}

static void
out_of_memory_keeps_what_was(void)
{
	give(400, 'd');
	(void)failmem_after(0);
	T_RC(RC_NOMEM, front_policy_load(&f));
	(void)failmem_after(-1);
	T_OK(f.policy.len == 300 && f.policy.p[0] == 'b');
}

int
main(void)
{
	buf_init(&f.policy, NOTE_MAX);
	TEST(a_note_is_served_as_it_stands);
	TEST(a_reload_replaces_it);
	TEST(a_bad_reload_keeps_what_was);
	TEST(out_of_memory_keeps_what_was);
	buf_clear(&f.policy);
	return tap_done();
}
