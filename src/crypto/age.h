/*
 * age: files of age-encryption.org/v1 for X25519 recipients, as streams of
 * constant memory: what a package is sealed with on its way to an agency. Any
 * program that speaks the format opens it. Holds keys: wiped when freed.
 */
#ifndef AGE_H
#define AGE_H
#include "crypto/age_key.h"

#define AGE_RECIPIENTS_MAX 16

/* Takes the next octets; an rc other than RC_OK ends the stream with it. */
typedef enum rc (*age_out_fn)(void *arg, struct rd octets);

struct age_seal; /* a file being written */
struct age_open; /* a file being read */

/* Writes the header. Every recipient opens the whole. RC_LIMIT: none, or too
 * many; RC_DENIED: a key of small order. The caller owns *ret_s. */
MUST_USE enum rc age_seal_new(uint8_t (*recipients)[AGE_KEY_SIZE], size_t n,
    age_out_fn out, void *arg, struct age_seal **ret_s);
MUST_USE enum rc age_seal_write(struct age_seal *s, struct rd plain);
/* Writes the last chunk. Without it the file is refused by every reader. */
MUST_USE enum rc age_seal_finish(struct age_seal *s);
void age_seal_free(struct age_seal *s); /* NULL is fine */

/* The caller owns *ret_o. RC_NOMEM. */
MUST_USE enum rc age_open_new(const uint8_t secret[static AGE_KEY_SIZE],
    age_out_fn out, void *arg, struct age_open **ret_o);
/* Gives out what is authentic so far. RC_DENIED: not for this key, or changed;
 * RC_MALFORMED: no file of age, or one without an X25519 recipient. */
MUST_USE enum rc age_open_write(struct age_open *o, struct rd octets);
/* Only RC_OK says that the file was whole: discard what came out otherwise. */
MUST_USE enum rc age_open_finish(struct age_open *o);
void age_open_free(struct age_open *o); /* NULL is fine */
#endif
