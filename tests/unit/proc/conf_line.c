#include "proc/conf_line.h"

#include <stdio.h>

#include "tap.h"

static void
what_says_something_is_taken_with_its_number(void)
{
	struct rd text = rd_str("\n# no = line\n  a = b c \r\n\t\n d=\n=e = f");
	struct rd key, value;
	uint32_t line = 0;
	const char *why = NULL;

	T_RC(RC_OK, conf_line_take(&text, &line, &key, &value, &why));
	T_OK(line == 3 && rd_is_eq(key, "a") && rd_is_eq(value, "b c"));
	T_RC(RC_OK, conf_line_take(&text, &line, &key, &value, &why));
	T_OK(line == 5 && rd_is_eq(key, "d") && value.left == 0);
	T_RC(RC_OK, conf_line_take(&text, &line, &key, &value, &why));
	T_OK(line == 6 && key.left == 0 && rd_is_eq(value, "e = f"));
	T_RC(RC_NOT_FOUND, conf_line_take(&text, &line, &key, &value, &why));
	T_OK(why == NULL);
}

static void
a_line_that_says_nothing_is_refused_with_a_reason(void)
{
	struct rd text = rd_str("a = 1\nnothing\nb = 2\n");
	struct rd key, value;
	uint32_t line = 0;
	const char *why = NULL;

	T_RC(RC_OK, conf_line_take(&text, &line, &key, &value, &why));
	T_RC(RC_MALFORMED, conf_line_take(&text, &line, &key, &value, &why));
	T_OK(line == 2);
	T_STR("expected key = value", why);
}

static void
a_line_has_a_longest_length(void)
{
	char text[CONF_LINE_MAX + 8];
	struct rd key, value;

	for (int more = 0; more < 2; more++) {
		const char *why = NULL;
		uint32_t line = 0;
		struct rd r;

		/* blanks around a line do not count */
		(void)snprintf(text, sizeof(text), "  a=%0*d ",
		    CONF_LINE_MAX - 2 + more, 0);
		r = rd_str(text);
		T_RC(more == 0 ? RC_OK : RC_MALFORMED,
		    conf_line_take(&r, &line, &key, &value, &why));
		if (more == 1)
			T_STR("the line is too long", why);
	}
}

int
main(void)
{
	TEST(what_says_something_is_taken_with_its_number);
	TEST(a_line_that_says_nothing_is_refused_with_a_reason);
	TEST(a_line_has_a_longest_length);
	return tap_done();
}
