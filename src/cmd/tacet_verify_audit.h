/*
 * tacet_verify_audit: whether a server's directory changed from epoch to epoch
 * as it must, by what it publishes and the trust file alone.
 */
#ifndef TACET_VERIFY_AUDIT_H
#define TACET_VERIFY_AUDIT_H
#include "merkle/trust.h"

struct tacet_verify_audit_options {
	const char *dir; /* of the files: tacet_verify_mirror.h */
	const char
	    *server; /* what is missing is fetched there; NULL: nowhere */
	const char *ca;
	uint32_t from; /* 1: from the empty directory on */
	uint32_t to;   /* 0: the last that the log has */
};

/* Prints the result, or on stderr what is wrong first. Returns the exit
 * status. */
int tacet_verify_audit(
    const struct trust *t, const struct tacet_verify_audit_options *o);
#endif
