#include "client/ohttp_client.h"

#include <stdio.h>
#include <string.h>

#include "wire/bhttp.h"
#include "wire/ohttp_config.h"

#define REQUEST_MAX (2u << 20)
#define SIZE_TEXT 16
#define RETRY_MAX 86400 /* s: more is no answer for a person */

static void
field(struct bhttp *m, const char *name, const char *value)
{
	m->head.fields[m->head.n_fields++] = (struct http1_field){ rd_str(name),
		rd_str(value) };
}

/* The authority is empty: which one is asked is what the key says, and the
 * same request goes to each of a server's names. */
static enum rc
request_build(const struct ohttp_client_request *q, struct buf *b)
{
	struct bhttp m = { .head.method = rd_str(q->method),
		.head.target = rd_str(q->path),
		.scheme = rd_str("https"),
		.content = q->body };
	char size[SIZE_TEXT];
	enum rc rc = RC_BUG;

	if (q->type != NULL)
		field(&m, "content-type", q->type);
	(void)snprintf(size, sizeof(size), "%zu", q->answer_size);
	if (q->answer_size > 0)
		field(&m, BHTTP_ANSWER_SIZE, size);
	TRY(bhttp_request_build(&m, q->request_size, b));
	if (b->len > q->request_size)
		TRY(bhttp_pad(b, bhttp_size(b->len) - b->len));
out:
	return rc;
}

enum rc
ohttp_client_seal(struct rd keys, const struct ohttp_client_request *q,
    struct ohttp_reply *ret_reply, struct buf *b)
{
	struct ohttp_to to = { .aead = &hpke_chacha20_poly1305,
		.form = OHTTP_FORM_WHOLE };
	struct ohttp_config c;
	struct buf plain;
	enum rc rc = RC_BUG;

	buf_init(&plain, REQUEST_MAX);
	TRY(ohttp_config_parse(keys, to.aead->id, &c));
	to.key_id = c.id;
	memcpy(to.public_key, c.public_key, sizeof(to.public_key));
	TRY(request_build(q, &plain));
	TRY(ohttp_request_seal(&to, buf_get(&plain), ret_reply, b));
out:
	buf_clear(&plain);
	return rc;
}

void
ohttp_client_init(struct ohttp_client_answer *a)
{
	*a = (struct ohttp_client_answer){ 0 };
}

void
ohttp_client_clear(struct ohttp_client_answer *a)
{
	buf_clear(&a->body);
	ohttp_client_init(a);
}

static uint32_t
retry_after(const struct http1_head *h)
{
	struct rd v;
	uint32_t n = 0;

	if (http1_find(h, "retry-after", &v) != RC_OK)
		return 0;
	for (size_t i = 0; i < v.left; i++) {
		if (v.p[i] < '0' || v.p[i] > '9' || n > RETRY_MAX)
			return 0;
		n = n * 10 + (uint32_t)(v.p[i] - '0');
	}
	return n < RETRY_MAX ? n : RETRY_MAX;
}

enum rc
ohttp_client_open(const struct ohttp_reply *reply, struct rd sealed, size_t max,
    struct ohttp_client_answer *ret_a)
{
	struct rd type = { 0 };
	struct bhttp m;
	struct buf plain;
	struct buf joined;
	enum rc rc = RC_BUG;

	ohttp_client_clear(ret_a);
	buf_init(&ret_a->body, max);
	buf_init(&plain, sealed.left);
	buf_init(&joined, sealed.left);
	TRY(ohttp_response_open(reply, sealed, &plain));
	TRY(bhttp_response_parse(buf_get(&plain), &joined, &m));
	TRY(buf_add_rd(&ret_a->body, m.content));
	ret_a->status = m.head.status;
	ret_a->retry_after = retry_after(&m.head);
	if (http1_find(&m.head, "content-type", &type) == RC_OK)
		(void)snprintf(ret_a->type, sizeof(ret_a->type), "%.*s",
		    (int)(type.left < sizeof(ret_a->type)
			    ? type.left
			    : sizeof(ret_a->type) - 1),
		    (const char *)type.p);
out:
	buf_clear(&plain);
	buf_clear(&joined);
	return rc;
}
