/*
 * Our half of the tests with other implementations: a command a line on
 * standard input, its words hexadecimal ("-" is nothing) but the first, and for
 * each a line of words, or "refused". peers.mjs is the other half.
 */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "crypto/ohttp.h"
#include "crypto/voprf.h"

#define WORDS 8
#define WORD_MAX 40000

struct word {
	uint8_t p[WORD_MAX];
	size_t n;
};

static struct word words[WORDS];
static struct ohttp_reply reply; /* of the last ohttp-seal */

static struct rd
rd_of(size_t i)
{
	return (struct rd){ words[i].p, words[i].n };
}

static void
say(const void *p, size_t n, char behind)
{
	const uint8_t *octets = p;

	if (n == 0)
		(void)fputs("-", stdout);
	for (size_t i = 0; i < n; i++)
		(void)printf("%02x", octets[i]);
	(void)putchar(behind);
}

static void
say_buf(const struct buf *b, char behind)
{
	say(b->p, b->len, behind);
}

/* --- VOPRF ---------------------------------------------------------------- */

static enum rc
derive(void)
{
	uint8_t secret[32], public_key[32];
	enum rc rc = voprf_key_derive(words[0].p, rd_of(1), secret, public_key);

	if (rc == RC_OK) {
		say(secret, 32, ' ');
		say(public_key, 32, '\n');
	}
	return rc;
}

static enum rc
blind(void)
{
	struct voprf_blinded b;
	enum rc rc = voprf_blind(rd_of(0), &b);

	if (rc == RC_OK) {
		say(b.blind, 32, ' ');
		say(b.element, 32, '\n');
	}
	return rc;
}

/* secret, elements: evaluated, proof */
static enum rc
evaluate(void)
{
	static uint8_t evaluated[VOPRF_BATCH_MAX][32];
	struct voprf_batch b = { words[1].n / 32,
		(const uint8_t(*)[32])words[1].p, NULL };
	uint8_t proof[VOPRF_PROOF_SIZE];
	enum rc rc = voprf_evaluate(words[0].p, &b, evaluated, proof);

	if (rc == RC_OK) {
		say(evaluated, 32 * b.n, ' ');
		say(proof, sizeof(proof), '\n');
	}
	return rc;
}

/* public key, elements, evaluated, proof */
static enum rc
check(void)
{
	const struct voprf_batch b = { words[1].n / 32,
		(const uint8_t(*)[32])words[1].p,
		(const uint8_t(*)[32])words[2].p };
	enum rc rc = voprf_check(words[0].p, &b, words[3].p);

	if (rc == RC_OK)
		(void)puts("ok");
	return rc;
}

/* input, blind, element, evaluated: output */
static enum rc
finalize(void)
{
	uint8_t output[VOPRF_OUTPUT_SIZE];
	struct voprf_blinded b;
	enum rc rc;

	memcpy(b.blind, words[1].p, 32);
	memcpy(b.element, words[2].p, 32);
	rc = voprf_finalize(rd_of(0), &b, words[3].p, output);
	if (rc == RC_OK)
		say(output, sizeof(output), '\n');
	return rc;
}

static enum rc
output(void)
{
	uint8_t out[VOPRF_OUTPUT_SIZE];
	enum rc rc = voprf_output(words[0].p, rd_of(1), out);

	if (rc == RC_OK)
		say(out, sizeof(out), '\n');
	return rc;
}

/* --- HPKE ----------------------------------------------------------------- */

static const struct hpke_aead *
aead(size_t i)
{
	return words[i].p[0] == 1 ? &hpke_aes_128_gcm : &hpke_chacha20_poly1305;
}

/* aead, public key, info, aad, plain, exporter context: enc, the plain sealed
 * twice, 48 octets */
static enum rc
hpke_send(void)
{
	struct hpke_context c = { 0 };
	uint8_t enc[HPKE_ENC_SIZE], secret[48];
	struct buf one, two;
	enum rc rc = RC_BUG;

	buf_init(&one, WORD_MAX);
	buf_init(&two, WORD_MAX);
	TRY(hpke_setup_sender(aead(0), words[1].p, rd_of(2), &c, enc));
	TRY(hpke_context_seal(&c, rd_of(3), rd_of(4), &one));
	TRY(hpke_context_seal(&c, rd_of(3), rd_of(4), &two));
	TRY(hpke_export(&c, rd_of(5), sizeof(secret), secret));
	say(enc, sizeof(enc), ' ');
	say_buf(&one, ' ');
	say_buf(&two, ' ');
	say(secret, sizeof(secret), '\n');
out:
	hpke_context_clear(&c);
	buf_clear(&one);
	buf_clear(&two);
	return rc;
}

/* aead, secret key, enc, info, aad, two messages, exporter context: the plain
 * of both, 48 octets */
static enum rc
hpke_receive(void)
{
	struct hpke_context c = { 0 };
	uint8_t secret[48];
	struct buf one, two;
	enum rc rc = RC_BUG;

	buf_init(&one, WORD_MAX);
	buf_init(&two, WORD_MAX);
	TRY(hpke_setup_receiver(aead(0), words[1].p, words[2].p, rd_of(3), &c));
	TRY(hpke_context_open(&c, rd_of(4), rd_of(5), &one));
	TRY(hpke_context_open(&c, rd_of(4), rd_of(6), &two));
	TRY(hpke_export(&c, rd_of(7), sizeof(secret), secret));
	say_buf(&one, ' ');
	say_buf(&two, ' ');
	say(secret, sizeof(secret), '\n');
out:
	hpke_context_clear(&c);
	buf_clear(&one);
	buf_clear(&two);
	return rc;
}

/* --- Oblivious HTTP ------------------------------------------------------- */

static enum ohttp_form
form(size_t i)
{
	return words[i].p[0] == 1 ? OHTTP_FORM_CHUNKED : OHTTP_FORM_WHOLE;
}

/* aead, form, key id, public key, request: sealed */
static enum rc
ohttp_send(void)
{
	struct ohttp_to to = {
		.key_id = words[2].p[0], .aead = aead(0), .form = form(1)
	};
	struct buf b;
	enum rc rc;

	buf_init(&b, WORD_MAX);
	memcpy(to.public_key, words[3].p, sizeof(to.public_key));
	rc = ohttp_request_seal(&to, rd_of(4), &reply, &b);
	if (rc == RC_OK)
		say_buf(&b, '\n');
	buf_clear(&b);
	return rc;
}

/* the answer to it: opened */
static enum rc
ohttp_receive(void)
{
	struct buf b;
	enum rc rc;

	buf_init(&b, WORD_MAX);
	rc = ohttp_response_open(&reply, rd_of(0), &b);
	if (rc == RC_OK)
		say_buf(&b, '\n');
	buf_clear(&b);
	return rc;
}

/* form, key id, secret key, sealed, answer: the request, the answer sealed */
static enum rc
ohttp_serve(void)
{
	struct ohttp_key key = { .id = words[1].p[0],
		.aeads = { &hpke_chacha20_poly1305, &hpke_aes_128_gcm } };
	struct ohttp_reply r = { 0 };
	struct buf request, answer;
	enum rc rc = RC_BUG;

	buf_init(&request, WORD_MAX);
	buf_init(&answer, WORD_MAX);
	memcpy(key.secret_key, words[2].p, sizeof(key.secret_key));
	TRY(ohttp_request_open(&key, 1, form(0), rd_of(3), &r, &request));
	TRY(ohttp_response_seal(&r, rd_of(4), &answer));
	say_buf(&request, ' ');
	say_buf(&answer, '\n');
out:
	buf_clear(&request);
	buf_clear(&answer);
	return rc;
}

/* --- lines ---------------------------------------------------------------- */

static const struct {
	const char *name;
	size_t n;
	enum rc (*fn)(void);
} commands[] = {
	{ "derive", 2, derive },
	{ "blind", 1, blind },
	{ "evaluate", 2, evaluate },
	{ "check", 4, check },
	{ "finalize", 4, finalize },
	{ "output", 2, output },
	{ "hpke-send", 6, hpke_send },
	{ "hpke-receive", 8, hpke_receive },
	{ "ohttp-send", 5, ohttp_send },
	{ "ohttp-receive", 1, ohttp_receive },
	{ "ohttp-serve", 5, ohttp_serve },
};

static bool
take_word(size_t i, const char *text)
{
	struct word *w = &words[i];

	explicit_bzero(w->p, sizeof(w->p));
	w->n = 0;
	return strcmp(text, "-") == 0 ||
	    sodium_hex2bin(
		w->p, sizeof(w->p), text, strlen(text), NULL, &w->n, NULL) == 0;
}

static bool
run(char *line)
{
	char *rest = line;
	char *name = strsep(&rest, " \n");
	char *text;
	size_t n = 0;

	while ((text = strsep(&rest, " \n")) != NULL)
		if (*text != '\0' && (n == WORDS || !take_word(n++, text)))
			return false;
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, name) == 0 && commands[i].n == n) {
			if (commands[i].fn() != RC_OK)
				(void)puts("refused");
			(void)fflush(stdout);
			return true;
		}
	return false;
}

int
main(void)
{
	static char line[WORDS * 2 * WORD_MAX];

	if (sodium_init() < 0)
		return 2;
	while (fgets(line, sizeof(line), stdin) != NULL)
		if (!run(line))
			return 1;
	ohttp_reply_clear(&reply);
	return 0;
}
