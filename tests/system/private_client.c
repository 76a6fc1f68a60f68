/*
 * A client of private lookup for the system tests: it asks a real server over
 * HTTPS and decodes with the library's own halves. It prints counts, statuses
 * and sizes, and no number, key or token.
 *
 *   private_client URL CA STATE look      numbers on stdin, one a line; prints
 *                                         for each its devices, 0: proved not
 *                                         registered
 *   private_client URL CA STATE make DIR N       writes N whole questions
 *   private_client URL CA STATE oprf N           prints "evaluated N"
 *   private_client URL CA STATE promise          checks the note's form
 *
 * STATE is state.tacet of a registered home: who takes the tokens.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "client/keep_blob.h"
#include "crypto/voprf.h"
#include "dial/dial.h"
#include "directory/bucket.h"
#include "directory/epoch_entry.h"
#include "directory/place.h"
#include "directory/promise.h"
#include "directory/stash.h"
#include "pir/pir_client.h"
#include "wire/httpsig.h"
#include "wire/json_body.h"
#include "wire/private_lookup.h"

#define TOKENS_MAX 100
#define COLUMN_MAX (64 * 3584)
#define NUMBER_MAX 17
#define TRIES 4 /* an epoch may go while we ask */

struct asker {
	struct dial *d;
	struct keep *k;
	struct dial_answer a; /* the last one */
	struct epoch_entry epoch;
	struct pir_public *public;
	struct buf stash;
	uint8_t tokens[TOKENS_MAX][PRIVATE_LOOKUP_TOKEN_SIZE];
	size_t n_tokens;
};

static void
note(const char *what)
{
	(void)fprintf(stderr, "private_client: %s\n", what);
}

/* --- requests
 * -------------------------------------------------------------------- */

/* The status is left in p->a. */
static enum rc
request(struct asker *p, const char *method, const char *target, bool is_signed,
    struct rd body)
{
	struct dial_request q = { method, target, NULL, { NULL, 0 }, body };
	struct httpsig s = { .device = p->k->device };
	struct buf base, fields;
	bool reused = false;
	enum rc rc = RC_BUG;

	buf_init(&base, HTTPSIG_BASE_MAX);
	buf_init(&fields, 2048);
	if (is_signed) {
		memcpy(s.account, p->k->account, sizeof(s.account));
		s.created = (uint64_t)time(NULL);
		randombytes_buf(s.nonce, sizeof(s.nonce));
		TRY(httpsig_base_build(&s, method, target, body, &base));
		(void)crypto_sign_detached(
		    s.signature, NULL, base.p, base.len, p->k->dsk_secret);
		TRY(httpsig_fields_build(&s, body, &fields));
		q.fields = buf_get(&fields);
	}
	if (body.left > 0)
		q.type = "application/octet-stream";
	rc = dial_http_request(p->d, &q, &reused, &p->a);
	if (rc == RC_IO && reused)
		rc = dial_http_request(p->d, &q, &reused, &p->a);
out:
	buf_clear(&base);
	buf_clear(&fields);
	return rc;
}

static enum rc
expect(struct asker *p, uint16_t status)
{
	if (p->a.status == status)
		return RC_OK;
	(void)fprintf(
	    stderr, "private_client: status %u\n", (unsigned)p->a.status);
	return RC_STATE;
}

static enum rc
take_epoch(struct asker *p)
{
	struct pir_shape shape;
	struct rd text;
	json_t *o = NULL;
	char target[128];
	char hex[65];
	enum rc rc = RC_BUG;

	TRY(request(
	    p, "GET", "/v1/directory/epoch", false, (struct rd){ NULL, 0 }));
	TRY(expect(p, 200));
	TRY(json_body_parse(buf_get(&p->a.body), &o));
	TRY(json_body_str(o, "entry", EPOCH_ENTRY_MAX, &text));
	TRY(epoch_entry_parse(text, &p->epoch));
	shape = (struct pir_shape){ .columns = p->epoch.shape.columns,
		.blocks = p->epoch.shape.blocks };
	memcpy(shape.label, p->epoch.label, sizeof(shape.label));
	if (p->public == NULL ||
	    !pir_shape_is_eq(pir_public_shape(p->public), &shape)) {
		pir_public_free(p->public);
		p->public = NULL;
		TRY(pir_public_new(&shape, &p->public));
	}
	(void)sodium_bin2hex(
	    hex, sizeof(hex), p->epoch.stash, sizeof(p->epoch.stash));
	(void)snprintf(target, sizeof(target), "/v1/directory/stash/%s", hex);
	TRY(request(p, "GET", target, false, (struct rd){ NULL, 0 }));
	TRY(expect(p, 200));
	p->stash.len = 0;
	TRY(buf_add_rd(&p->stash, buf_get(&p->a.body)));
out:
	json_body_free(o);
	return rc;
}

/* --- tokens
 * ---------------------------------------------------------------------- */

static enum rc
take_tokens(struct asker *p, size_t n)
{
	static const char label[] = "tacet token v1";
	static uint8_t inputs[TOKENS_MAX][sizeof(label) - 1 + 32];
	static struct voprf_blinded blinds[TOKENS_MAX];
	static uint8_t blinded[TOKENS_MAX][RGROUP_SIZE];
	struct voprf_batch batch = { n, (const uint8_t(*)[RGROUP_SIZE])blinded,
		NULL };
	enum rc rc = RC_BUG;

	for (size_t i = 0; i < n; i++) {
		memcpy(inputs[i], label, sizeof(label) - 1);
		randombytes_buf(inputs[i] + sizeof(label) - 1, 32);
		TRY(voprf_blind(
		    (struct rd){ inputs[i], sizeof(inputs[i]) }, &blinds[i]));
		memcpy(blinded[i], blinds[i].element, RGROUP_SIZE);
	}
	TRY(request(p, "POST", "/v1/tokens", true,
	    (struct rd){ blinded[0], n * RGROUP_SIZE }));
	TRY(expect(p, 200));
	CHECK(
	    p->a.body.len == n * RGROUP_SIZE + VOPRF_PROOF_SIZE, RC_MALFORMED);
	batch.evaluated = (const uint8_t(*)[RGROUP_SIZE])p->a.body.p;
	TRY(voprf_check(p->epoch.token, &batch, p->a.body.p + n * RGROUP_SIZE));
	for (size_t i = 0; i < n; i++) {
		memcpy(p->tokens[i], inputs[i] + sizeof(label) - 1, 32);
		TRY(voprf_finalize((struct rd){ inputs[i], sizeof(inputs[i]) },
		    &blinds[i], p->a.body.p + i * RGROUP_SIZE,
		    p->tokens[i] + 32));
	}
	p->n_tokens = n;
out:
	return rc;
}

static enum rc
pay(struct asker *p, struct rd handle, struct voprf_blinded *ret_b,
    struct private_lookup_pair *ret_pair)
{
	struct buf input;
	enum rc rc = RC_BUG;

	buf_init(&input, 64);
	if (p->n_tokens == 0)
		TRY(take_tokens(p, TOKENS_MAX));
	memcpy(
	    ret_pair->token, p->tokens[--p->n_tokens], sizeof(ret_pair->token));
	TRY(handle_keys_input(handle, &input));
	TRY(voprf_blind(buf_get(&input), ret_b));
	memcpy(ret_pair->element, ret_b->element, sizeof(ret_pair->element));
out:
	buf_clear(&input);
	return rc;
}

/* --- a lookup
 * -------------------------------------------------------------------- */

static enum rc
ask_build(struct asker *p, struct rd handle, struct voprf_blinded *ret_b,
    struct pir_query **ret_q, struct buf *b)
{
	struct private_lookup_ask a = { .epoch = p->epoch.epoch };
	struct buf query;
	enum rc rc = RC_BUG;

	buf_init(&query, 1 << 21);
	TRY(pay(p, handle, ret_b, &a.pair));
	TRY(pir_query_new(p->public,
	    place_bucket(place_of(handle), p->epoch.shape.columns), ret_q,
	    &query));
	a.query = buf_get(&query);
	b->len = 0;
	TRY(private_lookup_ask_build(&a, b));
out:
	sodium_memzero(&a, sizeof(a));
	buf_clear(&query);
	return rc;
}

static enum rc
evaluated_y(struct asker *p, struct rd handle, const struct voprf_blinded *b,
    const struct private_lookup_answer *a,
    uint8_t ret_y[static HANDLE_KEYS_Y_SIZE])
{
	const struct voprf_batch batch = { 1, &b->element, &a->element };
	struct buf input;
	enum rc rc = RC_BUG;

	buf_init(&input, 64);
	TRY(voprf_check(p->epoch.voprf, &batch, a->proof));
	TRY(handle_keys_input(handle, &input));
	TRY(voprf_finalize(buf_get(&input), b, a->element, ret_y));
out:
	buf_clear(&input);
	return rc;
}

/* What is in an authenticated bucket, or in the stash. */
static enum rc
devices_of(struct asker *p, struct rd handle, struct rd column,
    const uint8_t y[static HANDLE_KEYS_Y_SIZE], unsigned *ret_devices)
{
	uint8_t tag[HANDLE_KEYS_TAG_SIZE];
	struct directory_entry e;
	struct stash s;
	enum rc rc = RC_BUG;

	handle_keys_tag(y, tag);
	TRY(bucket_check(&p->epoch.shape,
	    place_bucket(place_of(handle), p->epoch.shape.columns), column,
	    p->epoch.root));
	TRY(stash_parse(buf_get(&p->stash), &s));
	rc = stash_find(&s, place_of(handle), tag, &e);
	if (rc == RC_NOT_FOUND)
		rc = bucket_find(&p->epoch.shape, column, tag, &e);
	CHECK(rc == RC_OK || rc == RC_NOT_FOUND, rc);
	*ret_devices = rc == RC_OK ? directory_entry_devices(&e, y) : 0;
	rc = RC_OK;
out:
	return rc;
}

/* RC_AGAIN: the epoch is gone. */
static enum rc
look_once(struct asker *p, struct rd handle, unsigned *ret_devices)
{
	static uint8_t column[COLUMN_MAX];
	struct private_lookup_answer a;
	struct voprf_blinded blind;
	struct pir_query *q = NULL;
	uint8_t y[HANDLE_KEYS_Y_SIZE];
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, 1 << 21);
	TRY(ask_build(p, handle, &blind, &q, &b));
	TRY(request(p, "POST", "/v1/directory/lookup", false, buf_get(&b)));
	CHECK(p->a.status != 410, RC_AGAIN);
	TRY(expect(p, 200));
	TRY(private_lookup_answer_parse(buf_get(&p->a.body), &a));
	CHECK(a.epoch == p->epoch.epoch, RC_STATE);
	TRY(evaluated_y(p, handle, &blind, &a, y));
	TRY(pir_query_open(q, a.answer, column));
	TRY(devices_of(p, handle,
	    (struct rd){ column, directory_shape_column(&p->epoch.shape) }, y,
	    ret_devices));
out:
	pir_query_free(q);
	buf_clear(&b);
	return rc;
}

static enum rc
look(struct asker *p)
{
	char line[NUMBER_MAX + 2];
	unsigned devices = 0;
	enum rc rc = RC_OK;

	while (rc == RC_OK && fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		for (int i = 0; i < TRIES; i++) {
			rc = look_once(p, rd_str(line), &devices);
			if (rc != RC_AGAIN)
				break;
			TRY(take_epoch(p));
		}
		CHECK(rc == RC_OK, rc);
		(void)printf("%u\n", devices);
	}
out:
	return rc;
}

/* --- the other verbs
 * ------------------------------------------------------------- */

static enum rc
make(struct asker *p, const char *dir, unsigned n)
{
	struct voprf_blinded blind;
	struct pir_query *q = NULL;
	char name[32];
	struct buf b;
	int fd = open(dir, O_RDONLY | O_DIRECTORY);
	enum rc rc = RC_BUG;

	buf_init(&b, 1 << 21);
	CHECK(fd >= 0, RC_IO);
	for (unsigned i = 0; i < n; i++) {
		TRY(ask_build(p, rd_str("+15550100"), &blind, &q, &b));
		(void)snprintf(name, sizeof(name), "ask.%u", i);
		TRY(file_replace(fd, name, 0600, buf_get(&b)));
		pir_query_free(q);
		q = NULL;
	}
	(void)printf("made %u of %zu octets\n", n, b.len);
out:
	if (fd >= 0)
		(void)close(fd);
	pir_query_free(q);
	buf_clear(&b);
	return rc;
}

static enum rc
oprf(struct asker *p, size_t n)
{
	static struct private_lookup_pair pairs[PRIVATE_LOOKUP_OPRF_MAX];
	static uint8_t blinded[PRIVATE_LOOKUP_OPRF_MAX][RGROUP_SIZE];
	struct voprf_batch batch = { n, (const uint8_t(*)[RGROUP_SIZE])blinded,
		NULL };
	struct voprf_blinded blind;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, 20000);
	CHECK(n <= PRIVATE_LOOKUP_OPRF_MAX, RC_LIMIT);
	for (size_t i = 0; i < n; i++) {
		TRY(pay(p, rd_str("+15550100"), &blind, &pairs[i]));
		memcpy(blinded[i], blind.element, RGROUP_SIZE);
	}
	TRY(private_lookup_oprf_build(pairs, n, &b));
	TRY(request(p, "POST", "/v1/directory/oprf", false, buf_get(&b)));
	TRY(expect(p, 200));
	CHECK(
	    p->a.body.len == n * RGROUP_SIZE + VOPRF_PROOF_SIZE, RC_MALFORMED);
	batch.evaluated = (const uint8_t(*)[RGROUP_SIZE])p->a.body.p;
	TRY(voprf_check(p->epoch.voprf, &batch, p->a.body.p + n * RGROUP_SIZE));
	(void)printf("evaluated %zu\n", n);
out:
	buf_clear(&b);
	return rc;
}

static enum rc
promise(struct asker *p)
{
	struct promise pr;
	struct rd text;
	uint8_t *end;
	enum rc rc = RC_BUG;

	for (int i = 0; i < 20; i++) {
		TRY(request(
		    p, "GET", "/v1/promise", true, (struct rd){ NULL, 0 }));
		if (p->a.status != 404)
			break;
		(void)usleep(250000); /* not taken yet */
	}
	TRY(expect(p, 200));
	end = memmem(p->a.body.p, p->a.body.len, "\n\n", 2);
	CHECK(end != NULL, RC_MALFORMED);
	text = (struct rd){ p->a.body.p, (size_t)(end + 1 - p->a.body.p) };
	TRY(promise_parse(text, &pr));
	(void)printf(
	    "promised version %u by epoch %u\n", pr.version, pr.max_epoch);
out:
	return rc;
}

static enum rc
begin(struct asker *p, char **argv)
{
	struct buf state;
	enum rc rc = RC_BUG;

	buf_init(&state, KEEP_BLOB_MAX);
	buf_init(&p->stash, STASH_SIZE_MAX);
	dial_http_init(&p->a);
	TRY(file_read_at(AT_FDCWD, argv[3], &state));
	TRY(keep_blob_parse(buf_get(&state), &p->k));
	TRY(dial_new(argv[1], argv[2], 30000, &p->d));
	TRY(take_epoch(p));
out:
	buf_clear(&state);
	return rc;
}

int
main(int argc, char **argv)
{
	static struct asker p;
	enum rc rc = RC_MALFORMED;

	if (sodium_init() < 0 || argc < 5)
		return 2;
	rc = begin(&p, argv);
	if (rc != RC_OK)
		note("no epoch");
	else if (strcmp(argv[4], "look") == 0)
		rc = look(&p);
	else if (strcmp(argv[4], "promise") == 0)
		rc = promise(&p);
	else if (strcmp(argv[4], "oprf") == 0 && argc == 6)
		rc = oprf(&p, strtoul(argv[5], NULL, 10));
	else if (strcmp(argv[4], "make") == 0 && argc == 7)
		rc = make(&p, argv[5], (unsigned)strtoul(argv[6], NULL, 10));
	else
		rc = RC_MALFORMED;
	if (rc != RC_OK)
		note(rc_name(rc));
	dial_http_clear(&p.a);
	dial_free(p.d);
	keep_free(p.k);
	pir_public_free(p.public);
	buf_clear(&p.stash);
	return rc == RC_OK ? 0 : 1;
}
