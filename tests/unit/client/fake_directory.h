/*
 * fake_directory: a whole directory in memory, for tests of the client: log,
 * witnesses, epochs, tokens, evaluations and answers by the real code of
 * src/directory and src/pir, with a switch for each way to cheat.
 */
#ifndef FAKE_DIRECTORY_H
#define FAKE_DIRECTORY_H
#include <sodium.h>

#include "client/epoch_answer.h"
#include "crypto/voprf.h"
#include "directory/directory_build.h"
#include "directory/epoch_entry.h"
#include "directory/place.h"
#include "directory/promise.h"
#include "merkle/trust.h"
#include "pir/pir_server.h"
#include "unit/client/fake_server.h"

#define FD_ENTRIES 64
#define FD_SLOTS 64
#define FD_NUMBERS 16
#define FD_TRACE 64
#define FD_TOKENS 512

struct fd_number {
	char handle[17];
	uint8_t y[64];
	struct slot slot;
	struct directory_entry entry;
};

/* What the server does wrong. */
struct fd_cheat {
	bool no_witness, old_witness, unsigned_note, other_consistency;
	bool other_path, other_label, other_voprf, back_in_time;
	bool other_key, other_epoch, other_bucket, other_stash, other_token;
	bool other_slot, other_policy, gone, down;
	unsigned starting; /* so many answers more are 503 */
	uint64_t rollback; /* a checkpoint of that size */
};

struct fake_directory {
	int64_t now;
	uint8_t log_sk[64], policy_sk[64], witness_sk[3][64];
	struct trust trust;
	uint8_t voprf_secret[32], voprf_public[32];
	uint8_t token_secret[32], token_public[32];
	size_t n_entries;
	struct buf entries[FD_ENTRIES];
	size_t index; /* of the newest epoch's entry */
	size_t n_numbers;
	struct fd_number numbers[FD_NUMBERS];
	size_t n_slots;
	struct slot slots[FD_SLOTS];
	struct directory_set *set;
	struct directory_build *build;
	struct pir_table *table; /* made for the first question */
	struct epoch_entry epoch;
	bool has_promise;
	struct promise promise;
	size_t n_spent;
	uint8_t spent[FD_TOKENS][32];
	struct fd_cheat cheat;
	/* "METHOD PATH SIZE", what names a checkpoint or a hash left out */
	size_t n_trace;
	char trace[FD_TRACE][64];
};

static const char fd_policy[] = "{\"modes\":[\"private\",\"classic\"]}\n";

static inline void
fd_key(uint8_t sk[static 64], const char *name, enum vkey_type type,
    struct vkey *ret_k)
{
	uint8_t pk[32];

	(void)crypto_sign_keypair(pk, sk);
	fake_must(vkey_init(ret_k, name, type, pk));
}

static inline void
fd_init(struct fake_directory *f, int64_t now)
{
	static const char *const names[] = { "w/1", "w/2", "w/3" };
	char origin[CHECKPOINT_ORIGIN_SIZE];
	uint8_t seed[32] = { 7 };
	uint8_t pk[32];

	*f = (struct fake_directory){ .now = now };
	(void)crypto_sign_keypair(pk, f->log_sk);
	checkpoint_origin(pk, origin);
	fake_must(vkey_init(&f->trust.log, origin, VKEY_TYPE_ED25519, pk));
	fd_key(
	    f->policy_sk, "tacet-policy", VKEY_TYPE_ED25519, &f->trust.policy);
	for (size_t i = 0; i < 3; i++)
		fd_key(f->witness_sk[i], names[i], VKEY_TYPE_COSIGNATURE,
		    &f->trust.witnesses[i]);
	f->trust.n_witnesses = 3;
	f->trust.quorum = 2;
	fake_must(voprf_key_derive(
	    seed, rd_str("voprf"), f->voprf_secret, f->voprf_public));
	fake_must(voprf_key_derive(
	    seed, rd_str("token"), f->token_secret, f->token_public));
	fake_must(directory_set_new(&f->set));
	for (size_t i = 0; i < FD_ENTRIES; i++)
		buf_init(&f->entries[i], 4096);
}

static inline void
fd_clear(struct fake_directory *f)
{
	for (size_t i = 0; i < FD_ENTRIES; i++)
		buf_clear(&f->entries[i]);
	directory_build_free(f->build);
	directory_set_free(f->set);
	pir_table_free(f->table);
}

/* --- what the directory holds --- */

static inline struct fd_number *
fd_number_of(struct fake_directory *f, const char *handle)
{
	struct fd_number *n = NULL;
	struct buf input;

	for (size_t i = 0; i < f->n_numbers; i++)
		if (strcmp(f->numbers[i].handle, handle) == 0)
			return &f->numbers[i];
	n = &f->numbers[f->n_numbers++];
	(void)snprintf(n->handle, sizeof(n->handle), "%s", handle);
	buf_init(&input, 64);
	fake_must(handle_keys_input(rd_str(handle), &input));
	fake_must(voprf_output(f->voprf_secret, buf_get(&input), n->y));
	buf_clear(&input);
	return n;
}

/* The next version of a number's slot; it shows in the next epoch. */
static inline void
fd_put(struct fake_directory *f, const char *handle,
    const struct slot_plain *plain, uint8_t devices)
{
	struct fd_number *n = fd_number_of(f, handle);
	struct directory_set_item item = { .record = 0 };

	if (n->slot.version > 0)
		slot_commitment(&n->slot, n->slot.hist_prev);
	n->slot.version++;
	n->slot.epoch_changed = f->epoch.epoch + 1;
	n->slot.number_epoch = 1;
	slot_seal(n->y, plain, &n->slot);
	directory_entry_make(n->y, &n->slot, devices, &n->entry);
	f->slots[f->n_slots++] = n->slot;
	item.entry = n->entry;
	fake_must(directory_set_put(f->set, place_of(rd_str(handle)), &item));
}

/* All accounts of a fake server, where they changed. */
static inline void
fd_sync(struct fake_directory *f, const struct fake *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct fake_account *a = &s->accounts[i];
		struct fd_number *n = fd_number_of(f, a->number);
		struct slot_plain plain = { .account = { 0 } };
		struct slot_plain old = { .account = { 0 } };
		struct device_list l;

		fake_must(device_list_parse(buf_get(&a->list), &l));
		memcpy(plain.account, a->id, 16);
		memcpy(plain.mailbox, a->id, 16);
		memcpy(plain.aik, l.aik, 32);
		device_list_hash(buf_get(&a->list), plain.device_list_hash);
		if (n->slot.version > 0)
			fake_must(slot_open(n->y, &n->slot, &old));
		if (memcmp(&old, &plain, sizeof(old)) != 0)
			fd_put(f, a->number, &plain, (uint8_t)l.n);
	}
}

/* --- the log --- */

static inline enum rc
fd_hash(void *arg, unsigned level, uint64_t index, uint8_t ret_hash[static 32])
{
	struct fake_directory *f = arg;
	uint8_t a[32], b[32];

	if (level == 0) {
		tree_leaf(buf_get(&f->entries[index]), ret_hash);
		return RC_OK;
	}
	fake_must(fd_hash(f, level - 1, 2 * index, a));
	fake_must(fd_hash(f, level - 1, 2 * index + 1, b));
	tree_node(a, b, ret_hash);
	return RC_OK;
}

static inline void
fd_log(struct fake_directory *f, struct rd entry)
{
	buf_clear(&f->entries[f->n_entries]);
	fake_must(buf_add_rd(&f->entries[f->n_entries++], entry));
}

static inline void
fd_checkpoint(struct fake_directory *f, uint64_t size, struct buf *ret_note)
{
	struct checkpoint c = { .origin = rd_str(f->trust.log.name),
		.size = size };
	uint8_t other[64], pk[32];
	struct buf text;
	int64_t age = f->cheat.old_witness ? 601 : 1;

	buf_init(&text, 1024);
	(void)crypto_sign_keypair(pk, other);
	fake_must(tree_root(fd_hash, f, size, c.root));
	fake_must(checkpoint_build(&c, &text));
	fake_must(note_build(buf_get(&text), f->trust.log.name,
	    f->cheat.unsigned_note ? other : f->log_sk, ret_note));
	for (size_t i = 0; i < (f->cheat.no_witness ? 1 : 2); i++)
		fake_must(checkpoint_cosign(buf_get(&text),
		    f->trust.witnesses[i].name, f->witness_sk[i],
		    (uint64_t)(f->now - age), ret_note));
	buf_clear(&text);
}

/* Closes an epoch with all that was put. */
static inline void
fd_epoch(struct fake_directory *f)
{
	const struct directory_shape *shape = NULL;
	struct epoch_entry *e = &f->epoch;
	struct buf b;

	pir_table_free(f->table);
	f->table = NULL;
	directory_build_free(f->build);
	fake_must(directory_build_new(f->set, &f->build));
	shape = directory_build_shape(f->build);
	e->epoch++;
	e->time_ms = (uint64_t)f->now * 1000;
	e->shape = *shape;
	epoch_entry_label(e->label);
	(void)crypto_hash_sha256(
	    e->policy, (const uint8_t *)fd_policy, strlen(fd_policy));
	memcpy(e->root, directory_build_root(f->build), 32);
	directory_build_stash_hash(f->build, e->stash);
	memcpy(e->voprf, f->voprf_public, 32);
	memcpy(e->token, f->token_public, 32);
	if (f->cheat.other_label)
		e->label[0] ^= 1;
	if (f->cheat.other_voprf)
		memcpy(e->voprf, f->token_public, 32);
	if (f->cheat.other_token)
		memcpy(e->token, f->voprf_public, 32);
	if (f->cheat.back_in_time)
		e->time_ms -= 3600000;
	buf_init(&b, 4096);
	fake_must(epoch_entry_build(e, &b));
	f->index = f->n_entries;
	fd_log(f, buf_get(&b));
	buf_clear(&b);
}

/* --- the routes --- */

static inline void
fd_serve_epoch(struct fake_directory *f, const char *path, struct fake_reply *r)
{
	const char *from = strstr(path, "?from=");
	uint64_t old = from != NULL ? strtoull(from + 6, NULL, 10) : 0;
	uint64_t size = f->cheat.rollback > 0 ? f->cheat.rollback
					      : f->n_entries;
	struct epoch_answer a;

	if (f->cheat.starting > 0) {
		f->cheat.starting--;
		r->status = 503;
		return;
	}
	if (old > size) {
		r->status = 404;
		return;
	}
	epoch_answer_init(&a);
	fd_checkpoint(f, size, &a.note);
	a.index = f->index;
	while (a.index >= size)
		a.index--;
	fake_must(buf_add_rd(&a.entry, buf_get(&f->entries[a.index])));
	fake_must(tree_inclusion(fd_hash, f, a.index, size, &a.path));
	if (old > 0 && old < size)
		fake_must(
		    tree_consistency(fd_hash, f, old, size, &a.consistency));
	if (f->cheat.other_consistency && a.consistency.n > 0)
		a.consistency.hashes[0][0] ^= 1;
	if (f->cheat.other_path && a.path.n > 0)
		a.path.hashes[0][0] ^= 1;
	a.token_day = (uint32_t)(f->now / 86400);
	r->status = 200;
	fake_must(epoch_answer_build(&a, &r->body));
	epoch_answer_clear(&a);
}

static inline void
fd_serve_tokens(struct fake_directory *f, const struct tacet_request *q,
    struct fake_reply *r)
{
	uint8_t evaluated[100][32], proof[64];
	struct voprf_batch b = { .n = q->body_len / 32,
		.blinded = (const uint8_t(*)[32])q->body };

	fake_must(voprf_evaluate(f->token_secret, &b, evaluated, proof));
	r->status = 200;
	fake_must(buf_add(&r->body, evaluated, b.n * 32));
	fake_must(buf_add(&r->body, proof, sizeof(proof)));
}

/* Good once. */
static inline bool
fd_token_is_good(struct fake_directory *f, const uint8_t *token)
{
	uint8_t input[14 + 32], output[64];

	memcpy(input, "tacet token v1", 14);
	memcpy(input + 14, token, 32);
	fake_must(voprf_output(
	    f->token_secret, (struct rd){ input, sizeof(input) }, output));
	for (size_t i = 0; i < f->n_spent; i++)
		if (memcmp(f->spent[i], token, 32) == 0)
			return false;
	memcpy(f->spent[f->n_spent++], token, 32);
	return memcmp(output, token + 32, 64) == 0;
}

static inline void
fd_table(struct fake_directory *f)
{
	const struct directory_shape *shape = directory_build_shape(f->build);
	struct pir_shape ps = { .columns = shape->columns,
		.blocks = shape->blocks };
	uint8_t *column = malloc(directory_shape_column(shape));

	epoch_entry_label(ps.label);
	fake_must(pir_table_new(&ps, &f->table));
	for (uint32_t i = 0; column != NULL && i < shape->columns; i++) {
		fake_must(directory_build_column(f->build, i, column));
		fake_must(pir_table_set(f->table, i, column));
	}
	free(column);
	fake_must(pir_table_prepare(f->table));
}

static inline void
fd_serve_lookup(struct fake_directory *f, const struct tacet_request *q,
    struct fake_reply *r)
{
	uint8_t evaluated[1][32], proof[64];
	struct voprf_batch b = { .n = 1,
		.blinded = (const uint8_t(*)[32])(q->body + 96) };
	struct rd query = { q->body + 132, q->body_len - 132 };

	if (f->cheat.gone || !fd_token_is_good(f, q->body)) {
		r->status = f->cheat.gone ? 410 : 403;
		return;
	}
	if (f->table == NULL)
		fd_table(f);
	fake_must(voprf_evaluate(
	    f->cheat.other_key ? f->token_secret : f->voprf_secret, &b,
	    evaluated, proof));
	r->status = 200;
	fake_must(buf_add(&r->body, evaluated, 32));
	fake_must(buf_add(&r->body, proof, 64));
	fake_must(
	    buf_u32(&r->body, f->epoch.epoch + (f->cheat.other_epoch ? 1 : 0)));
	fake_must(pir_answer(f->table, query, &r->body));
	if (f->cheat.other_bucket)
		r->body.p[r->body.len - 8] ^= 0x40;
}

static inline void
fd_serve_oprf(struct fake_directory *f, const struct tacet_request *q,
    struct fake_reply *r)
{
	uint8_t blinded[100][32], evaluated[100][32], proof[64];
	struct voprf_batch b = { .n = q->body[1],
		.blinded = (const uint8_t(*)[32])blinded };

	r->status = 403;
	if (q->body_len != 2 + b.n * 128)
		abort();
	for (size_t i = 0; i < b.n; i++) {
		const uint8_t *at = q->body + 2 + i * 128;

		if (!fd_token_is_good(f, at))
			return;
		memcpy(blinded[i], at + 96, 32);
	}
	fake_must(voprf_evaluate(
	    f->cheat.other_key ? f->token_secret : f->voprf_secret, &b,
	    evaluated, proof));
	r->status = 200;
	fake_must(buf_add(&r->body, evaluated, b.n * 32));
	fake_must(buf_add(&r->body, proof, 64));
}

static inline void
fd_serve_slot(struct fake_directory *f, const char *path, struct fake_reply *r)
{
	uint8_t want[32], have[32];

	fake_must(text64_hex_parse(
	    (struct rd){ (const uint8_t *)path + 20, 64 }, 32, want));
	r->status = 404;
	for (size_t i = 0; i < f->n_slots; i++) {
		slot_commitment(&f->slots[i], have);
		if (memcmp(want, have, sizeof(have)) != 0)
			continue;
		r->status = 200;
		fake_must(slot_build(&f->slots[i], &r->body));
	}
	if (f->cheat.other_slot && r->body.len > 0)
		r->body.p[60] ^= 1;
}

static inline void
fd_serve_note(struct fake_directory *f, const char *text, struct fake_reply *r)
{
	uint8_t other[64], pk[32];

	(void)crypto_sign_keypair(pk, other);
	r->status = 200;
	fake_must(note_build(rd_str(text), "tacet-policy",
	    f->cheat.other_policy ? other : f->policy_sk, &r->body));
}

static inline void
fd_trace(struct fake_directory *f, const struct tacet_request *q)
{
	char path[40];
	size_t n = strcspn(q->path, "?");
	const char *last = strrchr(q->path, '/');

	if (last != NULL && strlen(last) == 65)
		n = (size_t)(last - q->path);
	(void)snprintf(path, sizeof(path), "%.*s", (int)n, q->path);
	if (f->n_trace < FD_TRACE)
		(void)snprintf(f->trace[f->n_trace++], sizeof(f->trace[0]),
		    "%s %s %zu", q->method, path, q->body_len);
}

/* False: the question is not of the directory. */
static inline bool
fd_serve(struct fake_directory *f, const struct tacet_request *q,
    struct fake_reply *r)
{
	const char *p = q->path;
	struct buf b;

	buf_init(&r->body, 2 * 1024 * 1024);
	fd_trace(f, q);
	if (strcmp(p, "/v1/trust") == 0) {
		r->status = 200;
		fake_must(trust_build(&f->trust, &r->body));
	} else if (strcmp(p, "/v1/policy") == 0) {
		fd_serve_note(f, fd_policy, r);
	} else if (strcmp(p, "/v1/promise") == 0) {
		r->status = 404;
		if (!f->has_promise)
			return true;
		buf_init(&b, 1024);
		fake_must(promise_build(&f->promise, &b));
		fake_must(buf_u8(&b, 0));
		fd_serve_note(f, (const char *)b.p, r);
		buf_clear(&b);
	} else if (strncmp(p, "/v1/directory/epoch", 19) == 0) {
		fd_serve_epoch(f, p, r);
	} else if (strcmp(p, "/v1/tokens") == 0) {
		fd_serve_tokens(f, q, r);
	} else if (strcmp(p, "/v1/directory/lookup") == 0) {
		fd_serve_lookup(f, q, r);
	} else if (strcmp(p, "/v1/directory/oprf") == 0) {
		fd_serve_oprf(f, q, r);
	} else if (strncmp(p, "/v1/directory/stash/", 20) == 0) {
		r->status = 200;
		fake_must(
		    buf_add_rd(&r->body, directory_build_stash(f->build)));
		if (f->cheat.other_stash)
			r->body.p[0] ^= 1;
	} else if (strncmp(p, "/v1/directory/slots/", 20) == 0) {
		fd_serve_slot(f, p, r);
	} else {
		return false;
	}
	return true;
}
#endif
