#include "pir/pir_file.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "pir/pir_server.h"

/* A head that is read is written again the same; the file that it would stand
 * before is too short, which the one that maps it must see. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t head[PIR_FILE_PAGE] = { 0 };
	uint8_t again[PIR_FILE_PAGE];
	struct pir_table *t = NULL;
	struct pir_file f;
	int fd;

	memcpy(head, data, size < sizeof(head) ? size : sizeof(head));
	if (pir_file_parse((struct rd){ head, sizeof(head) }, &f) == RC_OK) {
		FUZZ_REQUIRE(pir_shape_is_valid(&f.shape));
		pir_file_build(&f, again);
		FUZZ_REQUIRE(memcmp(head, again, sizeof(head)) == 0);
	}
	fd = memfd_create("table", MFD_CLOEXEC);
	FUZZ_REQUIRE(fd >= 0);
	FUZZ_REQUIRE(write(fd, data, size) == (ssize_t)size);
	FUZZ_REQUIRE(pir_table_map(fd, 0, &t) == RC_MALFORMED && t == NULL);
	(void)close(fd);
	return 0;
}
