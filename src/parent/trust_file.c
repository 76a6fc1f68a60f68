#include "parent/trust_file.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "merkle/trust.h"
#include "merkle/witness_line.h"
#include "parent/data_dir.h"
#include "wire/text64.h"

#define POLICY_NAME "tacet-policy"

/* base64url of 32 octets and a newline. */
static enum rc
read_key(int dir, const char *name, uint8_t ret_key[static 32])
{
	char text[64];
	ssize_t n;
	int fd = -1;
	enum rc rc = RC_BUG;

	TRY(data_dir_file(dir, name, false, &fd));
	n = read(fd, text, sizeof(text));
	CHECK(n > 1 && text[n - 1] == '\n', RC_CORRUPT);
	CHECK(text64_fixed_parse((struct rd){ (uint8_t *)text, (size_t)n - 1 },
		  32, ret_key) == RC_OK,
	    RC_CORRUPT);
	rc = RC_OK;
out:
	if (fd >= 0)
		(void)close(fd);
	return rc == RC_NOT_FOUND ? RC_IO : rc;
}

enum rc
trust_file_write(int dir, const struct conf *c, const char **ret_why)
{
	struct trust t = { .n_witnesses = c->n_witnesses,
		.quorum = c->witness_quorum };
	char origin[CHECKPOINT_ORIGIN_SIZE];
	struct witness_line w;
	uint8_t key[32];
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, TRUST_TEXT_MAX);
	*ret_why = "log.pub and policy.pub cannot be read";
	TRY(read_key(dir, "policy.pub", key));
	TRY(vkey_init(&t.policy, POLICY_NAME, VKEY_TYPE_ED25519, key));
	TRY(read_key(dir, "log.pub", key));
	checkpoint_origin(key, origin);
	TRY(vkey_init(&t.log, origin, VKEY_TYPE_ED25519, key));
	*ret_why =
	    "a line is not \"http://HOST:PORT/ VKEY\", with the key that "
	    "tacet-witness init printed";
	for (uint32_t i = 0; i < c->n_witnesses; i++) {
		TRY(witness_line_parse(rd_str(c->witness[i]), &w));
		t.witnesses[i] = w.key;
	}
	if (t.quorum == 0 && t.n_witnesses > 0) /* more than half of them */
		t.quorum = (unsigned)t.n_witnesses / 2 + 1;
	*ret_why = "a witness is there twice, or witness_quorum is above their "
		   "number";
	TRY(trust_build(&t, &b));
	*ret_why = "trust.json cannot be written (check the disk)";
	TRY(file_replace(dir, "trust.json", 0644, buf_get(&b)));
out:
	buf_clear(&b);
	return rc;
}
