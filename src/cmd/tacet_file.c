/*
 * tacet file: everything the server holds about a person, and whether his rows
 * are what the public log says of them: the same proofs as an authority gets,
 * checked here against the log's files as anybody may fetch them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/failmem.h"
#include "cmd/tacet_app.h"
#include "merkle/tiles.h"
#include "merkle/trust.h"
#include "wire/json_body.h"
#include "wire/segment.h"
#include "wire/segment_entry.h"
#include "wire/text64.h"

#define ENTRIES_MAX 1000000

struct check {
	struct tacet_app *a;
	const json_t *file; /* what the engine made of the answer */
	uint64_t size;
	uint8_t root[TREE_HASH_SIZE];
	uint8_t (*leaves)[TREE_HASH_SIZE];
	uint64_t n;
	json_t *roots;   /* of segments, by seq */
	bool trusted;    /* --trust was given, and the log is that one */
	unsigned proved; /* rows */
	unsigned rows;
};

/* --- the public log --------------------------------------------------------
 */

static enum rc
get(struct tacet_app *a, const char *path, struct buf *b)
{
	const struct dial_request q = { .method = "GET", .target = path };
	struct dial_answer answer;
	bool reused = false;
	enum rc rc = RC_BUG;

	dial_http_init(&answer);
	do
		rc = dial_http_request(a->d, &q, &reused, &answer);
	while (rc == RC_IO && reused);
	CHECK(rc == RC_OK, rc);
	CHECK(answer.status == 200, RC_NOT_FOUND);
	TRY(buf_add_rd(b, buf_get(&answer.body)));
out:
	dial_http_clear(&answer);
	return rc;
}

static enum rc
read_trust(const char *path, struct trust *ret_t)
{
	uint8_t text[TRUST_TEXT_MAX];
	ssize_t n = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		n = read(fd, text, sizeof(text));
		(void)close(fd);
	}
	return n < 0 ? RC_NOT_FOUND
		     : trust_parse((struct rd){ text, (size_t)n }, ret_t);
}

static enum rc
take_checkpoint(struct check *c)
{
	struct checkpoint point;
	struct trust trust;
	unsigned witnesses;
	struct rd text;
	struct rd lines;
	struct buf note;
	enum rc rc = RC_BUG;

	buf_init(&note, CHECKPOINT_NOTE_MAX);
	TRY(get(c->a, "/v1/log/checkpoint", &note));
	TRY(note_split(buf_get(&note), &text, &lines));
	TRY(checkpoint_parse(text, &point));
	c->size = point.size;
	memcpy(c->root, point.root, sizeof(c->root));
	if (c->a->trust != NULL) {
		TRY(read_trust(c->a->trust, &trust));
		TRY(trust_checkpoint(
		    &trust, buf_get(&note), &c->size, c->root, &witnesses));
		c->trusted = true;
	}
	CHECK(c->size <= ENTRIES_MAX, RC_LIMIT);
out:
	buf_clear(&note);
	return rc;
}

static enum rc
take_entry(struct check *c, struct rd entry)
{
	struct segment_entry e;
	char seq[24];
	char hex[2 * 32 + 1];
	enum rc rc = RC_BUG;

	CHECK(c->n < c->size, RC_MALFORMED);
	tree_leaf(entry, c->leaves[c->n++]);
	rc = segment_entry_parse(entry, &e);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? RC_OK : rc; /* of another type */
	(void)snprintf(seq, sizeof(seq), "%llu", (unsigned long long)e.seq);
	for (size_t i = 0; i < sizeof(e.root); i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", e.root[i]);
	CHECK(json_object_set_new(c->roots, seq, json_string(hex)) == 0,
	    RC_NOMEM);
out:
	return rc;
}

static enum rc
take_bundle(struct check *c)
{
	struct tiles_id id = { .is_entries = true,
		.index = c->n / TILES_WIDTH,
		.width = TILES_WIDTH };
	struct rd at;
	struct rd entry;
	struct buf path;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&path, TILES_PATH_MAX + 16);
	buf_init(&b, TILES_BUNDLE_MAX);
	if (c->size - c->n < TILES_WIDTH)
		id.width = (unsigned)(c->size - c->n);
	TRY(buf_add_str(&path, "/v1/log/"));
	TRY(tiles_path_build(&id, &path));
	TRY(buf_u8(&path, 0));
	TRY(get(c->a, (const char *)path.p, &b));
	at = buf_get(&b);
	for (unsigned i = 0; i < id.width; i++) {
		TRY(tiles_entry_parse(&at, &entry));
		TRY(take_entry(c, entry));
	}
	TRY(rd_end(&at));
out:
	buf_clear(&path);
	buf_clear(&b);
	return rc;
}

/* A complete subtree, from its leaves. */
static enum rc
subtree(void *arg, unsigned level, uint64_t index,
    uint8_t ret_hash[static TREE_HASH_SIZE])
{
	const struct check *c = arg;
	uint8_t a[TREE_HASH_SIZE];
	uint8_t b[TREE_HASH_SIZE];
	uint8_t(*stack)[TREE_HASH_SIZE];
	size_t depth = 0;
	uint64_t n = (uint64_t)1 << level;

	stack = failmem_array(level + 2u, sizeof(*stack));
	if (stack == NULL)
		return RC_NOMEM;
	for (uint64_t i = 0; i < n; i++) {
		memcpy(stack[depth++], c->leaves[index * n + i], sizeof(a));
		for (uint64_t k = i + 1; (k & 1) == 0; k >>= 1, depth--) {
			memcpy(a, stack[depth - 2], sizeof(a));
			memcpy(b, stack[depth - 1], sizeof(b));
			tree_node(a, b, stack[depth - 2]);
		}
	}
	memcpy(ret_hash, stack[0], TREE_HASH_SIZE);
	free(stack);
	return RC_OK;
}

/* All entries, and that they are the ones of the checkpoint. */
static enum rc
take_log(struct check *c)
{
	uint8_t root[TREE_HASH_SIZE];
	enum rc rc = RC_BUG;

	TRY(take_checkpoint(c));
	c->leaves = failmem_array((size_t)c->size + 1, TREE_HASH_SIZE);
	CHECK(c->leaves != NULL, RC_NOMEM);
	while (c->n < c->size)
		TRY(take_bundle(c));
	TRY(tree_root(subtree, c, c->size, root));
	CHECK(memcmp(root, c->root, sizeof(root)) == 0, RC_DENIED);
out:
	return rc;
}

/* --- the rows --------------------------------------------------------------
 */

/* RC_DENIED: the log's segment says something else. */
static enum rc
check_proof(struct check *c, const json_t *j)
{
	const json_t *path = json_object_get(j, "path");
	uint8_t leaf[SEGMENT_LEAF_SIZE];
	uint8_t hash[TREE_HASH_SIZE];
	uint8_t root[TREE_HASH_SIZE];
	struct tree_proof proof = { .n = json_array_size(path) };
	char seq[24];
	enum rc rc = RC_BUG;

	(void)snprintf(seq, sizeof(seq), "%lld",
	    (long long)json_integer_value(json_object_get(j, "seq")));
	CHECK(proof.n <= TREE_PROOF_MAX, RC_MALFORMED);
	CHECK(json_object_get(c->roots, seq) != NULL, RC_DENIED);
	TRY(json_body_hex(c->roots, seq, sizeof(root), root));
	TRY(json_body_hex(j, "leaf", sizeof(leaf), leaf));
	for (size_t i = 0; i < proof.n; i++) {
		const char *s = json_string_value(json_array_get(path, i));

		CHECK(s != NULL, RC_MALFORMED);
		TRY(text64_hex_parse(rd_str(s), 32, proof.hashes[i]));
	}
	tree_leaf((struct rd){ leaf, sizeof(leaf) }, hash);
	TRY(tree_inclusion_check(hash,
	    (uint64_t)json_integer_value(json_object_get(j, "index")),
	    (uint64_t)json_integer_value(json_object_get(j, "size")), &proof,
	    root));
	c->proved += (unsigned)json_integer_value(json_object_get(j, "rows"));
out:
	return rc;
}

static enum rc
check_all(struct check *c)
{
	const json_t *proofs = json_object_get(c->file, "proofs");
	enum rc rc = RC_BUG;

	TRY(take_log(c));
	for (size_t i = 0; i < json_array_size(proofs); i++)
		TRY(check_proof(c, json_array_get(proofs, i)));
out:
	return rc;
}

/* --- what is said ----------------------------------------------------------
 */

static const char *
field(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

static void
file_print(const json_t *o)
{
	json_t *row = NULL, *value = NULL;
	const char *key = NULL;
	size_t i = 0;

	json_object_foreach(json_object_get(o, "subscriber"), key, value)
	{
		char *v = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

		printf("%-16s %s\n", key, v != NULL ? v : "");
		free(v);
	}
	printf("\n%-20s  %-20s %-20s %s  %s\n", "query_time", "source_handle",
	    "lookup_handle", "devices", "cause");
	json_array_foreach(json_object_get(o, "rows"), i, row)
	    printf("%-20s  %-20s %-20s %7d  %s\n", field(row, "query_time"),
		field(row, "source_handle"), field(row, "lookup_handle"),
		(int)json_integer_value(json_object_get(row, "lookup_devices")),
		field(row, "cause"));
}

static void
proofs_print(const struct check *c)
{
	printf("\n%u of %u rows are in segments that the public log of %llu "
	       "entries names%s\n",
	    c->proved, c->rows, (unsigned long long)c->size,
	    c->trusted ? "; the log is the one you trust"
		       : " (whose log it is was not checked: --trust FILE)");
	if (c->proved < c->rows)
		printf("the others are of the part that still runs\n");
}

static enum tacet_exit
say(struct check *c)
{
	enum rc rc = check_all(c);

	if (rc == RC_DENIED)
		return tacet_say(TACET_EXIT_NO, "file",
		    "the public log says something else than the server",
		    "keep this, and show it to somebody you trust");
	if (rc != RC_OK)
		return tacet_say(TACET_EXIT_SERVER, "public log",
		    "it cannot be read", "try again later");
	if (c->a->json) {
		json_t *o = json_copy((json_t *)(uintptr_t)c->file);

		(void)json_object_set_new(o, "proved", json_integer(c->proved));
		(void)json_object_set_new(
		    o, "log_trusted", json_boolean(c->trusted));
		tacet_print_json(o);
		return TACET_EXIT_OK;
	}
	file_print(c->file);
	proofs_print(c);
	return TACET_EXIT_OK;
}

enum tacet_exit
tacet_verb_file(struct tacet_app *a, int argc, char **v)
{
	struct check c = { .a = a, .roots = json_object() };
	enum tacet_exit status = tacet_net_begin(a);
	json_t *file;

	(void)argc;
	(void)v;
	if (status != TACET_EXIT_OK)
		return status;
	if (tacet_file(a->t, time(NULL)) != TACET_OK)
		return tacet_say(TACET_EXIT_STATE, "file", "a bug", NULL);
	status = tacet_net_say(a, tacet_net_run(a), "file");
	if (status != TACET_EXIT_OK)
		return status;
	file = json_loads(tacet_outcome(a->t)->text, 0, NULL);
	c.file = file;
	c.rows = (unsigned)json_array_size(json_object_get(file, "rows"));
	status = say(&c);
	free(c.leaves);
	json_decref(c.roots);
	json_decref(file);
	return status;
}
