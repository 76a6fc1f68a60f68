#include "custody/home.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "people.h"

static char path[64];

/* A fresh directory's name; nothing is there yet. */
static void
fresh(void)
{
	(void)snprintf(path, sizeof(path), "/tmp/tacet-home-XXXXXX");
	T_OK(mkdtemp(path) != NULL && rmdir(path) == 0);
}

static void
gone(void)
{
	static const char *const files[] = { "custodian.box", "contact.json",
		"group.json", "custodian.box.new" };
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		(void)unlinkat(dir, files[i], 0);
	(void)close(dir);
	T_OK(rmdir(path) == 0);
}

static mode_t
mode_of(const char *file)
{
	char full[256];
	struct stat st = { 0 };

	(void)snprintf(full, sizeof(full), "%s/%s", path, file);
	T_OK(stat(full, &st) == 0);
	return st.st_mode & 0777;
}

static void
a_home_opens_with_its_passphrase_alone(void)
{
	struct home *h = NULL;

	fresh();
	T_RC(RC_NOT_FOUND, home_open(path, rd_str("pass"), &h));
	T_RC(RC_DENIED, home_make(path, rd_str("a b"), rd_str("pass")));
	T_RC(RC_OK, home_make(path, rd_str("anna"), rd_str("pass")));
	T_RC(RC_EXISTS, home_make(path, rd_str("anna"), rd_str("pass")));
	T_OK(mode_of(".") == 0700 && mode_of("custodian.box") == 0600);
	T_OK(home_is_locked(path));
	T_RC(RC_DENIED, home_open(path, rd_str("wrong"), &h));
	T_RC(RC_DENIED, home_open(path, rd_str(""), &h));
	T_OK(h == NULL);
	T_RC(RC_OK, home_open(path, rd_str("pass"), &h));
	if (h == NULL)
		return;
	T_STR("anna", h->contact.name);
	T_OK(h->secrets.shares[0].generation == 0 && !h->secrets.has_ceremony);
	home_close(h);
	gone();
}

static void
one_process_at_a_time_has_it_open(void)
{
	struct home *h = NULL;
	struct home *again = NULL;

	fresh();
	T_RC(RC_OK, home_make(path, rd_str("anna"), rd_str("")));
	T_OK(!home_is_locked(path));
	T_RC(RC_OK, home_open(path, rd_str(""), &h));
	T_RC(RC_STATE, home_open(path, rd_str(""), &again));
	home_close(h);
	h = NULL;
	T_OK(chmod(path, 0750) == 0);
	T_RC(RC_STATE, home_open(path, rd_str(""), &h));
	T_OK(chmod(path, 0700) == 0);
	T_RC(RC_OK, home_open(path, rd_str(""), &h));
	home_close(h);
	gone();
}

/* A custodian of his own group, with a known share. */
static struct custodians
group_of(const struct home *h, uint32_t generation, struct home_share *ret_s)
{
	struct custodians g = {
		.threshold = 1, .n = 1, .generation = generation
	};
	struct custodians_member *m = &g.members[0];

	*ret_s = (struct home_share){ .generation = generation, .index = 1 };
	rgroup_scalar_random(ret_s->x);
	T_RC(RC_OK, rgroup_mul_base(ret_s->x, m->verification_key));
	memcpy(g.public_key, m->verification_key, 32);
	memcpy(m->name, h->contact.name, sizeof(m->name));
	memcpy(m->seal_key, h->contact.seal_key, 32);
	memcpy(m->sign_key, h->contact.sign_key, 32);
	return g;
}

static struct home *
reopen(struct home *h)
{
	struct home *again = NULL;

	home_close(h);
	T_RC(RC_OK, home_open(path, rd_str(""), &again));
	return again;
}

static void
a_share_is_kept_and_with_it_only_that_of_the_group_before(void)
{
	const struct home_share *s = NULL;
	struct home_share one, two, three;
	struct custodians g, g2, g3, got;
	struct home *h = NULL;

	fresh();
	T_RC(RC_OK, home_make(path, rd_str("anna"), rd_str("")));
	T_RC(RC_OK, home_open(path, rd_str(""), &h));
	g = group_of(h, 1, &one);
	T_RC(RC_NOT_FOUND, home_share_find(h, &g, &s));
	T_RC(RC_NOT_FOUND, home_group(h, &got));
	h->secrets.has_ceremony = true;
	memset(h->secrets.seed, 7, 32);
	memset(h->secrets.plan, 8, 32);
	T_RC(RC_OK, home_save(h));
	h = reopen(h);
	T_OK(h->secrets.has_ceremony && h->secrets.seed[31] == 7);
	T_RC(RC_OK, home_share_add(h, &g, NULL, &one));
	h = reopen(h);
	T_OK(!h->secrets.has_ceremony && h->secrets.seed[31] == 0);
	T_RC(RC_OK, home_share_find(h, &g, &s));
	T_MEM(one.x, s->x, 32);
	T_RC(RC_OK, home_group(h, &got));
	T_MEM(&g, &got, sizeof(g));
	/* of a second ceremony; then it is done again, from the first group */
	g2 = group_of(h, 2, &two);
	g3 = group_of(h, 2, &three);
	T_RC(RC_OK, home_share_add(h, &g2, &g, &two));
	T_RC(RC_OK, home_share_add(h, &g3, &g, &three));
	h = reopen(h);
	T_RC(RC_OK, home_share_find(h, &g3, &s));
	T_MEM(three.x, s->x, 32);
	T_RC(RC_OK, home_share_find(h, &g, &s));
	T_RC(RC_NOT_FOUND, home_share_find(h, &g2, &s));
	home_close(h);
	gone();
}

static void
a_demo_home_holds_a_group_of_one(void)
{
	const struct home_share *s = NULL;
	struct custodians g, got;
	struct home *h = NULL;

	fresh();
	T_RC(RC_OK, home_make_demo(path, rd_str("demo"), &g));
	T_RC(RC_EXISTS, home_make_demo(path, rd_str("demo"), &g));
	T_OK(g.threshold == 1 && g.n == 1 && g.generation == 1);
	T_OK(!home_is_locked(path));
	T_RC(RC_OK, home_open(path, rd_str(""), &h));
	T_RC(RC_OK, home_share_find(h, &g, &s));
	T_RC(RC_OK, home_group(h, &got));
	T_MEM(&g, &got, sizeof(g));
	home_close(h);
	gone();
}

static void
spoil(const char *file, size_t at)
{
	char full[256];
	char c = 0;
	int fd;

	(void)snprintf(full, sizeof(full), "%s/%s", path, file);
	fd = open(full, O_RDWR | O_CLOEXEC);
	T_OK(fd >= 0 && pread(fd, &c, 1, (off_t)at) == 1);
	c = c == 'A' ? 'B' : 'A';
	T_OK(pwrite(fd, &c, 1, (off_t)at) == 1);
	(void)close(fd);
}

static void
damaged_files_are_told_from_a_wrong_passphrase(void)
{
	struct home *h = NULL;

	fresh();
	T_RC(RC_OK, home_make(path, rd_str("anna"), rd_str("")));
	spoil("contact.json", 20);
	T_RC(RC_CORRUPT, home_open(path, rd_str(""), &h));
	gone();
	fresh();
	T_RC(RC_OK, home_make(path, rd_str("anna"), rd_str("")));
	spoil("custodian.box", 120);
	T_RC(RC_DENIED, home_open(path, rd_str(""), &h));
	spoil("custodian.box", 2);
	T_RC(RC_CORRUPT, home_open(path, rd_str(""), &h));
	T_OK(h == NULL);
	gone();
}

static void
what_a_crash_left_is_no_hindrance(void)
{
	char full[256];
	struct home *h = NULL;
	int fd;

	fresh();
	T_RC(RC_OK, home_make(path, rd_str("anna"), rd_str("")));
	(void)snprintf(full, sizeof(full), "%s/custodian.box.new", path);
	fd = open(full, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	T_OK(fd >= 0 && write(fd, "half", 4) == 4);
	(void)close(fd);
	T_RC(RC_OK, home_open(path, rd_str(""), &h));
	T_RC(RC_OK, home_save(h));
	h = reopen(h);
	T_OK(access(full, F_OK) != 0);
	home_close(h);
	gone();
}

/* --- what is in the box
 * ------------------------------------------------------------------- */

static void
secrets_are_read_as_they_were_built(void)
{
	struct home_secrets s = { .has_ceremony = true };
	struct home_secrets t;
	uint8_t octets[HOME_SECRETS_SIZE], again[HOME_SECRETS_SIZE];

	memset(s.seal_secret, 1, 32);
	memset(s.sign_seed, 2, 32);
	memset(s.plan, 3, 32);
	memset(s.seed, 4, 32);
	s.shares[0] = (struct home_share){ .generation = 0x01020304,
		.index = 16 };
	rgroup_scalar_random(s.shares[0].x);
	home_secrets_build(&s, octets);
	T_RC(RC_OK,
	    home_secrets_parse((struct rd){ octets, sizeof(octets) }, &t));
	home_secrets_build(&t, again);
	T_MEM(octets, again, sizeof(octets));
	T_OK(t.shares[0].generation == 0x01020304 && t.shares[0].index == 16);
	T_MEM(s.shares[0].x, t.shares[0].x, 32);
	T_OK(t.has_ceremony && t.seed[0] == 4 && t.plan[0] == 3);
	for (size_t n = 0; n < sizeof(octets); n++) {
		unsigned char *cut = tap_block(octets, n);

		T_RC(RC_MALFORMED,
		    home_secrets_parse((struct rd){ cut, n }, &t));
		free(cut);
	}
}

static void
bad_secret(size_t at, uint8_t value)
{
	struct home_secrets s = { .has_ceremony = false };
	uint8_t octets[HOME_SECRETS_SIZE + 1] = { 0 };

	s.shares[0] = (struct home_share){ .generation = 1, .index = 1 };
	s.shares[0].x[0] = 1;
	home_secrets_build(&s, octets);
	T_RC(RC_OK,
	    home_secrets_parse((struct rd){ octets, HOME_SECRETS_SIZE }, &s));
	octets[at] = value;
	T_RC(RC_MALFORMED,
	    home_secrets_parse(
		(struct rd){ octets,
		    at == HOME_SECRETS_SIZE ? sizeof(octets)
					    : HOME_SECRETS_SIZE },
		&s));
}

static void
secrets_out_of_range_are_refused(void)
{
	bad_secret(0, 2);                 /* version */
	bad_secret(65 + 3, 0);            /* a share of no generation */
	bad_secret(65 + 5, 0);            /* of no index */
	bad_secret(65 + 5, 17);           /* of index 17 */
	bad_secret(65 + 37, 0xff);        /* no scalar */
	bad_secret(65 + 38 + 5, 1);       /* an index without a share */
	bad_secret(65 + 38 + 37, 1);      /* a scalar without a share */
	bad_secret(65 + 76, 2);           /* a ceremony: 0 or 1 */
	bad_secret(65 + 77, 1);           /* a plan without a ceremony */
	bad_secret(65 + 77 + 63, 1);      /* a seed without one */
	bad_secret(HOME_SECRETS_SIZE, 0); /* one octet behind it */
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(a_home_opens_with_its_passphrase_alone);
	TEST(one_process_at_a_time_has_it_open);
	TEST(a_share_is_kept_and_with_it_only_that_of_the_group_before);
	TEST(a_demo_home_holds_a_group_of_one);
	TEST(damaged_files_are_told_from_a_wrong_passphrase);
	TEST(what_a_crash_left_is_no_hindrance);
	TEST(secrets_are_read_as_they_were_built);
	TEST(secrets_out_of_range_are_refused);
	return tap_done();
}
