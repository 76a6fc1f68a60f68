#include "orders/package.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/failmem.h"
#include "base/file.h"
#include "orders/csv.h"
#include "wire/e164_text.h"
#include "wire/note.h"
#include "wire/row_json.h"

#define HEX_SIZE 65
#define NAME_SIZE 32
#define STATEMENT                                                   \
	"A row shows that a device of the source handle asked the " \
	"directory about the lookup handle. A query is not a "      \
	"message; no row proves that any communication took place."

/* design: records, section 2: these first, and in this order */
static const char csv_header[] =
    "query_time,client_ip,source_handle,lookup_handle,lookup_devices,cause,"
    "source_epoch,lookup_epoch\r\n";

static const struct {
	const char *column;
	const char *source;
} sources[] = {
	{ "query_time", "server clock, UTC, when the answer was given" },
	{ "client_ip",
	    "the connection's peer address, as the policy keeps it" },
	{ "source_handle", "the account that asked; not a sender" },
	{ "lookup_handle", "the number asked about; not a receiver" },
	{ "lookup_devices", "the directory's answer; 0: would go by SMS" },
	{ "cause", "the client's own word; not checked" },
	{ "source_epoch", "which owner of the number, counted from 1" },
	{ "lookup_epoch", "which owner; 0: it never had an account" },
};

static enum rc
csv_row(const struct row *w, struct buf *b)
{
	char time[MONO_RFC3339_SIZE];
	char source[4 + E164_TEXT_SIZE] = "tel:";
	char lookup[4 + E164_TEXT_SIZE] = "tel:";
	char devices[8];
	char ip[ROW_IP_SIZE];
	char epochs[2][16];
	enum rc rc = RC_BUG;

	TRY(mono_rfc3339(w->query_time, time));
	e164_text(&w->source, source + 4);
	e164_text(&w->lookup, lookup + 4);
	row_ip_text(w, ip);
	(void)snprintf(devices, sizeof(devices), "%u", w->devices);
	(void)snprintf(epochs[0], sizeof(epochs[0]), "%u", w->source_epoch);
	(void)snprintf(epochs[1], sizeof(epochs[1]), "%u", w->lookup_epoch);
	{
		const struct rd fields[] = { rd_str(time), rd_str(ip),
			rd_str(source), rd_str(lookup), rd_str(devices),
			rd_str(row_cause_text(w->cause)), rd_str(epochs[0]),
			rd_str(epochs[1]) };

		TRY(csv_line(b, fields, ARRAY_LEN(fields)));
	}
out:
	sodium_memzero(source, sizeof(source));
	sodium_memzero(lookup, sizeof(lookup));
	sodium_memzero(ip, sizeof(ip));
	return rc;
}

enum rc
package_csv(const struct opening *rows, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(buf_add_str(b, csv_header));
	for (size_t i = 0; i < rows->n; i++)
		TRY(csv_row(&rows->rows[i], b));
out:
	return rc;
}

static json_t *
sources_json(void)
{
	json_t *o = json_object();

	for (size_t i = 0; i < ARRAY_LEN(sources); i++)
		(void)json_object_set_new(
		    o, sources[i].column, json_string(sources[i].source));
	return o;
}

/* One row a line: a month of rows is not held as one tree. */
enum rc
package_rows(const struct opening *rows, struct buf *b)
{
	json_t *o = sources_json();
	char *text = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_t *row = NULL;
	char *line = NULL;
	enum rc rc = RC_BUG;

	CHECK(text != NULL, RC_NOMEM);
	TRY(buf_add_fmt(b,
	    "{\n\"statement\":\"%s\",\n\"sources\":%s,\n\"rows\":[", STATEMENT,
	    text));
	for (size_t i = 0; i < rows->n; i++) {
		row = row_json(&rows->rows[i]);
		line = json_dumps(row, JSON_COMPACT | JSON_PRESERVE_ORDER);
		CHECK(line != NULL, RC_NOMEM);
		TRY(buf_add_str(b, i == 0 ? "\n" : ",\n"));
		TRY(buf_add_str(b, line));
		free(line);
		line = NULL;
		json_decref(row);
		row = NULL;
	}
	TRY(buf_add_str(b, "\n]\n}\n"));
out:
	free(line);
	free(text);
	json_decref(row);
	json_decref(o);
	return rc;
}

/* --- the directory -------------------------------------------------------- */

struct file {
	char name[NAME_SIZE];
	char hash[HEX_SIZE];
};

struct package {
	int out;
	struct file files[PACKAGE_FILES_MAX];
	size_t n;
};

enum rc
package_new(int out, struct package **ret_p)
{
	struct package *p = failmem_alloc(sizeof(*p));

	if (p == NULL)
		return RC_NOMEM;
	p->out = out;
	*ret_p = p;
	return RC_OK;
}

void
package_free(struct package *p)
{
	free(p);
}

enum rc
package_add(struct package *p, const char *name, struct rd octets)
{
	struct file *f = &p->files[p->n];
	uint8_t hash[crypto_hash_sha256_BYTES];
	int fd = -1;
	enum rc rc = RC_BUG;

	CHECK(p->n < PACKAGE_FILES_MAX && strlen(name) < NAME_SIZE, RC_LIMIT);
	fd = openat(
	    p->out, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	CHECK(fd >= 0, errno == EEXIST ? RC_EXISTS : RC_IO);
	(void)crypto_hash_sha256(hash, octets.p, octets.left);
	(void)sodium_bin2hex(f->hash, HEX_SIZE, hash, sizeof(hash));
	memcpy(f->name, name, strlen(name) + 1);
	TRY(file_write(fd, octets));
	CHECK(fsync(fd) == 0, RC_IO);
	p->n++;
	rc = RC_OK;
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

enum rc
package_add_json(struct package *p, const char *name, const json_t *j)
{
	char *text = json_dumps(j, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, PACKAGE_FILE_SIZE_MAX);
	CHECK(text != NULL, RC_NOMEM);
	TRY(buf_add_str(&b, text));
	TRY(buf_u8(&b, '\n'));
	TRY(package_add(p, name, buf_get(&b)));
out:
	free(text);
	buf_clear(&b);
	return rc;
}

const char *
package_hash(const struct package *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->files[i].name, name) == 0)
			return p->files[i].hash;
	return "";
}

enum rc
package_finish(struct package *p, const char *order_id, size_t rows,
    package_sign_fn sign, void *arg, char ret_root[static 65])
{
	json_t *files = json_object();
	json_t *m = NULL;
	char *text = NULL;
	struct buf b;
	struct buf line;
	enum rc rc = RC_BUG;

	buf_init(&b, NOTE_MAX);
	buf_init(&line, 512);
	for (size_t i = 0; i < p->n; i++)
		(void)json_object_set_new(
		    files, p->files[i].name, json_string(p->files[i].hash));
	m = json_pack("{s:s,s:s,s:I,s:O}", "tacet", "package", "order_id",
	    order_id, "rows", (json_int_t)rows, "files", files);
	text = json_dumps(m, JSON_INDENT(2) | JSON_SORT_KEYS);
	CHECK(text != NULL, RC_NOMEM);
	TRY(buf_add_str(&b, text));
	TRY(buf_u8(&b, '\n'));
	TRY(sign(arg, buf_get(&b), &line));
	TRY(package_add(p, "MANIFEST.json", buf_get(&b)));
	TRY(package_add(p, "MANIFEST.sig", buf_get(&line)));
	CHECK(fsync(p->out) == 0, RC_IO);
	memcpy(ret_root, package_hash(p, "MANIFEST.json"), HEX_SIZE);
out:
	free(text);
	json_decref(m);
	json_decref(files);
	buf_clear(&b);
	buf_clear(&line);
	return rc;
}
