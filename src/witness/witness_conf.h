/*
 * witness_conf: the one configuration file of tacet-witness(8): "key = value"
 * lines. Pure.
 */
#ifndef WITNESS_CONF_H
#define WITNESS_CONF_H
#include "merkle/vkey.h"

#define WITNESS_CONF_MAX 65536 /* octets of the file */
#define WITNESS_CONF_LOGS 16
#define WITNESS_CONF_PATH_SIZE 1024

struct witness_conf {
	char listen[64]; /* "127.0.0.1:8071" */
	char name[NOTE_NAME_MAX + 1];
	char key[WITNESS_CONF_PATH_SIZE];
	char state[WITNESS_CONF_PATH_SIZE];
	struct vkey logs[WITNESS_CONF_LOGS];
	size_t n_logs;
};

/* RC_MALFORMED: *ret_line is the line (from 1; 0: something is missing) and
 * *ret_why a constant sentence. */
MUST_USE enum rc witness_conf_parse(struct rd text, struct witness_conf *ret_c,
    uint32_t *ret_line, const char **ret_why);
#endif
