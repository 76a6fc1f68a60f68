#include "orders/verify.h"

#include <string.h>

#include <sodium.h>

#include "crypto/tdh2.h"
#include "crypto/tprf.h"
#include "orders/request.h"
#include "orders/json_field.h"
#include "wire/custodians.h"
#include "wire/e164_text.h"
#include "wire/segment.h"
#include "wire/segment_entry.h"

/* Fails with a sentence: the reader of a package is a person. */
#define SAY(cond, text)                          \
	do {                                     \
		if (!(cond)) {                   \
			v->why = (text);         \
			CHECK(false, RC_DENIED); \
		}                                \
	} while (0)

#define VERIFY_GROUPS_MAX 64

struct verifier {
	const char *why;
	struct order order;
	struct custodians group;               /* who gave the shares */
	uint8_t hashes[VERIFY_GROUPS_MAX][32]; /* of it, and of those before */
	size_t n_groups;
	uint8_t root[32]; /* of the checkpoint */
	struct verify_result *r;
	/* the part at hand */
	struct segment_entry entry;
	struct journal_session session;
	struct e164 target;
	size_t handle; /* of the order: the target's place */
	enum journal_direction direction;
	/* of the envelope at hand */
	size_t shown;   /* rows */
	bool is_before; /* rows in front of the first shown are held back */
	bool is_after;  /* rows behind one */
};

void
verify_result_clear(struct verify_result *r)
{
	opening_clear(&r->rows);
	*r = (struct verify_result){ 0 };
}

/* --- the log -------------------------------------------------------------- */

/* That entry stands at index under the checkpoint. */
static enum rc
check_entry(struct verifier *v, struct rd entry, const json_t *j)
{
	struct tree_proof path;
	uint8_t leaf[32];
	uint64_t index;
	enum rc rc = RC_BUG;

	SAY(json_field_number(j, "index", v->r->log_size, &index) == RC_OK &&
		json_field_path(json_object_get(j, "path"), &path) == RC_OK,
	    "a log proof is not one");
	tree_leaf(entry, leaf);
	SAY(tree_inclusion_check(leaf, index, v->r->log_size, &path, v->root) ==
		RC_OK,
	    "an entry is not in the public log");
	rc = RC_OK;
out:
	return rc;
}

static enum rc
check_checkpoint(struct verifier *v, const struct trust *t, const json_t *proof)
{
	const char *note = json_string_value(
	    json_object_get(proof, "checkpoint"));
	enum rc rc = RC_BUG;

	SAY(note != NULL, "proof.json has no checkpoint");
	SAY(trust_checkpoint(t, rd_str(note), &v->r->log_size, v->root,
		&v->r->witnesses) == RC_OK,
	    "the checkpoint is not signed by the log and enough witnesses");
	rc = RC_OK;
out:
	return rc;
}

static enum rc
check_order(struct verifier *v, const json_t *order, const json_t *proof)
{
	const json_t *j = json_object_get(proof, "order");
	uint8_t opening[COMMITMENT_OPENING_SIZE];
	uint8_t commitment[COMMITMENT_SIZE];
	struct order_error e;
	struct buf entry;
	enum rc rc = RC_BUG;

	buf_init(&entry, 256);
	SAY(order_parse(order, &v->order, &e) == RC_OK,
	    "order.json is not an order");
	SAY(json_field_octets(j, "opening", sizeof(opening), opening) == RC_OK,
	    "proof.json does not open the order's commitment");
	TRY(commitment_order(&v->order, opening, commitment));
	TRY(request_entry(commitment, &entry));
	rc = check_entry(v, buf_get(&entry), j);
	SAY(rc == RC_OK,
	    "order.json is not the order whose commitment is in the log");
out:
	buf_clear(&entry);
	return rc;
}

/* The order's, or of a process that runs forward the part of one day. */
static enum rc
check_window(struct verifier *v, const json_t *proof)
{
	char from[MONO_RFC3339_SIZE];
	char to[MONO_RFC3339_SIZE];
	struct wall whole;
	struct wall end;
	int64_t day;
	enum rc rc = RC_BUG;

	SAY(json_field_text(proof, "from", sizeof(from), from) == RC_OK &&
		json_field_text(proof, "to", sizeof(to), to) == RC_OK &&
		mono_rfc3339_parse(from, &v->r->from) == RC_OK &&
		mono_rfc3339_parse(to, &v->r->to) == RC_OK,
	    "proof.json has no window");
	whole = v->order.from;
	end = v->order.to;
	if (rules_is_forward(v->order.regime)) {
		day = (int64_t)mono_day(v->r->from) * ORDER_DAY_S;
		if (whole.s < day)
			whole.s = day;
		if (end.s > day + ORDER_DAY_S)
			end.s = day + ORDER_DAY_S;
	}
	/* a shorter one would be true, and would hide what the rest has */
	SAY(v->r->from.s == whole.s && v->r->to.s == end.s && whole.s < end.s,
	    "the window is not the order's, or one day of a pen register's");
	rc = RC_OK;
out:
	return rc;
}

/* That the verification keys of any k belong to the group's key: then k good
 * shares open what was sealed to it, whoever wrote this file. */
static enum rc
check_keys(struct verifier *v, const struct custodians *g)
{
	uint8_t shares[CUSTODIANS_MAX][VSS_SHARE_SIZE] = { 0 };
	uint8_t key[32];
	enum rc rc = RC_OK;

	for (size_t first = 0; first + g->threshold <= g->n; first++) {
		for (size_t i = 0; i < g->threshold; i++) {
			shares[i][1] = (uint8_t)(first + i + 1);
			memcpy(shares[i] + 2,
			    g->members[first + i].verification_key, 32);
		}
		SAY(vss_combine(g->threshold,
			(const uint8_t(*)[VSS_SHARE_SIZE])shares,
			key) == RC_OK &&
			memcmp(key, g->public_key, sizeof(key)) == 0,
		    "the custodians' keys do not belong together");
	}
out:
	return rc;
}

static bool
is_group(const struct verifier *v, const uint8_t hash[static 32])
{
	for (size_t i = 0; i < v->n_groups; i++)
		if (memcmp(v->hashes[i], hash, 32) == 0)
			return true;
	return false;
}

/* All groups that ever held shares of one and the same key. */
static enum rc
check_groups(struct verifier *v, const json_t *proof)
{
	const json_t *a = json_object_get(proof, "custodians");
	struct custodians g;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, CUSTODIANS_FILE_MAX + 1);
	SAY(json_array_size(a) > 0 && json_array_size(a) <= VERIFY_GROUPS_MAX,
	    "proof.json names no custodians");
	for (size_t i = 0; i < json_array_size(a); i++) {
		b.len = 0;
		TRY(json_field_dump(json_array_get(a, i), &b));
		SAY(custodians_parse(buf_get(&b), &g) == RC_OK,
		    "the custodians' group is not one");
		if (i == 0)
			v->group = g;
		SAY(memcmp(g.public_key, v->group.public_key, 32) == 0,
		    "a group of custodians is of another key");
		TRY(custodians_hash(&g, v->hashes[v->n_groups]));
		v->n_groups++;
	}
	TRY(check_keys(v, &v->group));
out:
	buf_clear(&b);
	return rc;
}

/* --- one envelope --------------------------------------------------------- */

static enum rc
take_row(struct verifier *v, struct rd sealed, uint32_t counter,
    const uint8_t label[static JOURNAL_LABEL_SIZE],
    const uint8_t key[static JOURNAL_KEY_SIZE])
{
	const struct opening_window window = { v->r->from, v->r->to };
	bool is_lookup = v->direction == JOURNAL_DIRECTION_LOOKUP;
	uint8_t plain[ROW_SIZE];
	struct row w = { 0 };
	enum rc rc = RC_BUG;

	SAY(journal_row_open(sealed, counter, label, key, plain) == RC_OK &&
		row_parse((struct rd){ plain, sizeof(plain) }, &w) == RC_OK,
	    "a sealed row does not open");
	SAY(e164_is_eq(is_lookup ? &w.lookup : &w.source, &v->target),
	    "a row of another handle stands in an envelope");
	SAY(opening_is_inside(&v->order, v->handle, &window, &w, is_lookup),
	    "a row outside the window, or of another owner of the number, is "
	    "in the package");
	if (!opening_is_copy(&v->order, &w, is_lookup))
		TRY(opening_add(&v->r->rows, &w));
	rc = RC_OK;
out:
	sodium_memzero(plain, sizeof(plain));
	row_clear(&w);
	return rc;
}

/* An envelope's rows are in the order of their times, and a number's owners
 * follow each other: what is held back comes first, or last, or is all. First
 * only where the part began before the window or the number had an owner, or
 * none yet, before the one whom the order means; last only where the part ended
 * after the window or another owner may have come. */
static enum rc
check_held_back(struct verifier *v, bool is_held_back)
{
	uint32_t epoch = v->order.epochs[v->handle];
	bool before = (int64_t)v->entry.opened < v->r->from.s || epoch > 1 ||
	    (epoch == 1 && v->direction == JOURNAL_DIRECTION_LOOKUP);
	bool after = segment_entry_until(&v->entry) >= v->r->to.s || epoch != 0;
	enum rc rc = RC_BUG;

	if (is_held_back && v->shown > 0)
		v->is_after = true;
	else if (is_held_back)
		v->is_before = true;
	else
		v->shown++;
	SAY(!v->is_after || (is_held_back && after),
	    "a row of the window is held back");
	SAY(!v->is_before || before || (after && v->shown == 0),
	    "a row of the window is held back");
	rc = RC_OK;
out:
	return rc;
}

/* A row is here sealed, or only its hash, held back. */
static enum rc
one_row(struct verifier *v, const json_t *j, uint32_t counter,
    const uint8_t label[static JOURNAL_LABEL_SIZE],
    const uint8_t key[static JOURNAL_KEY_SIZE], uint8_t ret_hash[static 32])
{
	struct buf sealed;
	json_t *box = NULL;
	enum rc rc = RC_BUG;

	buf_init(&sealed, JOURNAL_SEALED_SIZE);
	TRY(check_held_back(v, json_is_object(j)));
	if (json_is_object(j)) {
		SAY(json_object_size(j) == 1 &&
			json_field_octets(j, "sha256", 32, ret_hash) == RC_OK,
		    "a row is neither sealed nor a hash");
		v->r->held_back++;
		rc = RC_OK;
		goto out;
	}
	box = json_pack("{s:O}", "row", (json_t *)(uintptr_t)j);
	CHECK(box != NULL, RC_NOMEM);
	SAY(json_field_bytes(box, "row", &sealed) == RC_OK,
	    "a row is neither sealed nor a hash");
	(void)crypto_hash_sha256(ret_hash, sealed.p, sealed.len);
	TRY(take_row(v, buf_get(&sealed), counter, label, key));
out:
	json_decref(box);
	buf_clear(&sealed);
	return rc;
}

static enum rc
take_rows(struct verifier *v, const json_t *rows,
    const uint8_t label[static JOURNAL_LABEL_SIZE],
    const uint8_t key[static JOURNAL_KEY_SIZE], uint8_t ret_digest[static 32])
{
	crypto_hash_sha256_state st;
	uint8_t hash[crypto_hash_sha256_BYTES];
	enum rc rc = RC_BUG;

	SAY(json_is_array(rows), "an envelope has no rows");
	(void)crypto_hash_sha256_init(&st);
	v->shown = 0;
	v->is_before = false;
	v->is_after = false;
	rc = RC_OK;
	for (size_t i = 0; i < json_array_size(rows); i++) {
		TRY(one_row(
		    v, json_array_get(rows, i), (uint32_t)i, label, key, hash));
		(void)crypto_hash_sha256_update(&st, hash, sizeof(hash));
	}
	(void)crypto_hash_sha256_final(&st, ret_digest);
out:
	return rc;
}

/* Checks k shares by different custodians of the group, and combines them. */
static enum rc
take_key(struct verifier *v, const json_t *j, const uint8_t *wrap,
    const uint8_t label[static JOURNAL_LABEL_SIZE],
    uint8_t ret_key[static JOURNAL_KEY_SIZE])
{
	const struct rd l = { label, JOURNAL_LABEL_SIZE };
	const json_t *a = json_object_get(j, "shares");
	uint8_t shares[TDH2_MEMBERS_MAX][TDH2_SHARE_SIZE];
	size_t k = v->group.threshold;
	enum rc rc = RC_BUG;

	SAY(json_array_size(a) == k, "an envelope has not k shares");
	for (size_t i = 0; i < k; i++) {
		uint16_t at;

		SAY(json_field_element(json_array_get(a, i), TDH2_SHARE_SIZE,
			shares[i]) == RC_OK,
		    "a share is not one");
		at = (uint16_t)(shares[i][0] << 8 | shares[i][1]);
		SAY(at >= 1 && at <= v->group.n &&
			tdh2_share_check(
			    v->group.members[at - 1].verification_key, wrap, l,
			    shares[i]) == RC_OK,
		    "a custodian's share is not good for this envelope");
	}
	SAY(tdh2_combine(k, (const uint8_t(*)[TDH2_SHARE_SIZE])shares, wrap,
		ret_key) == RC_OK,
	    "the shares of an envelope do not combine");
	rc = RC_OK;
out:
	return rc;
}

static enum rc
check_leaf(struct verifier *v, const json_t *j, const char *path_name,
    uint64_t leaf, const uint8_t octets[static SEGMENT_LEAF_SIZE])
{
	struct tree_proof path;
	uint8_t hash[32];
	enum rc rc = RC_BUG;

	SAY(json_field_path(json_object_get(j, path_name), &path) == RC_OK,
	    "a segment proof is not one");
	tree_leaf((struct rd){ octets, SEGMENT_LEAF_SIZE }, hash);
	SAY(tree_inclusion_check(hash, leaf, (uint64_t)v->entry.envelopes + 1,
		&path, v->entry.root) == RC_OK,
	    "an envelope is not as the log's segment has it");
	rc = RC_OK;
out:
	return rc;
}

static enum rc
check_held(struct verifier *v, const json_t *j,
    const uint8_t tag[static JOURNAL_TAG_SIZE])
{
	const json_t *rows = json_object_get(j, "rows");
	uint8_t label[JOURNAL_LABEL_SIZE];
	uint8_t key[JOURNAL_KEY_SIZE];
	uint8_t place[SEGMENT_KEY_SIZE];
	uint8_t octets[SEGMENT_LEAF_SIZE];
	uint8_t locator[JOURNAL_LOCATOR_SIZE];
	uint8_t wrap[JOURNAL_WRAP_SIZE];
	struct segment_body body = { .locator = locator, .wrap = wrap };
	struct buf own;
	uint64_t leaf;
	enum rc rc = RC_BUG;

	buf_init(&own, JOURNAL_OWN_SIZE);
	SAY(json_field_octets(j, "locator", sizeof(locator), locator) ==
		    RC_OK &&
		json_field_octets(j, "wrap", sizeof(wrap), wrap) == RC_OK &&
		json_field_bytes(j, "own", &own) == RC_OK &&
		json_field_number(j, "leaf", (uint64_t)v->entry.envelopes + 1,
		    &leaf) == RC_OK,
	    "an envelope is not complete");
	journal_label(&v->session, tag, v->direction, label);
	segment_key(tag, v->direction, place);
	TRY(take_key(v, j, wrap, label, key));
	TRY(take_rows(v, rows, label, key, body.digest));
	body.own = buf_get(&own);
	body.rows = (uint32_t)json_array_size(rows);
	segment_leaf(place, &body, octets);
	TRY(check_leaf(v, j, "path", leaf, octets));
out:
	sodium_memzero(key, sizeof(key));
	buf_clear(&own);
	return rc;
}

static enum rc
take_neighbour(struct verifier *v, const json_t *j,
    uint8_t ret_octets[static SEGMENT_LEAF_SIZE], uint64_t *ret_leaf)
{
	enum rc rc = RC_BUG;

	SAY(json_field_octets(j, "octets", SEGMENT_LEAF_SIZE, ret_octets) ==
		    RC_OK &&
		json_field_number(j, "leaf", (uint64_t)v->entry.envelopes + 1,
		    ret_leaf) == RC_OK,
	    "a proof of absence is not one");
	TRY(check_leaf(v, j, "path", *ret_leaf, ret_octets));
out:
	return rc;
}

/* Two leaves that stand beside each other, and what is asked for would stand
 * between; or the last leaf, and it would stand behind. */
static enum rc
check_absent(struct verifier *v, const json_t *j,
    const uint8_t tag[static JOURNAL_TAG_SIZE])
{
	const json_t *right = json_object_get(j, "right");
	uint8_t place[SEGMENT_KEY_SIZE];
	uint8_t a[SEGMENT_LEAF_SIZE];
	uint8_t b[SEGMENT_LEAF_SIZE];
	uint64_t at;
	uint64_t next;
	enum rc rc = RC_BUG;

	segment_key(tag, v->direction, place);
	TRY(take_neighbour(v, json_object_get(j, "left"), a, &at));
	SAY(memcmp(a, place, SEGMENT_KEY_SIZE) < 0,
	    "a proof of absence is for another place");
	if (json_is_null(right)) {
		SAY(at == v->entry.envelopes,
		    "a proof of absence ends too early");
		rc = RC_OK;
		goto out;
	}
	TRY(take_neighbour(v, right, b, &next));
	SAY(next == at + 1 && memcmp(place, b, SEGMENT_KEY_SIZE) < 0,
	    "a proof of absence is for another place");
	rc = RC_OK;
out:
	return rc;
}

/* --- one part ------------------------------------------------------------- */

static enum rc
check_session(struct verifier *v, const json_t *j, struct buf *body)
{
	uint8_t octets[SEGMENT_LEAF_SIZE];
	enum rc rc = RC_BUG;

	SAY(json_field_bytes(j, "session", body) == RC_OK &&
		journal_session_parse(buf_get(body), &v->session) == RC_OK,
	    "a part has no session");
	SAY(v->session.day == v->entry.day &&
		v->session.part == v->entry.part &&
		v->session.opened == v->entry.opened,
	    "a session is of another part");
	segment_leaf_session(buf_get(body), octets);
	TRY(check_leaf(v, j, "session_path", 0, octets));
out:
	return rc;
}

static enum rc
take_tag(struct verifier *v, const json_t *found, size_t handle,
    uint8_t ret_tag[static JOURNAL_TAG_SIZE])
{
	const uint8_t(
	    *commitments)[32] = (const uint8_t(*)[32])v->session.commitments;
	uint8_t shares[TDH2_MEMBERS_MAX][TDH2_SHARE_SIZE];
	size_t k = v->session.k;
	char text[E164_TEXT_SIZE];
	uint8_t point[32];
	enum rc rc = RC_BUG;

	e164_text(&v->order.handles[handle], text);
	SAY(json_array_size(found) == k * v->order.n_handles,
	    "a part has not k shares for each handle");
	for (size_t i = 0; i < k; i++) {
		SAY(json_field_element(json_array_get(found, handle * k + i),
			TDH2_SHARE_SIZE, shares[i]) == RC_OK,
		    "a share is not one");
		SAY(tprf_share_check(k, commitments, rd_str(text), shares[i]) ==
			RC_OK,
		    "a custodian's share is not good for this handle");
	}
	SAY(tprf_combine(k, (const uint8_t(*)[TDH2_SHARE_SIZE])shares, point) ==
		RC_OK,
	    "the shares of a handle do not combine");
	journal_tag(point, ret_tag);
	rc = RC_OK;
out:
	sodium_memzero(text, sizeof(text));
	return rc;
}

static enum rc
check_envelopes(struct verifier *v, const json_t *j)
{
	const json_t *list = json_object_get(j, "envelopes");
	const json_t *found = json_object_get(j, "found");
	uint8_t tag[JOURNAL_TAG_SIZE];
	size_t at = 0;
	enum rc rc = RC_OK;

	for (size_t h = 0; h < v->order.n_handles; h++) {
		v->target = v->order.handles[h];
		v->handle = h;
		TRY(take_tag(v, found, h, tag));
		for (int d = JOURNAL_DIRECTION_SOURCE;
		     d <= JOURNAL_DIRECTION_LOOKUP; d++) {
			const json_t *e;

			if (((int)v->order.direction & d) == 0)
				continue;
			v->direction = (enum journal_direction)d;
			e = json_array_get(list, at++);
			if (json_field_is(e, "state", "none"))
				TRY(check_absent(v, e, tag));
			else if (json_field_is(e, "state", "held"))
				TRY(check_held(v, e, tag));
			else
				SAY(false, "an envelope is missing");
		}
	}
	SAY(json_array_size(list) == at,
	    "a part has envelopes that the order does not name");
	rc = RC_OK;
out:
	return rc;
}

static enum rc
check_held_part(struct verifier *v, const json_t *j)
{
	struct buf body;
	enum rc rc = RC_BUG;

	buf_init(&body, JOURNAL_FRAME_MAX);
	SAY(is_group(v, v->entry.custodians),
	    "a part was sealed to other custodians");
	TRY(check_session(v, j, &body));
	TRY(check_envelopes(v, j));
out:
	buf_clear(&body);
	return rc;
}

static enum rc
check_destroyed(struct verifier *v, const json_t *j)
{
	char date[MONO_DATE_SIZE];
	struct buf entry;
	enum rc rc = RC_BUG;

	buf_init(&entry, 128);
	TRY(mono_date((int32_t)v->entry.day, date));
	TRY(buf_add_fmt(&entry, "{\"day\":\"%s\",\"type\":\"destroy\"}", date));
	rc = check_entry(v, buf_get(&entry), json_object_get(j, "destroyed"));
	SAY(rc == RC_OK,
	    "a part is said to be destroyed; the log has no word "
	    "of it");
	v->r->destroyed++;
out:
	buf_clear(&entry);
	return rc;
}

static enum rc
check_part(struct verifier *v, const json_t *j)
{
	const char *text = json_string_value(json_object_get(j, "entry"));
	bool touched;
	enum rc rc = RC_BUG;

	SAY(text != NULL &&
		segment_entry_parse(rd_str(text), &v->entry) == RC_OK,
	    "a part has no entry");
	TRY(check_entry(v, rd_str(text), j));
	touched = (int64_t)v->entry.opened < v->r->to.s &&
	    segment_entry_until(&v->entry) >= v->r->from.s;
	if (json_field_is(j, "state", "held")) {
		SAY(touched, "a part outside the window is opened");
		TRY(check_held_part(v, j));
	} else if (json_field_is(j, "state", "destroyed")) {
		TRY(check_destroyed(v, j));
	} else {
		SAY(json_field_is(j, "state", "outside") && !touched,
		    "a part inside the window is missing");
	}
	rc = RC_OK;
out:
	return rc;
}

static enum rc
check_parts(struct verifier *v, const json_t *parts)
{
	struct segment_entry last = { 0 };
	enum rc rc = RC_BUG;

	if ((v->order.classes & RULES_CLASS_TRAFFIC_QUERY) == 0) {
		SAY(json_array_size(parts) == 0,
		    "parts of the log are opened; the order names no rows");
		return RC_OK;
	}
	SAY(json_array_size(parts) > 0, "the proof has no parts");
	for (size_t i = 0; i < json_array_size(parts); i++) {
		TRY(check_part(v, json_array_get(parts, i)));
		if (i == 0)
			SAY(v->entry.seq == 0 ||
				segment_entry_until(&v->entry) < v->r->from.s,
			    "the proof begins too late");
		else
			SAY(v->entry.seq == last.seq + 1,
			    "a part of the log is left out");
		last = v->entry;
	}
	SAY((int64_t)last.closed >= v->r->to.s, "the proof ends too early");
	rc = RC_OK;
out:
	return rc;
}

enum rc
verify_proof(const struct trust *t, const json_t *order, const json_t *proof,
    struct verify_result *ret, const char **ret_why)
{
	struct verify_result r = { 0 };
	struct verifier verifier = { .r = &r, .why = "out of memory" };
	struct verifier *v = &verifier;
	enum rc rc = RC_BUG;

	SAY(json_field_is(proof, "tacet", "proof"), "proof.json is not one");
	TRY(check_checkpoint(v, t, proof));
	TRY(check_order(v, order, proof));
	TRY(check_window(v, proof));
	if ((v->order.classes & RULES_CLASS_TRAFFIC_QUERY) != 0)
		TRY(check_groups(v, proof));
	TRY(check_parts(v, json_object_get(proof, "parts")));
	TRY(opening_sort(&r.rows));
	*ret = r;
	r = (struct verify_result){ 0 };
out:
	*ret_why = v->why;
	verify_result_clear(&r);
	return rc;
}
