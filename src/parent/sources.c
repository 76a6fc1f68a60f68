#include "parent/sources.h"

#include <unistd.h>

#include "parent/data_dir.h"

size_t
sources_list(
    const struct conf *c, struct sources_file ret_files[static SOURCES_N])
{
	const struct sources_file all[SOURCES_N] = {
		{ PERMIT_ROLE_FRONT, "tls.cert",
		    c->tls_cert[0] != '\0' ? c->tls_cert : "tls/cert.pem",
		    false, false },
		{ PERMIT_ROLE_FRONT, "tls.key",
		    c->tls_key[0] != '\0' ? c->tls_key : "tls/key.pem", true,
		    false },
		{ PERMIT_ROLE_FRONT, "ohttp.key", "keys/ohttp.key", true,
		    false },
		/* missing: before the first start has written it */
		{ PERMIT_ROLE_FRONT, "trust", "trust.json", false, true },
		{ PERMIT_ROLE_EXCHANGE, "store.key", "keys/store.key", true,
		    false },
		/* missing: classic lookups are off */
		{ PERMIT_ROLE_RECORDS, "custodians", "custodians.json", false,
		    true },
		{ PERMIT_ROLE_SMS, "smpp.password", c->smpp_password_file, true,
		    false },
		{ PERMIT_ROLE_KEYS, "log.key", "keys/log.key", true, false },
		{ PERMIT_ROLE_KEYS, "policy.key", "keys/policy.key", true,
		    false },
		{ PERMIT_ROLE_KEYS, "policy", "policy.json", false, false },
		{ PERMIT_ROLE_LOOKUP, "lookup.key", "keys/lookup.key", true,
		    false },
		{ PERMIT_ROLE_KTLOG, "directory", "directory", true, false },
		/* missing: nothing was signed yet */
		{ PERMIT_ROLE_KEYS, "checkpoint", "log/checkpoint", false,
		    true },
	};
	size_t n = 0;

	for (size_t i = 0; i < SOURCES_N; i++)
		if (all[i].path[0] != '\0')
			ret_files[n++] = all[i];
	return n;
}

enum rc
sources_open(
    int dir, const struct sources_file *f, int *ret_fd, const char **ret_why)
{
	enum rc rc = data_dir_file(dir, f->path, f->secret, ret_fd);

	if (rc == RC_NOT_FOUND && !f->optional)
		rc = RC_IO;
	if (rc == RC_DENIED)
		*ret_why = "others can read it (chmod 0600)";
	else if (rc != RC_OK)
		*ret_why = "cannot be opened (check the path)";
	return rc;
}

enum rc
sources_check(
    int dir, const struct conf *c, const char **ret_path, const char **ret_why)
{
	struct sources_file files[SOURCES_N];
	size_t n = sources_list(c, files);
	int fd;
	enum rc rc = RC_OK;

	for (size_t i = 0; i < n; i++) {
		rc = sources_open(dir, &files[i], &fd, ret_why);
		if (rc == RC_OK)
			(void)close(fd);
		else if (rc != RC_NOT_FOUND) {
			*ret_path = files[i].path;
			return rc;
		}
	}
	return RC_OK;
}
