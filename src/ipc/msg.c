#include "ipc/msg.h"

#include <stddef.h>
#include <string.h>

#include "wire/device_list.h"
#include "wire/prekey.h"
#include "wire/relay.h"

enum field_kind { F_END = 0, F_U8, F_U32, F_U64, F_FIXED, F_BYTES, F_E164 };

struct field {
	enum field_kind kind;
	uint32_t offset;
	uint32_t size; /* F_FIXED: octets; F_BYTES: maximum */
};

#define U8(s, m)                               \
	{                                      \
		F_U8, offsetof(struct s, m), 0 \
	}
#define U32(s, m)                               \
	{                                       \
		F_U32, offsetof(struct s, m), 0 \
	}
#define U64(s, m)                               \
	{                                       \
		F_U64, offsetof(struct s, m), 0 \
	}
#define FIXED(s, m)                                                        \
	{                                                                  \
		F_FIXED, offsetof(struct s, m), sizeof(((struct s *)0)->m) \
	}
#define BYTES(s, m, max)                              \
	{                                             \
		F_BYTES, offsetof(struct s, m), (max) \
	}
#define NUMBER(s, m)                             \
	{                                        \
		F_E164, offsetof(struct s, m), 0 \
	}
#define AUTH(s)                                                         \
	U8(s, auth.is_new), FIXED(s, auth.account), U8(s, auth.device), \
	    U64(s, auth.created), FIXED(s, auth.nonce),                 \
	    FIXED(s, auth.signature), BYTES(s, auth.base, MSG_AUTH_BASE_MAX)
#define END                 \
	{                   \
		F_END, 0, 0 \
	}

#define NAME_MAX_ 32
#define CONFIG_MAX 65536
#define LOCATORS_MAX (64 * 16)
#define ROWS_MAX (MSG_BODY_MAX - 256)
#define BUNDLES_MAX 4096
#define LINK_MAX 8192
#define OCTETS_MAX 8192
#define TEXT_MAX 4096
#define ROW_MAX 256
#define LOG_PATH_MAX 128
#define LOG_FILE_MAX (256 * (2 + MSG_LOG_ENTRY_MAX)) /* a full bundle */
#define NOTE_MAX_ 65536
#define COSIGN_LINE_MAX 256

static const struct field config[] = { BYTES(msg_config, text, CONFIG_MAX),
	END };
static const struct field named[] = { BYTES(msg_named, name, NAME_MAX_), END };
static const struct field empty[] = { U8(msg_empty, unused), END };
static const struct field reg_start[] = { U64(msg_reg_start, req),
	NUMBER(msg_reg_start, number), FIXED(msg_reg_start, addr_key), END };
static const struct field reg_send[] = { U64(msg_reg_send, req),
	FIXED(msg_reg_send, session), FIXED(msg_reg_send, addr_key), END };
static const struct field reg_reply[] = { U64(msg_reg_reply, req),
	U8(msg_reg_reply, status), FIXED(msg_reg_reply, session),
	U32(msg_reg_reply, retry_after), END };
static const struct field account_put[] = { U64(msg_account_put, req),
	AUTH(msg_account_put), FIXED(msg_account_put, session),
	BYTES(msg_account_put, code, 8), NUMBER(msg_account_put, number),
	BYTES(msg_account_put, device_list, DEVICE_LIST_SIZE_MAX),
	BYTES(msg_account_put, prekeys, PREKEY_UPLOAD_SIZE_MAX), END };
static const struct field account_reply[] = { U64(msg_account_reply, req),
	U8(msg_account_reply, status), FIXED(msg_account_reply, account),
	U8(msg_account_reply, device), U32(msg_account_reply, epoch),
	U32(msg_account_reply, retry_after), END };
static const struct field lookup[] = { U64(msg_lookup, req), AUTH(msg_lookup),
	BYTES(msg_lookup, client_ip, MSG_ADDR_SIZE - 1),
	NUMBER(msg_lookup, source), NUMBER(msg_lookup, number),
	U8(msg_lookup, cause), FIXED(msg_lookup, locator), END };
static const struct field lookup_reply[] = { U64(msg_lookup_reply, req),
	U8(msg_lookup_reply, status), U32(msg_lookup_reply, retry_after),
	U8(msg_lookup_reply, devices), FIXED(msg_lookup_reply, account),
	U64(msg_lookup_reply, time), U32(msg_lookup_reply, source_epoch),
	U32(msg_lookup_reply, lookup_epoch), END };
static const struct field prekeys_get[] = { U64(msg_prekeys_get, req),
	AUTH(msg_prekeys_get), FIXED(msg_prekeys_get, account),
	FIXED(msg_prekeys_get, devices), END };
static const struct field prekeys_reply[] = { U64(msg_prekeys_reply, req),
	U8(msg_prekeys_reply, status), U32(msg_prekeys_reply, retry_after),
	BYTES(msg_prekeys_reply, device_list, DEVICE_LIST_SIZE_MAX),
	BYTES(msg_prekeys_reply, bundles, BUNDLES_MAX), END };
static const struct field put[] = { U64(msg_put, req), AUTH(msg_put),
	BYTES(msg_put, octets, PREKEY_UPLOAD_SIZE_MAX), END };
static const struct field octets_reply[] = { U64(msg_octets_reply, req),
	U8(msg_octets_reply, status), U32(msg_octets_reply, retry_after),
	BYTES(msg_octets_reply, octets, OCTETS_MAX), END };
static const struct field link_[] = { U64(msg_link, req), FIXED(msg_link, id),
	U8(msg_link, slot), FIXED(msg_link, addr_key),
	BYTES(msg_link, octets, LINK_MAX), END };
static const struct field link_reply[] = { U64(msg_link_reply, req),
	U8(msg_link_reply, status), BYTES(msg_link_reply, octets, LINK_MAX),
	END };
static const struct field file_get[] = { U64(msg_file_get, req),
	AUTH(msg_file_get), BYTES(msg_file_get, locators, LOCATORS_MAX), END };
static const struct field file_reply[] = { U64(msg_file_reply, req),
	U8(msg_file_reply, status), U32(msg_file_reply, retry_after),
	U64(msg_file_reply, registered), U32(msg_file_reply, last_day),
	U32(msg_file_reply, epoch), U8(msg_file_reply, devices),
	U32(msg_file_reply, mailbox), BYTES(msg_file_reply, rows, ROWS_MAX),
	END };
static const struct field sms_send[] = { U64(msg_sms_send, req),
	AUTH(msg_sms_send), FIXED(msg_sms_send, id),
	NUMBER(msg_sms_send, source), NUMBER(msg_sms_send, to),
	BYTES(msg_sms_send, text, TEXT_MAX), END };
static const struct field reply[] = { U64(msg_reply, req),
	U8(msg_reply, status), U32(msg_reply, retry_after),
	U32(msg_reply, left), END };
static const struct field send_[] = { U64(msg_send, req), U64(msg_send, stream),
	AUTH(msg_send), BYTES(msg_send, frame, RELAY_FRAME_MAX), END };
static const struct field sent[] = { U64(msg_sent, req), U64(msg_sent, stream),
	U8(msg_sent, status), BYTES(msg_sent, frame, 256), END };
static const struct field stream_open[] = { U64(msg_stream_open, stream),
	AUTH(msg_stream_open), END };
static const struct field stream_reply[] = { U64(msg_stream_reply, stream),
	U8(msg_stream_reply, status), END };
static const struct field stream[] = { U64(msg_stream, stream), END };
static const struct field deliver[] = { U64(msg_deliver, stream),
	BYTES(msg_deliver, frame, RELAY_ENVELOPE_MAX + 64), END };
static const struct field ack[] = { U64(msg_ack, stream), U64(msg_ack, seq),
	END };
static const struct field row[] = { U64(msg_row, req),
	BYTES(msg_row, row, ROW_MAX), FIXED(msg_row, records_key),
	FIXED(msg_row, locator), END };
static const struct field row_done[] = { U64(msg_row_done, req),
	U8(msg_row_done, status), U64(msg_row_done, time), END };
static const struct field cut[] = { U64(msg_cut, req), END };
static const struct field cut_done[] = { U64(msg_cut_done, req),
	U8(msg_cut_done, status), U64(msg_cut_done, segments), END };
static const struct field rows_get[] = { U64(msg_rows_get, req),
	BYTES(msg_rows_get, locators, LOCATORS_MAX), END };
static const struct field rows_reply[] = { U64(msg_rows_reply, req),
	U8(msg_rows_reply, status), BYTES(msg_rows_reply, rows, ROWS_MAX),
	END };
static const struct field sms_out[] = { FIXED(msg_sms_out, id),
	NUMBER(msg_sms_out, to), NUMBER(msg_sms_out, from),
	BYTES(msg_sms_out, text, TEXT_MAX), END };
static const struct field sms_state[] = { FIXED(msg_sms_state, id),
	U8(msg_sms_state, state), END };
static const struct field sms_find[] = { U64(msg_sms_find, req),
	NUMBER(msg_sms_find, number), END };
static const struct field sms_devices[] = { U64(msg_sms_devices, req),
	U8(msg_sms_devices, status), FIXED(msg_sms_devices, account),
	BYTES(msg_sms_devices, devices, 33 * DEVICE_LIST_MAX), END };
static const struct field sms_in[] = { U64(msg_sms_in, req),
	FIXED(msg_sms_in, account), FIXED(msg_sms_in, id),
	BYTES(msg_sms_in, envelopes, 65536), END };
static const struct field sms_in_done[] = { U64(msg_sms_in_done, req),
	U8(msg_sms_in_done, status), END };
static const struct field log_append[] = { U64(msg_log_append, req),
	BYTES(msg_log_append, entry, MSG_LOG_ENTRY_MAX), END };
static const struct field log_appended[] = { U64(msg_log_appended, req),
	U8(msg_log_appended, status), U64(msg_log_appended, index), END };
static const struct field log_get[] = { U64(msg_log_get, req),
	BYTES(msg_log_get, path, LOG_PATH_MAX), END };
static const struct field log_file[] = { U64(msg_log_file, req),
	U8(msg_log_file, status), U8(msg_log_file, fixed),
	BYTES(msg_log_file, octets, LOG_FILE_MAX), END };
static const struct field sign_checkpoint[] = { U64(msg_sign_checkpoint, req),
	U64(msg_sign_checkpoint, size), FIXED(msg_sign_checkpoint, root), END };
static const struct field sign_manifest[] = { U64(msg_sign_manifest, req),
	BYTES(msg_sign_manifest, text, NOTE_MAX_), END };
static const struct field signed_[] = { U64(msg_signed, req),
	U8(msg_signed, status), BYTES(msg_signed, octets, 4096), END };
static const struct field policy[] = { BYTES(msg_policy, note, NOTE_MAX_),
	END };
static const struct field policy_hash[] = { FIXED(msg_policy_hash, sha256),
	END };
static const struct field cosign[] = { U64(msg_cosign, size),
	BYTES(msg_cosign, note, 4096), END };
static const struct field cosigned[] = { U64(msg_cosigned, size),
	BYTES(msg_cosigned, line, COSIGN_LINE_MAX), END };
static const struct field proof_get[] = { U8(msg_proof_get, witness),
	U64(msg_proof_get, old_size), U64(msg_proof_get, new_size), END };
static const struct field proof[] = { U8(msg_proof, witness),
	U64(msg_proof, old_size), U64(msg_proof, new_size),
	U8(msg_proof, status), BYTES(msg_proof, hashes, 64 * 32), END };
static const struct field evaluate[] = { U64(msg_evaluate, req),
	U8(msg_evaluate, key),
	BYTES(msg_evaluate, elements, MSG_EVALUATE_MAX * 32), END };
static const struct field evaluated[] = { U64(msg_evaluated, req),
	U8(msg_evaluated, status),
	BYTES(msg_evaluated, evaluated, MSG_EVALUATE_MAX * 32),
	FIXED(msg_evaluated, proof), END };
static const struct field private_[] = { U64(msg_private, req),
	U8(msg_private, kind), BYTES(msg_private, body, MSG_PRIVATE_MAX), END };
static const struct field private_reply[] = { U64(msg_private_reply, req),
	U8(msg_private_reply, status),
	BYTES(msg_private_reply, body, MSG_PRIVATE_MAX), END };
static const struct field private_limit[] = { U32(msg_private_limit, max),
	END };
static const struct field counts_get[] = { U64(msg_counts_get, req),
	U8(msg_counts_get, kind), END };
static const struct field counts[] = { U64(msg_counts, req),
	U8(msg_counts, kind), U64(msg_counts, lookups),
	U64(msg_counts, evaluations), U64(msg_counts, issued),
	U64(msg_counts, redeemed), U64(msg_counts, refused),
	U64(msg_counts, spent), U64(msg_counts, batches[0]),
	U64(msg_counts, batches[1]), U64(msg_counts, batches[2]),
	U64(msg_counts, batches[3]), U64(msg_counts, batches[4]),
	U32(msg_counts, epoch), U32(msg_counts, cores),
	BYTES(msg_counts, kernel, NAME_MAX_), END };
static const struct field lookup_keys[] = { FIXED(msg_lookup_keys, voprf),
	FIXED(msg_lookup_keys, token), U32(msg_lookup_keys, day), END };

static const struct field slot_put[] = { U64(msg_slot_put, req),
	U32(msg_slot_put, place), FIXED(msg_slot_put, entry),
	FIXED(msg_slot_put, slot), END };
static const struct field slot_done[] = { U64(msg_slot_done, req),
	U8(msg_slot_done, status), U32(msg_slot_done, epoch),
	U32(msg_slot_done, version), FIXED(msg_slot_done, hist_prev), END };
static const struct field snapshot[] = { U32(msg_snapshot, epoch),
	U32(msg_snapshot, columns), U32(msg_snapshot, blocks),
	FIXED(msg_snapshot, root), U32(msg_snapshot, token_day), END };
static const struct field snapshot_ready[] = { U32(msg_snapshot_ready, epoch),
	U8(msg_snapshot_ready, status), END };
static const struct field epoch[] = { U32(msg_epoch, epoch),
	U64(msg_epoch, time_ms), U64(msg_epoch, entries),
	U32(msg_epoch, columns), U32(msg_epoch, blocks), U32(msg_epoch, stash),
	U32(msg_epoch, build_ms), END };

struct message {
	enum msg_type type;
	const char *name;
	size_t size;
	const struct field *fields;
};

#define ROW(t, n, s, f)                         \
	{                                       \
		MSG_##t, n, sizeof(struct s), f \
	}
static const struct message messages[] = {
	ROW(CONFIG, "config", msg_config, config),
	ROW(FILE, "file", msg_named, named),
	ROW(PEER, "peer", msg_named, named),
	ROW(START, "start", msg_empty, empty),
	ROW(READY, "ready", msg_empty, empty),
	ROW(STOP, "stop", msg_empty, empty),
	ROW(RELOAD, "reload", msg_empty, empty),
	ROW(REG_START, "reg-start", msg_reg_start, reg_start),
	ROW(REG_SEND, "reg-send", msg_reg_send, reg_send),
	ROW(REG_REPLY, "reg-reply", msg_reg_reply, reg_reply),
	ROW(ACCOUNT_PUT, "account-put", msg_account_put, account_put),
	ROW(ACCOUNT_REPLY, "account-reply", msg_account_reply, account_reply),
	ROW(LOOKUP, "lookup", msg_lookup, lookup),
	ROW(LOOKUP_REPLY, "lookup-reply", msg_lookup_reply, lookup_reply),
	ROW(PREKEYS_GET, "prekeys-get", msg_prekeys_get, prekeys_get),
	ROW(PREKEYS_REPLY, "prekeys-reply", msg_prekeys_reply, prekeys_reply),
	ROW(PREKEYS_PUT, "prekeys-put", msg_put, put),
	ROW(DEVICES_PUT, "devices-put", msg_put, put),
	ROW(TOKENS, "tokens", msg_put, put),
	ROW(PROMISE_GET, "promise-get", msg_put, put),
	ROW(OCTETS_REPLY, "octets-reply", msg_octets_reply, octets_reply),
	ROW(LINK_PUT, "link-put", msg_link, link_),
	ROW(LINK_GET, "link-get", msg_link, link_),
	ROW(LINK_REPLY, "link-reply", msg_link_reply, link_reply),
	ROW(FILE_GET, "file-get", msg_file_get, file_get),
	ROW(FILE_REPLY, "file-reply", msg_file_reply, file_reply),
	ROW(SMS_SEND, "sms-send", msg_sms_send, sms_send),
	ROW(REPLY, "reply", msg_reply, reply),
	ROW(SEND, "send", msg_send, send_),
	ROW(SENT, "sent", msg_sent, sent),
	ROW(STREAM_OPEN, "stream-open", msg_stream_open, stream_open),
	ROW(STREAM_REPLY, "stream-reply", msg_stream_reply, stream_reply),
	ROW(STREAM_CLOSE, "stream-close", msg_stream, stream),
	ROW(DELIVER, "deliver", msg_deliver, deliver),
	ROW(ACK, "ack", msg_ack, ack),
	ROW(STREAM_IDLE, "stream-idle", msg_stream, stream),
	ROW(ROW, "row", msg_row, row),
	ROW(ROW_DONE, "row-done", msg_row_done, row_done),
	ROW(ROWS_GET, "rows-get", msg_rows_get, rows_get),
	ROW(ROWS_REPLY, "rows-reply", msg_rows_reply, rows_reply),
	ROW(CUT, "cut", msg_cut, cut),
	ROW(CUT_DONE, "cut-done", msg_cut_done, cut_done),
	ROW(SMS_OUT, "sms-out", msg_sms_out, sms_out),
	ROW(SMS_STATE, "sms-state", msg_sms_state, sms_state),
	ROW(SMS_FIND, "sms-find", msg_sms_find, sms_find),
	ROW(SMS_DEVICES, "sms-devices", msg_sms_devices, sms_devices),
	ROW(SMS_IN, "sms-in", msg_sms_in, sms_in),
	ROW(SMS_IN_DONE, "sms-in-done", msg_sms_in_done, sms_in_done),
	ROW(LOG_APPEND, "log-append", msg_log_append, log_append),
	ROW(LOG_APPENDED, "log-appended", msg_log_appended, log_appended),
	ROW(LOG_GET, "log-get", msg_log_get, log_get),
	ROW(LOG_FILE, "log-file", msg_log_file, log_file),
	ROW(SIGN_CHECKPOINT, "sign-checkpoint", msg_sign_checkpoint,
	    sign_checkpoint),
	ROW(SIGN_MANIFEST, "sign-manifest", msg_sign_manifest, sign_manifest),
	ROW(SIGNED, "signed", msg_signed, signed_),
	ROW(POLICY, "policy", msg_policy, policy),
	ROW(POLICY_HASH, "policy-hash", msg_policy_hash, policy_hash),
	ROW(COSIGN, "cosign", msg_cosign, cosign),
	ROW(COSIGNED, "cosigned", msg_cosigned, cosigned),
	ROW(PROOF_GET, "proof-get", msg_proof_get, proof_get),
	ROW(PROOF, "proof", msg_proof, proof),
	ROW(EVALUATE, "evaluate", msg_evaluate, evaluate),
	ROW(EVALUATED, "evaluated", msg_evaluated, evaluated),
	ROW(PRIVATE, "private", msg_private, private_),
	ROW(PRIVATE_REPLY, "private-reply", msg_private_reply, private_reply),
	ROW(PRIVATE_LIMIT, "private-limit", msg_private_limit, private_limit),
	ROW(COUNTS_GET, "counts-get", msg_counts_get, counts_get),
	ROW(COUNTS, "counts", msg_counts, counts),
	ROW(LOOKUP_KEYS, "lookup-keys", msg_lookup_keys, lookup_keys),
	ROW(SLOT_PUT, "slot-put", msg_slot_put, slot_put),
	ROW(SLOT_DONE, "slot-done", msg_slot_done, slot_done),
	ROW(SNAPSHOT, "snapshot", msg_snapshot, snapshot),
	ROW(SNAPSHOT_READY, "snapshot-ready", msg_snapshot_ready,
	    snapshot_ready),
	ROW(EPOCH, "epoch", msg_epoch, epoch),
};

static const struct message *
find(enum msg_type type)
{
	for (size_t i = 0; i < ARRAY_LEN(messages); i++)
		if (messages[i].type == type)
			return &messages[i];
	return NULL;
}

/* A number that may be absent: one zero octet (SMS_OUT: the service itself). */
static enum rc
number_parse(struct rd *r, struct e164 *ret_e)
{
	enum rc rc = RC_OK;

	if (r->left > 0 && r->p[0] == 0) {
		*ret_e = (struct e164){ 0 };
		rc = rd_skip(r, 1);
	} else {
		rc = e164_take(r, ret_e);
	}
	return rc;
}

static enum rc
field_parse(const struct field *f, struct rd *r, uint8_t *at)
{
	uint32_t n;
	enum rc rc = RC_BUG;

	switch (f->kind) {
	case F_U8:
		return rd_u8(r, at);
	case F_U32:
		return rd_u32(r, (uint32_t *)(void *)at);
	case F_U64:
		return rd_u64(r, (uint64_t *)(void *)at);
	case F_FIXED:
		return rd_copy(r, f->size, at);
	case F_E164:
		return number_parse(r, (struct e164 *)(void *)at);
	case F_BYTES:
		TRY(rd_u32(r, &n));
		CHECK(n <= f->size, RC_MALFORMED);
		TRY(rd_take(r, n, (struct rd *)(void *)at));
		break;
	case F_END:
		break;
	}
out:
	return rc;
}

static enum rc
field_build(const struct field *f, const uint8_t *at, struct buf *b)
{
	const struct rd *bytes = (const void *)at;
	const struct e164 *number = (const void *)at;
	enum rc rc = RC_BUG;

	switch (f->kind) {
	case F_U8:
		return buf_u8(b, *at);
	case F_U32:
		return buf_u32(b, *(const uint32_t *)(const void *)at);
	case F_U64:
		return buf_u64(b, *(const uint64_t *)(const void *)at);
	case F_FIXED:
		return buf_add(b, at, f->size);
	case F_E164:
		return number->n == 0 ? buf_u8(b, 0) : e164_build(number, b);
	case F_BYTES:
		CHECK(bytes->left <= f->size, RC_MALFORMED);
		TRY(buf_u32(b, (uint32_t)bytes->left));
		TRY(buf_add_rd(b, *bytes));
		break;
	case F_END:
		break;
	}
out:
	return rc;
}

enum rc
msg_parse(enum msg_type type, struct rd body, void *ret_msg)
{
	const struct message *m = find(type);
	enum rc rc = RC_BUG;

	CHECK(m != NULL, RC_MALFORMED);
	explicit_bzero(ret_msg, m->size);
	for (const struct field *f = m->fields; f->kind != F_END; f++)
		TRY(field_parse(f, &body, (uint8_t *)ret_msg + f->offset));
	TRY(rd_end(&body));
out:
	return rc;
}

enum rc
msg_build(enum msg_type type, const void *msg, struct buf *b)
{
	const struct message *m = find(type);
	size_t start = b->len;
	uint32_t n;
	enum rc rc = RC_BUG;

	CHECK(m != NULL, RC_MALFORMED);
	TRY(buf_u16(b, (uint16_t)type));
	TRY(buf_u32(b, 0)); /* the length, once it is known */
	for (const struct field *f = m->fields; f->kind != F_END; f++)
		TRY(field_build(f, (const uint8_t *)msg + f->offset, b));
	CHECK(b->len - start - MSG_HEAD_SIZE <= MSG_BODY_MAX, RC_LIMIT);
	n = (uint32_t)(b->len - start - MSG_HEAD_SIZE);
	for (size_t i = 0; i < 4; i++)
		b->p[start + 2 + i] = (uint8_t)(n >> (24 - 8 * i));
out:
	if (rc != RC_OK)
		b->len = start;
	return rc;
}

size_t
msg_size(enum msg_type type)
{
	const struct message *m = find(type);

	return m == NULL ? 0 : m->size;
}

const char *
msg_name(enum msg_type type)
{
	const struct message *m = find(type);

	return m == NULL ? "unknown" : m->name;
}

void
msg_clear(enum msg_type type, void *msg)
{
	explicit_bzero(msg, msg_size(type));
}
