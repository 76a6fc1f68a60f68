/*
 * tacet-letter: one document in (wire/letter_doc.h), one PDF out. It opens its
 * fonts, then gives up every right to open anything, and only then reads.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "letter/letter.h"
#include "letter/letter_fonts.h"
#include "letter/letter_sandbox.h"

#define PDF_MAX (4u << 20)
#define EXIT_REFUSED 1 /* the document */
#define EXIT_USAGE 2
#define EXIT_FAILED 3 /* ours */

static int
say(int status, const char *why)
{
	(void)fprintf(stderr, "tacet-letter: %s\n", why);
	return status;
}

/* Draws once for nobody: whatever pango and cairo open, they open now. */
static enum rc
warm_up(PangoFontMap *fonts)
{
	struct letter_doc d;
	struct buf pdf;
	enum rc rc = RC_BUG;

	buf_init(&pdf, PDF_MAX);
	letter_specimen(&d);
	TRY(letter_draw(&d, fonts, &pdf));
out:
	buf_clear(&pdf);
	return rc;
}

static int
run(PangoFontMap *fonts)
{
	struct letter_doc d = { 0 };
	struct buf in;
	struct buf pdf;
	int status = EXIT_FAILED;
	enum rc rc;

	buf_init(&in, LETTER_DOC_MAX);
	buf_init(&pdf, PDF_MAX);
	rc = file_read(STDIN_FILENO, &in);
	if (rc == RC_OK)
		rc = letter_doc_parse(buf_get(&in), &d);
	if (rc == RC_LIMIT) {
		status = say(EXIT_REFUSED, "the document is too long");
	} else if (rc == RC_MALFORMED) {
		status = say(EXIT_REFUSED, "this is no document of a letter");
	} else if (rc != RC_OK) {
		status = say(EXIT_FAILED, rc_name(rc));
	} else {
		rc = letter_draw(&d, fonts, &pdf);
		if (rc == RC_LIMIT)
			status = say(EXIT_REFUSED,
			    "the texts leave no room on the page");
		else if (rc != RC_OK ||
		    file_write(STDOUT_FILENO, buf_get(&pdf)) != RC_OK)
			status = say(EXIT_FAILED, "the letter is not drawn");
		else
			status = 0;
	}
	letter_doc_clear(&d);
	buf_clear(&in);
	buf_clear(&pdf);
	return status;
}

int
main(int argc, char **argv)
{
	PangoFontMap *fonts = NULL;
	int status;
	enum rc rc;

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		(void)printf("tacet-letter %s\n", TACET_VERSION);
		return 0;
	}
	if (argc > 1)
		return say(EXIT_USAGE,
		    "it takes no arguments: a document on standard input, the "
		    "PDF on standard output (tacet-letter(8))");
	/* no locale, no font settings, no debug switches of libraries */
	if (clearenv() != 0 ||
	    letter_sandbox_start(LETTER_FONTS_FOLDER) != RC_OK)
		return say(EXIT_FAILED, "the kernel refuses the sandbox");
	rc = letter_fonts_open(&fonts);
	if (rc == RC_NOT_FOUND)
		return say(EXIT_FAILED,
		    "the fonts are missing (install fonts-dejavu-core)");
	if (rc != RC_OK || warm_up(fonts) != RC_OK)
		return say(EXIT_FAILED, "the fonts cannot be used");
	if (letter_sandbox_enter() != RC_OK)
		return say(EXIT_FAILED, "the kernel refuses the filter");
	status = run(fonts);
	g_object_unref(fonts);
	return status;
}
