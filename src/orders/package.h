/*
 * package: what an authority gets (design: records, section 5): rows.csv,
 * rows.json, order.json, MANIFEST.json with the SHA-256 of each, and
 * MANIFEST.sig, a signed-note line by the server's policy key. Every handle
 * begins with "tel:", so that no field of the CSV begins with a character a
 * spreadsheet takes for a formula. Blocks on the disk.
 */
#ifndef PACKAGE_H
#define PACKAGE_H
#include "orders/opening.h"

#define PACKAGE_NAME "tacet-policy" /* the key's name in the note line */

/* Appends the note line of the policy key over text: its holder's answer. */
struct package_signer {
	enum rc (*fn)(void *arg, struct rd text, struct buf *ret_line);
	void *arg;
};

/* Writes into the existing directory out; extra (may be NULL) becomes
 * subscriber.json. ret_root: SHA-256 of MANIFEST.json, hex. */
MUST_USE enum rc package_write(int out, const struct order *o,
    const struct opening *rows, const json_t *extra,
    const struct package_signer *signer, char ret_root[static 65]);
/* The CSV: header line and rows, RFC 4180. */
MUST_USE enum rc package_csv(const struct opening *rows, struct buf *b);
#endif
