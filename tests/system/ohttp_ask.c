/*
 * The client's side of Oblivious HTTP for the system tests: what is between it
 * and the relay is the test's own.
 *
 *   ohttp_ask seal STATE KEYS METHOD PATH REQUEST-SIZE ANSWER-SIZE
 *       prints the encapsulated request, and keeps in STATE what opens its
 *       answer; KEYS is base64url, as the policy has it
 *   ohttp_ask open STATE
 *       reads the encapsulated answer, prints "STATUS TYPE" and its content
 */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "client/ohttp_client.h"
#include "wire/text64.h"

#define MAX (4u << 20)

/* Field by field: a pointer says nothing to another process. */
static bool
state_save(const char *path, const struct ohttp_reply *r)
{
	FILE *f = fopen(path, "we");
	bool ok = f != NULL && fwrite(r->enc, sizeof(r->enc), 1, f) == 1 &&
	    fwrite(r->secret, sizeof(r->secret), 1, f) == 1;

	return f != NULL && fclose(f) == 0 && ok;
}

static bool
state_load(const char *path, struct ohttp_reply *r)
{
	FILE *f = fopen(path, "re");
	bool ok = f != NULL && fread(r->enc, sizeof(r->enc), 1, f) == 1 &&
	    fread(r->secret, sizeof(r->secret), 1, f) == 1;

	r->aead = &hpke_chacha20_poly1305;
	r->form = OHTTP_FORM_WHOLE;
	if (f != NULL)
		(void)fclose(f);
	return ok;
}

static int
seal(char **argv)
{
	struct ohttp_client_request q = { .method = argv[4],
		.path = argv[5],
		.request_size = (size_t)atol(argv[6]),
		.answer_size = (size_t)atol(argv[7]) };
	uint8_t keys[1024];
	struct ohttp_reply reply;
	struct buf b;
	size_t n = 0;
	bool ok;

	buf_init(&b, MAX);
	ok = text64_url_parse(rd_str(argv[3]), sizeof(keys), keys, &n) ==
		RC_OK &&
	    ohttp_client_seal((struct rd){ keys, n }, &q, &reply, &b) ==
		RC_OK &&
	    state_save(argv[2], &reply) &&
	    fwrite(b.p, 1, b.len, stdout) == b.len;
	buf_clear(&b);
	return ok ? 0 : 1;
}

static int
open_it(char **argv)
{
	static uint8_t sealed[MAX];
	struct ohttp_client_answer a;
	struct ohttp_reply reply = { 0 };
	size_t n = fread(sealed, 1, sizeof(sealed), stdin);

	bool ok;

	ohttp_client_init(&a);
	ok = state_load(argv[2], &reply) &&
	    ohttp_client_open(&reply, (struct rd){ sealed, n }, MAX, &a) ==
		RC_OK;
	if (ok)
		(void)printf("%u %s\n", (unsigned)a.status, a.type);
	ok = ok && fwrite(a.body.p, 1, a.body.len, stdout) == a.body.len;
	ohttp_client_clear(&a);
	return ok ? 0 : 1;
}

int
main(int argc, char **argv)
{
	if (sodium_init() < 0)
		return 2;
	if (argc == 8 && strcmp(argv[1], "seal") == 0)
		return seal(argv);
	if (argc == 3 && strcmp(argv[1], "open") == 0)
		return open_it(argv);
	return 2;
}
