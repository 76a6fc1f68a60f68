/*
 * home: a custodian's own directory: his two keys, his shares, and the seed of
 * a ceremony under way, in one file sealed by his passphrase; his contact file
 * and the last group's file beside it. Files are replaced whole or not at all.
 * One process at a time has it open. Blocks. Holds secrets.
 */
#ifndef HOME_H
#define HOME_H
#include "base/secret.h"
#include "custody/contact.h"
#include "custody/plan.h"

#define HOME_SHARES_MAX 2 /* of the last group and of the one before */
#define HOME_SECRETS_SIZE 206

struct home_share {
	uint32_t generation; /* 0: there is none */
	uint16_t index;
	uint8_t x[32];
};

struct home_secrets {
	uint8_t seal_secret[32];                   /* X25519 */
	uint8_t sign_seed[32];                     /* Ed25519 */
	struct home_share shares[HOME_SHARES_MAX]; /* the newest first */
	bool has_ceremony; /* the plan that was dealt for, and the seed */
	uint8_t plan[PLAN_HASH_SIZE];
	uint8_t seed[32];
};

struct home {
	int dir;
	struct contact contact;
	struct secret *passphrase;
	struct home_secrets secrets;
};

/* Makes the directory with fresh keys. RC_EXISTS: a custodian is there already;
 * RC_DENIED: a bad name. An empty passphrase seals nothing (--demo). */
MUST_USE enum rc home_make(
    const char *path, struct rd name, struct rd passphrase);
/* A finished group of this one custodian, for --demo: there is no ceremony, and
 * whoever reads the directory opens the log. As home_make. */
MUST_USE enum rc home_make_demo(
    const char *path, struct rd name, struct custodians *ret_group);
/* RC_NOT_FOUND: no custodian is there; RC_DENIED: the passphrase is wrong or
 * the file was changed; RC_STATE: it is in use, or others can read it;
 * RC_CORRUPT. Caller owns *ret_h: home_close. */
MUST_USE enum rc home_open(
    const char *path, struct rd passphrase, struct home **ret_h);
void home_close(struct home *h); /* wipes; NULL is fine */
/* True when a passphrase is needed. */
bool home_is_locked(const char *path);
/* Writes what is in h->secrets. */
MUST_USE enum rc home_save(struct home *h);
/* Adds the share of a new group: of the others only that of `old`, if there is
 * one, stays; the ceremony is over. Writes both files. */
MUST_USE enum rc home_share_add(struct home *h, const struct custodians *group,
    const struct custodians *old, const struct home_share *share);
/* The share of this group. RC_NOT_FOUND. Borrowed. */
MUST_USE enum rc home_share_find(const struct home *h,
    const struct custodians *group, const struct home_share **ret_share);
/* The last group's file. RC_NOT_FOUND, RC_CORRUPT. */
MUST_USE enum rc home_group(const struct home *h, struct custodians *ret_group);
/* RC_MALFORMED. The caller wipes. */
MUST_USE enum rc home_secrets_parse(
    struct rd octets, struct home_secrets *ret_s);
void home_secrets_build(
    const struct home_secrets *s, uint8_t ret_octets[static HOME_SECRETS_SIZE]);
#endif
