#include "pir/pir_sample.h"

#include <sodium.h>
#include <string.h>

#define CHUNK 4096 /* octets of a stream that are made at a time */

/* floor(2^63 P(|x| <= k)), k = 0.., for P(x) ~ exp(-x^2 / (2 3.2^2)); what is
 * cut off has probability 2^-63. tests/model/ringpir.py computes it. */
static const uint64_t cumulative[PIR_GAUSS_MAX] = { 1149872835429266008,
	3340023666152832877, 5231742854224525755, 6713673034491318533,
	7766573326200196558, 8445050402542556633, 8841576285654612683,
	9051758678878186096, 9152802451769415979, 9196859074767746705,
	9214281206174004120, 9220529764022708440, 9222562339745873205,
	9223161995634596963, 9223322447917711088, 9223361386320111732,
	9223369956674611011, 9223371667508612690, 9223371977254386295,
	9223372028116140532, 9223372035690845298, 9223372036713969870,
	9223372036839307001, 9223372036853232777, 9223372036854636067,
	9223372036854764319, 9223372036854774950, 9223372036854775749,
	9223372036854775804, 9223372036854775807 };

static uint64_t
little_endian(const uint8_t p[static 8])
{
	uint64_t v = 0;

	for (int i = 7; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

static void
nonce(const struct pir_stream *s,
    uint8_t ret[static crypto_stream_chacha20_NONCEBYTES])
{
	uint64_t v = (uint64_t)s->purpose << 32 | s->index;

	for (unsigned i = 0; i < crypto_stream_chacha20_NONCEBYTES; i++)
		ret[i] = (uint8_t)(v >> (8 * i));
}

/* The block counter starts at 64-octet block `block`. */
static void
xor_from(const struct pir_stream *s, uint64_t block, size_t n, uint8_t *x)
{
	uint8_t iv[crypto_stream_chacha20_NONCEBYTES];

	nonce(s, iv);
	(void)crypto_stream_chacha20_xor_ic(x, x, n, iv, block, s->key);
}

void
pir_sample_label(const uint8_t label[static PIR_LABEL_SIZE],
    uint8_t ret_key[static PIR_SEED_SIZE])
{
	static const char domain[] = "tacet ring-pir v1 public";
	crypto_generichash_state st;

	(void)crypto_generichash_init(&st, NULL, 0, PIR_SEED_SIZE);
	(void)crypto_generichash_update(
	    &st, (const uint8_t *)domain, strlen(domain));
	(void)crypto_generichash_update(&st, label, PIR_LABEL_SIZE);
	(void)crypto_generichash_final(&st, ret_key, PIR_SEED_SIZE);
}

void
pir_sample_xor(const struct pir_stream *s, size_t n, uint8_t *x)
{
	xor_from(s, 0, n, x);
}

void
pir_sample_octets(const struct pir_stream *s, size_t n, uint8_t *ret)
{
	memset(ret, 0, n);
	xor_from(s, 0, n, ret);
}

/* The low 42 bits of each 8 octets, those that are q or more left out: one in
 * two hundred. */
void
pir_sample_uniform(const struct pir_stream *s, uint64_t ret[PIR_D])
{
	uint8_t chunk[CHUNK];
	unsigned n = 0;

	for (uint64_t at = 0; n < PIR_D; at += CHUNK / 64) {
		memset(chunk, 0, sizeof(chunk));
		xor_from(s, at, sizeof(chunk), chunk);
		for (unsigned i = 0; i < CHUNK && n < PIR_D; i += 8) {
			ret[n] = little_endian(chunk + i) &
			    ((UINT64_C(1) << PIR_Q_BITS) - 1);
			n += ret[n] < PIR_Q;
		}
	}
}

/* 63 bits against the whole table, the last one for the sign: no branch, no
 * index and no count of steps depends on what is drawn. */
void
pir_sample_gauss(const struct pir_stream *s, int8_t ret[PIR_D])
{
	uint8_t chunk[CHUNK];

	for (unsigned i = 0; i < PIR_D; i++) {
		unsigned at = i * 8 % CHUNK;
		uint64_t v;
		uint64_t u;
		uint64_t x = 0;

		if (at == 0) {
			memset(chunk, 0, sizeof(chunk));
			xor_from(s, (uint64_t)i * 8 / 64, sizeof(chunk), chunk);
		}
		v = little_endian(chunk + at);
		u = v & INT64_MAX;
		for (unsigned k = 0; k < PIR_GAUSS_MAX; k++)
			x += 1 ^ ((u - cumulative[k]) >> 63);
		v = 0 - (v >> 63);
		ret[i] = (int8_t)((x ^ v) - v);
	}
	sodium_memzero(chunk, sizeof(chunk));
}
