#include "sms/smpp_bind.h"

#include <string.h>

#define SYSTEM_TYPE_MAX 13   /* section 5.2.3 */
#define ADDRESS_RANGE_MAX 41 /* section 5.2.7 */
#define VERSION_34 0x34      /* section 5.2.4 */

enum rc
smpp_bind_parse(struct rd body, struct smpp_bind *ret_bind)
{
	struct smpp_bind bind = { 0 };
	enum rc rc = RC_OK;

	TRY(rd_cstr(&body, sizeof(bind.system_id), bind.system_id));
	TRY(rd_cstr(&body, sizeof(bind.password), bind.password));
	TRY(rd_skip_cstr(&body, SYSTEM_TYPE_MAX));
	TRY(rd_skip(&body, 3)); /* interface_version, addr_ton, addr_npi */
	TRY(rd_skip_cstr(&body, ADDRESS_RANGE_MAX));
	TRY(rd_end(&body));
	*ret_bind = bind;
out:
	smpp_bind_clear(&bind);
	return rc;
}

enum rc
smpp_bind_build(const struct smpp_bind *bind, struct buf *b)
{
	enum rc rc = RC_OK;

	TRY(buf_add(b, bind->system_id, strlen(bind->system_id) + 1));
	TRY(buf_add(b, bind->password, strlen(bind->password) + 1));
	TRY(buf_u8(b, 0)); /* system_type: none */
	TRY(buf_u8(b, VERSION_34));
	TRY(buf_u8(b, 0)); /* addr_ton, addr_npi: the SMSC knows ours */
	TRY(buf_u8(b, 0));
	TRY(buf_u8(b, 0)); /* address_range: all */
out:
	return rc;
}

enum rc
smpp_bind_resp_parse(struct rd body)
{
	uint16_t tag = 0, n = 0;
	enum rc rc = RC_OK;

	if (body.left == 0)
		goto out;
	TRY(rd_skip_cstr(&body, sizeof(((struct smpp_bind *)0)->system_id)));
	while (body.left > 0) { /* sc_interface_version, vendors' own */
		TRY(rd_u16(&body, &tag));
		TRY(rd_u16(&body, &n));
		TRY(rd_skip(&body, n));
	}
out:
	return rc;
}

void
smpp_bind_clear(struct smpp_bind *bind)
{
	explicit_bzero(bind, sizeof(*bind));
}
