#include "sms/gsm7.h"

#include "base/utf8.h"

#define ESC 0x1b

/* TS 23.038 section 6.2.1; the escape has no character of its own. */
static const uint16_t table[128] = {
	'@', 0xa3, '$', 0xa5, 0xe8, 0xe9, 0xf9, 0xec, 0xf2, 0xc7, '\n', 0xd8,
	0xf8, '\r', 0xc5, 0xe5, /* 0x0f */
	0x394, '_', 0x3a6, 0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8, 0x3a3, 0x398,
	0x39e, 0, 0xc6, 0xe6, 0xdf, 0xc9, /* 0x1f */
	' ', '!', '"', '#', 0xa4, '%', '&', '\'', '(', ')', '*', '+', ',', '-',
	'.', '/', /* 0x2f */
	'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=',
	'>', '?', /* 0x3f */
	0xa1, 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M',
	'N', 'O', /* 0x4f */
	'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 0xc4, 0xd6, 0xd1,
	0xdc, 0xa7, /* 0x5f */
	0xbf, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm',
	'n', 'o', /* 0x6f */
	'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 0xe4, 0xf6, 0xf1,
	0xfc, 0xe0, /* 0x7f */
};

/* Section 6.2.1.1: what follows the escape. */
static const struct {
	uint8_t septet;
	uint16_t c;
} extension[] = {
	{ 0x0a, '\f' },
	{ 0x14, '^' },
	{ 0x28, '{' },
	{ 0x29, '}' },
	{ 0x2f, '\\' },
	{ 0x3c, '[' },
	{ 0x3d, '~' },
	{ 0x3e, ']' },
	{ 0x40, '|' },
	{ 0x65, 0x20ac },
};

size_t
gsm7_of(uint32_t c, uint8_t ret_septets[static 2])
{
	for (size_t i = 0; c != 0 && i < ARRAY_LEN(table); i++)
		if (table[i] == c) {
			ret_septets[0] = (uint8_t)i;
			return 1;
		}
	for (size_t i = 0; i < ARRAY_LEN(extension); i++)
		if (extension[i].c == c) {
			ret_septets[0] = ESC;
			ret_septets[1] = extension[i].septet;
			return 2;
		}
	return 0;
}

static uint32_t
char_of(uint8_t septet, bool escaped)
{
	for (size_t i = 0; escaped && i < ARRAY_LEN(extension); i++)
		if (extension[i].septet == septet)
			return extension[i].c;
	if (septet >= ARRAY_LEN(table))
		return '?';
	return septet == ESC ? ' ' : table[septet];
}

enum rc
gsm7_text(struct rd septets, struct buf *b)
{
	bool escaped = false;
	uint8_t s = 0;
	enum rc rc = RC_OK;

	while (septets.left > 0) {
		TRY(rd_u8(&septets, &s));
		if (s == ESC && !escaped && septets.left > 0) {
			escaped = true;
			continue;
		}
		TRY(utf8_put(b, char_of(s, escaped)));
		escaped = false;
	}
out:
	return rc;
}
