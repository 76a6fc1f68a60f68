#include "parent/gateway_key.h"

#include <sodium.h>

#include "base/file.h"
#include "wire/ohttp_config.h"
#include "wire/text64.h"

_Static_assert(
    GATEWAY_KEY_TEXT_MAX >= (OHTTP_CONFIG_KEYS * OHTTP_CONFIG_SIZE + 2) / 3 * 4,
    "all of them fit");

enum rc
gateway_key_make(int dir)
{
	struct ohttp_config_key k = { .id = 1 };
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, OHTTP_CONFIG_FILE_MAX);
	randombytes_buf(k.secret_key, sizeof(k.secret_key));
	TRY(ohttp_config_file_build(&k, &b));
	TRY(file_replace(dir, GATEWAY_KEY_FILE, 0600, buf_get(&b)));
out:
	sodium_memzero(&k, sizeof(k));
	buf_clear(&b);
	return rc;
}

enum rc
gateway_key_text(int dir, struct buf *b)
{
	struct ohttp_config_key keys[OHTTP_CONFIG_KEYS];
	struct ohttp_config c;
	struct buf file;
	struct buf list;
	size_t n = 0;
	enum rc rc = RC_BUG;

	buf_init(&file, OHTTP_CONFIG_FILE_MAX);
	buf_init(&list, OHTTP_CONFIG_KEYS * OHTTP_CONFIG_SIZE);
	TRY(file_read_at(dir, GATEWAY_KEY_FILE, &file));
	CHECK(ohttp_config_file_parse(buf_get(&file), keys, &n) == RC_OK,
	    RC_CORRUPT);
	for (size_t i = 0; i < n; i++) {
		ohttp_config_of(&keys[i], &c);
		TRY(ohttp_config_build(&c, &list));
	}
	TRY(text64_url_build(b, buf_get(&list)));
out:
	sodium_memzero(keys, sizeof(keys));
	buf_clear(&file);
	buf_clear(&list);
	return rc;
}
