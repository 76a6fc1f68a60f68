/*
 * The operator's side of the key ceremony: to install the group that all its
 * members computed alike, and to show it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "base/file.h"
#include "cmd/tacetctl_app.h"
#include "custody/home.h"

#define GROUP "custodians.json"

static enum rc
read_group(int dir, const char *path, struct custodians *ret_g)
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, CUSTODIANS_FILE_MAX);
	TRY(file_read_at(dir, path, &b));
	TRY(custodians_parse(buf_get(&b), ret_g));
out:
	buf_clear(&b);
	return rc;
}

/* One file of each member, and all say the same. */
static int
read_alike(struct tacetctl *t, struct custodians *ret_g)
{
	uint8_t first[32];
	uint8_t hash[32];
	struct custodians g = { 0 };
	enum rc rc = RC_OK;

	for (size_t i = 0; i < t->n_args; i++) {
		rc = read_group(AT_FDCWD, t->args[i], &g);
		if (rc == RC_OK)
			rc = custodians_hash(&g, hash);
		if (rc != RC_OK)
			return tacetctl_say(TACETCTL_EXIT_NO, t->args[i],
			    "it is no group (give the files that finish "
			    "wrote)");
		if (i == 0)
			memcpy(first, hash, sizeof(first));
		if (memcmp(first, hash, sizeof(first)) != 0)
			return tacetctl_say(TACETCTL_EXIT_NO, t->args[i],
			    "its member computed another group than the first "
			    "(begin the ceremony again)");
	}
	if (t->n_args != g.n)
		return tacetctl_say(TACETCTL_EXIT_NO, "custodians set-up",
		    "give one file of each member: all must say the same");
	if (t->threshold != NULL &&
	    strtoul(t->threshold, NULL, 10) != g.threshold)
		return tacetctl_say(TACETCTL_EXIT_NO, "--threshold",
		    "the group has another threshold");
	*ret_g = g;
	return TACETCTL_EXIT_OK;
}

/* A new group is a resharing of the one before: the same key, or a log that
 * nobody of the new can open. */
static int
check_succession(struct tacetctl *t, const struct custodians *g)
{
	struct custodians old;
	enum rc rc = read_group(t->dir, GROUP, &old);

	if (rc == RC_NOT_FOUND)
		return TACETCTL_EXIT_OK;
	if (rc != RC_OK)
		return tacetctl_say(TACETCTL_EXIT_STATE, GROUP, rc_name(rc));
	if (memcmp(old.public_key, g->public_key, sizeof(g->public_key)) != 0)
		return tacetctl_say(TACETCTL_EXIT_NO, "custodians set-up",
		    "it is another key than the log is sealed to (reshare the "
		    "old one: tacet-custodian round1 --reshare)");
	if (g->generation <= old.generation)
		return tacetctl_say(TACETCTL_EXIT_NO, "custodians set-up",
		    "it is not newer than the group that is installed");
	return TACETCTL_EXIT_OK;
}

static enum rc
install(struct tacetctl *t, const struct custodians *g)
{
	char path[64];
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, CUSTODIANS_FILE_MAX);
	TRY(custodians_build(g, &b));
	TRY(buf_u8(&b, '\n'));
	CHECK(
	    mkdirat(t->dir, "custodians", 0700) == 0 || errno == EEXIST, RC_IO);
	(void)snprintf(path, sizeof(path), "custodians/%u.json", g->generation);
	TRY(file_replace(t->dir, path, 0644, buf_get(&b)));
	TRY(file_replace(t->dir, GROUP, 0644, buf_get(&b)));
out:
	buf_clear(&b);
	return rc;
}

/* Into the public log, if the server runs. If not, the log has the group all
 * the same: each segment names its hash. */
static void
announce(struct tacetctl *t, const struct custodians *g)
{
	uint8_t hash[32];
	char hex[65];
	uint64_t index;

	if (custodians_hash(g, hash) != RC_OK)
		return;
	(void)sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	if (tacetctl_log_append(t,
		json_pack("{s:I,s:s,s:s}", "generation",
		    (json_int_t)g->generation, "sha256", hex, "type",
		    "custodians"),
		&index) == RC_OK)
		(void)printf("entry %llu of the public log\n",
		    (unsigned long long)index);
}

int
tacetctl_custodians_set_up(struct tacetctl *t)
{
	struct custodians g = { 0 };
	int status;
	enum rc rc;

	if (t->n_args == 0)
		return tacetctl_say(TACETCTL_EXIT_USAGE, "custodians set-up",
		    "give the group's file of each member");
	status = read_alike(t, &g);
	if (status == TACETCTL_EXIT_OK)
		status = check_succession(t, &g);
	if (status != TACETCTL_EXIT_OK)
		return status;
	rc = install(t, &g);
	if (rc != RC_OK)
		return tacetctl_say_rc("custodians set-up", rc);
	announce(t, &g);
	(void)printf("%u of %u custodians open the log that is written from "
		     "the next start of tacetd on\n",
	    g.threshold, g.n);
	return TACETCTL_EXIT_OK;
}

int
tacetctl_custodians_show(struct tacetctl *t)
{
	struct custodians g;
	enum rc rc = read_group(t->dir, GROUP, &g);

	if (rc != RC_OK)
		return tacetctl_say(TACETCTL_EXIT_NO, "custodians show",
		    "none is set up (tacetctl custodians set-up)");
	if (t->json)
		(void)printf("{\"threshold\":%u,\"members\":%u,"
			     "\"generation\":%u}\n",
		    g.threshold, g.n, g.generation);
	else
		(void)printf("%u of %u, generation %u\n", g.threshold, g.n,
		    g.generation);
	for (uint8_t i = 0; i < g.n && !t->json; i++)
		(void)printf("  %u %s\n", i + 1u, g.members[i].name);
	return TACETCTL_EXIT_OK;
}
