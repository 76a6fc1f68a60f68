#include "pir/pir_kernel.h"

/* Whether the system saves the wider registers is part of the answer. */
const struct pir_kernel *
pir_kernel_find(unsigned i)
{
	const struct pir_kernel *found[3];
	unsigned n = 0;

	if (__builtin_cpu_supports("avx512f") &&
	    __builtin_cpu_supports("avx512ifma") &&
	    __builtin_cpu_supports("avx512vnni"))
		found[n++] = &pir_kernel_avx512;
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		found[n++] = &pir_kernel_avx2;
	found[n++] = &pir_kernel_portable;
	return i < n ? found[i] : NULL;
}
