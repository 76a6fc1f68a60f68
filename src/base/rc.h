/*
 * rc: the one result type, and the one error idiom, of the whole tree.
 *
 * Three classes. Answers: the direct caller handles them. The peer is wrong:
 * refuse the input, keep serving. We are wrong or out of luck: pass up.
 */
#ifndef RC_H
#define RC_H
#include <stdlib.h>

#define MUST_USE __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
#define UNUSED __attribute__((unused))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

enum rc {
	RC_OK = 0,
	/* answers */
	RC_AGAIN,     /* nothing yet; more bytes or more time */
	RC_NOT_FOUND, /* there is no such thing */
	RC_EXISTS,    /* it is already there: a repeat, harmless */
	RC_LIMIT,     /* a quota or a maximum is reached */
	/* the peer is wrong */
	RC_MALFORMED, /* the bytes do not follow the format */
	RC_DENIED,    /* a signature, tag or permission is wrong */
	RC_STATE,     /* right bytes at the wrong moment */
	/* we are wrong or out of luck */
	RC_NOMEM,
	RC_IO,
	RC_NOSPACE, /* the disk or a quota of ours is full */
	RC_CORRUPT, /* our own stored state is damaged */
	RC_BUG
};

/* A constant string such as "malformed"; never NULL. */
const char *rc_name(enum rc rc);

/* Records where an error first rose; debug builds only. */
void rc_trace(enum rc rc, const char *file, int line);

/* Both go to the single label `out` and assign the local `rc`. */
#define TRY(call)                                         \
	do {                                              \
		rc = (call);                              \
		if (rc != RC_OK) {                        \
			rc_trace(rc, __FILE__, __LINE__); \
			goto out;                         \
		}                                         \
	} while (0)

#define CHECK(cond, code)                                 \
	do {                                              \
		if (!(cond)) {                            \
			rc = (code);                      \
			rc_trace(rc, __FILE__, __LINE__); \
			goto out;                         \
		}                                         \
	} while (0)

/* Our own invariants only; compiled in everywhere; ends the process. */
#define ASSERT(x)                                                 \
	do {                                                      \
		if (!(x))                                         \
			rc_assert_failed(#x, __FILE__, __LINE__); \
	} while (0)
void rc_assert_failed(const char *what, const char *file, int line) NORETURN;

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#endif
