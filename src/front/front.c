#include "front/front.h"

#include <jansson.h>
#include <sodium.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/failmem.h"
#include "front/front_internal.h"
#include "proc/log.h"
#include "wire/note.h"

/* A descriptor a connection, and a few of our own. Where the system allows
 * fewer, accepting pauses when they are used up. */
static void
raise_limit(uint32_t conns)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) != 0 || l.rlim_cur >= conns + 64u)
		return;
	l.rlim_cur = l.rlim_max < conns + 64u ? l.rlim_max : conns + 64u;
	(void)setrlimit(RLIMIT_NOFILE, &l);
}

static enum rc
on_start(void *arg, struct child *child)
{
	struct front *f = arg;
	enum rc rc = RC_BUG;

	f->child = child;
	/* its own seed would be read from a device the sandbox hides */
	json_object_seed(randombytes_random() | 1);
	f->n_slots = child_conf(child)->connections;
	raise_limit(f->n_slots);
	buf_init(&f->policy, NOTE_MAX);
	buf_init(&f->ohttp_list, 0);
	buf_init(&f->trust, FRONT_TRUST_MAX);
	f->private_max = MSG_PRIVATE_MAX;
	randombytes_buf(f->addr_secret, sizeof(f->addr_secret));
	f->slots = failmem_array(f->n_slots, sizeof(struct conn *));
	CHECK(f->slots != NULL, RC_NOMEM);
	TRY(front_addr_start(f));
	TRY(front_tls_load(f));
	TRY(front_ohttp_load(f));
	TRY(front_trust_load(f));
	TRY(child_file_take(child, "listen", &f->listen_fd));
	TRY(front_private_begin(f));
out:
	return rc;
}

static void
on_policy(struct front *f, struct rd body)
{
	struct msg_policy m;
	enum rc rc = msg_parse(MSG_POLICY, body, &m);

	if (rc == RC_OK)
		rc = front_policy_take(f, m.note);
	if (rc != RC_OK)
		log_event(LOG_OUT_OF_LUCK, LOG_RC(rc));
}

static void
on_msg(void *arg, enum permit_role from, enum msg_type type, struct rd body,
    int fd)
{
	(void)from;
	if (fd >= 0)
		(void)close(fd);
	if (type == MSG_POLICY)
		on_policy(arg, body);
	else
		front_reply(arg, type, body);
}

static void
on_reload(void *arg, struct child *child)
{
	struct front *f = arg;
	enum rc rc = front_tls_load(f);

	(void)child;
	if (rc == RC_OK)
		rc = front_trust_load(f);
	if (rc == RC_OK)
		rc = front_ohttp_load(f);
	if (rc != RC_OK)
		log_event(LOG_OUT_OF_LUCK, LOG_RC(rc));
}

static void
on_stop(void *arg, struct child *child)
{
	(void)child;
	front_conn_stop(arg);
}

int
front_main(void)
{
	struct front f = { .listen_fd = -1 };
	const struct child_hooks hooks = { &f, on_start, on_msg, on_reload,
		on_stop };
	int status = child_run(PERMIT_ROLE_FRONT, &hooks);

	SSL_CTX_free(f.tls);
	front_ohttp_clear(&f);
	buf_clear(&f.policy);
	buf_clear(&f.trust);
	free(f.prefixes);
	free(f.slots);
	return status;
}
