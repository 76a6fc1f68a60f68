#include "ktlog/epoch_state.h"

#include <string.h>

#include "base/crc32c.h"

static enum rc
state_parse(struct rd *r, struct epoch_state *e)
{
	struct rd entry;
	uint16_t n;
	enum rc rc = RC_BUG;

	TRY(rd_u32(r, &e->day));
	TRY(rd_u32(r, &e->records));
	TRY(rd_u32(r, &e->entries));
	TRY(rd_u32(r, &e->stash));
	TRY(rd_u32(r, &e->build_ms));
	TRY(rd_u64(r, &e->policy_index));
	TRY(rd_u16(r, &n));
	TRY(rd_take(r, n, &entry));
	CHECK(epoch_entry_parse(entry, &e->entry) == RC_OK, RC_MALFORMED);
out:
	return rc;
}

static enum rc
shapes_parse(struct rd *r, struct epoch_states *s)
{
	uint8_t n;
	enum rc rc = RC_BUG;

	TRY(rd_u8(r, &n));
	CHECK(n <= EPOCH_STATE_SHAPES_MAX, RC_MALFORMED);
	for (; s->n_shapes < n; s->n_shapes++) {
		struct epoch_shape *at = &s->shapes[s->n_shapes];

		TRY(rd_u32(r, &at->since));
		TRY(rd_u32(r, &at->columns));
		CHECK(
		    s->n_shapes == 0 || at->since > at[-1].since, RC_MALFORMED);
	}
out:
	return rc;
}

enum rc
epoch_state_parse(struct rd octets, struct epoch_states *ret_s)
{
	struct epoch_states s = { 0 };
	uint32_t crc;
	uint8_t n;
	enum rc rc = RC_BUG;

	TRY(rd_u32(&octets, &crc));
	CHECK(crc == crc32c(0, octets.p, octets.left), RC_MALFORMED);
	TRY(rd_u8(&octets, &n));
	CHECK(n <= EPOCH_STATE_MAX, RC_MALFORMED);
	for (; s.n < n; s.n++) {
		TRY(state_parse(&octets, &s.all[s.n]));
		CHECK(s.n == 0 ||
			s.all[s.n].entry.epoch ==
			    s.all[s.n - 1].entry.epoch + 1,
		    RC_MALFORMED);
	}
	TRY(shapes_parse(&octets, &s));
	TRY(rd_end(&octets));
	*ret_s = s;
out:
	return rc;
}

static enum rc
state_build(const struct epoch_state *e, struct buf *b)
{
	struct buf entry;
	enum rc rc = RC_BUG;

	buf_init(&entry, EPOCH_ENTRY_MAX);
	TRY(epoch_entry_build(&e->entry, &entry));
	TRY(buf_u32(b, e->day));
	TRY(buf_u32(b, e->records));
	TRY(buf_u32(b, e->entries));
	TRY(buf_u32(b, e->stash));
	TRY(buf_u32(b, e->build_ms));
	TRY(buf_u64(b, e->policy_index));
	TRY(buf_u16(b, (uint16_t)entry.len));
	TRY(buf_add_rd(b, buf_get(&entry)));
out:
	buf_clear(&entry);
	return rc;
}

enum rc
epoch_state_build(const struct epoch_states *s, struct buf *b)
{
	size_t start = b->len;
	uint32_t crc;
	enum rc rc = RC_BUG;

	TRY(buf_u32(b, 0));
	TRY(buf_u8(b, (uint8_t)s->n));
	for (size_t i = 0; i < s->n; i++)
		TRY(state_build(&s->all[i], b));
	TRY(buf_u8(b, (uint8_t)s->n_shapes));
	for (size_t i = 0; i < s->n_shapes; i++) {
		TRY(buf_u32(b, s->shapes[i].since));
		TRY(buf_u32(b, s->shapes[i].columns));
	}
	crc = crc32c(0, b->p + start + 4, b->len - start - 4);
	for (size_t i = 0; i < 4; i++)
		b->p[start + i] = (uint8_t)(crc >> (24 - 8 * i));
out:
	return rc;
}

const struct epoch_state *
epoch_state_last(const struct epoch_states *s)
{
	return s->n == 0 ? NULL : &s->all[s->n - 1];
}

enum rc
epoch_state_push(struct epoch_states *s, const struct epoch_state *e)
{
	const struct epoch_shape shape = { e->entry.epoch,
		e->entry.shape.columns };

	if (s->n_shapes == 0 ||
	    s->shapes[s->n_shapes - 1].columns != shape.columns) {
		if (s->n_shapes == EPOCH_STATE_SHAPES_MAX)
			return RC_LIMIT;
		s->shapes[s->n_shapes++] = shape;
	}
	if (s->n == EPOCH_STATE_MAX) {
		memmove(&s->all[0], &s->all[1],
		    (EPOCH_STATE_MAX - 1) * sizeof(s->all[0]));
		s->n--;
	}
	s->all[s->n++] = *e;
	return RC_OK;
}

uint32_t
epoch_state_columns(const struct epoch_states *s, uint32_t epoch)
{
	uint32_t columns = 0;

	for (size_t i = 0; i < s->n_shapes; i++)
		if (s->shapes[i].since <= epoch)
			columns = s->shapes[i].columns;
	return columns;
}
