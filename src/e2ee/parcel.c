#include "e2ee/parcel.h"

#include <string.h>

#include "wire/cbor.h"
#include "wire/device_list.h"
#include "wire/relay.h"

enum rc
parcel_parse(struct rd octets, struct parcel *ret_p)
{
	struct parcel p = { .message = { 0 } };
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(&octets, 2, &n));
	CHECK(n == 2, RC_MALFORMED);
	TRY(cbor_get_bytes(&octets, RELAY_ENVELOPE_MAX, &p.message));
	if (!cbor_is_null(&octets)) {
		TRY(cbor_get_bytes(
		    &octets, DEVICE_LIST_SIZE_MAX, &p.device_list));
		CHECK(p.device_list.left > 0, RC_MALFORMED);
	}
	TRY(rd_end(&octets));
	*ret_p = p;
out:
	return rc;
}

enum rc
parcel_build(const struct parcel *p, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(cbor_put_array(b, 2));
	TRY(cbor_put_bytes(b, p->message));
	if (p->device_list.left == 0)
		TRY(cbor_put_null(b));
	else
		TRY(cbor_put_bytes(b, p->device_list));
out:
	return rc;
}

enum rc
parcel_check(const struct parcel *p, const struct session_intro *intro)
{
	const struct device_list_entry *d = NULL;
	struct device_list l = { 0 };
	enum rc rc = RC_BUG;

	TRY(device_list_parse(p->device_list, &l));
	CHECK(memcmp(l.aik, intro->aik, sizeof(l.aik)) == 0, RC_DENIED);
	CHECK(device_list_find(&l, intro->device, &d) == RC_OK, RC_DENIED);
	CHECK(memcmp(d->dik, intro->dik, sizeof(d->dik)) == 0, RC_DENIED);
out:
	return rc;
}
