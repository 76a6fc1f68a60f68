/*
 * pir_params: the parameters of ring-PIR and the shape of a table
 * (doc/protocol/ring-pir.md, 1 and 2). Pure.
 *
 * R_q = Z_q[X]/(X^2048 + 1). A table has columns, which clients ask for, and
 * rows, 2048 to a block; a column is a bit string cut into plaintexts of 14
 * bits, one a row.
 */
#ifndef PIR_PARAMS_H
#define PIR_PARAMS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PIR_LOG_D 11
#define PIR_D 2048
#define PIR_H (PIR_D / 2)
/* The largest prime = 1 mod 4096 at or below 0.995 x 2^42: the part below
 * 2^42 keeps a query word inside four signed limbs of ten bits. */
#define PIR_Q_BITS 42
#define PIR_Q UINT64_C(4376056250369)
/* 3^((q-1)/4096): a root of X^2048 + 1 */
#define PIR_PSI UINT64_C(2604340328594)

#define PIR_PLAIN_BITS 14
#define PIR_PLAIN_HALF (1 << (PIR_PLAIN_BITS - 1))
#define PIR_DELTA (PIR_Q >> PIR_PLAIN_BITS)
/* A query word: a centred value of R_q, its two low bits rounded away. */
#define PIR_WORD_BITS 40
#define PIR_WORD_DROP 2
#define PIR_WORD_MAX INT64_C(547007031296)
/* The gadget: three signed digits of 11 bits, the low nine bits dropped. */
#define PIR_DIGITS 3
#define PIR_DIGIT_BITS 11
#define PIR_DIGIT_DROP 9
/* Key-switching keys of a query: PIR_DIGITS for X -> X^5, then X -> X^-1. */
#define PIR_KEYS (2 * PIR_DIGITS)
/* The two halves of an answer, after the switch to a small modulus. */
#define PIR_A_BITS 25
#define PIR_B_BITS 17

/* More columns would make more noise than decoding bears. */
#define PIR_COLUMNS_MAX (UINT32_C(1) << 19)
#define PIR_BLOCKS_MAX 64
#define PIR_LABEL_SIZE 32

#define PIR_COLUMN_BLOCK_SIZE (PIR_D * PIR_PLAIN_BITS / 8)
#define PIR_KEY_SIZE (PIR_D * PIR_Q_BITS / 8)
#define PIR_A_SIZE (PIR_D * PIR_A_BITS / 8)
#define PIR_B_SIZE (PIR_D * PIR_B_BITS / 8)

struct pir_shape {
	uint32_t columns; /* a multiple of PIR_D, at most PIR_COLUMNS_MAX */
	uint16_t blocks;  /* at most PIR_BLOCKS_MAX */
	/* names the public polynomials: no two tables that are asked with one
	 * secret may share it */
	uint8_t label[PIR_LABEL_SIZE];
};

bool pir_shape_is_valid(const struct pir_shape *shape);
bool pir_shape_is_eq(const struct pir_shape *a, const struct pir_shape *b);
/* Octets. What a column holds: */
size_t pir_column_size(const struct pir_shape *shape);
size_t pir_query_size(const struct pir_shape *shape);
/* An answer is the a half, which is the same for every query, then the b half.
 */
size_t pir_a_half_size(const struct pir_shape *shape);
size_t pir_b_half_size(const struct pir_shape *shape);
size_t pir_answer_size(const struct pir_shape *shape);
#endif
