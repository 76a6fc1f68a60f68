/* The home directory of `tacet`: lock, state.tacet, and what server it is. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/failmem.h"
#include "base/file.h"
#include "cmd/tacet_app.h"

#define STATE "state.tacet"
#define STATE_NEW "state.tacet.new"
#define SERVER_FILE_MAX (512 + 2 * TACET_APP_PATH + 3)

static enum tacet_exit
bad(const char *why, const char *todo)
{
	return tacet_say(TACET_EXIT_STATE, "home", why, todo);
}

static bool
default_home(struct tacet_app *a)
{
	const char *data = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");
	int n = -1;

	if (data != NULL && data[0] == '/')
		n = snprintf(a->home, sizeof(a->home), "%s/tacet", data);
	else if (home != NULL && home[0] != '\0')
		n = snprintf(
		    a->home, sizeof(a->home), "%s/.local/share/tacet", home);
	return n > 0 && (size_t)n < sizeof(a->home);
}

/* Makes the directory and those above it. */
static bool
make_path(const char *path)
{
	char part[TACET_APP_PATH];

	(void)snprintf(part, sizeof(part), "%s", path);
	for (char *p = part + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return false;
		*p = '/';
	}
	return mkdir(part, 0700) == 0 || errno == EEXIST;
}

/* A line of text into what was not given; returns what follows. */
static char *
line_recall(char *text, char *to, size_t size)
{
	char *end = strchr(text, '\n');

	if (end != NULL)
		*end = '\0';
	if (to[0] == '\0' && strlen(text) < size)
		memcpy(to, text, strlen(text) + 1);
	return end != NULL ? end + 1 : text + strlen(text);
}

/* --server, --ca and --relay-ca as they were given when this home was made. */
static void
server_recall(struct tacet_app *a)
{
	char text[SERVER_FILE_MAX] = "";
	int fd = openat(a->dir, "server", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	char *at = text;

	if (fd >= 0)
		(void)close(fd);
	if (n <= 0)
		return;
	at = line_recall(at, a->server, sizeof(a->server));
	at = line_recall(at, a->ca, sizeof(a->ca));
	(void)line_recall(at, a->relay_ca, sizeof(a->relay_ca));
}

enum tacet_exit
tacet_home_open(struct tacet_app *a)
{
	struct stat st;

	if (a->home[0] == '\0' && !default_home(a))
		return bad("HOME is not set", "use --home DIR");
	if (!make_path(a->home))
		return bad(strerror(errno), "use --home DIR");
	a->dir = open(a->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (a->dir < 0 || fstat(a->dir, &st) < 0)
		return bad(strerror(errno), "use --home DIR");
	if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return bad("others can read it", "chmod 700 it");
	a->lock = openat(a->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (a->lock < 0)
		return bad(strerror(errno), NULL);
	server_recall(a);
	return TACET_EXIT_OK;
}

static bool
is_same_file(const struct stat *x, const struct stat *y)
{
	return x->st_ino == y->st_ino && x->st_size == y->st_size &&
	    x->st_mtim.tv_sec == y->st_mtim.tv_sec &&
	    x->st_mtim.tv_nsec == y->st_mtim.tv_nsec;
}

static bool
read_all(int fd, uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t got = read(fd, p, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

static enum tacet_exit
state_read(struct tacet_app *a, int fd, const struct stat *st)
{
	size_t n = (size_t)st->st_size;
	struct tacet *t = NULL;
	uint8_t *blob = NULL;
	enum tacet_rc rc = TACET_CORRUPT;

	if ((st->st_mode & 077) != 0 || st->st_uid != geteuid())
		return bad(STATE " can be read by others", "chmod 600 it");
	if (n > 0 && n <= TACET_STATE_MAX)
		blob = failmem_alloc(n);
	if (blob != NULL && read_all(fd, blob, n))
		rc = tacet_open(blob, n, &t);
	if (blob != NULL)
		explicit_bzero(blob, n);
	free(blob);
	if (rc != TACET_OK)
		return bad(STATE " is damaged",
		    "restore a copy, or register again in a new home");
	tacet_free(a->t);
	a->t = t;
	a->seen = *st;
	return TACET_EXIT_OK;
}

static enum tacet_exit
state_load(struct tacet_app *a)
{
	enum tacet_exit status = TACET_EXIT_OK;
	struct stat st;
	int fd = openat(a->dir, STATE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno != ENOENT)
		return bad(strerror(errno), NULL);
	if (fd < 0) {
		if (a->t == NULL && tacet_open(NULL, 0, &a->t) != TACET_OK)
			return bad("out of memory", NULL);
		return TACET_EXIT_OK;
	}
	if (fstat(fd, &st) < 0)
		status = bad(strerror(errno), NULL);
	else if (a->t == NULL || !is_same_file(&st, &a->seen))
		status = state_read(a, fd, &st);
	(void)close(fd);
	return status;
}

enum tacet_exit
tacet_home_enter(struct tacet_app *a)
{
	enum tacet_exit status = TACET_EXIT_OK;

	while (flock(a->lock, LOCK_EX) < 0)
		if (errno != EINTR)
			return bad(strerror(errno), NULL);
	a->is_in = true;
	status = state_load(a);
	if (status != TACET_EXIT_OK)
		tacet_home_leave(a);
	return status;
}

void
tacet_home_leave(struct tacet_app *a)
{
	if (a->is_in)
		(void)flock(a->lock, LOCK_UN);
	a->is_in = false;
}

/* Temporary file, fsync, rename, fsync of the directory: after a crash there
 * is the old state or the new one. */
static bool
replace(struct tacet_app *a, const char *name, const uint8_t *p, size_t n)
{
	bool ok = false;
	int fd = openat(a->dir, STATE_NEW,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return false;
	ok = file_write(fd, (struct rd){ p, n }) == RC_OK && fsync(fd) == 0 &&
	    renameat(a->dir, STATE_NEW, a->dir, name) == 0 &&
	    fsync(a->dir) == 0 && fstat(fd, &a->seen) == 0;
	(void)close(fd);
	return ok;
}

enum tacet_exit
tacet_home_save(struct tacet_app *a)
{
	const uint8_t *blob = NULL;
	size_t n = 0;

	if (!tacet_is_changed(a->t))
		return TACET_EXIT_OK;
	if (tacet_state(a->t, &blob, &n) != TACET_OK)
		return bad("the state does not fit", NULL);
	if (!replace(a, STATE, blob, n))
		return bad(strerror(errno), "nothing was sent");
	tacet_persisted(a->t);
	return TACET_EXIT_OK;
}

enum tacet_exit
tacet_home_remember(struct tacet_app *a)
{
	char text[SERVER_FILE_MAX];
	char *ca = a->ca[0] != '\0' ? realpath(a->ca, NULL) : NULL;
	char *relay_ca = a->relay_ca[0] != '\0' ? realpath(a->relay_ca, NULL)
						: NULL;
	struct stat seen = a->seen;
	int n = snprintf(text, sizeof(text), "%s\n%s\n%s\n", a->server,
	    ca != NULL ? ca : "", relay_ca != NULL ? relay_ca : "");
	bool ok = n > 0 && (size_t)n < sizeof(text) &&
	    replace(a, "server", (const uint8_t *)text, (size_t)n);

	free(ca);
	free(relay_ca);
	a->seen = seen;
	return ok ? TACET_EXIT_OK : bad(strerror(errno), NULL);
}

enum tacet_exit
tacet_home_receiver(struct tacet_app *a)
{
	int fd = openat(
	    a->dir, "receive.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return bad(strerror(errno), NULL);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		(void)close(fd);
		return tacet_say(TACET_EXIT_NO, "receive",
		    "another one is running in this home", "stop it first");
	}
	return TACET_EXIT_OK; /* fd stays open until we end */
}

void
tacet_home_close(struct tacet_app *a)
{
	tacet_home_leave(a);
	tacet_free(a->t);
	dial_free(a->d);
	dial_free(a->apart);
	if (a->lock >= 0)
		(void)close(a->lock);
	if (a->dir >= 0)
		(void)close(a->dir);
	a->t = NULL;
	a->d = a->apart = NULL;
	a->lock = a->dir = -1;
}
