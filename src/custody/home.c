#include "custody/home.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/hpke.h"
#include "crypto/pwbox.h"
#include "crypto/rgroup.h"
#include "custody/paper.h"

#define BOX "custodian.box"
#define BOX_MAX 1024
#define CONTACT "contact.json"
#define GROUP "group.json"
#define VERSION 1
#define SHARE_SIZE (4 + 2 + 32)

/* --- what is in the box
 * ------------------------------------------------------------------- */

void
home_secrets_build(
    const struct home_secrets *s, uint8_t ret_octets[static HOME_SECRETS_SIZE])
{
	uint8_t *p = ret_octets;

	memset(ret_octets, 0, HOME_SECRETS_SIZE);
	*p++ = VERSION;
	memcpy(p, s->seal_secret, 32);
	memcpy(p + 32, s->sign_seed, 32);
	p += 64;
	for (size_t i = 0; i < HOME_SHARES_MAX; i++, p += SHARE_SIZE) {
		const struct home_share *share = &s->shares[i];

		if (share->generation == 0)
			continue;
		for (size_t j = 0; j < 4; j++)
			p[j] = (uint8_t)(share->generation >> (24 - 8 * j));
		p[4] = (uint8_t)(share->index >> 8);
		p[5] = (uint8_t)share->index;
		memcpy(p + 6, share->x, 32);
	}
	if (s->has_ceremony) {
		*p = 1;
		memcpy(p + 1, s->plan, PLAN_HASH_SIZE);
		memcpy(p + 1 + PLAN_HASH_SIZE, s->seed, 32);
	}
}

static enum rc
share_take(struct rd *r, struct home_share *s)
{
	enum rc rc = RC_BUG;

	TRY(rd_u32(r, &s->generation));
	TRY(rd_u16(r, &s->index));
	TRY(rd_copy(r, sizeof(s->x), s->x));
	if (s->generation == 0)
		CHECK(s->index == 0 && sodium_is_zero(s->x, 32) == 1,
		    RC_MALFORMED);
	else
		CHECK(s->index >= 1 && s->index <= CUSTODIANS_MAX &&
			rgroup_scalar_check(s->x) == RC_OK,
		    RC_MALFORMED);
out:
	return rc;
}

enum rc
home_secrets_parse(struct rd octets, struct home_secrets *ret_s)
{
	struct home_secrets s = { .has_ceremony = false };
	uint8_t v = 0;
	enum rc rc = RC_BUG;

	TRY(rd_u8(&octets, &v));
	CHECK(v == VERSION, RC_MALFORMED);
	TRY(rd_copy(&octets, 32, s.seal_secret));
	TRY(rd_copy(&octets, 32, s.sign_seed));
	for (size_t i = 0; i < HOME_SHARES_MAX; i++)
		TRY(share_take(&octets, &s.shares[i]));
	TRY(rd_u8(&octets, &v));
	CHECK(v <= 1, RC_MALFORMED);
	s.has_ceremony = v == 1;
	TRY(rd_copy(&octets, sizeof(s.plan), s.plan));
	TRY(rd_copy(&octets, sizeof(s.seed), s.seed));
	CHECK(s.has_ceremony ||
		(sodium_is_zero(s.plan, sizeof(s.plan)) == 1 &&
		    sodium_is_zero(s.seed, 32) == 1),
	    RC_MALFORMED);
	TRY(rd_end(&octets));
	*ret_s = s;
out:
	explicit_bzero(&s, sizeof(s));
	return rc;
}

/* --- the directory
 * ------------------------------------------------------------------- */

static enum rc
box_write(int dir, const struct home_secrets *s, struct rd passphrase)
{
	uint8_t octets[HOME_SECRETS_SIZE];
	struct buf box;
	enum rc rc = RC_BUG;

	buf_init(&box, BOX_MAX);
	home_secrets_build(s, octets);
	TRY(pwbox_build(
	    (struct rd){ octets, sizeof(octets) }, passphrase, &box));
	TRY(file_replace(dir, BOX, 0600, buf_get(&box)));
out:
	explicit_bzero(octets, sizeof(octets));
	buf_clear(&box);
	return rc;
}

/* The public halves, which are in no file but follow. */
static void
contact_of(const struct home_secrets *s, struct contact *c)
{
	uint8_t secret_key[crypto_sign_SECRETKEYBYTES];

	ASSERT(crypto_scalarmult_base(c->seal_key, s->seal_secret) == 0);
	ASSERT(crypto_sign_seed_keypair(
		   c->sign_key, secret_key, s->sign_seed) == 0);
	sodium_memzero(secret_key, sizeof(secret_key));
}

/* The contact file is written first: a box is there when all is. */
static enum rc
make_in(
    int dir, struct contact *c, struct home_secrets *s, struct rd passphrase)
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, PAPER_MAX);
	CHECK(faccessat(dir, BOX, F_OK, 0) != 0, RC_EXISTS);
	hpke_keypair(s->seal_secret, c->seal_key);
	randombytes_buf(s->sign_seed, sizeof(s->sign_seed));
	contact_of(s, c);
	TRY(contact_build(c, s->sign_seed, &b));
	TRY(file_replace(dir, CONTACT, 0600, buf_get(&b)));
	TRY(box_write(dir, s, passphrase));
out:
	buf_clear(&b);
	return rc;
}

static enum rc
dir_make(const char *path, int *ret_dir)
{
	int dir = -1;
	enum rc rc = RC_BUG;

	CHECK(mkdir(path, 0700) == 0 || errno == EEXIST, RC_IO);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(dir >= 0, RC_IO);
	*ret_dir = dir;
	rc = RC_OK;
out:
	return rc;
}

enum rc
home_make(const char *path, struct rd name, struct rd passphrase)
{
	struct home_secrets s = { .has_ceremony = false };
	struct contact c = { .name = "" };
	int dir = -1;
	enum rc rc = RC_BUG;

	CHECK(custodians_is_name(name), RC_DENIED);
	memcpy(c.name, name.p, name.left);
	TRY(dir_make(path, &dir));
	TRY(make_in(dir, &c, &s, passphrase));
out:
	if (dir >= 0)
		(void)close(dir);
	explicit_bzero(&s, sizeof(s));
	return rc;
}

static enum rc
group_write(int dir, const struct custodians *group)
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, CUSTODIANS_FILE_MAX);
	TRY(custodians_build(group, &b));
	TRY(buf_u8(&b, '\n'));
	TRY(file_replace(dir, GROUP, 0600, buf_get(&b)));
out:
	buf_clear(&b);
	return rc;
}

enum rc
home_make_demo(const char *path, struct rd name, struct custodians *ret_group)
{
	struct custodians g = { .threshold = 1, .n = 1, .generation = 1 };
	struct custodians_member *m = &g.members[0];
	struct home_share share = { .generation = 1, .index = 1 };
	struct home *h = NULL;
	enum rc rc = RC_BUG;

	TRY(home_make(path, name, rd_str("")));
	TRY(home_open(path, rd_str(""), &h));
	rgroup_scalar_random(share.x);
	TRY(rgroup_mul_base(share.x, g.public_key));
	memcpy(m->name, h->contact.name, sizeof(m->name));
	memcpy(m->verification_key, g.public_key, sizeof(g.public_key));
	memcpy(m->seal_key, h->contact.seal_key, sizeof(m->seal_key));
	memcpy(m->sign_key, h->contact.sign_key, sizeof(m->sign_key));
	TRY(home_share_add(h, &g, NULL, &share));
	*ret_group = g;
out:
	explicit_bzero(&share, sizeof(share));
	home_close(h);
	return rc;
}

static enum rc
dir_open(const char *path, int *ret_dir)
{
	struct stat st;
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum rc rc = RC_BUG;

	CHECK(dir >= 0, errno == ENOENT ? RC_NOT_FOUND : RC_IO);
	CHECK(faccessat(dir, BOX, F_OK, 0) == 0, RC_NOT_FOUND);
	CHECK(fstat(dir, &st) == 0, RC_IO);
	CHECK(st.st_uid == geteuid() && (st.st_mode & 077) == 0, RC_STATE);
	CHECK(flock(dir, LOCK_EX | LOCK_NB) == 0, RC_STATE);
	*ret_dir = dir;
	dir = -1;
	rc = RC_OK;
out:
	if (dir >= 0)
		(void)close(dir);
	return rc;
}

static enum rc
box_read(struct home *h, struct rd passphrase)
{
	struct secret *octets = NULL;
	struct buf box;
	enum rc rc = RC_BUG;

	buf_init(&box, BOX_MAX);
	TRY(file_read_at(h->dir, BOX, &box));
	TRY(pwbox_parse(buf_get(&box), passphrase, &octets));
	CHECK(home_secrets_parse(secret_get(octets), &h->secrets) == RC_OK,
	    RC_CORRUPT);
out:
	secret_free(octets);
	buf_clear(&box);
	if (rc == RC_MALFORMED || rc == RC_LIMIT)
		rc = RC_CORRUPT;
	return rc;
}

/* The contact file must be this box's: nobody's else is given out. */
static enum rc
contact_read(struct home *h)
{
	struct contact c;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, PAPER_MAX);
	CHECK(file_read_at(h->dir, CONTACT, &b) == RC_OK, RC_CORRUPT);
	CHECK(contact_parse(buf_get(&b), &h->contact) == RC_OK, RC_CORRUPT);
	c = h->contact;
	contact_of(&h->secrets, &c);
	CHECK(memcmp(&c, &h->contact, sizeof(c)) == 0, RC_CORRUPT);
	rc = RC_OK;
out:
	buf_clear(&b);
	return rc;
}

enum rc
home_open(const char *path, struct rd passphrase, struct home **ret_h)
{
	struct home *h = sodium_malloc(sizeof(struct home));
	enum rc rc = RC_BUG;

	CHECK(h != NULL, RC_NOMEM);
	*h = (struct home){ .dir = -1 };
	TRY(dir_open(path, &h->dir));
	TRY(box_read(h, passphrase));
	TRY(contact_read(h));
	TRY(secret_copy(passphrase, &h->passphrase));
	*ret_h = h;
	h = NULL;
out:
	home_close(h);
	return rc;
}

void
home_close(struct home *h)
{
	if (h == NULL)
		return;
	if (h->dir >= 0)
		(void)close(h->dir);
	secret_free(h->passphrase);
	sodium_free(h);
}

bool
home_is_locked(const char *path)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct buf box;
	bool locked = true;

	buf_init(&box, BOX_MAX);
	if (dir >= 0 && file_read_at(dir, BOX, &box) == RC_OK)
		locked = pwbox_is_locked(buf_get(&box));
	buf_clear(&box);
	if (dir >= 0)
		(void)close(dir);
	return locked;
}

enum rc
home_save(struct home *h)
{
	return box_write(h->dir, &h->secrets, secret_get(h->passphrase));
}

/* The group's file first: with it alone, `finish` is simply done again. */
enum rc
home_share_add(struct home *h, const struct custodians *group,
    const struct custodians *old, const struct home_share *share)
{
	struct home_secrets s = h->secrets;
	const struct home_share *kept = NULL;
	enum rc rc = RC_BUG;

	explicit_bzero(&s.shares, sizeof(s.shares));
	if (old != NULL && home_share_find(h, old, &kept) == RC_OK)
		s.shares[1] = *kept;
	s.shares[0] = *share;
	s.has_ceremony = false;
	explicit_bzero(s.plan, sizeof(s.plan));
	explicit_bzero(s.seed, sizeof(s.seed));
	TRY(group_write(h->dir, group));
	TRY(box_write(h->dir, &s, secret_get(h->passphrase)));
	h->secrets = s;
out:
	explicit_bzero(&s, sizeof(s));
	return rc;
}

enum rc
home_share_find(const struct home *h, const struct custodians *group,
    const struct home_share **ret_share)
{
	uint8_t v[RGROUP_SIZE];

	for (size_t i = 0; i < HOME_SHARES_MAX; i++) {
		const struct home_share *s = &h->secrets.shares[i];

		if (s->generation != group->generation || s->index < 1 ||
		    s->index > group->n || rgroup_mul_base(s->x, v) != RC_OK ||
		    memcmp(v, group->members[s->index - 1].verification_key,
			sizeof(v)) != 0)
			continue;
		*ret_share = s;
		return RC_OK;
	}
	return RC_NOT_FOUND;
}

enum rc
home_group(const struct home *h, struct custodians *ret_group)
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, CUSTODIANS_FILE_MAX);
	TRY(file_read_at(h->dir, GROUP, &b));
	CHECK(custodians_parse(buf_get(&b), ret_group) == RC_OK, RC_CORRUPT);
out:
	buf_clear(&b);
	return rc;
}
