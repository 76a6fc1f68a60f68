/*
 * pir_kernel: the inner loops of the server half, one set for each instruction
 * set, and the layout of what they read (doc/protocol/ring-pir.md, 6 and 7).
 *
 * pir_kernel_portable is the specification: every other set gives the same
 * values for the same input. Pure; no loop's course depends on a value.
 */
#ifndef PIR_KERNEL_H
#define PIR_KERNEL_H
#include "pir/pir_ring.h"

/* Rows are stored by bands of 32 and columns by pairs, so that an answer reads
 * one stream: plaintext (r, c), centred, is at
 * ((r / 32) (columns / 2) + c / 2) 64 + (r % 32) 2 + c % 2. */
#define PIR_BAND 32
#define PIR_BLOCK_BANDS (PIR_D / PIR_BAND)
/* A query word is four signed limbs of ten bits, the lowest first. */
#define PIR_LIMBS 4
#define PIR_LIMB_BITS 10
/* Limbs are stored by runs of 64 columns, which a band has 4 KiB of: those stay
 * in the nearest cache for all queries. */
#define PIR_RUN 64
/* Sums of products of 2^13 by 2^9 stay below 2^31 over 256 columns. */
#define PIR_SUM_RUNS 4
/* Queries that are answered together. */
#define PIR_BATCH_MAX 16
/* Values in generator order are stored by chunks of 16. */
#define PIR_LANES 16
#define PIR_CHUNKS (PIR_D / PIR_LANES)
/* Key switches of a block: 1023 turns of each half, then the exchange. */
#define PIR_STEPS (2 * (PIR_H - 1) + 1)
/* Words of a chunk of digits. A step has three digits a lane, each of 42 bits;
 * their low 21 bits share a word, the first digit's lowest, and their high 21
 * bits the next: 16 lanes of low words, then 16 of high words. */
#define PIR_CHUNK_DIGITS (PIR_STEPS * 2 * PIR_LANES)
#define PIR_DIGIT_HALF 21
#define PIR_BLOCK_DIGITS ((size_t)PIR_CHUNKS * PIR_CHUNK_DIGITS)

/* The keys of a query, in generator order. The turning keys have each half
 * twice in a row, so that a turn is an offset. */
struct pir_keys {
	uint64_t turn[PIR_DIGITS][2][2 * PIR_H];
	uint64_t exchange[PIR_DIGITS][2][PIR_H];
};

/* A run of up to PIR_BATCH_MAX queries, as limbs: those of query j, columns c
 * and c + 1 of the run, are [j][c / 2][limb][c % 2]. */
typedef int16_t pir_run_limbs[PIR_BATCH_MAX][PIR_RUN / 2][PIR_LIMBS][2];
/* What a band gives for a query: the sum of its limbs' products, a row. */
typedef int64_t pir_band_sums[PIR_LIMBS][PIR_BAND];
typedef uint64_t pir_lanes[PIR_LANES];

struct pir_kernel {
	const char *name;
	/* pir_ring_ntt and pir_ring_intt */
	void (*ntt)(const struct pir_ring *r, uint64_t a[PIR_D]);
	void (*intt)(const struct pir_ring *r, uint64_t a[PIR_D]);
	/* acc[i] = acc[i] + x[i] y[i] mod q */
	void (*muladd)(
	    uint64_t *acc, const uint64_t *x, const uint64_t *y, size_t n);
	/* (x, y) = (x + X^turn y, x - X^turn y): integers, not reduced */
	void (*butterfly)(int64_t x[PIR_D], int64_t y[PIR_D], unsigned turn);
	/* The sums of one band for the first n queries. */
	void (*scan)(const int16_t *band, const pir_run_limbs *limbs,
	    uint32_t columns, unsigned n, pir_band_sums *ret_sums);
	/* Brings keys into the form that mac reads. */
	void (*keys)(struct pir_keys *keys);
	/* For one chunk of one block: the sum over all steps of digit x key,
	 * modulo q, for each of n queries. */
	void (*mac)(const uint64_t *digits, unsigned chunk,
	    const struct pir_keys *const keys[], unsigned n,
	    pir_lanes *ret_values);
};

extern const struct pir_kernel pir_kernel_portable;
/* x86-64: */
extern const struct pir_kernel pir_kernel_avx2;
extern const struct pir_kernel pir_kernel_avx512;

/* PIR_KEYS x PIR_D values in generator order, the turning keys first, as keys
 * before the kernel's own form of them. */
void pir_kernel_lay_out(const uint64_t *values, struct pir_keys *ret_keys);
/* The sets that this build has and this processor can run, from the fastest
 * (0) to the portable one; NULL past it. Which they are is found out each time,
 * from what the processor says. */
const struct pir_kernel *pir_kernel_find(unsigned i);
#endif
