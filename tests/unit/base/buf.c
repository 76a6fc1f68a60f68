#include "base/buf.h"

#include "base/failmem.h"
#include "tap.h"

static void
what_is_appended_is_read_back(void)
{
	struct buf b;
	struct rd r;
	uint16_t v16 = 0;
	uint32_t v32 = 0;
	uint64_t v64 = 0;

	buf_init(&b, 100);
	T_RC(RC_OK, buf_u16(&b, 0x0102));
	T_RC(RC_OK, buf_u32(&b, 0x03040506));
	T_RC(RC_OK, buf_u64(&b, 0x0708090a0b0c0d0e));
	T_RC(RC_OK, buf_add_fmt(&b, "%d", 7));
	r = buf_get(&b);
	T_RC(RC_OK, rd_u16(&r, &v16));
	T_RC(RC_OK, rd_u32(&r, &v32));
	T_RC(RC_OK, rd_u64(&r, &v64));
	T_OK(v16 == 0x0102 && v32 == 0x03040506);
	T_OK(v64 == 0x0708090a0b0c0d0e);
	T_OK(rd_is_eq(r, "7"));
	buf_clear(&b);
}

static void
the_maximum_is_reached_and_not_passed(void)
{
	static const char bytes[101];
	struct buf b;

	buf_init(&b, 100);
	T_RC(RC_LIMIT, buf_add(&b, bytes, 101));
	T_OK(b.len == 0);
	T_RC(RC_OK, buf_add(&b, bytes, 100));
	T_RC(RC_LIMIT, buf_u8(&b, 1));
	T_OK(b.len == 100);
	buf_consume(&b, 60);
	T_RC(RC_OK, buf_add(&b, bytes, 60));
	buf_clear(&b);
	buf_clear(&b);
}

static void
a_failed_allocation_changes_nothing(void)
{
	struct buf b;

	buf_init(&b, 1000);
	(void)failmem_after(0);
	T_RC(RC_NOMEM, buf_u8(&b, 1));
	T_OK(b.len == 0 && b.p == NULL);
	(void)failmem_after(-1);
	T_RC(RC_OK, buf_u8(&b, 1));
	buf_clear(&b);
}

int
main(void)
{
	TEST(what_is_appended_is_read_back);
	TEST(the_maximum_is_reached_and_not_passed);
	TEST(a_failed_allocation_changes_nothing);
	return tap_done();
}
