#include "orders/package.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "wire/e164_text.h"
#include "wire/note.h"
#include "wire/row_json.h"

#define FILE_MAX (512u << 20)
#define HEX_SIZE 65
#define STATEMENT                                                   \
	"A row shows that a device of the source handle asked the " \
	"directory about the lookup handle. A query is not a "      \
	"message; no row proves that any communication took place."

/* design: records, section 2: these first, and in this order */
static const char csv_header[] =
    "query_time,client_ip,source_handle,lookup_handle,lookup_devices,cause,"
    "source_epoch,lookup_epoch\r\n";

enum rc
package_csv(const struct opening *rows, struct buf *b)
{
	char time[MONO_RFC3339_SIZE];
	char source[E164_TEXT_SIZE];
	char lookup[E164_TEXT_SIZE];
	enum rc rc = RC_BUG;

	TRY(buf_add_str(b, csv_header));
	for (size_t i = 0; i < rows->n; i++) {
		const struct row *w = &rows->rows[i];

		TRY(mono_rfc3339(w->query_time, time));
		e164_text(&w->source, source);
		e164_text(&w->lookup, lookup);
		/* none of these texts can hold a comma, a quote or a line */
		TRY(buf_add_fmt(b, "%s,%s,tel:%s,tel:%s,%u,%s,%u,%u\r\n", time,
		    w->client_ip, source, lookup, w->devices,
		    row_cause_text(w->cause), w->source_epoch,
		    w->lookup_epoch));
	}
out:
	return rc;
}

static json_t *
rows_json(const struct opening *rows)
{
	json_t *a = json_array();

	for (size_t i = 0; i < rows->n; i++)
		(void)json_array_append_new(a, row_json(&rows->rows[i]));
	return json_pack("{s:s,s:s,s:s,s:o}", "statement", STATEMENT,
	    "time_source", "server clock, UTC", "cause_source",
	    "the client's own word", "rows", a);
}

struct package {
	int out;
	json_t *files; /* name -> SHA-256 */
	char last[HEX_SIZE];
};

static enum rc
write_file(struct package *p, const char *name, struct rd octets)
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	ssize_t n;
	int fd = openat(
	    p->out, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	enum rc rc = RC_BUG;

	CHECK(fd >= 0, errno == EEXIST ? RC_EXISTS : RC_IO);
	(void)crypto_hash_sha256(hash, octets.p, octets.left);
	(void)sodium_bin2hex(p->last, HEX_SIZE, hash, sizeof(hash));
	while (octets.left > 0) {
		n = write(fd, octets.p, octets.left);
		CHECK(n > 0, errno == ENOSPC ? RC_NOSPACE : RC_IO);
		octets.p += n;
		octets.left -= (size_t)n;
	}
	CHECK(fsync(fd) == 0, RC_IO);
	CHECK(json_object_set_new(p->files, name, json_string(p->last)) == 0,
	    RC_NOMEM);
	rc = RC_OK;
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static enum rc
write_json(struct package *p, const char *name, const json_t *j)
{
	char *text = json_dumps(j, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, FILE_MAX);
	CHECK(j != NULL && text != NULL, RC_NOMEM);
	TRY(buf_add_str(&b, text));
	TRY(buf_u8(&b, '\n'));
	TRY(write_file(p, name, buf_get(&b)));
out:
	free(text);
	buf_clear(&b);
	return rc;
}

/* The manifest is written as text once, and signed as that text. */
static enum rc
write_manifest(struct package *p, const struct order *o, size_t n_rows,
    const struct package_signer *signer)
{
	json_t *m = json_pack("{s:s,s:I,s:O}", "order_id", o->id, "rows",
	    (json_int_t)n_rows, "files", p->files);
	char *text = json_dumps(m, JSON_INDENT(2) | JSON_SORT_KEYS);
	char root[HEX_SIZE];
	struct buf b;
	struct buf sig;
	enum rc rc = RC_BUG;

	buf_init(&b, NOTE_MAX);
	buf_init(&sig, 512);
	CHECK(m != NULL && text != NULL, RC_NOMEM);
	TRY(buf_add_str(&b, text));
	TRY(buf_u8(&b, '\n'));
	TRY(signer->fn(signer->arg, buf_get(&b), &sig));
	TRY(write_file(p, "MANIFEST.json", buf_get(&b)));
	memcpy(root, p->last, sizeof(root));
	TRY(write_file(p, "MANIFEST.sig", buf_get(&sig)));
	memcpy(p->last, root, sizeof(root));
	CHECK(fsync(p->out) == 0, RC_IO);
out:
	free(text);
	json_decref(m);
	buf_clear(&b);
	buf_clear(&sig);
	return rc;
}

enum rc
package_write(int out, const struct order *o, const struct opening *rows,
    const json_t *extra, const struct package_signer *signer,
    char ret_root[static 65])
{
	struct package p = { .out = out, .files = json_object() };
	json_t *order = order_build(o);
	json_t *all = rows_json(rows);
	struct buf csv;
	enum rc rc = RC_BUG;

	buf_init(&csv, FILE_MAX);
	TRY(package_csv(rows, &csv));
	TRY(write_file(&p, "rows.csv", buf_get(&csv)));
	TRY(write_json(&p, "rows.json", all));
	TRY(write_json(&p, "order.json", order));
	if (extra != NULL)
		TRY(write_json(&p, "subscriber.json", extra));
	TRY(write_manifest(&p, o, rows->n, signer));
	memcpy(ret_root, p.last, sizeof(p.last));
out:
	json_decref(order);
	json_decref(all);
	json_decref(p.files);
	buf_clear(&csv);
	return rc;
}
