#include "proc/child.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sodium.h>

#include "base/failmem.h"
#include "proc/log.h"
#include "proc/sandbox.h"

#define FILES_MAX 16
#define NAME_SIZE 33
#define ROLES (PERMIT_ROLE_LAST + 1)
#define EXIT_BROKEN 70 /* EX_SOFTWARE */
#define EXIT_START 80  /* plus the rc of on_start: the parent names it */

struct file {
	char name[NAME_SIZE]; /* "" : free */
	int fd;
};

struct peer {
	struct child *child;
	enum permit_role role;
	struct chan *chan; /* NULL: not joined */
};

struct child {
	enum permit_role self;
	const struct child_hooks *hooks;
	struct loop *loop;
	struct chan *parent;
	struct peer peers[ROLES];
	struct file files[FILES_MAX];
	struct conf conf;
	int status;
};

struct loop *
child_loop(struct child *c)
{
	return c->loop;
}

const struct conf *
child_conf(const struct child *c)
{
	return &c->conf;
}

enum rc
child_file_take(struct child *c, const char *name, int *ret_fd)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		if (strcmp(c->files[i].name, name) == 0) {
			*ret_fd = c->files[i].fd;
			c->files[i].name[0] = '\0';
			return RC_OK;
		}
	return RC_NOT_FOUND;
}

static void NORETURN
give_up(int status, enum rc rc)
{
	log_event(LOG_OUT_OF_LUCK, LOG_RC(rc));
	_exit(status);
}

void
child_send_fd(struct child *c, enum permit_role to, enum msg_type type,
    const void *msg, int fd)
{
	enum rc rc = RC_STATE;

	if (c->peers[to].chan != NULL)
		rc = chan_send(c->peers[to].chan, type, msg, fd);
	if (rc != RC_OK)
		give_up(EXIT_BROKEN, rc);
}

void
child_send(
    struct child *c, enum permit_role to, enum msg_type type, const void *msg)
{
	child_send_fd(c, to, type, msg, -1);
}

size_t
child_queued(const struct child *c, enum permit_role to)
{
	return c->peers[to].chan == NULL ? 0 : chan_queued(c->peers[to].chan);
}

void
child_done(struct child *c)
{
	c->status = 0;
	loop_stop(c->loop);
}

/* --- what the parent says ------------------------------------------------- */

static enum rc
on_config(struct child *c, struct rd body)
{
	struct msg_config m;
	uint32_t line;
	const char *why;
	enum rc rc = RC_BUG;

	TRY(msg_parse(MSG_CONFIG, body, &m));
	TRY(conf_parse(m.text, &c->conf, &line, &why));
	mono_wall_offset(c->conf.clock_offset);
out:
	return rc;
}

/* A second file of one name replaces the first: a reload. */
static enum rc
on_file(struct child *c, struct rd body, int fd)
{
	struct msg_named m;
	struct file *at = NULL;
	enum rc rc = RC_BUG;

	TRY(msg_parse(MSG_FILE, body, &m));
	CHECK(m.name.left > 0 && m.name.left < NAME_SIZE, RC_MALFORMED);
	for (size_t i = 0; i < FILES_MAX; i++) {
		if (rd_is_eq(m.name, c->files[i].name)) {
			(void)close(c->files[i].fd);
			at = &c->files[i];
			break;
		}
		if (at == NULL && c->files[i].name[0] == '\0')
			at = &c->files[i];
	}
	CHECK(at != NULL, RC_LIMIT);
	memcpy(at->name, m.name.p, m.name.left);
	at->name[m.name.left] = '\0';
	at->fd = fd;
	fd = -1;
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static enum rc
on_peer(struct child *c, struct rd body, int fd)
{
	struct msg_named m;
	enum permit_role role;
	enum rc rc = RC_BUG;

	TRY(msg_parse(MSG_PEER, body, &m));
	TRY(permit_role_parse(m.name, &role));
	CHECK(permit_is_joined(c->self, role) && c->peers[role].chan == NULL,
	    RC_STATE);
	TRY(chan_new(fd, c->self, role, &c->peers[role].chan));
	fd = -1;
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static void
on_peer_msg(void *arg, enum msg_type type, struct rd body, int fd)
{
	struct peer *p = arg;

	if (p->child->hooks->on_msg != NULL)
		p->child->hooks->on_msg(
		    p->child->hooks->arg, p->role, type, body, fd);
	else if (fd >= 0)
		(void)close(fd);
}

/* The order matters: what must be opened is opened as the dropped user, and
 * not one octet of a peer is read before the sandbox is closed. */
static enum rc
on_start(struct child *c)
{
	const struct msg_empty ready = { 0 };
	int home = -1;
	enum rc rc = RC_BUG;

	for (size_t i = 0; i < FILES_MAX; i++)
		if (strcmp(c->files[i].name, "home") == 0)
			home = c->files[i].fd; /* stays there for on_start */
	TRY(sandbox_drop(c->self, home));
	if (c->hooks->on_start != NULL)
		TRY(c->hooks->on_start(c->hooks->arg, c));
	TRY(sandbox_enter(c->self));
	chan_serving(c->parent, true);
	for (int r = PERMIT_ROLE_FRONT; r < ROLES; r++) {
		struct peer *p = &c->peers[r];

		if (p->chan == NULL)
			continue;
		chan_serving(p->chan, true);
		TRY(loop_chan_add(c->loop, p->chan, on_peer_msg, p));
	}
	TRY(chan_send(c->parent, MSG_READY, &ready, -1));
	log_event(LOG_START);
out:
	return rc;
}

static void
on_stop(struct child *c)
{
	log_event(LOG_STOP);
	loop_forgive(c->loop);
	if (c->hooks->on_stop != NULL)
		c->hooks->on_stop(c->hooks->arg, c);
	else
		child_done(c);
}

static void
on_parent(void *arg, enum msg_type type, struct rd body, int fd)
{
	struct child *c = arg;
	enum rc rc = RC_OK;

	if (type == MSG_CONFIG)
		rc = on_config(c, body);
	else if (type == MSG_FILE)
		rc = on_file(c, body, fd);
	else if (type == MSG_PEER)
		rc = on_peer(c, body, fd);
	else if (type == MSG_START)
		rc = on_start(c);
	else if (type == MSG_STOP)
		on_stop(c);
	else if (type == MSG_RELOAD && c->hooks->on_reload != NULL)
		c->hooks->on_reload(c->hooks->arg, c);
	if (rc != RC_OK)
		give_up(
		    type == MSG_START ? EXIT_START + (int)rc : EXIT_BROKEN, rc);
}

static enum rc
set_up(struct child *c)
{
	enum rc rc = RC_BUG;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN); /* the parent's to answer, and Ctrl-C */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	CHECK(sodium_init() >= 0, RC_IO);
	log_init(c->self);
	conf_defaults(&c->conf);
	for (int r = 0; r < ROLES; r++)
		c->peers[r] = (struct peer){ c, (enum permit_role)r, NULL };
	TRY(loop_new(&c->loop));
	TRY(chan_new(CHILD_PARENT_FD, c->self, PERMIT_ROLE_PARENT, &c->parent));
	TRY(loop_chan_add(c->loop, c->parent, on_parent, c));
out:
	return rc;
}

/* Durable, but not gone: a process that sees a peer close takes it for dead,
 * and may not have read its own STOP yet. The parent closes when all are. */
static void
wait_for_the_others(struct child *c)
{
	const struct msg_empty durable = { 0 };
	int fd = chan_fd(c->parent);
	int flags = fcntl(fd, F_GETFL);
	char none;

	if (chan_send(c->parent, MSG_READY, &durable, -1) != RC_OK ||
	    chan_flush(c->parent) != RC_OK || flags < 0 ||
	    fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
		return;
	while (recv(fd, &none, 1, 0) > 0)
		;
}

int
child_run(enum permit_role self, const struct child_hooks *hooks)
{
	struct child *c = failmem_alloc(sizeof(*c));
	int status;
	enum rc rc;

	if (c == NULL)
		return EXIT_BROKEN;
	c->self = self;
	c->hooks = hooks;
	c->status = EXIT_BROKEN;
	rc = set_up(c);
	if (rc == RC_OK)
		rc = loop_run(c->loop);
	if (rc != RC_OK)
		give_up(EXIT_BROKEN, rc);
	wait_for_the_others(c);
	status = c->status;
	loop_free(c->loop);
	for (int r = 0; r < ROLES; r++)
		chan_free(c->peers[r].chan);
	chan_free(c->parent);
	free(c);
	return status;
}
