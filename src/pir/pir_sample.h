/*
 * pir_sample: everything random in ring-PIR, from ChaCha20 key streams
 * (doc/protocol/ring-pir.md, 3). Pure; constant time in the seed, apart from
 * pir_sample_uniform, whose output is public.
 *
 * A stream is named by a purpose and an index: the key stream of ChaCha20 with
 * the 8-octet nonce (purpose << 32 | index), little-endian, from block 0.
 */
#ifndef PIR_SAMPLE_H
#define PIR_SAMPLE_H
#include "pir/pir_params.h"

#define PIR_SEED_SIZE 32
/* The largest magnitude that pir_sample_gauss gives. */
#define PIR_GAUSS_MAX 30

/* Streams of a table's label: public. */
enum pir_public_stream {
	PIR_PUBLIC_QUERY = 1, /* index: the block of columns */
	PIR_PUBLIC_KEY = 2,   /* index: the key */
	PIR_PUBLIC_MASK = 3   /* index: the column */
};

/* Streams of a query's seed: secret. */
enum pir_secret_stream {
	PIR_SECRET_S = 1,
	PIR_SECRET_ERROR = 2,    /* index: the block of columns */
	PIR_SECRET_TIES = 3,     /* index: the block of columns */
	PIR_SECRET_KEY_ERROR = 4 /* index: the key */
};

struct pir_stream {
	uint8_t key[PIR_SEED_SIZE];
	uint32_t purpose;
	uint32_t index;
};

/* The key of a label's streams. */
void pir_sample_label(const uint8_t label[static PIR_LABEL_SIZE],
    uint8_t ret_key[static PIR_SEED_SIZE]);
/* The first n octets of the stream. */
void pir_sample_octets(const struct pir_stream *s, size_t n, uint8_t *ret);
/* xors them onto x. */
void pir_sample_xor(const struct pir_stream *s, size_t n, uint8_t *x);
/* 2048 values of [0, q), uniform. */
void pir_sample_uniform(const struct pir_stream *s, uint64_t ret[PIR_D]);
/* 2048 values of the discrete Gaussian with standard deviation 3.2. */
void pir_sample_gauss(const struct pir_stream *s, int8_t ret[PIR_D]);
#endif
