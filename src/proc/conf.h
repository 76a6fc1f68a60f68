/*
 * conf: the configuration (tacetd.conf, man page 5) as a struct with defaults,
 * one table of keys (conf.c), read from commented "key = value" lines. The
 * same text form travels to each process in MSG_CONFIG.
 */
#ifndef CONF_H
#define CONF_H
#include "base/buf.h"

#define CONF_TEXT_MAX 65536
#define CONF_PATH_MAX 1024
#define CONF_WITNESSES 8
#define CONF_WITNESS_SIZE 513 /* "http://HOST:PORT/ VKEY" and NUL */

enum conf_ip { CONF_IP_FULL = 1, CONF_IP_TRUNCATED, CONF_IP_NONE };

struct conf {
	/* on letters and in the policy; UTF-8 */
	char operator_name[129];    /* "Tacet" */
	char operator_address[257]; /* at most four lines, joined by "; " */
	char listen[64];            /* "127.0.0.1:8443" */
	bool demo;
	char tls_cert[CONF_PATH_MAX]; /* "" : DIR/tls/cert.pem */
	char tls_key[CONF_PATH_MAX];
	bool classic;            /* classic lookups offered */
	bool private;            /* private lookups offered */
	uint32_t retention_days; /* 25 */
	uint32_t seal_max_days;  /* 180: of a gag without an end */
	enum conf_ip client_ip;  /* truncated */
	/* SMS */
	char smpp_host[256]; /* "" : no SMSC (demo sink, or SMS is off) */
	uint32_t smpp_port;  /* 2775 */
	char smpp_system_id[16];
	char smpp_password_file[CONF_PATH_MAX];
	char smpp_source[22];  /* sender of codes: digits or alphanumeric */
	uint32_t smpp_window;  /* 10 unanswered submit_sm */
	uint32_t smpp_enquire; /* 30 s */
	uint32_t smpp_rate;    /* 50 submit_sm a second at most */
	/* limits; defaults of the design's budgets */
	uint32_t code_minutes;        /* 10 */
	uint32_t sends_hour_address;  /* 20 */
	uint32_t sends_day_address;   /* 100 */
	uint32_t sends_hour_prefix;   /* 50 */
	uint32_t sessions_day_number; /* 6 */
	uint32_t breaker_after;       /* 30 sends */
	uint32_t lookups_first_day;   /* 2000 */
	uint32_t lookups_day;         /* 200 */
	uint32_t lookups_burst;       /* 100 */
	uint32_t message_burst;       /* 60 */
	uint32_t message_rate;        /* 1 a second, sustained */
	uint32_t prekeys_burst;       /* 6 */
	uint32_t prekeys_minutes;     /* 10 */
	uint32_t mailbox_messages;    /* 10000 */
	uint32_t mailbox_bytes;       /* 67108864 */
	uint32_t message_days;        /* 30 */
	uint32_t connections;         /* 20000 */
	uint32_t connections_address; /* 1000 (/24, /48) */
	uint32_t sms_burst;           /* 10 outgoing texts */
	uint32_t sms_day;             /* 100 */
	/* the public log; read at a start only */
	char witness[CONF_WITNESSES][CONF_WITNESS_SIZE];
	uint32_t n_witnesses;
	uint32_t witness_quorum;
	uint32_t epoch_seconds; /* 30: between epochs when something changed */
	int64_t clock_offset;   /* seconds; for tests */
	bool test_numbers;      /* +1555xxxxxxx are valid; --demo: true */
};

void conf_defaults(struct conf *ret_c);
/* Reads lines over *c. RC_MALFORMED: *ret_line is the line (from 1) and
 * *ret_why a constant sentence without any value in it. */
MUST_USE enum rc conf_parse(
    struct rd text, struct conf *c, uint32_t *ret_line, const char **ret_why);
/* Every key, in table order: conf_parse of it gives c again. */
MUST_USE enum rc conf_build(const struct conf *c, struct buf *b);
#endif
