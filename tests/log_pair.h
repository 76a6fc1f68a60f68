/*
 * log_pair: a small public log on disk for tests, written at once from its
 * entries (at most 255), with a key in memory and the trust file that goes
 * with it. The real writer is ktlog, whose own tests are elsewhere.
 */
#ifndef LOG_PAIR_H
#define LOG_PAIR_H
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "merkle/log_dir.h"
#include "merkle/trust.h"
#include "tap.h"

#define LOG_PAIR_MAX 255

struct log_pair {
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	char origin[CHECKPOINT_ORIGIN_SIZE];
	struct trust trust; /* no witnesses; the log's key is the policy's */
	struct buf entries[LOG_PAIR_MAX];
	size_t n;
};

static inline void
log_pair_init(struct log_pair *l)
{
	uint8_t pk[crypto_sign_PUBLICKEYBYTES];

	*l = (struct log_pair){ 0 };
	(void)crypto_sign_keypair(pk, l->secret);
	checkpoint_origin(pk, l->origin);
	T_RC(RC_OK, vkey_init(&l->trust.log, l->origin, VKEY_TYPE_ED25519, pk));
	T_RC(RC_OK,
	    vkey_init(&l->trust.policy, "tacet-policy", VKEY_TYPE_ED25519, pk));
}

/* Returns its index. */
static inline uint64_t
log_pair_add(struct log_pair *l, struct rd entry)
{
	buf_init(&l->entries[l->n], TILES_ENTRY_MAX);
	T_RC(RC_OK, buf_add_rd(&l->entries[l->n], entry));
	return l->n++;
}

static inline void
log_pair_clear(struct log_pair *l)
{
	for (size_t i = 0; i < l->n; i++)
		buf_clear(&l->entries[i]);
	l->n = 0;
}

static inline enum rc
log_pair_hash(void *arg, unsigned level, uint64_t index, uint8_t *ret_hash)
{
	const struct log_pair *l = arg;
	uint8_t a[32];
	uint8_t b[32];

	if (level == 0) {
		tree_leaf(buf_get(&l->entries[index]), ret_hash);
		return RC_OK;
	}
	T_RC(RC_OK, log_pair_hash(arg, level - 1, 2 * index, a));
	T_RC(RC_OK, log_pair_hash(arg, level - 1, 2 * index + 1, b));
	tree_node(a, b, ret_hash);
	return RC_OK;
}

static inline void
log_pair_file(int dir, const char *path, struct rd octets)
{
	char name[TILES_PATH_MAX];
	int fd;

	(void)snprintf(name, sizeof(name), "%s", path);
	for (char *p = name; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		(void)mkdirat(dir, name, 0700);
		*p = '/';
	}
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	T_OK(fd >= 0 &&
	    write(fd, octets.p, octets.left) == (ssize_t)octets.left);
	(void)close(fd);
}

/* Writes all into data/log, which is there. */
static inline void
log_pair_write(struct log_pair *l, int data)
{
	int dir = openat(data, "log", O_RDONLY | O_DIRECTORY);
	struct tiles_id id = { .width = (unsigned)l->n };
	struct checkpoint c = { .origin = rd_str(l->origin), .size = l->n };
	struct buf path;
	struct buf b;
	struct buf note;

	buf_init(&path, TILES_PATH_MAX);
	buf_init(&b, TILES_BUNDLE_MAX);
	buf_init(&note, CHECKPOINT_NOTE_MAX);
	for (size_t i = 0; i < l->n; i++) {
		uint8_t hash[32];

		T_RC(RC_OK, log_pair_hash(l, 0, i, hash));
		T_RC(RC_OK, buf_add(&b, hash, sizeof(hash)));
	}
	T_RC(RC_OK, tiles_path_build(&id, &path));
	T_RC(RC_OK, buf_u8(&path, 0));
	log_pair_file(dir, (const char *)path.p, buf_get(&b));
	b.len = 0;
	for (size_t i = 0; i < l->n; i++)
		T_RC(RC_OK, tiles_entry_build(buf_get(&l->entries[i]), &b));
	id.is_entries = true;
	path.len = 0;
	T_RC(RC_OK, tiles_path_build(&id, &path));
	T_RC(RC_OK, buf_u8(&path, 0));
	log_pair_file(dir, (const char *)path.p, buf_get(&b));
	T_RC(RC_OK, tree_root(log_pair_hash, l, l->n, c.root));
	b.len = 0;
	T_RC(RC_OK, checkpoint_build(&c, &b));
	T_RC(RC_OK, note_build(buf_get(&b), l->origin, l->secret, &note));
	log_pair_file(dir, "checkpoint", buf_get(&note));
	(void)close(dir);
	buf_clear(&path);
	buf_clear(&b);
	buf_clear(&note);
}
#endif
