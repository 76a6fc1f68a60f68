#include "cmd/tacetctl_letter.h"

#include <limits.h>
#include <unistd.h>

#include "tap.h"

static char helper[PATH_MAX]; /* of the same build */

static struct letter_doc
example(void)
{
	struct letter_doc d = { .operator_name = rd_str("Operator") };

	d.ip = LETTER_DOC_IP_FULL;
	return d;
}

static enum rc
render(const char *path, const struct letter_doc *d, struct buf *pdf)
{
	return tacetctl_letter_render(d, path, pdf);
}

static void
a_letter_is_drawn_and_added_to_what_there_is(void)
{
	struct letter_doc d = example();
	struct buf pdf;

	if (access(helper, X_OK) != 0) {
		tap_skip("tacet-letter is not built here");
		return;
	}
	buf_init(&pdf, TACETCTL_LETTER_PDF_MAX);
	T_RC(RC_OK, buf_u8(&pdf, 'x'));
	T_RC(RC_OK, render(helper, &d, &pdf));
	T_OK(pdf.len > 1000 && memcmp(pdf.p, "x%PDF-", 6) == 0);
	buf_clear(&pdf);
}

static void
a_document_that_is_none_is_not_sent(void)
{
	struct letter_doc d = example();
	struct buf pdf;

	buf_init(&pdf, TACETCTL_LETTER_PDF_MAX);
	d.operator_name = rd_str("a\nb");
	T_RC(RC_MALFORMED, render(helper, &d, &pdf));
	T_OK(pdf.len == 0);
	buf_clear(&pdf);
}

static void
a_program_that_is_no_letter_is_told_apart(void)
{
	static const struct {
		const char *path;
		enum rc rc;
		const char *why;
	} cases[] = {
		{ "/nonexistent/tacet-letter", RC_NOT_FOUND, "no program" },
		{ "/dev/null", RC_NOT_FOUND, "not to be run" },
		{ "/bin/false", RC_MALFORMED, "refuses" },
		{ "/bin/true", RC_IO, "says nothing" },
		{ "/bin/cat", RC_IO, "says what it was told" },
		{ "/usr/bin/yes", RC_LIMIT, "never ends" },
	};
	struct letter_doc d = example();
	struct buf pdf;

	buf_init(&pdf, TACETCTL_LETTER_PDF_MAX);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		T_RC(cases[i].rc, render(cases[i].path, &d, &pdf));
		if (!T_OK(pdf.len == 0))
			printf("# %s\n", cases[i].why);
	}
	buf_clear(&pdf);
}

int
main(void)
{
	char self[PATH_MAX] = "";
	char *slash;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) > 0 &&
	    (slash = strrchr(self, '/')) != NULL) {
		*slash = '\0';
		(void)snprintf(helper, sizeof(helper),
		    "%.2000s/../src/cmd/tacet-letter", self);
	}
	TEST(a_letter_is_drawn_and_added_to_what_there_is);
	TEST(a_document_that_is_none_is_not_sent);
	TEST(a_program_that_is_no_letter_is_told_apart);
	return tap_done();
}
