/*
 * letter_doc: what the letter of a package says (design: records, section 5),
 * as one CBOR array between the writer of the package and the program that
 * draws it, which shares nothing else with it. Pure. It holds numbers: wipe it.
 */
#ifndef LETTER_DOC_H
#define LETTER_DOC_H
#include "wire/row.h"

#define LETTER_DOC_MAX (256u << 10) /* octets of a document */
#define LETTER_DOC_TEXT_MAX 256     /* octets of a text: ORDER_TEXT_SIZE */
#define LETTER_DOC_LINES_MAX 4
#define LETTER_DOC_HANDLES_MAX 16
#define LETTER_DOC_CLASSES_MAX 8
#define LETTER_DOC_ROWS_MAX 20
#define LETTER_DOC_HELD_MAX 4
#define LETTER_DOC_FILES_MAX 8
#define LETTER_DOC_SIGNERS_MAX 2
#define LETTER_DOC_HASH_SIZE 32

/* Texts are UTF-8, borrowed, and have no control character (C0, DEL, C1, line
 * and paragraph separators, direction overrides, noncharacters): what is
 * printed is what was written. An empty text is left out of the letter. */
struct letter_doc_lines {
	size_t n;
	struct rd line[LETTER_DOC_LINES_MAX];
};

enum letter_doc_direction { /* bits */
	LETTER_DOC_DIRECTION_SOURCE = 1,
	LETTER_DOC_DIRECTION_LOOKUP = 2
};

enum letter_doc_ip { /* what the policy keeps of client_ip */
	LETTER_DOC_IP_FULL = 1,
	LETTER_DOC_IP_TRUNCATED = 2,
	LETTER_DOC_IP_NONE = 3
};

/* What the order asks for and is not in the package, and why. */
struct letter_doc_held {
	struct rd what;
	struct rd why;
};

struct letter_doc_file {
	struct rd name;
	uint8_t sha256[LETTER_DOC_HASH_SIZE];
};

struct letter_doc {
	/* who writes to whom */
	struct rd operator_name;
	struct letter_doc_lines operator_lines; /* address, telephone */
	struct rd agency;
	struct letter_doc_lines agency_lines; /* officer, address */
	struct rd country;
	struct rd our_ref; /* the order's id */
	struct rd their_ref;
	struct wall date;
	/* what was served */
	struct rd process;         /* "Order under 18 U.S.C. 2703(d)" */
	struct rd paragraph;       /* what it reaches, as the rules cite it */
	struct rd authority;       /* the court that issued it */
	struct rd document_sha256; /* of the served document: 0 or 32 octets */
	/* what was asked */
	size_t n_handles;
	struct e164 handles[LETTER_DOC_HANDLES_MAX];
	struct wall from; /* [from, to) */
	struct wall to;
	unsigned int direction; /* bits of enum letter_doc_direction */
	size_t n_classes;
	struct rd classes[LETTER_DOC_CLASSES_MAX]; /* "TRAFFIC_QUERY" */
	/* what is given */
	struct wall given_from; /* the days of this package: in [from, to) */
	struct wall given_to;
	uint64_t n_rows;    /* in rows.csv */
	uint64_t n_parts;   /* of the log, that proof.json covers */
	uint64_t n_outside; /* in the same envelopes, outside the window */
	bool is_complete;   /* proof.json proves that no row is missing */
	size_t n_shown;     /* the first of them: for the page */
	struct row rows[LETTER_DOC_ROWS_MAX];
	size_t n_held;
	struct letter_doc_held held[LETTER_DOC_HELD_MAX];
	/* what the server keeps */
	uint32_t retention_days;
	enum letter_doc_ip ip;
	bool has_private; /* private lookups leave no row */
	/* what it is authentic by */
	size_t n_files;
	struct letter_doc_file files[LETTER_DOC_FILES_MAX];
	struct rd log_origin; /* "" : no checkpoint; then size is 0 */
	uint64_t log_size;
	uint8_t log_root[LETTER_DOC_HASH_SIZE];
	size_t n_signers; /* names under the lines; missing: left to the pen */
	struct rd signers[LETTER_DOC_SIGNERS_MAX];
};

/* Texts are borrowed from octets. RC_MALFORMED. */
MUST_USE enum rc letter_doc_parse(struct rd octets, struct letter_doc *ret_d);
/* RC_MALFORMED: a text or a value that letter_doc_parse would refuse. */
MUST_USE enum rc letter_doc_build(const struct letter_doc *d, struct buf *b);
/* Whether a text may stand in the letter. */
bool letter_doc_is_text(struct rd text);
void letter_doc_clear(struct letter_doc *d);
#endif
