/*
 * pir_file: a prepared table as octets (doc/protocol/ring-pir.md, 7). Pure.
 *
 * One page of head, then the bands, the digits and the a half, each from a
 * page's start. It is read by the kind of machine that wrote it: integers of
 * the parts are in the machine's order, which the head states.
 */
#ifndef PIR_FILE_H
#define PIR_FILE_H
#include "base/rd.h"
#include "pir/pir_params.h"

#define PIR_FILE_PAGE 4096
#define PIR_FILE_SUM_SIZE 16

struct pir_file {
	struct pir_shape shape;
	uint8_t sum[PIR_FILE_SUM_SIZE]; /* pir_file_sum */
};

/* Where the parts of a shape's file are, and where it ends. */
size_t pir_file_bands_at(void);
size_t pir_file_digits_at(const struct pir_shape *shape);
size_t pir_file_a_half_at(const struct pir_shape *shape);
size_t pir_file_size(const struct pir_shape *shape);

/* Reads a head. RC_MALFORMED: it is none, or of another machine. */
MUST_USE enum rc pir_file_parse(struct rd head, struct pir_file *ret_file);
void pir_file_build(
    const struct pir_file *f, uint8_t ret_head[static PIR_FILE_PAGE]);
/* The checksum of a file: of f's shape and of what follows the head. It finds
 * damage; who can write the file can write the checksum too. */
void pir_file_sum(const struct pir_file *f, struct rd body,
    uint8_t ret_sum[static PIR_FILE_SUM_SIZE]);
#endif
