/*
 * letter_sandbox: what the letter's program gives up, in two steps around the
 * loading of its fonts. Both before it reads its first foreign octet.
 */
#ifndef LETTER_SANDBOX_H
#define LETTER_SANDBOX_H
#include "base/rc.h"

/* At the start, in one thread: no core dumps, no new privileges, another user
 * when root, limits of memory, time and files, and no file but the fonts.
 * RC_IO: refused by the kernel. */
MUST_USE enum rc letter_sandbox_start(const char *fonts_folder);
/* When the fonts are open: no call that opens, connects, starts or signals;
 * in every thread. RC_IO. */
MUST_USE enum rc letter_sandbox_enter(void);
#endif
