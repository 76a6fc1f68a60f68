#include "wire/e164_text.h"

#include <string.h>

void
e164_text(const struct e164 *e, char ret_text[static E164_TEXT_SIZE])
{
	memset(ret_text, 0, E164_TEXT_SIZE);
	if (e->n == 0 || e->n > E164_DIGITS_MAX)
		return;
	ret_text[0] = '+';
	memcpy(ret_text + 1, e->digits, e->n);
}

void
e164_text_national(
    const struct e164 *e, char ret_text[static E164_NATIONAL_SIZE])
{
	e164_text(e, ret_text);
}
