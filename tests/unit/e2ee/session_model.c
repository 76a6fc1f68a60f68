/*
 * The transcripts of tests/model/session.py, byte for byte: every message and
 * every state. The model was written from doc/protocol/session.md, not from
 * this code. TACET_SESSION_VECTORS names a larger file.
 */
#include <jansson.h>

#include "session_pair.h"

#define SENT_MAX 1000

struct replay {
	struct pair p;
	char handle[2][17];
	size_t n_sent;
	struct buf sent[SENT_MAX];
};

static struct rd
text_of(const json_t *obj, const char *key)
{
	const char *text = json_string_value(json_object_get(obj, key));

	if (text == NULL)
		abort();
	return rd_str(text);
}

static size_t
hex_of(const json_t *obj, const char *key, uint8_t *ret, size_t max)
{
	struct rd text = text_of(obj, key);
	size_t n = 0;

	if (sodium_hex2bin(ret, max, (const char *)text.p, text.left, NULL, &n,
		NULL) != 0 ||
	    n * 2 != text.left)
		abort();
	return n;
}

static json_int_t
int_of(const json_t *obj, const char *key)
{
	return json_integer_value(json_object_get(obj, key));
}

static void
end_read(const json_t *j, struct pair_end *e, char handle[static 17])
{
	struct session_party *p = &e->party;

	*e = (struct pair_end){ 0 };
	(void)hex_of(j, "account", p->account, 16);
	p->device = (uint8_t)int_of(j, "device");
	(void)hex_of(j, "aik", p->aik, 32);
	(void)hex_of(j, "dik", e->dik, 32);
	(void)hex_of(j, "list", p->list_hash, 32);
	(void)crypto_scalarmult_base(p->dik, e->dik);
	p->handle = (struct rd){ (uint8_t *)handle,
		hex_of(j, "handle", (uint8_t *)handle, 17) };
}

/* The first n octets of the state's SHA-256 are what the text says. */
static bool
state_is(const struct session *s, const char *hex)
{
	struct buf b = pair_state(s);
	uint8_t hash[32];
	char text[65];

	crypto_hash_sha256(hash, b.p, b.len);
	(void)sodium_bin2hex(text, sizeof(text), hash, sizeof(hash));
	buf_clear(&b);
	return strncmp(text, hex, strlen(hex)) == 0 && strlen(hex) >= 32;
}

static void
start(const json_t *j, struct replay *r)
{
	const json_t *jb = json_object_get(j, "b");
	struct pair_end *b = &r->p.ends[1];
	struct prekey_bundle bundle;
	struct session_intro intro = { 0 };
	uint8_t base[32], id[32], want[32];
	struct wall now = { int_of(j, "time") };
	size_t one_time;
	struct rd rd;

	end_read(json_object_get(j, "a"), &r->p.ends[0], r->handle[0]);
	end_read(jb, b, r->handle[1]);
	(void)hex_of(jb, "signed", b->signed_secret, 32);
	one_time = hex_of(jb, "one_time", b->one_time, 32);
	bundle = pair_bundle(b, one_time == 32);
	bundle.signed_key.id = (uint32_t)int_of(jb, "signed_id");
	bundle.one_time.id = (uint32_t)int_of(jb, "one_time_id");
	(void)hex_of(j, "base", base, 32);
	T_RC(RC_OK,
	    session_start_with(&r->p.ends[0].party, r->p.ends[0].dik, &b->party,
		&bundle, base, &r->p.s[0]));
	r->p.s[0]->start = now;
	r->p.s[0]->used = now;
	rd = (struct rd){ r->p.s[0]->intro, r->p.s[0]->n_intro };
	T_RC(RC_OK, session_intro_take(&rd, &intro));
	T_RC(RC_OK,
	    session_accept(&b->party,
		&(struct session_secrets){ b->dik, b->signed_secret,
		    one_time == 32 ? b->one_time : NULL },
		&intro, now, &r->p.s[1]));
	(void)hex_of(j, "id", want, 32);
	session_id(r->p.s[1], id);
	T_MEM(want, id, 32);
	for (size_t i = 0; i < 2; i++)
		T_OK(state_is(r->p.s[i],
		    json_string_value(
			json_array_get(json_object_get(j, "states"), i))));
}

static void
seal(const json_t *e, struct replay *r)
{
	struct buf *b = &r->sent[r->n_sent++];
	uint8_t fresh[32], plain[128], want[1024], hash[32];
	size_t n = hex_of(e, "plain", plain, sizeof(plain));

	buf_init(b, 4096);
	(void)hex_of(e, "fresh", fresh, 32);
	T_RC(RC_OK,
	    session_seal_with(r->p.s[int_of(e, "by")], fresh,
		(struct rd){ plain, n }, (struct wall){ int_of(e, "time") },
		b));
	if (json_object_get(e, "message") != NULL) {
		n = hex_of(e, "message", want, sizeof(want));
		T_OK(n == b->len);
		T_MEM(want, b->p, n);
	} else {
		(void)hex_of(e, "hash", want, 32);
		crypto_hash_sha256(hash, b->p, b->len);
		T_MEM(want, hash, 32);
	}
}

static void
open_one(const json_t *e, struct replay *r)
{
	const struct buf *m = &r->sent[int_of(e, "of")];
	unsigned char *copy = tap_block(m->p, m->len);
	uint8_t plain[128];
	struct rd rc_text = text_of(e, "rc");
	enum rc want = RC_DENIED;
	size_t n;
	struct buf b;

	buf_init(&b, 4096);
	if (json_object_get(e, "flip") != NULL)
		copy[int_of(e, "flip") / 8] ^= (unsigned char)(1
		    << int_of(e, "flip") % 8);
	if (rd_is_eq(rc_text, "ok"))
		want = RC_OK;
	if (rd_is_eq(rc_text, "exists"))
		want = RC_EXISTS;
	T_RC(want,
	    session_open(r->p.s[int_of(e, "by")], (struct rd){ copy, m->len },
		(struct wall){ int_of(e, "time") }, &b));
	if (want == RC_OK) {
		n = hex_of(e, "plain", plain, sizeof(plain));
		T_OK(n == b.len);
		T_OK(n == 0 || memcmp(plain, b.p, n) == 0);
	}
	buf_clear(&b);
	free(copy);
}

static void
replay(const json_t *j)
{
	struct replay *r = calloc(1, sizeof(*r));
	json_t *e;
	size_t i;

	start(j, r);
	json_array_foreach(json_object_get(j, "events"), i, e)
	{
		if (rd_is_eq(text_of(e, "op"), "seal"))
			seal(e, r);
		else
			open_one(e, r);
		T_OK(state_is(r->p.s[int_of(e, "by")],
		    (const char *)text_of(e, "state").p));
	}
	for (i = 0; i < r->n_sent; i++)
		buf_clear(&r->sent[i]);
	pair_clear(&r->p);
	free(r);
}

static void
the_model_s_transcripts_come_out_octet_for_octet(void)
{
	const char *path = getenv("TACET_SESSION_VECTORS");
	json_t *doc = json_load_file(
	    path == NULL ? SESSION_VECTORS : path, 0, NULL);
	json_t *j;
	size_t i;

	T_OK(json_array_size(doc) >= 20);
	json_array_foreach(doc, i, j) replay(j);
	json_decref(doc);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(the_model_s_transcripts_come_out_octet_for_octet);
	return tap_done();
}
