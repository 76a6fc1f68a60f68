#include "ktlog/cosigners.h"

#include <string.h>

#include "base/failmem.h"
#include "merkle/checkpoint.h"
#include "merkle/witness_line.h"

struct cosigners {
	struct child *child;
	struct vkey keys[CONF_WITNESSES];
	size_t n;
};

enum rc
cosigners_new(struct child *child, struct cosigners **ret_c)
{
	const struct conf *conf = child_conf(child);
	struct cosigners *c = failmem_alloc(sizeof(*c));
	struct witness_line w;
	enum rc rc = RC_OK;

	CHECK(c != NULL, RC_NOMEM);
	c->child = child;
	for (; c->n < conf->n_witnesses; c->n++) {
		TRY(witness_line_parse(rd_str(conf->witness[c->n]), &w));
		c->keys[c->n] = w.key;
	}
	*ret_c = c;
	c = NULL;
out:
	cosigners_free(c);
	return rc;
}

void
cosigners_free(struct cosigners *c)
{
	free(c);
}

/* --- out
 * ------------------------------------------------------------------------ */

/* The note without the lines of witnesses: text, empty line, the log's own. */
static enum rc
bare_build(struct rd note, struct buf *b)
{
	struct note_signature s;
	struct rd text;
	struct rd lines;
	struct rd first;
	enum rc rc = RC_BUG;

	TRY(note_split(note, &text, &lines));
	first = lines;
	TRY(note_signature_take(&lines, &s));
	first.left -= lines.left;
	TRY(buf_add_rd(b, text));
	TRY(buf_u8(b, '\n'));
	TRY(buf_add_rd(b, first));
out:
	return rc;
}

void
cosigners_announce(struct cosigners *c, struct log_dir *d)
{
	struct msg_cosign m = { .size = log_dir_size(d) };
	struct buf note;
	struct buf bare;

	buf_init(&note, CHECKPOINT_NOTE_MAX);
	buf_init(&bare, CHECKPOINT_NOTE_MAX);
	if (c->n > 0 && m.size > 0 && log_dir_checkpoint(d, &note) == RC_OK &&
	    bare_build(buf_get(&note), &bare) == RC_OK) {
		m.note = buf_get(&bare);
		child_send(c->child, PERMIT_ROLE_HERALD, MSG_COSIGN, &m);
	}
	buf_clear(&note);
	buf_clear(&bare);
}

void
cosigners_prove(
    struct cosigners *c, struct log_dir *d, const struct msg_proof_get *m)
{
	struct msg_proof answer = { .witness = m->witness,
		.old_size = m->old_size,
		.new_size = m->new_size,
		.status = MSG_STATUS_NOT_FOUND };
	struct tree_proof p = { .n = 0 };
	enum rc rc = RC_NOT_FOUND;

	if (m->new_size <= log_dir_size(d))
		rc = tree_consistency(
		    log_dir_hash, d, m->old_size, m->new_size, &p);
	if (rc == RC_OK) {
		answer.status = MSG_STATUS_OK;
		answer.hashes = (struct rd){ p.hashes[0],
			p.n * TREE_HASH_SIZE };
	}
	child_send(c->child, PERMIT_ROLE_HERALD, MSG_PROOF, &answer);
}

/* --- in
 * -------------------------------------------------------------------------- */

static enum rc
key_of(const struct cosigners *c, const struct note_signature *s,
    const struct vkey **ret_k)
{
	for (size_t i = 0; i < c->n; i++)
		if (vkey_is_of(&c->keys[i], s)) {
			*ret_k = &c->keys[i];
			return RC_OK;
		}
	return RC_DENIED;
}

enum rc
cosigners_add(struct cosigners *c, struct log_dir *d, uint64_t size,
    struct rd line, struct buf *ret_note)
{
	const struct vkey *k = NULL;
	struct note_signature s;
	struct rd rest = line;
	struct rd text;
	struct rd lines;
	uint64_t time;
	enum rc rc = RC_BUG;

	CHECK(size == log_dir_size(d) && size > 0, RC_STATE);
	TRY(log_dir_checkpoint(d, ret_note));
	TRY(note_split(buf_get(ret_note), &text, &lines));
	TRY(note_signature_take(&rest, &s));
	TRY(rd_end(&rest));
	TRY(key_of(c, &s, &k));
	CHECK(checkpoint_cosigned(&s, text, k, &time) == RC_OK, RC_DENIED);
	while (lines.left > 0) {
		TRY(note_signature_take(&lines, &s));
		CHECK(!vkey_is_of(k, &s), RC_EXISTS);
	}
	TRY(buf_add_rd(ret_note, line));
out:
	return rc;
}
