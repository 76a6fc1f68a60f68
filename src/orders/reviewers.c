#include "orders/reviewers.h"

#include <jansson.h>
#include <sodium.h>
#include <string.h>

#include "wire/json_body.h"
#include "wire/text64.h"

/* --- what a name looks like
 * -------------------------------------------------------- */

/* One code point (RFC 3629). */
static enum rc
take_point(struct rd *r, uint32_t *ret_c)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	uint8_t first = 0;
	uint8_t next = 0;
	unsigned int more;
	uint32_t c;
	enum rc rc = RC_BUG;

	TRY(rd_u8(r, &first));
	more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
	CHECK(first < 0x80 || (first >= 0xc2 && first < 0xf5), RC_MALFORMED);
	c = more == 0 ? first : first & (0x3fu >> more);
	for (unsigned int i = 0; i < more; i++) {
		TRY(rd_u8(r, &next));
		CHECK((next & 0xc0) == 0x80, RC_MALFORMED);
		c = c << 6 | (next & 0x3fu);
	}
	CHECK(c >= least[more] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff),
	    RC_MALFORMED);
	*ret_c = c;
out:
	return rc;
}

struct range {
	uint32_t from;
	uint32_t to;
	char as; /* 0: it is not seen */
};

/* Blanks, marks, punctuation and characters without a width. */
static const struct range unseen[] = {
	{ 0x20, 0x2f, 0 },
	{ 0x3a, 0x40, 0 },
	{ 0x5b, 0x60, 0 },
	{ 0x7b, 0x7b, 0 },
	{ 0x7d, 0x7e, 0 },
	{ 0xa0, 0xbf, 0 },
	{ 0xd7, 0xd7, 0 },
	{ 0xf7, 0xf7, 0 },
	{ 0x2b0, 0x36f, 0 },
	{ 0x483, 0x489, 0 },
	{ 0x55a, 0x55f, 0 },
	{ 0x61c, 0x61c, 0 },
	{ 0x115f, 0x1160, 0 },
	{ 0x1680, 0x1680, 0 },
	{ 0x180b, 0x180e, 0 },
	{ 0x1ab0, 0x1aff, 0 },
	{ 0x1dc0, 0x1dff, 0 },
	{ 0x2000, 0x206f, 0 },
	{ 0x20d0, 0x20ff, 0 },
	{ 0x3000, 0x3003, 0 },
	{ 0x3164, 0x3164, 0 },
	{ 0x30fb, 0x30fc, 0 },
	{ 0xfe00, 0xfe0f, 0 },
	{ 0xfe20, 0xfe2f, 0 },
	{ 0xfeff, 0xfeff, 0 },
	{ 0xffa0, 0xffa0, 0 },
	{ 0xfff9, 0xfffb, 0 },
	{ 0xe0000, 0xe0fff, 0 },
};

/* Latin letters with marks, and the Latin letter that a Greek, Cyrillic or
 * Armenian one looks like. */
static const struct range alike[] = {
	{ 0xc0, 0xc6, 'a' },
	{ 0xc7, 0xc7, 'c' },
	{ 0xc8, 0xcb, 'e' },
	{ 0xcc, 0xcf, 'i' },
	{ 0xd0, 0xd0, 'd' },
	{ 0xd1, 0xd1, 'n' },
	{ 0xd2, 0xd8, 'o' },
	{ 0xd9, 0xdc, 'u' },
	{ 0xdd, 0xdd, 'y' },
	{ 0xde, 0xde, 'p' },
	{ 0xdf, 0xdf, 'b' },
	{ 0xe0, 0xe6, 'a' },
	{ 0xe7, 0xe7, 'c' },
	{ 0xe8, 0xeb, 'e' },
	{ 0xec, 0xef, 'i' },
	{ 0xf0, 0xf0, 'o' },
	{ 0xf1, 0xf1, 'n' },
	{ 0xf2, 0xf8, 'o' },
	{ 0xf9, 0xfc, 'u' },
	{ 0xfd, 0xfd, 'y' },
	{ 0xfe, 0xfe, 'p' },
	{ 0xff, 0xff, 'y' },
	{ 0x100, 0x105, 'a' },
	{ 0x106, 0x10d, 'c' },
	{ 0x10e, 0x111, 'd' },
	{ 0x112, 0x11b, 'e' },
	{ 0x11c, 0x123, 'g' },
	{ 0x124, 0x127, 'h' },
	{ 0x128, 0x133, 'i' },
	{ 0x134, 0x135, 'j' },
	{ 0x136, 0x138, 'k' },
	{ 0x139, 0x142, 'l' },
	{ 0x143, 0x14b, 'n' },
	{ 0x14c, 0x153, 'o' },
	{ 0x154, 0x159, 'r' },
	{ 0x15a, 0x161, 's' },
	{ 0x162, 0x167, 't' },
	{ 0x168, 0x173, 'u' },
	{ 0x174, 0x175, 'w' },
	{ 0x176, 0x178, 'y' },
	{ 0x179, 0x17e, 'z' },
	{ 0x17f, 0x17f, 's' },
	{ 0x250, 0x252, 'a' },
	{ 0x253, 0x253, 'b' },
	{ 0x254, 0x255, 'c' },
	{ 0x256, 0x257, 'd' },
	{ 0x258, 0x25e, 'e' },
	{ 0x260, 0x262, 'g' },
	{ 0x265, 0x267, 'h' },
	{ 0x268, 0x26a, 'i' },
	{ 0x26b, 0x26d, 'l' },
	{ 0x26f, 0x271, 'm' },
	{ 0x272, 0x274, 'n' },
	{ 0x275, 0x276, 'o' },
	{ 0x279, 0x281, 'r' },
	{ 0x282, 0x283, 's' },
	{ 0x287, 0x288, 't' },
	{ 0x289, 0x28a, 'u' },
	{ 0x28b, 0x28c, 'v' },
	{ 0x28d, 0x28d, 'w' },
	{ 0x28e, 0x28f, 'y' },
	{ 0x290, 0x291, 'z' },
	/* Greek: capitals first, which look like others than the small */
	{ 0x386, 0x386, 'a' },
	{ 0x388, 0x388, 'e' },
	{ 0x389, 0x389, 'h' },
	{ 0x38a, 0x38a, 'i' },
	{ 0x38c, 0x38c, 'o' },
	{ 0x38e, 0x38e, 'y' },
	{ 0x390, 0x390, 'i' },
	{ 0x391, 0x391, 'a' },
	{ 0x392, 0x392, 'b' },
	{ 0x395, 0x395, 'e' },
	{ 0x396, 0x396, 'z' },
	{ 0x397, 0x397, 'h' },
	{ 0x399, 0x399, 'i' },
	{ 0x39a, 0x39a, 'k' },
	{ 0x39c, 0x39c, 'm' },
	{ 0x39d, 0x39d, 'n' },
	{ 0x39f, 0x39f, 'o' },
	{ 0x3a1, 0x3a1, 'p' },
	{ 0x3a4, 0x3a4, 't' },
	{ 0x3a5, 0x3a5, 'y' },
	{ 0x3a7, 0x3a7, 'x' },
	{ 0x3aa, 0x3aa, 'i' },
	{ 0x3ab, 0x3ab, 'y' },
	{ 0x3ac, 0x3ac, 'a' },
	{ 0x3ad, 0x3ad, 'e' },
	{ 0x3ae, 0x3ae, 'n' },
	{ 0x3af, 0x3af, 'i' },
	{ 0x3b0, 0x3b0, 'u' },
	{ 0x3b1, 0x3b1, 'a' },
	{ 0x3b2, 0x3b2, 'b' },
	{ 0x3b3, 0x3b3, 'y' },
	{ 0x3b5, 0x3b5, 'e' },
	{ 0x3b6, 0x3b6, 'z' },
	{ 0x3b7, 0x3b7, 'n' },
	{ 0x3b9, 0x3b9, 'i' },
	{ 0x3ba, 0x3ba, 'k' },
	{ 0x3bc, 0x3bc, 'u' },
	{ 0x3bd, 0x3bd, 'v' },
	{ 0x3bf, 0x3bf, 'o' },
	{ 0x3c1, 0x3c1, 'p' },
	{ 0x3c2, 0x3c2, 's' },
	{ 0x3c3, 0x3c3, 'o' },
	{ 0x3c4, 0x3c4, 't' },
	{ 0x3c5, 0x3c5, 'u' },
	{ 0x3c7, 0x3c7, 'x' },
	{ 0x3c9, 0x3c9, 'w' },
	{ 0x3ca, 0x3ca, 'i' },
	{ 0x3cb, 0x3cb, 'u' },
	{ 0x3cc, 0x3cc, 'o' },
	{ 0x3cd, 0x3cd, 'u' },
	{ 0x3ce, 0x3ce, 'w' },
	/* Cyrillic */
	{ 0x400, 0x401, 'e' },
	{ 0x405, 0x405, 's' },
	{ 0x406, 0x407, 'i' },
	{ 0x408, 0x408, 'j' },
	{ 0x40d, 0x40d, 'u' },
	{ 0x410, 0x410, 'a' },
	{ 0x412, 0x412, 'b' },
	{ 0x413, 0x413, 'r' },
	{ 0x415, 0x415, 'e' },
	{ 0x418, 0x419, 'u' },
	{ 0x41a, 0x41a, 'k' },
	{ 0x41c, 0x41c, 'm' },
	{ 0x41d, 0x41d, 'h' },
	{ 0x41e, 0x41e, 'o' },
	{ 0x41f, 0x41f, 'n' },
	{ 0x420, 0x420, 'p' },
	{ 0x421, 0x421, 'c' },
	{ 0x422, 0x422, 't' },
	{ 0x423, 0x423, 'y' },
	{ 0x425, 0x425, 'x' },
	{ 0x42c, 0x42c, 'b' },
	{ 0x430, 0x430, 'a' },
	{ 0x432, 0x432, 'b' },
	{ 0x433, 0x433, 'r' },
	{ 0x435, 0x435, 'e' },
	{ 0x438, 0x439, 'u' },
	{ 0x43a, 0x43a, 'k' },
	{ 0x43c, 0x43c, 'm' },
	{ 0x43d, 0x43d, 'h' },
	{ 0x43e, 0x43e, 'o' },
	{ 0x43f, 0x43f, 'n' },
	{ 0x440, 0x440, 'p' },
	{ 0x441, 0x441, 'c' },
	{ 0x442, 0x442, 't' },
	{ 0x443, 0x443, 'y' },
	{ 0x445, 0x445, 'x' },
	{ 0x44c, 0x44c, 'b' },
	{ 0x450, 0x451, 'e' },
	{ 0x455, 0x455, 's' },
	{ 0x456, 0x457, 'i' },
	{ 0x458, 0x458, 'j' },
	{ 0x45d, 0x45d, 'u' },
	{ 0x4ae, 0x4af, 'y' },
	{ 0x4ba, 0x4bb, 'h' },
	{ 0x4c0, 0x4c0, 'l' },
	{ 0x4cf, 0x4cf, 'l' },
	{ 0x501, 0x501, 'd' },
	{ 0x51a, 0x51b, 'q' },
	{ 0x51c, 0x51d, 'w' },
	/* Armenian */
	{ 0x555, 0x555, 'o' },
	{ 0x566, 0x566, 'q' },
	{ 0x570, 0x570, 'h' },
	{ 0x578, 0x578, 'n' },
	{ 0x57d, 0x57d, 'u' },
	{ 0x581, 0x581, 'g' },
	{ 0x585, 0x585, 'o' },
	/* Latin letters with two marks */
	{ 0x1e00, 0x1e01, 'a' },
	{ 0x1e02, 0x1e07, 'b' },
	{ 0x1e08, 0x1e09, 'c' },
	{ 0x1e0a, 0x1e13, 'd' },
	{ 0x1e14, 0x1e1d, 'e' },
	{ 0x1e1e, 0x1e1f, 'f' },
	{ 0x1e20, 0x1e21, 'g' },
	{ 0x1e22, 0x1e2b, 'h' },
	{ 0x1e2c, 0x1e2f, 'i' },
	{ 0x1e30, 0x1e35, 'k' },
	{ 0x1e36, 0x1e3d, 'l' },
	{ 0x1e3e, 0x1e43, 'm' },
	{ 0x1e44, 0x1e4b, 'n' },
	{ 0x1e4c, 0x1e53, 'o' },
	{ 0x1e54, 0x1e57, 'p' },
	{ 0x1e58, 0x1e5f, 'r' },
	{ 0x1e60, 0x1e69, 's' },
	{ 0x1e6a, 0x1e71, 't' },
	{ 0x1e72, 0x1e7b, 'u' },
	{ 0x1e7c, 0x1e7f, 'v' },
	{ 0x1e80, 0x1e89, 'w' },
	{ 0x1e8a, 0x1e8d, 'x' },
	{ 0x1e8e, 0x1e8f, 'y' },
	{ 0x1e90, 0x1e95, 'z' },
	{ 0x1ea0, 0x1eb7, 'a' },
	{ 0x1eb8, 0x1ec7, 'e' },
	{ 0x1ec8, 0x1ecb, 'i' },
	{ 0x1ecc, 0x1ee3, 'o' },
	{ 0x1ee4, 0x1ef1, 'u' },
	{ 0x1ef2, 0x1eff, 'y' },
};

static const struct range *
find_range(const struct range *r, size_t n, uint32_t c)
{
	for (size_t i = 0; i < n; i++)
		if (c >= r[i].from && c <= r[i].to)
			return &r[i];
	return NULL;
}

/* Wide, circled and mathematical forms of the letters and digits of ASCII. */
static uint32_t
plain(uint32_t c)
{
	if (c >= 0xff01 && c <= 0xff5e)
		return c - 0xfee0;
	if (c >= 0x24b6 && c <= 0x24e9)
		return 'a' + (c - 0x24b6) % 26;
	if (c >= 0x1d400 && c <= 0x1d6a3)
		return 'a' + (c - 0x1d400) % 26;
	if (c >= 0x1d7ce && c <= 0x1d7ff)
		return '0' + (c - 0x1d7ce) % 10;
	return c;
}

/* 0: not seen. */
static uint32_t
looks_like(uint32_t c)
{
	const struct range *r;

	c = plain(c);
	if (find_range(unseen, ARRAY_LEN(unseen), c) != NULL)
		return 0;
	r = find_range(alike, ARRAY_LEN(alike), c);
	if (r != NULL)
		c = (uint32_t)r->as;
	if (c >= 'A' && c <= 'Z')
		c += 'a' - 'A';
	if (c == '0')
		c = 'o';
	if (c == '1' || c == '|' || c == 'i')
		c = 'l';
	return c;
}

static enum rc
add_point(struct buf *b, size_t start, uint32_t c)
{
	/* "rn" is read as m and "vv" as w */
	if (b->len > start && c == 'n' && b->p[b->len - 1] == 'r') {
		b->p[b->len - 1] = 'm';
		return RC_OK;
	}
	if (b->len > start && c == 'v' && b->p[b->len - 1] == 'v') {
		b->p[b->len - 1] = 'w';
		return RC_OK;
	}
	/* any one form will do: nobody reads it */
	return c < 0x80 ? buf_u8(b, (uint8_t)c) : buf_u32(b, c | 0x80000000u);
}

enum rc
reviewers_skeleton(struct rd name, struct buf *b)
{
	size_t start = b->len;
	uint32_t c = 0;
	enum rc rc = RC_BUG;

	while (name.left > 0) {
		TRY(take_point(&name, &c));
		CHECK(c >= 0x20 && (c < 0x7f || c >= 0xa0), RC_MALFORMED);
		c = looks_like(c);
		if (c != 0)
			TRY(add_point(b, start, c));
	}
	CHECK(b->len > start, RC_MALFORMED);
	rc = RC_OK;
out:
	return rc;
}

/* --- the roster
 * -------------------------------------------------------------------- */

static bool
is_alike(const struct buf *skeleton, const char *name)
{
	struct buf other;
	bool same;

	buf_init(&other, 4 * REVIEWERS_NAME_SIZE);
	same = reviewers_skeleton(rd_str(name), &other) != RC_OK ||
	    (other.len == skeleton->len &&
		memcmp(other.p, skeleton->p, other.len) == 0);
	buf_clear(&other);
	return same;
}

enum rc
reviewers_add(struct reviewers *r, const char *name,
    const uint8_t public_key[static 32], const char **ret_who)
{
	struct buf skeleton;
	enum rc rc = RC_BUG;

	buf_init(&skeleton, 4 * REVIEWERS_NAME_SIZE);
	CHECK(strlen(name) < REVIEWERS_NAME_SIZE, RC_MALFORMED);
	TRY(reviewers_skeleton(rd_str(name), &skeleton));
	for (size_t i = 0; i < r->n; i++)
		if (memcmp(r->at[i].public_key, public_key, 32) == 0 ||
		    is_alike(&skeleton, r->at[i].name)) {
			*ret_who = r->at[i].name;
			rc = RC_EXISTS;
			goto out;
		}
	CHECK(r->n < REVIEWERS_MAX, RC_LIMIT);
	memcpy(r->at[r->n].name, name, strlen(name) + 1);
	memcpy(r->at[r->n].public_key, public_key, 32);
	r->n++;
	rc = RC_OK;
out:
	buf_clear(&skeleton);
	return rc;
}

enum rc
reviewers_find(const struct reviewers *r, const char *name,
    const struct reviewers_one **ret_one)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->at[i].name, name) == 0) {
			*ret_one = &r->at[i];
			return RC_OK;
		}
	return RC_NOT_FOUND;
}

enum rc
reviewers_parse(struct rd text, struct reviewers *ret_r)
{
	static const char *const outer[] = { "reviewers" };
	static const char *const inner[] = { "name", "public_key" };
	struct reviewers r = { 0 };
	const json_t *list;
	const char *who;
	json_t *j = NULL;
	enum rc rc = RC_BUG;

	TRY(json_body_parse(text, &j));
	TRY(json_body_only(j, outer, ARRAY_LEN(outer)));
	TRY(json_body_array(j, "reviewers", REVIEWERS_MAX, &list));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		const char *name = json_string_value(
		    json_object_get(one, "name"));
		uint8_t key[32];

		CHECK(name != NULL, RC_MALFORMED);
		TRY(json_body_only(one, inner, ARRAY_LEN(inner)));
		TRY(json_body_hex(one, "public_key", sizeof(key), key));
		CHECK(
		    reviewers_add(&r, name, key, &who) == RC_OK, RC_MALFORMED);
	}
	*ret_r = r;
out:
	json_body_free(j);
	return rc;
}

enum rc
reviewers_build(const struct reviewers *r, struct buf *b)
{
	json_t *list = json_array();
	json_t *j = json_pack("{s:o}", "reviewers", list);
	char *text = NULL;
	enum rc rc = RC_BUG;

	CHECK(j != NULL, RC_NOMEM);
	for (size_t i = 0; i < r->n; i++) {
		char hex[65];

		(void)sodium_bin2hex(hex, sizeof(hex), r->at[i].public_key, 32);
		CHECK(json_array_append_new(list,
			  json_pack("{s:s,s:s}", "name", r->at[i].name,
			      "public_key", hex)) == 0,
		    RC_NOMEM);
	}
	text = json_dumps(j, JSON_INDENT(2));
	CHECK(text != NULL, RC_NOMEM);
	TRY(buf_add_str(b, text));
	TRY(buf_u8(b, '\n'));
out:
	free(text);
	json_decref(j);
	return rc;
}
