#include "custody/trusted.h"

#include <string.h>

#include "base/file.h"
#include "custody/home.h"
#include "orders/reviewers.h"

#define RETENTION_MAX 3650

static enum rc
take_reviewers(struct rd text, struct release_trust *t)
{
	struct reviewers r;
	enum rc rc = RC_BUG;

	TRY(reviewers_parse(text, &r));
	CHECK(r.n <= RELEASE_REVIEWERS_MAX, RC_MALFORMED);
	t->n_reviewers = r.n;
	for (size_t i = 0; i < r.n; i++)
		memcpy(t->reviewers[i], r.at[i].public_key, 32);
out:
	return rc;
}

enum rc
trusted_read(int dir, const char *log, const char *reviewers,
    struct release_trust *ret_t, const char **ret_name)
{
	struct release_trust t = { 0 };
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, REVIEWERS_FILE_MAX);
	*ret_name = log;
	TRY(file_read_at(dir, log, &b));
	TRY(trust_parse(buf_get(&b), &t.log));
	b.len = 0;
	*ret_name = reviewers;
	TRY(file_read_at(dir, reviewers, &b));
	TRY(take_reviewers(buf_get(&b), &t));
	*ret_t = t;
out:
	buf_clear(&b);
	return rc;
}

static enum rc
take_days(struct rd text, uint32_t *ret_days)
{
	uint32_t v = 0;

	if (text.left < 2 || text.p[text.left - 1] != '\n')
		return RC_MALFORMED;
	for (size_t i = 0; i + 1 < text.left; i++) {
		if (text.p[i] < '0' || text.p[i] > '9' || v > RETENTION_MAX)
			return RC_MALFORMED;
		v = v * 10 + (uint32_t)(text.p[i] - '0');
	}
	*ret_days = v;
	return v <= RETENTION_MAX ? RC_OK : RC_MALFORMED;
}

enum rc
trusted_open(int dir, struct release_trust *ret_t, const char **ret_name)
{
	struct release_trust t;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, 16);
	TRY(trusted_read(dir, TRUSTED_LOG, TRUSTED_REVIEWERS, &t, ret_name));
	*ret_name = TRUSTED_RETENTION;
	TRY(file_read_at(dir, TRUSTED_RETENTION, &b));
	TRY(take_days(buf_get(&b), &t.retention_days));
	*ret_t = t;
out:
	buf_clear(&b);
	return rc;
}

/* The same log as before, or none before. */
static enum rc
check_pinned(int dir, const struct trust *next)
{
	struct trust old;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, TRUST_TEXT_MAX);
	rc = file_read_at(dir, TRUSTED_LOG, &b);
	if (rc == RC_NOT_FOUND) {
		rc = RC_OK;
		goto out;
	}
	CHECK(rc == RC_OK, rc);
	TRY(trust_parse(buf_get(&b), &old));
	CHECK(memcmp(old.log.key, next->log.key, sizeof(old.log.key)) == 0,
	    RC_EXISTS);
out:
	buf_clear(&b);
	return rc;
}

enum rc
trusted_pin(int dir, struct rd log, struct rd reviewers,
    uint32_t retention_days, const char **ret_name)
{
	struct release_trust t;
	struct buf days;
	enum rc rc = RC_BUG;

	buf_init(&days, 16);
	*ret_name = TRUSTED_RETENTION;
	CHECK(retention_days <= RETENTION_MAX, RC_MALFORMED);
	TRY(buf_add_fmt(&days, "%u\n", retention_days));
	*ret_name = TRUSTED_REVIEWERS;
	TRY(take_reviewers(reviewers, &t));
	*ret_name = TRUSTED_LOG;
	TRY(trust_parse(log, &t.log));
	TRY(check_pinned(dir, &t.log));
	TRY(file_replace(dir, TRUSTED_LOG, 0600, log));
	TRY(file_replace(dir, TRUSTED_REVIEWERS, 0600, reviewers));
	TRY(file_replace(dir, TRUSTED_RETENTION, 0600, buf_get(&days)));
out:
	buf_clear(&days);
	return rc;
}
