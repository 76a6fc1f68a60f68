/*
 * pir_server: the answering half of ring-PIR (doc/protocol/ring-pir.md, 6, 7).
 * A table is filled, prepared and from then on only read; then any number of
 * threads may answer from it. Holds no secret of a client. Blocks for the time
 * that its arithmetic takes; the file functions besides for the disk.
 */
#ifndef PIR_SERVER_H
#define PIR_SERVER_H
#include "base/buf.h"
#include "pir/pir_params.h"

struct pir_table;
struct pir_job;

#define PIR_JOB_MAX 16 /* queries that a job answers together */

/* A column that is never set reads as octets that mean nothing. RC_MALFORMED:
 * no such shape; RC_NOMEM. */
MUST_USE enum rc pir_table_new(
    const struct pir_shape *shape, struct pir_table **ret_table);
/* Writes one column: pir_column_size octets, which the table covers with a
 * mask that clients take off again. Quickest in the order of the columns.
 * RC_LIMIT: there is no such column; RC_STATE: the table is prepared. */
MUST_USE enum rc pir_table_set(
    struct pir_table *t, uint32_t column, const uint8_t *octets);
/* Makes what answers need; afterwards the table does not change. RC_NOMEM. */
MUST_USE enum rc pir_table_prepare(struct pir_table *t);
/* The same a piece at a time, for a process that has other things to do, until
 * *ret_done: milliseconds of work each, with one of tens a block. */
MUST_USE enum rc pir_table_prepare_step(struct pir_table *t, bool *ret_done);
/* How many octets pir_table_save writes. */
size_t pir_table_file_size(const struct pir_shape *shape);
/* Writes a prepared table where fd stands. RC_STATE: it is not prepared;
 * RC_IO, RC_NOSPACE: a part of it may be there. */
MUST_USE enum rc pir_table_save(const struct pir_table *t, int fd);
/* Maps the table that stands at `at` in the file, a multiple of 4096,
 * read-only; fd may be closed afterwards. All of it is read and compared with
 * its checksum. RC_MALFORMED: it is damaged, cut short or no table; RC_IO,
 * RC_NOMEM. */
MUST_USE enum rc pir_table_map(
    int fd, uint64_t at, struct pir_table **ret_table);
const struct pir_shape *pir_table_shape(const struct pir_table *t);
/* Of a prepared table: the half of every answer that no query changes. */
struct rd pir_table_a_half(const struct pir_table *t);
void pir_table_free(struct pir_table *t); /* NULL is fine */

/* A job answers up to PIR_JOB_MAX queries of one table in one reading of it;
 * t must be prepared and outlive the job. RC_STATE, RC_NOMEM. */
MUST_USE enum rc pir_job_new(
    const struct pir_table *t, struct pir_job **ret_job);
/* RC_MALFORMED: this is no query, and the job is as it was; RC_LIMIT: the job
 * has PIR_JOB_MAX queries. The query is not needed afterwards. */
MUST_USE enum rc pir_job_add(struct pir_job *j, struct rd query);
/* Does share `part` of `parts` of the work. All shares must be done, in any
 * order, and several threads may each do a share at the same time. */
void pir_job_part(struct pir_job *j, unsigned part, unsigned parts);
/* Ends the work when all shares are done: some microseconds a block. */
void pir_job_finish(struct pir_job *j);
/* The b half of the answer to the i-th query, borrowed until the job changes.
 * An answer is pir_table_a_half, then this. */
struct rd pir_job_b_half(const struct pir_job *j, unsigned i);
/* Forgets the queries: the job is as new. */
void pir_job_reset(struct pir_job *j);
void pir_job_free(struct pir_job *j); /* NULL is fine */

/* All of it for one query: appends the answer, or its b half alone, to b.
 * RC_MALFORMED, RC_STATE, RC_LIMIT, RC_NOMEM. */
MUST_USE enum rc pir_answer(
    const struct pir_table *t, struct rd query, struct buf *b);
MUST_USE enum rc pir_answer_half(
    const struct pir_table *t, struct rd query, struct buf *b);
/* The name of the instruction set that does the work, such as "avx2". */
const char *pir_kernel_name(void);
#endif
