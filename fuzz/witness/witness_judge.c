#include "witness/witness_judge.h"

#include "fuzz.h"

/* The key is the public half of RFC 8032 test 1: no request found by chance
 * carries its signature, so nothing is ever signed and no file is touched. */
static const uint8_t key[32] = { 0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7,
	0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3,
	0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51,
	0x1a };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct witness_conf conf;
	static const uint8_t secret_key[64];
	static struct witness_judge j = { .conf = &conf,
		.secret_key = secret_key };
	enum witness_verdict v;
	size_t log = 0;
	struct buf b;

	if (conf.n_logs == 0) {
		FUZZ_REQUIRE(vkey_init(&conf.logs[0], "a", VKEY_TYPE_ED25519,
				 key) == RC_OK);
		conf.n_logs = 1;
	}
	buf_init(&b, 4096);
	v = witness_judge(&j, (struct rd){ data, size }, 1, &b, &log);
	FUZZ_REQUIRE(v == WITNESS_VERDICT_MALFORMED ||
	    v == WITNESS_VERDICT_UNKNOWN || v == WITNESS_VERDICT_BAD_KEY);
	FUZZ_REQUIRE(b.len == 0 && log == 0);
	buf_clear(&b);
	return 0;
}
