/*
 * What tests/model/ringpir.py says, octet for octet: public polynomials,
 * digits, queries, answers and columns. The model was written from
 * doc/protocol/ring-pir.md, not from this code.
 */
#include <string.h>

#include <jansson.h>
#include <sodium.h>

#include "pir/pir_client.h"
#include "pir/pir_public.h"
#include "pir/pir_table.h"

#include "tap.h"

static json_t *doc;

static const char *
text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	T_OK(s != NULL);
	return s == NULL ? "" : s;
}

static void
hex(const json_t *o, const char *key, size_t n, uint8_t *ret)
{
	const char *s = text(o, key);
	size_t got = 0;

	T_OK(sodium_hex2bin(ret, n, s, strlen(s), NULL, &got, NULL) == 0);
	T_OK(got == n);
}

static void
is_digest(const json_t *o, const char *key, const void *octets, size_t n)
{
	uint8_t want[crypto_hash_sha256_BYTES];
	uint8_t got[crypto_hash_sha256_BYTES];

	hex(o, key, sizeof(want), want);
	(void)crypto_hash_sha256(got, octets, n);
	T_MEM(want, got, sizeof(want));
}

/* BLAKE2b(column || part), both as u32, big-endian. */
static void
fill(uint32_t column, size_t size, uint8_t *ret)
{
	for (uint32_t i = 0; i < size / 64; i++) {
		uint8_t in[8];

		for (unsigned k = 0; k < 4; k++) {
			in[k] = (uint8_t)(column >> (24 - 8 * k));
			in[4 + k] = (uint8_t)(i >> (24 - 8 * k));
		}
		(void)crypto_generichash(
		    ret + (size_t)i * 64, 64, in, sizeof(in), NULL, 0);
	}
}

static void
shape_of(const json_t *v, struct pir_shape *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->columns = (uint32_t)json_integer_value(
	    json_object_get(v, "columns"));
	ret->blocks = (uint16_t)json_integer_value(
	    json_object_get(v, "blocks"));
	hex(v, "label", sizeof(ret->label), ret->label);
}

static struct pir_table *
table_of(const struct pir_shape *shape)
{
	uint8_t *column = malloc(pir_column_size(shape));
	struct pir_table *t = NULL;

	T_RC(RC_OK, pir_table_new(shape, &t));
	for (uint32_t c = 0; c < shape->columns; c++) {
		fill(c, pir_column_size(shape), column);
		T_RC(RC_OK, pir_table_set(t, c, column));
	}
	T_RC(RC_OK, pir_table_prepare(t));
	free(column);
	return t;
}

static void
check_public(const json_t *v, const struct pir_shape *shape)
{
	static uint64_t all[PIR_KEYS + 1][PIR_D];
	struct pir_public *p = NULL;

	T_RC(RC_OK, pir_public_new(shape, &p));
	memcpy(all, p->keys, sizeof(p->keys));
	memcpy(all[PIR_KEYS], p->a[0], sizeof(p->a[0]));
	is_digest(v, "public_sha256", all, sizeof(all));
	pir_public_free(p);
}

/* Of all steps: the three digits' values, in generator order. */
static void
check_steps(const json_t *v, const struct pir_table *t)
{
	const uint64_t mask = (UINT64_C(1) << PIR_DIGIT_HALF) - 1;
	uint64_t(*all)[PIR_DIGITS][PIR_D] = calloc(PIR_STEPS, sizeof(*all));

	for (unsigned c = 0; c < PIR_CHUNKS; c++)
		for (size_t i = 0; i < PIR_CHUNK_DIGITS / 2; i++) {
			size_t step = i / PIR_LANES;
			size_t lane = i % PIR_LANES;
			const uint64_t *d = pir_table_chunk(t, 0, c) +
			    step * 2 * PIR_LANES + lane;

			for (unsigned k = 0; k < PIR_DIGITS; k++) {
				unsigned shift = PIR_DIGIT_HALF * k;

				all[step][k][c * PIR_LANES + lane] =
				    (d[0] >> shift & mask) |
				    (d[PIR_LANES] >> shift & mask)
					<< PIR_DIGIT_HALF;
			}
		}
	is_digest(v, "steps_sha256", all, PIR_STEPS * sizeof(*all));
	free(all);
}

static void
check_case(const json_t *v, const struct pir_table *t)
{
	const struct pir_shape *shape = pir_table_shape(t);
	const uint32_t column = (uint32_t)json_integer_value(
	    json_object_get(v, "column"));
	uint8_t *got = malloc(pir_column_size(shape));
	uint8_t seed[PIR_SEED_SIZE];
	uint8_t head[64];
	struct pir_public *p = NULL;
	struct pir_query *q = NULL;
	struct buf query;
	struct buf answer;
	char *b64;

	buf_init(&query, 1u << 20);
	buf_init(&answer, 1u << 20);
	hex(v, "seed", sizeof(seed), seed);
	T_RC(RC_OK, pir_public_new(shape, &p));
	T_RC(RC_OK, pir_query_seeded(p, column, seed, &q, &query));
	hex(v, "query_head", 64, head);
	T_MEM(head, query.p, 64);
	hex(v, "query_words_head", 40, head);
	T_MEM(head, query.p + (size_t)PIR_KEYS * PIR_KEY_SIZE, 40);
	is_digest(v, "query_sha256", query.p, query.len);

	T_RC(RC_OK, pir_answer(t, buf_get(&query), &answer));
	is_digest(v, "answer_sha256", answer.p, answer.len);
	b64 = malloc(sodium_base64_ENCODED_LEN(
	    answer.len, sodium_base64_VARIANT_ORIGINAL));
	(void)sodium_bin2base64(b64,
	    sodium_base64_ENCODED_LEN(
		answer.len, sodium_base64_VARIANT_ORIGINAL),
	    answer.p, answer.len, sodium_base64_VARIANT_ORIGINAL);
	T_STR(text(v, "answer"), b64);

	T_RC(RC_OK, pir_query_open(q, buf_get(&answer), got));
	is_digest(v, "column_sha256", got, pir_column_size(shape));
	free(b64);
	free(got);
	pir_query_free(q);
	pir_public_free(p);
	buf_clear(&query);
	buf_clear(&answer);
}

static void
the_models_octets_come_out(void)
{
	json_t *v;
	json_t *c;
	size_t i;
	size_t k;

	json_array_foreach(json_object_get(doc, "vectors"), i, v)
	{
		struct pir_shape shape;
		struct pir_table *t;

		shape_of(v, &shape);
		t = table_of(&shape);
		check_public(v, &shape);
		check_steps(v, t);
		json_array_foreach(json_object_get(v, "cases"), k, c)
		{
			check_case(c, t);
		}
		T_OK(k >= 3);
		pir_table_free(t);
	}
	T_OK(i >= 1);
}

int
main(void)
{
	doc = json_load_file(PIR_VECTORS "/ring-pir.json", 0, NULL);
	T_OK(doc != NULL);
	TEST(the_models_octets_come_out);
	json_decref(doc);
	return tap_done();
}
