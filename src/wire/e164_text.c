#include "wire/e164_text.h"

#include <string.h>

#include "wire/e164_match.h"
#include "wire/e164_plan.h"
#include "wire/e164_table.h"

#define GROUPS_MAX 9 /* $1 to $9 */

struct split {
	struct rd group[GROUPS_MAX];
	size_t n;
};

void
e164_text(const struct e164 *e, char ret_text[static E164_TEXT_SIZE])
{
	explicit_bzero(ret_text, E164_TEXT_SIZE);
	if (e->n == 0 || e->n > E164_DIGITS_MAX)
		return;
	ret_text[0] = '+';
	memcpy(ret_text + 1, e->digits, e->n);
}

/* Cuts digits at the groups of pattern; each group takes as much as leaves
 * the rest of the pattern a match, as a regular expression would. */
static bool
split_take(const char *pattern, struct rd digits, struct split *ret_s)
{
	struct split s = { .n = 0 };
	size_t at = 0;

	while (*pattern != '\0') {
		uint32_t ends = e164_match_item(
		    &pattern, digits, UINT32_C(1) << at);
		size_t end = digits.left;

		while (end > at &&
		    ((ends >> end & 1) == 0 ||
			(e164_match(pattern, digits, UINT32_C(1) << end) >>
				digits.left &
			    1) == 0))
			end--;
		if (end == at || s.n == GROUPS_MAX)
			return false;
		s.group[s.n++] = (struct rd){ digits.p + at, end - at };
		at = end;
	}
	*ret_s = s;
	return at == digits.left;
}

/* Replaces $1 .. $9 by the groups. */
static enum rc
fill(const char *form, const struct split *s, struct buf *b)
{
	enum rc rc = RC_OK;

	for (const char *p = form; *p != '\0'; p++) {
		if (*p != '$') {
			TRY(buf_u8(b, (uint8_t)*p));
			continue;
		}
		p++;
		CHECK(*p >= '1' && (size_t)(*p - '1') < s->n, RC_CORRUPT);
		TRY(buf_add_rd(b, s->group[*p - '1']));
	}
out:
	return rc;
}

static enum rc
national_put(const struct e164 *e, struct buf *b)
{
	const char *region = e164_plan_region(e);
	enum rc rc = RC_NOT_FOUND;

	for (size_t i = 0; i < e164_table_count; i++) {
		const struct e164_table_region *r = &e164_table_regions[i];
		size_t code = strlen(r->code), lead;
		struct rd digits = { e->digits + code, e->n - code };
		struct split s = { .n = 0 };

		if (strcmp(r->region, region) != 0 ||
		    memcmp(r->code, e->digits, code) != 0)
			continue;
		for (size_t k = 0; k < r->forms; k++) {
			if (e164_match_start(r->form[k].lead, digits, &lead) !=
				RC_OK ||
			    !split_take(r->form[k].pattern, digits, &s))
				continue;
			TRY(fill(r->form[k].form, &s, b));
			goto out;
		}
		/* The plan has no groups for it: the bare digits. */
		TRY(buf_add_rd(b, digits));
		goto out;
	}
out:
	return rc;
}

void
e164_text_national(
    const struct e164 *e, char ret_text[static E164_NATIONAL_SIZE])
{
	struct buf b;

	buf_init(&b, E164_NATIONAL_SIZE - 1);
	e164_text(e, ret_text);
	if (e164_plan_check(e) == RC_OK && national_put(e, &b) == RC_OK) {
		memcpy(ret_text, b.p, b.len);
		ret_text[b.len] = '\0';
	}
	buf_clear(&b);
}
