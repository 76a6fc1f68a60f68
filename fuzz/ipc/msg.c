#include "ipc/msg.h"

#include <string.h>

#include "fuzz.h"

/* The first octet chooses the type; what is read is built again the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	union {
		uint8_t room[2048];
		uint64_t align;
	} m;
	enum msg_type type;
	struct buf b;

	if (size == 0)
		return 0;
	type = (enum msg_type)data[0];
	FUZZ_REQUIRE(msg_size(type) <= sizeof(m));
	buf_init(&b, MSG_BODY_MAX + 64);
	if (msg_parse(type, (struct rd){ data + 1, size - 1 }, &m) == RC_OK) {
		FUZZ_REQUIRE(msg_build(type, &m, &b) == RC_OK);
		FUZZ_REQUIRE(b.len == size - 1 + MSG_HEAD_SIZE);
		FUZZ_REQUIRE(
		    memcmp(b.p + MSG_HEAD_SIZE, data + 1, size - 1) == 0);
	}
	buf_clear(&b);
	return 0;
}
