/*
 * witness_line: a witness as tacetd.conf(5) names it, "http://HOST:PORT/PATH
 * VKEY": where it answers (c2sp.org/tlog-witness) and by which key it signs.
 * Plain HTTP: what goes over it is public and signed. Pure.
 */
#ifndef WITNESS_LINE_H
#define WITNESS_LINE_H
#include "merkle/vkey.h"

#define WITNESS_LINE_MAX 512

struct witness_line {
	char host[254]; /* RFC 1035 section 2.3.4, and NUL; no brackets */
	char port[6];
	char authority[264]; /* for the Host field */
	char target[160];    /* PATH and "add-checkpoint" */
	struct vkey key;     /* VKEY_TYPE_COSIGNATURE */
};

/* RC_MALFORMED. The port may be left out: 80. */
MUST_USE enum rc witness_line_parse(struct rd text, struct witness_line *ret_w);
#endif
