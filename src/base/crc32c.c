#include "base/crc32c.h"

#include <stdbool.h>
#include <string.h>

/* The reflected polynomial 0x1edc6f41. A table of 16 entries, four bits at a
 * time: small enough to be read, and only the fallback. */
static const uint32_t nibble[16] = {
	0x00000000,
	0x105ec76f,
	0x20bd8ede,
	0x30e349b1,
	0x417b1dbc,
	0x5125dad3,
	0x61c69362,
	0x7198540d,
	0x82f63b78,
	0x92a8fc17,
	0xa24bb5a6,
	0xb21572c9,
	0xc38d26c4,
	0xd3d3e1ab,
	0xe330a81a,
	0xf36e6f75,
};

uint32_t
crc32c_ref(uint32_t prev, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	uint32_t c = ~prev;

	for (size_t i = 0; i < n; i++) {
		c ^= p[i];
		c = nibble[c & 15] ^ c >> 4;
		c = nibble[c & 15] ^ c >> 4;
	}
	return ~c;
}

/* The instruction set is chosen at run time, so that one binary runs on every
 * x86-64; two lines are not worth a file of their own. */
#if defined(__x86_64__)
static __attribute__((target("sse4.2"))) uint32_t
hardware(uint32_t prev, const uint8_t *p, size_t n)
{
	uint64_t c = ~prev;
	uint64_t word;

	for (; n >= sizeof(word); n -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		c = __builtin_ia32_crc32di(c, word);
	}
	for (; n > 0; n--, p++)
		c = __builtin_ia32_crc32qi((uint32_t)c, *p);
	return ~(uint32_t)c;
}

static bool
has_hardware(void)
{
	return __builtin_cpu_supports("sse4.2") != 0;
}
#else
static uint32_t
hardware(uint32_t prev, const uint8_t *p, size_t n)
{
	return crc32c_ref(prev, p, n);
}

static bool
has_hardware(void)
{
	return false;
}
#endif

uint32_t
crc32c(uint32_t prev, const void *bytes, size_t n)
{
	return has_hardware() ? hardware(prev, bytes, n)
			      : crc32c_ref(prev, bytes, n);
}
