/*
 * package: what an authority gets (design: records, section 5): rows.csv,
 * rows.json, proof.json, order.json, the letter, MANIFEST.json with the SHA-256
 * of each, and MANIFEST.sig, a signed-note line by the server's policy key.
 * Blocks on the disk.
 */
#ifndef PACKAGE_H
#define PACKAGE_H
#include "orders/opening.h"

#define PACKAGE_NAME "tacet-policy" /* the key's name in the note line */
#define PACKAGE_FILES_MAX 16
#define PACKAGE_FILE_SIZE_MAX (512u << 20)

/* Appends the signature line of text: the key is in the keys process. */
typedef enum rc (*package_sign_fn)(void *arg, struct rd text, struct buf *line);

struct package;

/* Writes into the existing, empty directory out. Caller owns *ret_p. */
MUST_USE enum rc package_new(int out, struct package **ret_p);
void package_free(struct package *p); /* NULL is fine */
/* One more file. RC_EXISTS, RC_NOSPACE, RC_IO, RC_LIMIT. */
MUST_USE enum rc package_add(
    struct package *p, const char *name, struct rd octets);
/* As indented JSON, names in the order they were set. */
MUST_USE enum rc package_add_json(
    struct package *p, const char *name, const json_t *j);
/* The SHA-256 of a file that was added, hex; "" when it was not. */
const char *package_hash(const struct package *p, const char *name);
/* Manifest and signature; then everything is on the disk. ret_root: SHA-256 of
 * MANIFEST.json, hex. */
MUST_USE enum rc package_finish(struct package *p, const char *order_id,
    size_t rows, package_sign_fn sign, void *arg, char ret_root[static 65]);

/* rows.csv: header line and rows, RFC 4180. */
MUST_USE enum rc package_csv(const struct opening *rows, struct buf *b);
/* rows.json, octet for octet. */
MUST_USE enum rc package_rows(const struct opening *rows, struct buf *b);
#endif
