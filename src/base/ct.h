/*
 * ct: constant-time helpers, and the marks by which the valgrind build finds a
 * branch or an index that depends on a secret. Pure.
 */
#ifndef CT_H
#define CT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Time depends on n only. */
bool ct_eq(const void *a, const void *b, size_t n);
/* a if pick is 1, b if pick is 0; no branch. */
uint32_t ct_select(uint32_t pick, uint32_t a, uint32_t b);
/* Marks n bytes secret / public for the valgrind build; else nothing. Each
 * ct_public has a comment that says why the value may be known. */
void ct_secret(const void *p, size_t n);
void ct_public(const void *p, size_t n);
#endif
