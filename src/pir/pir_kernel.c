#include "pir/pir_kernel.h"

#include <string.h>

#include "pir/pir_server.h"

void
pir_kernel_lay_out(const uint64_t *values, struct pir_keys *ret_keys)
{
	const size_t half = PIR_H * sizeof(uint64_t);

	for (unsigned k = 0; k < PIR_DIGITS; k++)
		for (unsigned s = 0; s < 2; s++) {
			const uint64_t *turn = values + (size_t)k * PIR_D +
			    s * PIR_H;

			memcpy(ret_keys->turn[k][s], turn, half);
			memcpy(ret_keys->turn[k][s] + PIR_H, turn, half);
			memcpy(ret_keys->exchange[k][s],
			    values + (size_t)(PIR_DIGITS + k) * PIR_D +
				s * PIR_H,
			    half);
		}
}

const char *
pir_kernel_name(void)
{
	return pir_kernel_find(0)->name;
}
