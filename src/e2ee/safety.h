/*
 * safety: the safety number of two accounts: 60 digits over both identity
 * keys and handles, the same on both ends (design: e2ee). Pure.
 */
#ifndef SAFETY_H
#define SAFETY_H
#include "base/rd.h"

#define SAFETY_SIZE 72 /* 12 groups of 5 digits, spaces, NUL */

void safety_number(const uint8_t aik_a[static 32], struct rd handle_a,
    const uint8_t aik_b[static 32], struct rd handle_b,
    char ret_text[static SAFETY_SIZE]);
/* Six digits both devices show while linking: hash of the offer and the
 * account's new list. */
#define SAFETY_SAS_SIZE 8 /* "123 456" and NUL */
void safety_sas(struct rd offer, struct rd device_list,
    char ret_text[static SAFETY_SAS_SIZE]);
#endif
