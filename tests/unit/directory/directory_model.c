/*
 * What tests/model/directory.py says, octet for octet: derivations, slots,
 * entries, whole snapshots, diff, epoch entry and promise. The model was
 * written from doc/protocol/directory.md, not from this code.
 */
#include <jansson.h>
#include <sodium.h>

#include "directory/bucket.h"
#include "directory/diff.h"
#include "directory/directory_build.h"
#include "directory/epoch_entry.h"
#include "directory/place.h"
#include "directory/promise.h"
#include "directory/stash.h"
#include "tap.h"

static json_t *doc;

static size_t
hex(const json_t *o, const char *key, size_t max, void *ret_octets)
{
	const char *s = json_string_value(json_object_get(o, key));
	size_t n = 0;

	T_OK(s != NULL &&
	    sodium_hex2bin(ret_octets, max, s, strlen(s), NULL, &n, NULL) == 0);
	return n;
}

static bool
is(const json_t *o, const char *key, const void *octets, size_t n)
{
	uint8_t want[2048];

	return hex(o, key, sizeof(want), want) == n &&
	    (n == 0 || memcmp(want, octets, n) == 0);
}

struct known {
	uint8_t y[HANDLE_KEYS_Y_SIZE];
	struct slot_plain plain;
	struct slot slot[2];
	struct directory_entry entry[2];
	uint32_t place;
};

static void
make(struct known *k)
{
	const json_t *o = json_object_get(doc, "number");
	static const struct slot_plain none;
	const char *handle = json_string_value(json_object_get(o, "handle"));

	T_OK(hex(o, "y", sizeof(k->y), k->y) == sizeof(k->y));
	T_OK(hex(o, "plain", sizeof(k->plain), &k->plain) == sizeof(k->plain));
	k->place = place_of(rd_str(handle));
	k->slot[0] = (struct slot){ .version = 1, .epoch_changed = 7 };
	slot_seal(k->y, &k->plain, &k->slot[0]);
	k->slot[1] = (struct slot){
		.version = 2, .epoch_changed = 9, .number_epoch = 1
	};
	slot_commitment(&k->slot[0], k->slot[1].hist_prev);
	slot_seal(k->y, &none, &k->slot[1]);
	directory_entry_make(k->y, &k->slot[0], 3, &k->entry[0]);
	directory_entry_make(k->y, &k->slot[1], 0, &k->entry[1]);
}

static void
what_is_derived_from_a_number_is_the_models(void)
{
	const json_t *o = json_object_get(doc, "number");
	uint8_t bytes[32];
	struct known k;
	struct buf b;

	make(&k);
	T_OK(k.place == json_integer_value(json_object_get(o, "place")));
	handle_keys_tag(k.y, bytes);
	T_OK(is(o, "tag", bytes, HANDLE_KEYS_TAG_SIZE));
	handle_keys_seal(k.y, 1, bytes);
	T_OK(is(o, "seal_key_1", bytes, HANDLE_KEYS_SEAL_SIZE));
	T_OK(handle_keys_count_mask(k.y, k.entry[0].commitment) ==
	    json_integer_value(json_object_get(o, "count_mask")));
	buf_init(&b, 100);
	T_RC(RC_OK, handle_keys_input(rd_str("+1555"), &b));
	T_OK(rd_is_eq(buf_get(&b), "tacet handle v1+1555"));
	buf_clear(&b);
}

static void
slots_and_entries_are_the_models(void)
{
	const json_t *o = json_object_get(doc, "number");
	struct known k;
	struct buf b;

	make(&k);
	buf_init(&b, 2 * SLOT_SIZE);
	T_RC(RC_OK, slot_build(&k.slot[0], &b));
	T_OK(is(o, "slot_1", b.p, b.len));
	b.len = 0;
	T_RC(RC_OK, slot_build(&k.slot[1], &b));
	T_OK(is(o, "slot_2", b.p, b.len));
	T_OK(is(o, "commitment_1", k.entry[0].commitment, SLOT_HASH_SIZE));
	T_OK(is(o, "commitment_2", k.entry[1].commitment, SLOT_HASH_SIZE));
	T_OK(is(o, "entry_1", &k.entry[0], sizeof(k.entry[0])));
	T_OK(is(o, "entry_2", &k.entry[1], sizeof(k.entry[1])));
	buf_clear(&b);
}

/* --- snapshots */

static void
put(struct directory_set *s, uint32_t place, const struct directory_entry *e)
{
	const struct directory_set_item i = { .entry = *e };

	T_RC(RC_OK, directory_set_put(s, place, &i));
}

static void
put_hashed(struct directory_set *s, uint32_t place, struct directory_entry *e,
    const char *text)
{
	(void)crypto_hash_sha256(
	    e->commitment, (const uint8_t *)text, strlen(text));
	put(s, place, e);
}

static void
put_number(struct directory_set *s, int i)
{
	static const char *const parts[] = { "account", "mailbox", "aik",
		"list" };
	static const size_t sizes[] = { 16, 16, 32, 32 };
	uint8_t y[crypto_hash_sha512_BYTES];
	uint8_t hash[crypto_hash_sha256_BYTES];
	struct slot_plain plain;
	uint8_t *at = (uint8_t *)&plain;
	struct slot slot = { .version = 1, .epoch_changed = 1 };
	struct directory_entry e;
	char text[32];

	(void)snprintf(text, sizeof(text), "y%d", i);
	(void)crypto_hash_sha512(y, (const uint8_t *)text, strlen(text));
	for (size_t k = 0; k < ARRAY_LEN(parts); k++) {
		(void)snprintf(text, sizeof(text), "%s%d", parts[k], i);
		(void)crypto_hash_sha256(
		    hash, (const uint8_t *)text, strlen(text));
		memcpy(at, hash, sizes[k]);
		at += sizes[k];
	}
	slot_seal(y, &plain, &slot);
	directory_entry_make(y, &slot, 1, &e);
	(void)snprintf(text, sizeof(text), "+1555%07d", i);
	put(s, place_of(rd_str(text)), &e);
}

static void
put_crowd(struct directory_set *s)
{
	for (unsigned i = 0; i < 170; i++) {
		struct directory_entry e = { .count = (uint8_t)i };
		uint8_t y[HANDLE_KEYS_Y_SIZE + 1];
		char text[16];

		(void)snprintf((char *)y, sizeof(y), "%64u", i);
		handle_keys_tag(y, e.tag);
		(void)snprintf(text, sizeof(text), "c%u", i);
		put_hashed(s, 5 + 2048 * (i % 512), &e, text);
	}
}

static void
put_guests(struct directory_set *s)
{
	for (unsigned i = 0; i < 89; i++) {
		struct directory_entry e = { .count = (uint8_t)i };
		uint8_t y[HANDLE_KEYS_Y_SIZE + 1];
		char text[16];

		(void)snprintf((char *)y, sizeof(y), "g%63u", i);
		handle_keys_tag(y, e.tag);
		(void)snprintf(text, sizeof(text), "g%u", i);
		put_hashed(s, 7 + 2048 * (i % 512), &e, text);
	}
}

static void
is_snapshot(const char *name, const struct directory_set *set)
{
	const json_t *o = json_object_get(
	    json_object_get(doc, "snapshots"), name);
	struct directory_build *b = NULL;
	const struct directory_shape *shape;
	struct rd stash;
	uint8_t hash[32];
	uint8_t *column;
	size_t n;

	T_OK((json_int_t)directory_set_size(set) ==
	    json_integer_value(json_object_get(o, "n")));
	T_RC(RC_OK, directory_build_new(set, &b));
	shape = directory_build_shape(b);
	T_OK(shape->columns ==
		json_integer_value(json_object_get(o, "columns")) &&
	    shape->blocks == json_integer_value(json_object_get(o, "blocks")));
	T_OK(is(o, "root", directory_build_root(b), 32));
	stash = directory_build_stash(b);
	T_OK(is(o, "stash", stash.p, stash.left));
	n = directory_shape_column(shape);
	column = malloc(n);
	T_RC(RC_OK, directory_build_column(b, 7, column));
	(void)crypto_hash_sha256(hash, column, n);
	T_OK(is(o, "column_7", hash, 32));
	T_RC(RC_OK,
	    bucket_check(
		shape, 7, (struct rd){ column, n }, directory_build_root(b)));
	free(column);
	directory_build_free(b);
}

static void
whole_snapshots_are_the_models(void)
{
	struct directory_set *set = NULL;

	T_RC(RC_OK, directory_set_new(&set));
	is_snapshot("none", set);
	put_crowd(set);
	is_snapshot("crowd", set);
	directory_set_free(set);
	T_RC(RC_OK, directory_set_new(&set));
	for (int i = 2999; i >= 0; i--) /* the order is nothing */
		put_number(set, i);
	is_snapshot("numbers", set);
	directory_set_free(set);
	T_RC(RC_OK, directory_set_new(&set));
	put_guests(set);
	is_snapshot("guests", set);
	directory_set_free(set);
}

/* --- epochs */

static void
a_diff_is_the_models(void)
{
	const json_t *o = json_object_get(doc, "diff");
	struct diff_row w = { .is_new = true };
	const char *why = NULL;
	struct known k;
	struct buf b;

	make(&k);
	buf_init(&b, DIFF_ROW_SIZE);
	w.bucket = place_bucket(k.place, 4096);
	w.after.entry = k.entry[0];
	slot_head_of(&k.slot[0], &w.after.head);
	T_RC(RC_OK, diff_row_build(&w, &b));
	T_OK(is(o, "new", b.p, b.len));
	T_RC(RC_OK, diff_row_check(&w, 7, &why));
	w.is_new = false;
	w.before = w.after;
	w.after.entry = k.entry[1];
	slot_head_of(&k.slot[1], &w.after.head);
	b.len = 0;
	T_RC(RC_OK, diff_row_build(&w, &b));
	T_OK(is(o, "changed", b.p, b.len));
	T_RC(RC_OK, diff_row_check(&w, 9, &why));
	buf_clear(&b);
}

static void
an_epoch_entry_and_a_promise_are_the_models(void)
{
	const char *text = json_string_value(
	    json_object_get(doc, "epoch_entry"));
	const char *note = json_string_value(json_object_get(doc, "promise"));
	struct epoch_entry e;
	struct promise p;
	struct slot_head h;
	uint8_t label[32];
	struct known k;
	struct buf b;

	make(&k);
	buf_init(&b, EPOCH_ENTRY_MAX);
	T_RC(RC_OK, epoch_entry_parse(rd_str(text), &e));
	T_OK(e.epoch == 9 && e.time_ms == 1790000000123 &&
	    e.shape.columns == 4096 && e.shape.blocks == 2);
	epoch_entry_label(label);
	T_MEM(label, e.label, sizeof(label));
	T_RC(RC_OK, epoch_entry_build(&e, &b));
	T_OK(rd_is_eq(buf_get(&b), text));
	b.len = 0;
	p = (struct promise){ .place = k.place, .version = 1, .max_epoch = 8 };
	slot_head_of(&k.slot[0], &h);
	memcpy(p.sealed_hash, h.sealed_hash, sizeof(p.sealed_hash));
	T_RC(RC_OK, promise_build(&p, &b));
	T_OK(rd_is_eq(buf_get(&b), note));
	buf_clear(&b);
}

int
main(void)
{
	doc = json_load_file(DIRECTORY_VECTORS, 0, NULL);
	T_OK(doc != NULL);
	TEST(what_is_derived_from_a_number_is_the_models);
	TEST(slots_and_entries_are_the_models);
	TEST(whole_snapshots_are_the_models);
	TEST(a_diff_is_the_models);
	TEST(an_epoch_entry_and_a_promise_are_the_models);
	json_decref(doc);
	return tap_done();
}
