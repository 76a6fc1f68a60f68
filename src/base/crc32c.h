/*
 * crc32c: CRC-32C, Castagnoli (RFC 3720 section 12.1 and appendix B.4). Finds
 * damage, proves nothing. Pure; by the SSE 4.2 instruction where there is one.
 */
#ifndef CRC32C_H
#define CRC32C_H
#include <stddef.h>
#include <stdint.h>

/* The CRC of what prev covered followed by n bytes; prev of nothing is 0. */
uint32_t crc32c(uint32_t prev, const void *bytes, size_t n);
/* The specification in portable C, which the hardware must agree with. */
uint32_t crc32c_ref(uint32_t prev, const void *bytes, size_t n);
#endif
