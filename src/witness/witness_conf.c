#include "witness/witness_conf.h"

#include <stddef.h>
#include <string.h>

#include "proc/conf_line.h"

struct key {
	const char *name;
	size_t offset;
	size_t size; /* of the array, NUL included */
};

#define TEXT(m)                                           \
	{                                                 \
#m, offsetof(struct witness_conf, m),     \
		    sizeof(((struct witness_conf *)0)->m) \
	}

static const struct key keys[] = { TEXT(listen), TEXT(name), TEXT(key),
	TEXT(state) };

static const char *
add_log(struct rd v, struct witness_conf *c)
{
	struct vkey *k = &c->logs[c->n_logs];

	if (c->n_logs == WITNESS_CONF_LOGS)
		return "there are too many logs";
	if (vkey_parse(v, k) != RC_OK || k->type != VKEY_TYPE_ED25519)
		return "the value must be a log's key, as in its trust.json";
	for (size_t i = 0; i < c->n_logs; i++)
		if (strcmp(c->logs[i].name, k->name) == 0)
			return "that log is there twice";
	c->n_logs++;
	return NULL;
}

static const char *
set(const struct key *k, struct rd v, struct witness_conf *c)
{
	char *at = (char *)c + k->offset;

	if (v.left == 0 || v.left >= k->size)
		return "the value is empty or too long";
	for (size_t i = 0; i < v.left; i++)
		if (v.p[i] < 0x20 || v.p[i] == 0x7f)
			return "the value has a control character";
	memcpy(at, v.p, v.left);
	at[v.left] = '\0';
	return NULL;
}

static const char *
set_named(struct rd name, struct rd value, struct witness_conf *c)
{
	if (rd_is_eq(name, "log"))
		return add_log(value, c);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (rd_is_eq(name, keys[i].name))
			return set(&keys[i], value, c);
	return "unknown key (see tacet-witness(8))";
}

enum rc
witness_conf_parse(struct rd text, struct witness_conf *ret_c,
    uint32_t *ret_line, const char **ret_why)
{
	struct witness_conf c = { .listen = "127.0.0.1:8071" };
	struct rd name, value;
	uint32_t n = 0;
	const char *why = NULL;
	enum rc rc = RC_BUG;

	if (text.left > WITNESS_CONF_MAX)
		why = "the file is larger than 64 KiB";
	while (why == NULL &&
	    conf_line_take(&text, &n, &name, &value, &why) == RC_OK)
		why = set_named(name, value, &c);
	if (why == NULL) {
		n = 0;
		if (!note_is_name(rd_str(c.name)))
			why = "name must be there, without space and plus sign";
		else if (c.key[0] == '\0' || c.state[0] == '\0')
			why = "key and state must be there";
	}
	if (why != NULL) {
		*ret_line = n;
		*ret_why = why;
	}
	CHECK(why == NULL, RC_MALFORMED);
	*ret_c = c;
	rc = RC_OK;
out:
	return rc;
}
