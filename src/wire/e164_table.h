/*
 * e164_table: numbering plans by region, generated from libphonenumber's
 * metadata by tools/e164-table. Only wire/e164_plan.c and wire/e164_text.c
 * read it. Constant data.
 *
 * A pattern is a string over: digits, \d, [..] classes, (..) and (?:..) groups
 * with |, and ? {n} {n,m} after any of them; groups nest at most
 * E164_TABLE_DEPTH deep, which the generator checks.
 */
#ifndef E164_TABLE_H
#define E164_TABLE_H
#include <stddef.h>
#include <stdint.h>

#define E164_TABLE_DEPTH 10

struct e164_table_format {
	const char *pattern; /* one group for each $n */
	const char *lead;    /* must match the first digits; "": any */
	const char *form;    /* "(0$1) $2" */
};

struct e164_table_region {
	char region[4];    /* "US", "001" */
	char code[4];      /* calling code, "1" */
	uint32_t lengths;  /* bit n: n national digits are possible */
	const char *plan;  /* every national number matches it */
	const char *lead;  /* "" or: the first digits decide for the region */
	const char *idd;   /* pattern dialled before a calling code, or "" */
	const char *trunk; /* pattern dialled before a national number, or "" */
	const char *local; /* pattern of local dialling, or "" */
	const char *local_prefix;             /* then these digits go first */
	const char *const *kinds;             /* a valid number matches one */
	const struct e164_table_format *form; /* of the region, NULL: none */
	size_t forms;
};

/* Ordered by calling code; its main region is first. */
extern const struct e164_table_region e164_table_regions[];
extern const size_t e164_table_count;
extern const char e164_table_version[];
#endif
