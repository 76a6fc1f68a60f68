/*
 * relay_conf: the configuration of tacet-relay (tacet-relay(8)). Pure.
 */
#ifndef RELAY_CONF_H
#define RELAY_CONF_H
#include "dial/dial_url.h"

#define RELAY_CONF_MAX 65536
#define RELAY_CONF_GATEWAYS 8
#define RELAY_CONF_NAME_SIZE 65
#define RELAY_CONF_PATH_SIZE 512

struct relay_conf_gateway {
	char name[RELAY_CONF_NAME_SIZE]; /* of the path "/NAME" */
	struct dial_url url;
};

struct relay_conf {
	char listen[80];
	char tls_cert[RELAY_CONF_PATH_SIZE]; /* both, or none */
	char tls_key[RELAY_CONF_PATH_SIZE];
	char gateway_ca[RELAY_CONF_PATH_SIZE];
	uint32_t requests_per_minute;
	uint32_t connections;
	uint32_t connections_address;
	size_t n_gateways;
	struct relay_conf_gateway gateways[RELAY_CONF_GATEWAYS];
};

/* RC_MALFORMED: *ret_line and *ret_why, a constant sentence, say where and why;
 * line 0 is the file as a whole. */
MUST_USE enum rc relay_conf_parse(struct rd text, struct relay_conf *ret_c,
    uint32_t *ret_line, const char **ret_why);
#endif
