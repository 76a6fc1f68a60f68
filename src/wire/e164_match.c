#include "wire/e164_match.h"

#include "wire/e164_table.h"

struct walk {
	const char *p; /* in the pattern */
	struct rd digits;
	int depth;
};

static uint32_t walk_any(struct walk *w, uint32_t from);

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The set of digits that the class, \d or digit at w->p allows, as bits. */
static uint32_t
take_class(struct walk *w)
{
	uint32_t set = 0;

	if (*w->p == '\\') { /* \d */
		w->p += 2;
		return 0x3ff;
	}
	if (*w->p != '[') {
		set = UINT32_C(1) << (unsigned)(*w->p - '0');
		w->p++;
		return set;
	}
	for (w->p++; *w->p != ']'; w->p++) {
		unsigned lo = (unsigned)(*w->p - '0'), hi = lo;

		if (w->p[1] == '-') {
			w->p += 2;
			hi = (unsigned)(*w->p - '0');
		}
		for (unsigned d = lo; d <= hi; d++)
			set |= UINT32_C(1) << d;
	}
	w->p++;
	return set;
}

/* One group or one class, without what repeats it. */
static uint32_t
walk_atom(struct walk *w, uint32_t from)
{
	uint32_t set, to = 0;

	if (*w->p == '(') {
		w->p += w->p[1] == '?' ? 3 : 1;
		w->depth++;
		ASSERT(w->depth <= E164_TABLE_DEPTH);
		to = walk_any(w, from);
		w->depth--;
		w->p++; /* ) */
		return to;
	}
	set = take_class(w);
	for (size_t i = 0; i < w->digits.left; i++)
		if ((from >> i & 1) != 0 &&
		    (set >> (w->digits.p[i] - '0') & 1) != 0)
			to |= UINT32_C(1) << (i + 1);
	return to;
}

static unsigned
take_number(struct walk *w)
{
	unsigned n = 0;

	for (; is_digit(*w->p); w->p++)
		n = n * 10 + (unsigned)(*w->p - '0');
	return n;
}

/* ? {n} {n,m} or nothing. */
static void
take_repeat(struct walk *w, unsigned *ret_min, unsigned *ret_max)
{
	*ret_min = 1;
	*ret_max = 1;
	if (*w->p == '?') {
		w->p++;
		*ret_min = 0;
	} else if (*w->p == '{') {
		w->p++;
		*ret_min = take_number(w);
		*ret_max = *ret_min;
		if (*w->p == ',') {
			w->p++;
			*ret_max = take_number(w);
		}
		w->p++; /* } */
	}
}

static uint32_t
walk_item(struct walk *w, uint32_t from)
{
	const char *atom = w->p, *after;
	uint32_t at = walk_atom(w, from), to;
	unsigned min, max;

	take_repeat(w, &min, &max);
	after = w->p;
	to = min == 0 ? from : 0;
	for (unsigned i = 1; i <= max; i++) {
		if (i > 1) {
			w->p = atom;
			at = walk_atom(w, at);
		}
		if (i >= min)
			to |= at;
	}
	w->p = after;
	return to;
}

/* Alternatives up to the end of the pattern or of the group. Its depth is the
 * pattern's nesting, which the generator bounds: not the input's. */
static uint32_t
walk_any(struct walk *w, uint32_t from)
{
	uint32_t at = from, to = 0;

	while (*w->p != '\0' && *w->p != ')') {
		if (*w->p == '|') {
			w->p++;
			to |= at;
			at = from;
		} else {
			at = walk_item(w, at);
		}
	}
	return to | at;
}

/* Digits only, and few enough for the set. */
static bool
is_fit(struct rd digits)
{
	if (digits.left > E164_MATCH_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < digits.left; i++)
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return false;
	return true;
}

uint32_t
e164_match_item(const char **pattern, struct rd digits, uint32_t from)
{
	struct walk w = { *pattern, digits, 0 };
	uint32_t to;

	if (!is_fit(digits))
		return 0;
	to = walk_item(&w, from);
	*pattern = w.p;
	return to;
}

uint32_t
e164_match(const char *pattern, struct rd digits, uint32_t from)
{
	struct walk w = { pattern, digits, 0 };

	return is_fit(digits) ? walk_any(&w, from) : 0;
}

bool
e164_match_is_whole(const char *pattern, struct rd digits)
{
	return digits.left <= E164_MATCH_DIGITS_MAX &&
	    (e164_match(pattern, digits, 1) >> digits.left & 1) != 0;
}

enum rc
e164_match_start(const char *pattern, struct rd digits, size_t *ret_n)
{
	uint32_t to = e164_match(pattern, digits, 1);
	enum rc rc = RC_OK;
	size_t n = digits.left;

	CHECK(to != 0, RC_NOT_FOUND);
	while (n > 0 && (to >> n & 1) == 0)
		n--;
	*ret_n = n;
out:
	return rc;
}
