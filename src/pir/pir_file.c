#include "pir/pir_file.h"

#include <sodium.h>
#include <string.h>

#include "pir/pir_kernel.h"

static const uint8_t magic[16] = "tacet ring-pir1";
/* Reads differently on a machine of the other order. */
static const uint64_t order = UINT64_C(0x0102030405060708);

#define AT_ORDER 16
#define AT_COLUMNS 24
#define AT_BLOCKS 28
#define AT_LABEL 32
#define AT_SUM 64

static size_t
pages(size_t n)
{
	return (n + PIR_FILE_PAGE - 1) / PIR_FILE_PAGE * PIR_FILE_PAGE;
}

size_t
pir_file_bands_at(void)
{
	return PIR_FILE_PAGE;
}

size_t
pir_file_digits_at(const struct pir_shape *shape)
{
	return pir_file_bands_at() +
	    pages((size_t)shape->blocks * PIR_D * shape->columns *
		sizeof(int16_t));
}

size_t
pir_file_a_half_at(const struct pir_shape *shape)
{
	return pir_file_digits_at(shape) +
	    pages(shape->blocks * PIR_BLOCK_DIGITS * sizeof(uint64_t));
}

size_t
pir_file_size(const struct pir_shape *shape)
{
	return pir_file_a_half_at(shape) + pages(pir_a_half_size(shape));
}

static void
put_u32(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

void
pir_file_build(const struct pir_file *f, uint8_t ret_head[static PIR_FILE_PAGE])
{
	memset(ret_head, 0, PIR_FILE_PAGE);
	memcpy(ret_head, magic, sizeof(magic));
	memcpy(ret_head + AT_ORDER, &order, sizeof(order));
	put_u32(ret_head + AT_COLUMNS, f->shape.columns);
	put_u32(ret_head + AT_BLOCKS, f->shape.blocks);
	memcpy(ret_head + AT_LABEL, f->shape.label, PIR_LABEL_SIZE);
	memcpy(ret_head + AT_SUM, f->sum, sizeof(f->sum));
}

enum rc
pir_file_parse(struct rd head, struct pir_file *ret_file)
{
	uint8_t start[AT_COLUMNS];
	struct pir_file f = { 0 };
	uint32_t blocks = 0;
	enum rc rc = RC_BUG;

	CHECK(head.left == PIR_FILE_PAGE, RC_MALFORMED);
	TRY(rd_copy(&head, sizeof(start), start));
	CHECK(memcmp(start, magic, sizeof(magic)) == 0, RC_MALFORMED);
	CHECK(
	    memcmp(start + AT_ORDER, &order, sizeof(order)) == 0, RC_MALFORMED);
	TRY(rd_u32(&head, &f.shape.columns));
	TRY(rd_u32(&head, &blocks));
	CHECK(blocks <= PIR_BLOCKS_MAX, RC_MALFORMED);
	f.shape.blocks = (uint16_t)blocks;
	TRY(rd_copy(&head, PIR_LABEL_SIZE, f.shape.label));
	TRY(rd_copy(&head, sizeof(f.sum), f.sum));
	CHECK(pir_shape_is_valid(&f.shape), RC_MALFORMED);
	for (; head.left > 0; head.p++, head.left--)
		CHECK(*head.p == 0, RC_MALFORMED);
	*ret_file = f;
	rc = RC_OK;
out:
	return rc;
}

/* Poly1305 under a key that depends on the head: three times as fast as any
 * hash in libsodium, and a table has hundreds of megabytes. */
void
pir_file_sum(const struct pir_file *f, struct rd body,
    uint8_t ret_sum[static PIR_FILE_SUM_SIZE])
{
	struct pir_file unsummed = { .shape = f->shape };
	uint8_t head[PIR_FILE_PAGE];
	uint8_t key[crypto_onetimeauth_KEYBYTES];

	pir_file_build(&unsummed, head);
	(void)crypto_generichash(key, sizeof(key), head, sizeof(head), NULL, 0);
	(void)crypto_onetimeauth(ret_sum, body.p, body.left, key);
}
