/*
 * An order as an agency sends it: JSON, or XML in the style of TS 103 120. The
 * file is the document that the agency signs, unless it names another.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/file.h"
#include "cmd/tacetctl_app.h"
#include "orders/import_hi1.h"
#include "wire/json_body.h"

static bool
is_xml(struct rd text)
{
	size_t i = 0;

	if (text.left >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
		i = 3; /* a byte order mark */
	while (i < text.left && strchr(" \t\r\n", text.p[i]) != NULL)
		i++;
	return i < text.left && text.p[i] == '<';
}

static void
say(struct order_error *e, const char *field, const char *why)
{
	(void)snprintf(e->field, sizeof(e->field), "%s", field);
	e->why = why;
}

static enum rc
read_json(struct tacetctl *t, struct rd text, struct order *ret_o,
    struct order_error *ret_e)
{
	json_t *j = NULL;
	enum rc rc = RC_BUG;

	say(ret_e, "order", "it is no JSON object of at most 64 KiB");
	TRY(json_body_parse(text, &j));
	if (t->agency != NULL && json_object_get(j, "agency") == NULL)
		CHECK(json_object_set_new(
			  j, "agency", json_string(t->agency)) == 0,
		    RC_NOMEM);
	TRY(order_request_parse(j, ret_o, ret_e));
out:
	json_body_free(j);
	return rc;
}

static enum rc
read_order(struct tacetctl *t, struct rd text, struct order *ret_o,
    struct order_error *ret_e)
{
	enum rc rc = RC_BUG;

	if (is_xml(text))
		TRY(import_hi1_parse(text, ret_o, ret_e));
	else
		TRY(read_json(t, text, ret_o, ret_e));
	say(ret_e, "agency", "the file says another");
	CHECK(t->agency == NULL || strcmp(t->agency, ret_o->agency) == 0,
	    RC_MALFORMED);
out:
	return rc;
}

/* The hash a file names must be that of the document beside it. */
static bool
is_document(const struct order *o, struct rd document)
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	char hex[65];

	(void)crypto_hash_sha256(hash, document.p, document.left);
	(void)sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	return o->document_sha256[0] == '\0' ||
	    strcmp(o->document_sha256, hex) == 0;
}

static int
take_in(struct tacetctl *t, struct order *o, struct rd file)
{
	struct buf document;
	struct buf signature;
	struct rd signed_text = file;
	const char *given = t->document;
	int status;

	if (t->document == NULL)
		t->document = t->args[0]; /* the file is the document */
	status = tacetctl_intake_files(t, &document, &signature);
	if (given != NULL)
		signed_text = buf_get(&document);
	if (status == TACETCTL_EXIT_OK && !is_document(o, signed_text))
		status = tacetctl_say(TACETCTL_EXIT_NO, "document_sha256",
		    "it is not the document's (give it with --document)");
	if (status == TACETCTL_EXIT_OK)
		status = tacetctl_intake(
		    t, o, signed_text, buf_get(&signature));
	buf_clear(&document);
	buf_clear(&signature);
	return status;
}

int
tacetctl_order_import(struct tacetctl *t)
{
	struct order o = { .n_handles = 0 };
	struct order_error error = { "", NULL };
	struct buf file;
	int status = TACETCTL_EXIT_OK;
	enum rc rc;

	if (t->n_args != 1)
		return tacetctl_say(TACETCTL_EXIT_USAGE, "order import",
		    "give one FILE [--agency ID] [--document FILE] "
		    "[--signature FILE]");
	buf_init(&file, IMPORT_HI1_MAX);
	rc = file_read_at(AT_FDCWD, t->args[0], &file);
	if (rc != RC_OK)
		status = tacetctl_say_rc(t->args[0], rc);
	else if (read_order(t, buf_get(&file), &o, &error) != RC_OK)
		status = tacetctl_say(TACETCTL_EXIT_NO, error.field,
		    error.why != NULL ? error.why : "it cannot be read");
	else
		status = take_in(t, &o, buf_get(&file));
	buf_clear(&file);
	return status;
}
