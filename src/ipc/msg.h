/*
 * msg: the messages between processes. Each is a struct and one table of its
 * fields (msg.c); msg_parse and msg_build walk the table, so a reader checks
 * layout and limits in one place. Pure. Many hold numbers or texts: msg_clear
 * wipes a struct.
 *
 * On the wire: integers big-endian in their width, numbers as one length octet
 * and digits, byte strings with a u32 length. Frame: u16 type, u32 body length.
 */
#ifndef MSG_H
#define MSG_H
#include "base/buf.h"
#include "wire/e164.h"

enum msg_type {
	/* parent <-> every process */
	MSG_CONFIG = 1, /* parent -> all: settings as text, see proc/conf.h */
	MSG_FILE,       /* parent -> all: a file descriptor by role name */
	MSG_PEER,       /* parent -> all: one end of a socket pair */
	MSG_START,      /* parent -> all: enter the sandbox, serve */
	MSG_READY,      /* all -> parent: serving; after STOP: durable */
	MSG_STOP,       /* parent -> all: finish, make durable, exit */
	MSG_RELOAD,     /* parent -> all: new CONFIG and FILEs came before */

	/* front <-> exchange: registration */
	MSG_REG_START = 20,
	MSG_REG_SEND,
	MSG_REG_REPLY,
	MSG_ACCOUNT_PUT,
	MSG_ACCOUNT_REPLY,
	/* front <-> exchange: requests of an account */
	MSG_LOOKUP = 30,
	MSG_LOOKUP_REPLY,
	MSG_PREKEYS_GET,
	MSG_PREKEYS_REPLY,
	MSG_PREKEYS_PUT,
	MSG_DEVICES_PUT,
	MSG_LINK_PUT,
	MSG_LINK_GET,
	MSG_LINK_REPLY,
	MSG_FILE_GET,
	MSG_FILE_REPLY,
	MSG_SMS_SEND,
	MSG_REPLY,  /* status only: PREKEYS_PUT, DEVICES_PUT, LINK_PUT, SMS_SEND
		     */
	MSG_TOKENS, /* front -> exchange: blinded elements */
	MSG_OCTETS_REPLY,
	MSG_PROMISE_GET,
	/* front <-> exchange: relay */
	MSG_SEND = 60,
	MSG_SENT,
	MSG_STREAM_OPEN,
	MSG_STREAM_REPLY,
	MSG_STREAM_CLOSE, /* both ways */
	MSG_DELIVER,
	MSG_ACK,
	MSG_STREAM_IDLE,
	/* exchange <-> records */
	MSG_ROW = 80,
	MSG_ROW_DONE,
	MSG_ROWS_GET,
	MSG_ROWS_REPLY,
	MSG_CUT, /* end the running part: its root goes into the public log */
	MSG_CUT_DONE,
	/* exchange <-> sms */
	MSG_SMS_OUT = 100,
	MSG_SMS_STATE,
	MSG_SMS_FIND,
	MSG_SMS_DEVICES,
	MSG_SMS_IN,
	MSG_SMS_IN_DONE,
	/* the public log: doc/protocol/log.md */
	MSG_LOG_APPEND = 120, /* exchange, records -> ktlog */
	MSG_LOG_APPENDED,
	MSG_LOG_GET, /* front -> ktlog */
	MSG_LOG_FILE,
	MSG_SIGN_CHECKPOINT, /* ktlog -> keys */
	MSG_SIGN_MANIFEST,   /* exchange -> keys */
	MSG_SIGNED,          /* keys -> ktlog, exchange */
	MSG_POLICY,          /* keys -> front: the signed note */
	MSG_POLICY_HASH,     /* keys -> ktlog: into the log when it is new */
	MSG_COSIGN,          /* ktlog -> herald: a new checkpoint */
	MSG_COSIGNED,        /* herald -> ktlog: a witness's line */
	MSG_PROOF_GET,       /* herald -> ktlog */
	MSG_PROOF,
	/* tokens and private lookup: doc/protocol/directory.md */
	MSG_EVALUATE = 140, /* exchange -> lookup */
	MSG_EVALUATED,
	MSG_PRIVATE, /* front -> lookup: of nobody */
	MSG_PRIVATE_REPLY,
	MSG_PRIVATE_LIMIT, /* lookup -> front: how large a question may be */
	MSG_COUNTS_GET,    /* exchange -> lookup, when the operator asks */
	MSG_COUNTS,
	MSG_LOOKUP_KEYS, /* lookup -> ktlog, exchange: at start and each day
			  */
	/* the directory: doc/protocol/directory.md */
	MSG_SLOT_PUT = 150, /* exchange -> ktlog */
	MSG_SLOT_DONE,
	MSG_SNAPSHOT, /* ktlog -> lookup: the table file of an epoch */
	MSG_SNAPSHOT_READY,
	MSG_EPOCH /* ktlog -> exchange: a new one is served */
};

/* The outcome of a request; front maps each to one HTTP status and problem
 * type (doc/protocol/api.md). */
enum msg_status {
	MSG_STATUS_OK = 0,
	MSG_STATUS_UNSIGNED,     /* 401: no such device, or a wrong signature */
	MSG_STATUS_REPLAY,       /* 401: nonce seen, or created out of window */
	MSG_STATUS_FORBIDDEN,    /* 403 */
	MSG_STATUS_NOT_FOUND,    /* 404 */
	MSG_STATUS_WRONG_CODE,   /* 403: code wrong or session over */
	MSG_STATUS_STALE,        /* 409: device list version */
	MSG_STATUS_MALFORMED,    /* 422: a field is wrong */
	MSG_STATUS_LIMIT,        /* 429: retry_after seconds */
	MSG_STATUS_FULL,         /* 507: mailbox full */
	MSG_STATUS_RECORDS_DOWN, /* 503: no durable row, so no answer */
	MSG_STATUS_NO_CLASSIC,   /* 403: classic mode is off */
	MSG_STATUS_SMS_DOWN,     /* 503 */
	MSG_STATUS_DOWN,         /* 503: disk full or read-only, say so */
	MSG_STATUS_TOKEN,        /* 403: not issued by us, or spent */
	MSG_STATUS_EPOCH_GONE,   /* 410: not of the epochs we answer for */
	MSG_STATUS_NO_PRIVATE    /* 403: private mode is off */
};

#define MSG_AUTH_BASE_MAX 2048
#define MSG_ADDR_SIZE 46

struct msg_config {
	struct rd text;
};
struct msg_named {      /* MSG_FILE, MSG_PEER: a descriptor travels with it */
	struct rd name; /* "store.key", "tls.cert", "listen", "home"; a role */
};
struct msg_empty {
	uint8_t unused; /* 0 */
};

struct msg_auth {       /* who signed, and what: exchange verifies */
	uint8_t is_new; /* 1: by the device list's first device itself */
	uint8_t account[16];
	uint8_t device;
	uint64_t created;
	uint8_t nonce[16];
	uint8_t signature[64];
	struct rd base; /* the signature base, <= MSG_AUTH_BASE_MAX */
};

struct msg_reg_start {
	uint64_t req; /* front's; names the waiting request in replies */
	struct e164 number;
	uint8_t addr_key[16]; /* keyed hash of the client's /24 or /48 */
};
struct msg_reg_send {
	uint64_t req;
	uint8_t session[16];
	uint8_t addr_key[16];
};
struct msg_reg_reply {
	uint64_t req;
	uint8_t status; /* enum msg_status */
	uint8_t session[16];
	uint32_t retry_after; /* seconds until the next send is allowed */
};
struct msg_account_put {
	uint64_t req;
	struct msg_auth auth;
	uint8_t session[16];
	struct rd code; /* 6 or 8 ASCII digits */
	struct e164 number;
	struct rd device_list;
	struct rd prekeys; /* prekey_upload octets of device 1 */
};
struct msg_account_reply {
	uint64_t req;
	uint8_t status;
	uint8_t account[16];
	uint8_t device;
	uint32_t epoch;       /* of the number */
	uint32_t retry_after; /* after a wrong code: seconds */
};
struct msg_lookup {
	uint64_t req;
	struct msg_auth auth;
	struct rd client_ip; /* text by policy: full, truncated or empty */
	struct e164 source;  /* the asker's own number, checked */
	struct e164 number;  /* the question */
	uint8_t cause;       /* enum row_cause */
	uint8_t locator[16]; /* the client's: finds its own rows later */
};
struct msg_lookup_reply {
	uint64_t req;
	uint8_t status;
	uint32_t retry_after;
	uint8_t devices;     /* 0: would go by SMS */
	uint8_t account[16]; /* zero when devices is 0 */
	uint64_t time;       /* of the row, by records' clock; seconds UTC */
	uint32_t source_epoch;
	uint32_t lookup_epoch;
};
struct msg_prekeys_get {
	uint64_t req;
	struct msg_auth auth;
	uint8_t account[16]; /* the target */
	uint8_t devices[8];  /* only these device ids; all zero: every one */
};
struct msg_prekeys_reply {
	uint64_t req;
	uint8_t status;
	uint32_t retry_after;
	struct rd device_list;
	struct rd bundles; /* CBOR array of prekey_bundle */
};
struct msg_put { /* MSG_PREKEYS_PUT, MSG_DEVICES_PUT, MSG_TOKENS;
		  * MSG_PROMISE_GET: no octets */
	uint64_t req;
	struct msg_auth auth;
	struct rd octets;
};
struct msg_octets_reply { /* TOKENS: evaluated, and the proof; PROMISE_GET: a
			   * note */
	uint64_t req;
	uint8_t status;
	uint32_t retry_after;
	struct rd octets;
};
struct msg_link { /* MSG_LINK_PUT, MSG_LINK_GET */
	uint64_t req;
	uint8_t id[16];
	uint8_t slot; /* 0 offer, 1 answer */
	uint8_t addr_key[16];
	struct rd octets; /* empty in GET */
};
struct msg_link_reply {
	uint64_t req;
	uint8_t status;
	struct rd octets;
};
struct msg_file_get {
	uint64_t req;
	struct msg_auth auth;
	struct rd locators; /* 16 octets each, <= 64 */
};
struct msg_file_reply {
	uint64_t req;
	uint8_t status;
	uint32_t retry_after;
	uint64_t registered; /* seconds UTC */
	uint32_t last_day;   /* day of the last connection */
	uint32_t epoch;
	uint8_t devices;
	uint32_t mailbox; /* messages waiting for this device */
	struct rd rows;   /* records' answer, see doc/protocol/records.md */
};
struct msg_sms_send {
	uint64_t req;
	struct msg_auth auth;
	uint8_t id[16];
	struct e164 source; /* own number, checked */
	struct e164 to;
	struct rd text; /* UTF-8, <= 1600 octets */
};
struct msg_reply {
	uint64_t req;
	uint8_t status;
	uint32_t retry_after;
	uint32_t left; /* PREKEYS_PUT: one-time keys now held; else 0 */
};

struct msg_send {
	uint64_t req;         /* HTTP request; 0 when it came on a stream */
	uint64_t stream;      /* 0 when it came by HTTP */
	struct msg_auth auth; /* by HTTP only; else zero and empty */
	struct rd frame;      /* relay_frame octets, RELAY_OP_SEND */
};
struct msg_sent {
	uint64_t req;
	uint64_t stream;
	uint8_t status;  /* MSG_STATUS_OK, _UNSIGNED, _REPLAY; else in frame */
	struct rd frame; /* RELAY_OP_SENT */
};
struct msg_stream_open {
	uint64_t stream; /* front's name for it, never 0 */
	struct msg_auth auth;
};
struct msg_stream_reply {
	uint64_t stream;
	uint8_t status;
};
struct msg_stream { /* MSG_STREAM_CLOSE, MSG_STREAM_IDLE */
	uint64_t stream;
};
struct msg_deliver {
	uint64_t stream;
	struct rd frame; /* RELAY_OP_DELIVER */
};
struct msg_ack {
	uint64_t stream;
	uint64_t seq; /* everything up to and with it */
};

struct msg_row {
	uint64_t req;            /* exchange's */
	struct rd row;           /* row octets */
	uint8_t records_key[32]; /* the asker's: seals his own copy */
	uint8_t locator[16];
};
struct msg_row_done {
	uint64_t req;
	uint8_t status; /* OK: durable; RECORDS_DOWN; NO_CLASSIC */
	uint64_t time;  /* the row's query_time, seconds UTC; 0 when not OK */
};
struct msg_cut {
	uint64_t req;
};
struct msg_cut_done {
	uint64_t req;
	uint8_t status;    /* OK; RECORDS_DOWN; NO_CLASSIC */
	uint64_t segments; /* in the public log by now */
};
struct msg_rows_get {
	uint64_t req;
	struct rd locators;
};
struct msg_rows_reply {
	uint64_t req;
	uint8_t status;
	struct rd rows;
};

struct msg_sms_out {
	uint8_t id[16];
	struct e164 to;
	struct e164 from; /* n = 0: the service's own sender (codes) */
	struct rd text;   /* UTF-8 */
};
struct msg_sms_state {
	uint8_t id[16];
	uint8_t state; /* enum sms_note_state; 0: not taken, SMS down */
};
struct msg_sms_find {
	uint64_t req; /* sms's */
	struct e164 number;
};
struct msg_sms_devices {
	uint64_t req;
	uint8_t status; /* OK or NOT_FOUND */
	uint8_t account[16];
	struct rd devices; /* 33 octets each: id, EK */
};
struct msg_sms_in {
	uint64_t req;
	uint8_t account[16];
	uint8_t
	    id[16]; /* hash of the SMSC's message: a repeat is stored once */
	struct rd envelopes; /* CBOR [[device, bstr], ...] */
};
struct msg_sms_in_done {
	uint64_t req;
	uint8_t status;
};

#define MSG_LOG_ENTRY_MAX 4096
struct msg_log_append {
	uint64_t req;    /* the sender's */
	struct rd entry; /* canonical JSON, <= MSG_LOG_ENTRY_MAX */
};
struct msg_log_appended {
	uint64_t req;
	uint8_t status; /* OK: durable, integrated and under a signed
			 * checkpoint; MALFORMED; DOWN: disk full, or keys
			 * refuses to sign: not known to be in, ask again */
	uint64_t index; /* of the first time these octets were appended */
};
struct msg_log_get {
	uint64_t req;
	struct rd path; /* "checkpoint" or "tile/...", <= 128 */
};
struct msg_log_file {
	uint64_t req;
	uint8_t status;
	uint8_t fixed; /* 1: a full tile, which never changes */
	struct rd octets;
};
struct msg_sign_checkpoint {
	uint64_t req;
	uint64_t size;
	uint8_t root[32];
};
struct msg_sign_manifest {
	uint64_t req;
	struct rd text;
};
struct msg_signed {
	uint64_t req;
	uint8_t status;   /* OK; FORBIDDEN: keys does not sign that */
	struct rd octets; /* the note of a checkpoint, the line of a manifest */
};
struct msg_policy {
	struct rd note;
};
struct msg_policy_hash {
	uint8_t sha256[32]; /* of the policy's text */
};
struct msg_cosign {
	uint64_t size;
	struct rd note; /* with the log's signature alone */
};
struct msg_cosigned {
	uint64_t size;
	struct rd line;
};
struct msg_proof_get {
	uint8_t witness; /* herald's; comes back in the answer */
	uint64_t old_size;
	uint64_t new_size;
};
struct msg_proof {
	uint8_t witness;
	uint64_t old_size;
	uint64_t new_size;
	uint8_t status;   /* OK; NOT_FOUND: there is no such proof */
	struct rd hashes; /* 32 octets each, <= 64 */
};

#define MSG_EVALUATE_MAX 100 /* elements */
#define MSG_PRIVATE_MAX (1u << 20)
enum msg_evaluate_key { MSG_EVALUATE_DIRECTORY = 0, MSG_EVALUATE_TOKEN };
struct msg_evaluate {
	uint64_t req;       /* exchange's */
	uint8_t key;        /* enum msg_evaluate_key */
	struct rd elements; /* 32 octets each, blinded, <= MSG_EVALUATE_MAX */
};
struct msg_evaluated {
	uint64_t req;
	uint8_t status;      /* OK; MALFORMED */
	struct rd evaluated; /* 32 octets each */
	uint8_t proof[64];
};
enum msg_private_kind { MSG_PRIVATE_LOOKUP = 0, MSG_PRIVATE_OPRF };
struct msg_private {
	uint64_t req; /* front's */
	uint8_t kind; /* enum msg_private_kind */
	struct rd body;
};
struct msg_private_reply {
	uint64_t req;
	uint8_t status; /* OK; MALFORMED, TOKEN, EPOCH_GONE, NO_PRIVATE, DOWN */
	struct rd body;
};
struct msg_private_limit {
	uint32_t max; /* octets of the body of a MSG_PRIVATE_LOOKUP */
};
struct msg_counts_get {
	uint64_t req;
	uint8_t kind; /* the exchange's; comes back */
};
#define MSG_COUNTS_BATCHES 5
struct msg_counts { /* since the start: how often, and nothing of whom */
	uint64_t req;
	uint8_t kind;
	uint64_t lookups; /* answered */
	uint64_t evaluations;
	uint64_t issued; /* tokens, as the next three */
	uint64_t redeemed;
	uint64_t refused;
	uint64_t spent; /* that are remembered */
	/* readings of a table, for up to 1, 2, 4, 8, 16 queries */
	uint64_t batches[MSG_COUNTS_BATCHES];
	uint32_t epoch; /* the newest; 0: none */
	uint32_t cores;
	struct rd kernel; /* a name */
};
struct msg_lookup_keys { /* the public ones */
	uint8_t voprf[32];
	uint8_t token[32]; /* of that UTC day */
	uint32_t day;      /* since 1970-01-01 */
};
struct msg_slot_put {
	uint64_t req;      /* exchange's */
	uint32_t place;    /* directory/place.h */
	uint8_t entry[40]; /* directory/directory_entry.h */
	uint8_t slot[156]; /* directory/slot.h */
};
/* OK: durable, and in the epoch `epoch`. STALE: it does not follow what is
 * there; make it again for these numbers. MALFORMED: entry and slot do not
 * belong together. DOWN: not durable, put it again later. */
struct msg_slot_done {
	uint64_t req;
	uint8_t status;
	uint32_t epoch;        /* that a slot must be made for now */
	uint32_t version;      /* of the slot there; 0: none */
	uint8_t hist_prev[32]; /* its commitment: the next one's hist_prev */
};
/* A descriptor travels with it, read-only: a file of pir/pir_table.h. An epoch
 * with the root and shape of the one before has the same file under another
 * name. Epochs come in order; the newest three are to be answered for. */
struct msg_snapshot {
	uint32_t epoch;
	uint32_t columns;
	uint32_t blocks;
	uint8_t root[32];
	uint32_t token_day; /* whose token key the epoch's entry says: from
			     * now on tokens are of it. 0: not known */
};
struct msg_snapshot_ready {
	uint32_t epoch;
	uint8_t status; /* OK; MALFORMED: damaged, to be made again; DOWN: it
			 * cannot be mapped now, to be sent again */
};
struct msg_epoch {
	uint32_t epoch; /* the newest that is answered for */
	uint64_t time_ms;
	uint64_t entries;
	uint32_t columns;
	uint32_t blocks;
	uint32_t stash;    /* entries in it */
	uint32_t build_ms; /* what making it took */
};

#define MSG_HEAD_SIZE 6
#define MSG_BODY_MAX 1114112 /* a full bundle of log entries fits */

/* Fills *ret_msg, the struct of that type; byte strings borrow from body.
 * RC_MALFORMED, also for a field over its maximum or trailing octets. */
MUST_USE enum rc msg_parse(enum msg_type type, struct rd body, void *ret_msg);
/* Appends head and body. RC_LIMIT, RC_MALFORMED (a field over its maximum). */
MUST_USE enum rc msg_build(enum msg_type type, const void *msg, struct buf *b);
/* Size of the struct of that type; 0 for an unknown type. */
size_t msg_size(enum msg_type type);
const char *msg_name(enum msg_type type); /* "lookup"; "unknown" */
void msg_clear(enum msg_type type, void *msg);
#endif
