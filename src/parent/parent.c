/*
 * The life of the house: spawn all, wait until each is READY, serve; when one
 * dies by a fault kill all and spawn all again. There is no half-alive state.
 */
#include "parent/parent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "parent/data_dir.h"
#include "parent/notify.h"
#include "parent/sockets.h"
#include "parent/sources.h"
#include "parent/trust_file.h"
#include "proc/child.h"
#include "proc/log.h"

#define FIRST PERMIT_ROLE_FRONT
#define LAST PERMIT_ROLE_LAST
#define ROLES (LAST + 1)
#define EXIT_START 80     /* proc/child.c: plus the rc of a failed start */
#define BACKOFF_FIRST 100 /* ms, doubled up to the last */
#define BACKOFF_LAST 5000
#define STOP_MS 4500 /* tacetd(8): SIGTERM ends it within 5 s */

enum state { STARTING, SERVING, STOPPING };

struct kid {
	struct parent *parent;
	enum permit_role role;
	pid_t pid; /* 0: none */
	struct chan *chan;
	struct loop_io *io;
	bool ready;
	bool done; /* durable after STOP; waits for its channel to close */
};

struct parent {
	const struct parent_options *options;
	struct conf conf;
	int dir;
	int exe;
	int listen_fd;
	int admin_fd;
	int signal_fd;
	char name[SOCKETS_NAME_SIZE];
	struct loop *loop;
	struct loop_timer *timer;
	struct kid kids[ROLES];
	enum state state;
	bool
	    was_ready; /* once: from then on a fault is answered by a restart */
	int64_t backoff;
	int status;
};

static void restart_later(struct parent *p);

static void
complain(const char *what, const char *why)
{
	(void)fprintf(stderr, "tacetd: %s: %s\n", what, why);
}

/* --- configuration ----------------------------------------------------------
 */

/* Options win over the file; the file wins over the defaults. */
static enum rc
read_conf(const struct parent_options *o, struct conf *ret_c)
{
	static char text[CONF_TEXT_MAX + 1];
	struct conf c;
	uint32_t line = 0;
	const char *why = "cannot be read (check the path)";
	size_t n = 0;
	FILE *f = NULL;
	enum rc rc = RC_BUG;

	conf_defaults(&c);
	if (o->config != NULL) {
		f = fopen(o->config, "re");
		CHECK(f != NULL, RC_IO);
		n = fread(text, 1, sizeof(text), f);
		CHECK(ferror(f) == 0, RC_IO);
		TRY(conf_parse(
		    (struct rd){ (uint8_t *)text, n }, &c, &line, &why));
	}
	if (o->demo)
		c.demo = true;
	if (c.demo)
		c.test_numbers = true;
	if (o->listen != NULL)
		(void)snprintf(c.listen, sizeof(c.listen), "%s", o->listen);
	*ret_c = c;
	rc = RC_OK;
out:
	if (f != NULL)
		(void)fclose(f);
	if (rc != RC_OK)
		(void)fprintf(
		    stderr, "tacetd: %s:%u: %s\n", o->config, line, why);
	return rc;
}

/* --- starting one process ----------------------------------------------------
 */

static enum rc
spawn(struct parent *p, struct kid *k)
{
	char *argv[] = { (char *)"tacetd", (char *)"--role",
		(char *)(uintptr_t)permit_role_name(k->role), NULL };
	int pair[2] = { -1, -1 };
	sigset_t none;
	enum rc rc = RC_BUG;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0,
	    RC_IO);
	k->pid = fork();
	CHECK(k->pid >= 0, RC_IO);
	if (k->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		if (dup2(pair[1], CHILD_PARENT_FD) == CHILD_PARENT_FD)
			(void)fexecve(p->exe, argv, environ);
		_exit(EXIT_START + RC_IO);
	}
	(void)close(pair[1]);
	pair[1] = -1;
	TRY(chan_new(pair[0], PERMIT_ROLE_PARENT, k->role, &k->chan));
	pair[0] = -1;
out:
	for (size_t i = 0; i < 2; i++)
		if (pair[i] >= 0)
			(void)close(pair[i]);
	return rc;
}

static enum rc
give(struct kid *k, const char *name, int fd)
{
	const struct msg_named m = { rd_str(name) };

	return chan_send(k->chan, MSG_FILE, &m, fd);
}

static enum rc
give_home(struct kid *k, const char *path)
{
	int fd = openat(
	    k->parent->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum rc rc = RC_IO;

	if (fd >= 0) {
		rc = give(k, "home", fd);
		(void)close(fd);
	}
	return rc;
}

/* A file that is written through a descriptor; made at the first start. */
static enum rc
give_writable(struct kid *k, const char *name, const char *path)
{
	int fd = openat(
	    k->parent->dir, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	enum rc rc = RC_IO;

	if (fd >= 0) {
		rc = give(k, name, fd);
		(void)close(fd);
	}
	return rc;
}

/* A missing optional file is not given: its process says what follows. */
static enum rc
give_files(struct kid *k)
{
	struct sources_file files[SOURCES_N];
	size_t n = sources_list(&k->parent->conf, files);
	const char *why = "";
	int fd;
	enum rc rc = RC_OK;

	for (size_t i = 0; i < n; i++) {
		if (files[i].role != k->role)
			continue;
		rc = sources_open(k->parent->dir, &files[i], &fd, &why);
		if (rc == RC_NOT_FOUND)
			continue;
		if (rc != RC_OK) {
			complain(files[i].path, why);
			return rc;
		}
		rc = give(k, files[i].name, fd);
		(void)close(fd);
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

static enum rc
give_conf(struct kid *k)
{
	struct msg_config m;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, CONF_TEXT_MAX);
	TRY(conf_build(&k->parent->conf, &b));
	m.text = buf_get(&b);
	TRY(chan_send(k->chan, MSG_CONFIG, &m, -1));
out:
	buf_clear(&b);
	return rc;
}

/* What is given once, and not again at a reload. */
static enum rc
give_once(struct kid *k)
{
	struct parent *p = k->parent;
	enum rc rc = RC_OK;

	if (k->role == PERMIT_ROLE_FRONT)
		TRY(give(k, "listen", p->listen_fd));
	if (k->role == PERMIT_ROLE_EXCHANGE) {
		TRY(give(k, "admin", p->admin_fd));
		TRY(give_home(k, "store"));
	}
	if (k->role == PERMIT_ROLE_RECORDS)
		TRY(give_home(k, "records"));
	if (k->role == PERMIT_ROLE_SMS)
		TRY(give_home(k, "sms"));
	if (k->role == PERMIT_ROLE_KTLOG)
		TRY(give_home(k, "log"));
	if (k->role == PERMIT_ROLE_KEYS)
		TRY(give_writable(k, "log.mark", "keys/log.mark"));
	if (k->role == PERMIT_ROLE_LOOKUP) {
		TRY(give_writable(k, "token.spent.0", "lookup/token.spent.0"));
		TRY(give_writable(k, "token.spent.1", "lookup/token.spent.1"));
	}
out:
	return rc;
}

static enum rc
join(struct kid *a, struct kid *b)
{
	struct msg_named m;
	int pair[2];
	enum rc rc = RC_BUG;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0,
	    RC_IO);
	m.name = rd_str(permit_role_name(b->role));
	rc = chan_send(a->chan, MSG_PEER, &m, pair[0]);
	m.name = rd_str(permit_role_name(a->role));
	if (rc == RC_OK)
		rc = chan_send(b->chan, MSG_PEER, &m, pair[1]);
	(void)close(pair[0]);
	(void)close(pair[1]);
out:
	return rc;
}

/* The set-up is a few kilobytes; a process that does not take them in five
 * seconds is as good as dead. */
static enum rc
flush(struct kid *k)
{
	struct pollfd pfd = { chan_fd(k->chan), POLLOUT, 0 };
	enum rc rc;

	while ((rc = chan_flush(k->chan)) == RC_AGAIN)
		if (poll(&pfd, 1, 5000) <= 0)
			return RC_IO;
	return rc;
}

/* --- all of them
 * --------------------------------------------------------------- */

/* Closes all channels, which ends the processes, once each is durable. */
static void
let_go(struct parent *p)
{
	for (int r = FIRST; r <= LAST; r++)
		if (p->kids[r].pid > 0 && !p->kids[r].done)
			return;
	for (int r = FIRST; r <= LAST; r++) {
		loop_io_del(p->kids[r].io);
		p->kids[r].io = NULL;
		chan_free(p->kids[r].chan);
		p->kids[r].chan = NULL;
	}
}

static void
on_serving(struct parent *p)
{
	for (int r = FIRST; r <= LAST; r++)
		if (!p->kids[r].ready)
			return;
	if (p->state != STARTING)
		return;
	p->state = SERVING;
	p->backoff = BACKOFF_FIRST;
	log_event(LOG_READY);
	if (!p->was_ready)
		(void)printf("ready https://%s\n", p->name);
	(void)fflush(stdout);
	p->was_ready = true;
	notify_send("READY=1");
}

/* READY is the only message that a process may send here. The first says that
 * it serves, even when it was told to stop meanwhile; the second that it is
 * durable. */
static void
on_kid(void *arg, uint32_t events)
{
	struct kid *k = arg;
	enum msg_type type;
	struct rd body;
	int fd;
	enum rc rc;

	(void)events;
	rc = chan_fill(k->chan);
	if (rc == RC_AGAIN)
		return;
	if (rc != RC_OK) {
		/* closed: SIGCHLD says the rest */
		loop_io_del(k->io);
		k->io = NULL;
		return;
	}
	while ((rc = chan_next(k->chan, &type, &body, &fd)) == RC_OK) {
		chan_serving(k->chan, true);
		k->done = k->ready;
		k->ready = true;
	}
	if (rc != RC_AGAIN || (k->done && k->parent->state != STOPPING)) {
		log_event(LOG_PERMIT_BROKEN, LOG_ROLE(k->role), LOG_RC(rc));
		(void)kill(k->pid, SIGKILL);
	} else if (k->done) {
		let_go(k->parent);
	} else {
		on_serving(k->parent);
	}
}

static enum rc
spawn_all(struct parent *p)
{
	const struct msg_empty start = { 0 };
	enum rc rc = RC_BUG;

	p->state = STARTING;
	for (int r = FIRST; r <= LAST; r++)
		TRY(spawn(p, &p->kids[r]));
	for (int r = FIRST; r <= LAST; r++) {
		TRY(give_conf(&p->kids[r]));
		TRY(give_once(&p->kids[r]));
		TRY(give_files(&p->kids[r]));
		for (int s = FIRST; s < r; s++)
			if (permit_is_joined(
				(enum permit_role)r, (enum permit_role)s))
				TRY(join(&p->kids[s], &p->kids[r]));
	}
	for (int r = FIRST; r <= LAST; r++) {
		struct kid *k = &p->kids[r];

		TRY(chan_send(k->chan, MSG_START, &start, -1));
		TRY(flush(k));
		TRY(loop_io_add(
		    p->loop, chan_fd(k->chan), EPOLLIN, on_kid, k, &k->io));
	}
out:
	return rc;
}

static void
forget(struct kid *k)
{
	loop_io_del(k->io);
	k->io = NULL;
	chan_free(k->chan);
	k->chan = NULL;
	k->pid = 0;
	k->ready = false;
	k->done = false;
}

static void
kill_all(struct parent *p)
{
	for (int r = FIRST; r <= LAST; r++)
		if (p->kids[r].pid > 0) {
			(void)kill(p->kids[r].pid, SIGKILL);
			(void)waitpid(p->kids[r].pid, NULL, 0);
			forget(&p->kids[r]);
		}
}

static void
end(struct parent *p, int status)
{
	p->status = status;
	loop_stop(p->loop);
}

static void
on_restart(void *arg)
{
	struct parent *p = arg;

	log_event(LOG_RESTART);
	if (spawn_all(p) != RC_OK) {
		kill_all(p);
		restart_later(p);
	}
}

static void
restart_later(struct parent *p)
{
	if (loop_timer_add(p->loop, p->backoff, on_restart, p, &p->timer) !=
	    RC_OK)
		end(p, 3);
	p->backoff *= 2;
	if (p->backoff > BACKOFF_LAST)
		p->backoff = BACKOFF_LAST;
}

/* --- what happens to them
 * -------------------------------------------------------- */

static bool
is_start_failure(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) > EXIT_START;
}

/* One that cannot start takes its peers with it, and a peer may be seen dead
 * first: the one that says why is the one to name. */
static const struct kid *
who_failed(struct parent *p, const struct kid *k, int *status)
{
	const struct timespec wait = { 0, 10000000 };

	for (int i = 0; i < 10 && !is_start_failure(*status); i++) {
		for (int r = FIRST; r <= LAST; r++) {
			struct kid *other = &p->kids[r];
			int st;

			if (other == k || other->pid <= 0 ||
			    waitpid(other->pid, &st, WNOHANG) != other->pid)
				continue;
			other->pid = 0;
			if (is_start_failure(st)) {
				*status = st;
				return other;
			}
		}
		(void)nanosleep(&wait, NULL);
	}
	return k;
}

/* Before the first READY there is a person at the terminal: one line for him,
 * and no second try. */
static void
on_failed_start(struct parent *p, const struct kid *k, int status)
{
	const char *why = "it ended at once";

	k = who_failed(p, k, &status);
	if (is_start_failure(status))
		why = rc_name((enum rc)(WEXITSTATUS(status) - EXIT_START));
	(void)fprintf(stderr,
	    "tacetd: %s cannot start: %s (see the lines above)\n",
	    permit_role_name(k->role), why);
	end(p, 3);
}

static void
on_death(struct parent *p, struct kid *k, int status)
{
	bool any = false;
	bool failed_start;

	if (p->state == STOPPING) {
		forget(k);
		for (int r = FIRST; r <= LAST; r++)
			any = any || p->kids[r].pid > 0;
		if (!any)
			end(p, p->status);
		else
			let_go(p);
		return;
	}
	log_event(LOG_CHILD_DIED, LOG_ROLE(k->role),
	    LOG_U("status", WIFEXITED(status) ? WEXITSTATUS(status) : 0),
	    LOG_U("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0));
	failed_start = !p->was_ready;
	if (failed_start)
		on_failed_start(p, k, status);
	k->pid = 0;
	kill_all(p);
	forget(k);
	if (!failed_start)
		restart_later(p);
}

static void
on_stop_timeout(void *arg)
{
	struct parent *p = arg;

	kill_all(p);
	end(p, 3);
}

static void
stop(struct parent *p)
{
	const struct msg_empty m = { 0 };
	bool any = false;

	if (p->state == STOPPING)
		return;
	log_event(LOG_STOP);
	notify_send("STOPPING=1");
	p->state = STOPPING;
	p->status = 0;
	loop_timer_del(&p->timer);
	for (int r = FIRST; r <= LAST; r++) {
		struct kid *k = &p->kids[r];

		if (k->pid <= 0)
			continue;
		any = true;
		if (chan_send(k->chan, MSG_STOP, &m, -1) != RC_OK ||
		    chan_flush(k->chan) != RC_OK)
			(void)kill(k->pid, SIGKILL);
	}
	if (!any ||
	    loop_timer_add(p->loop, STOP_MS, on_stop_timeout, p, &p->timer) !=
		RC_OK)
		end(p, 0);
}

static enum rc
reload_kid(struct kid *k)
{
	const struct msg_empty m = { 0 };
	enum rc rc = RC_BUG;

	TRY(give_conf(k));
	TRY(give_files(k));
	TRY(chan_send(k->chan, MSG_RELOAD, &m, -1));
	TRY(flush(k));
out:
	return rc;
}

/* A bad file leaves everything as it was. */
static void
reload(struct parent *p)
{
	struct conf next;
	const char *path = "";
	const char *why = "";

	if (p->state != SERVING || read_conf(p->options, &next) != RC_OK)
		return;
	if (sources_check(p->dir, &next, &path, &why) != RC_OK) {
		complain(path, why);
		return;
	}
	/* witnesses: as at the start, see tacetd.conf(5) */
	memcpy(next.witness, p->conf.witness, sizeof(next.witness));
	next.n_witnesses = p->conf.n_witnesses;
	next.witness_quorum = p->conf.witness_quorum;
	p->conf = next;
	mono_wall_offset(next.clock_offset);
	if (data_dir_policy(p->dir, &p->conf) != RC_OK)
		complain("policy.json",
		    "cannot be written (check the disk and keys/ohttp.key)");
	for (int r = FIRST; r <= LAST; r++)
		if (reload_kid(&p->kids[r]) != RC_OK)
			(void)kill(p->kids[r].pid, SIGKILL);
	log_event(LOG_RELOAD);
}

static void
reap(struct parent *p)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int r = FIRST; r <= LAST; r++)
			if (p->kids[r].pid == pid) {
				on_death(p, &p->kids[r], status);
				break;
			}
}

static void
on_signal(void *arg, uint32_t events)
{
	struct parent *p = arg;
	struct signalfd_siginfo si;

	(void)events;
	while (read(p->signal_fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGCHLD)
			reap(p);
		else if (si.ssi_signo == SIGHUP)
			reload(p);
		else
			stop(p);
	}
}

static enum rc
watch_signals(struct parent *p)
{
	struct loop_io *io;
	sigset_t set;
	enum rc rc = RC_BUG;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0, RC_IO);
	(void)signal(SIGPIPE, SIG_IGN);
	p->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	CHECK(p->signal_fd >= 0, RC_IO);
	TRY(loop_io_add(p->loop, p->signal_fd, EPOLLIN, on_signal, p, &io));
out:
	return rc;
}

/* --- start
 * ------------------------------------------------------------------------ */

static enum rc
open_all(struct parent *p)
{
	const char *path = p->options->data;
	const char *why = "";
	enum rc rc = RC_BUG;

	rc = data_dir_open(path, &p->conf, &p->dir, &why);
	if (rc == RC_OK)
		rc = sources_check(p->dir, &p->conf, &path, &why);
	if (rc != RC_OK) {
		complain(path, why);
		goto out;
	}
	rc = trust_file_write(p->dir, &p->conf, &why);
	if (rc != RC_OK) {
		complain("witness", why);
		goto out;
	}
	rc = sockets_listen(p->conf.listen, &p->listen_fd, p->name);
	if (rc != RC_OK) {
		complain(p->conf.listen,
		    rc == RC_EXISTS ? "another program listens there (choose "
				      "another port with --listen)"
				    : "cannot listen there (use ADDR:PORT)");
		goto out;
	}
	rc = sockets_admin(p->dir, &p->admin_fd);
	if (rc != RC_OK)
		complain("admin.sock", "cannot be made (check the directory)");
	if (faccessat(p->dir, "custodians.json", F_OK, 0) != 0)
		complain("classic lookups are off",
		    "no custodian is set up (tacetctl custodians set-up)");
out:
	return rc;
}

int
parent_main(const struct parent_options *o)
{
	const struct rlimit no_core = { 0, 0 };
	struct parent p = { .options = o, .dir = -1, .backoff = BACKOFF_FIRST };

	(void)setrlimit(RLIMIT_CORE, &no_core);
	if (sodium_init() < 0)
		return 3;
	log_init(PERMIT_ROLE_PARENT);
	for (int r = 0; r < ROLES; r++)
		p.kids[r] = (struct kid){ .parent = &p,
			.role = (enum permit_role)r };
	if (read_conf(o, &p.conf) != RC_OK || open_all(&p) != RC_OK)
		return 2;
	mono_wall_offset(p.conf.clock_offset);
	p.exe = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (p.exe < 0 || loop_new(&p.loop) != RC_OK ||
	    watch_signals(&p) != RC_OK || spawn_all(&p) != RC_OK ||
	    loop_run(p.loop) != RC_OK) {
		complain("start", "out of processes, memory or descriptors");
		p.status = 3;
	}
	kill_all(&p);
	loop_free(p.loop);
	return p.status;
}
