#include "cmd/tacetctl_letter.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME "tacet-letter"
#define CHUNK 65536
#define PDF_HEAD "%PDF-"
#define EXIT_NO_PROGRAM 127

struct run {
	pid_t pid; /* 0: none */
	int in;    /* our end of its stdin; -1 when all is written */
	int out;
	struct rd left; /* still to be written */
	struct mono end;
};

/* NAME beside the running program, through any symbolic link to that. */
static enum rc
beside(char ret_path[static PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;
	enum rc rc = RC_BUG;

	CHECK(n > 0, RC_NOT_FOUND);
	self[n] = '\0';
	slash = strrchr(self, '/');
	CHECK(slash != NULL, RC_NOT_FOUND);
	slash[1] = '\0';
	CHECK(snprintf(ret_path, PATH_MAX, "%s" NAME, self) < PATH_MAX,
	    RC_NOT_FOUND);
	rc = RC_OK;
out:
	return rc;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* Nothing of the parent but the two pipes and stderr, and no environment: the
 * letter must not depend on either. */
static NORETURN void
become(const char *path, int in, int out)
{
	char name[] = NAME;
	char *argv[] = { name, NULL };
	char *envp[] = { NULL };

	(void)signal(SIGPIPE, SIG_DFL);
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
		(void)execve(path, argv, envp);
	_exit(EXIT_NO_PROGRAM);
}

static enum rc
start(struct run *r, const char *path)
{
	int in[2] = { -1, -1 };
	int out[2] = { -1, -1 };
	pid_t pid;
	enum rc rc = RC_BUG;

	CHECK(access(path, X_OK) == 0, RC_NOT_FOUND);
	CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0, RC_IO);
	CHECK(fcntl(in[1], F_SETFL, O_NONBLOCK) == 0, RC_IO);
	pid = fork();
	CHECK(pid >= 0, RC_IO);
	if (pid == 0)
		become(path, in[0], out[1]);
	r->pid = pid;
	r->in = in[1];
	r->out = out[0];
	in[1] = -1;
	out[0] = -1;
	rc = RC_OK;
out:
	close_fd(&in[0]);
	close_fd(&in[1]);
	close_fd(&out[0]);
	close_fd(&out[1]);
	return rc;
}

/* Writes what the pipe takes. A reader that is gone is no error here: its exit
 * status says why. */
static enum rc
feed(struct run *r)
{
	ssize_t n = write(r->in, r->left.p, r->left.left);
	enum rc rc = RC_OK;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return RC_OK;
	CHECK(n >= 0 || errno == EPIPE, RC_IO);
	if (n >= 0) {
		r->left.p += n;
		r->left.left -= (size_t)n;
	}
	if (n < 0 || r->left.left == 0)
		close_fd(&r->in);
out:
	return rc;
}

/* *ret_end: nothing more comes. */
static enum rc
drain(struct run *r, struct buf *pdf, bool *ret_end)
{
	uint8_t *p = NULL;
	ssize_t n;
	enum rc rc = RC_BUG;

	TRY(buf_reserve(pdf, CHUNK, &p));
	n = read(r->out, p, CHUNK);
	CHECK(n >= 0 || errno == EINTR, RC_IO);
	if (n > 0)
		buf_commit(pdf, (size_t)n);
	*ret_end = n == 0;
out:
	return rc;
}

static enum rc
talk(struct run *r, struct buf *pdf)
{
	struct pollfd at[2];
	bool is_end = false;
	int64_t ms;
	enum rc rc = RC_OK;

	while (!is_end) {
		ms = mono_diff_ms(r->end, mono_now());
		CHECK(ms > 0, RC_LIMIT);
		at[0] = (struct pollfd){ r->out, POLLIN, 0 };
		at[1] = (struct pollfd){ r->in, POLLOUT, 0 };
		if (poll(at, 2, (int)ms) < 0) {
			CHECK(errno == EINTR, RC_IO);
			continue;
		}
		if (r->in >= 0 && at[1].revents != 0)
			TRY(feed(r));
		if (at[0].revents != 0)
			TRY(drain(r, pdf, &is_end));
	}
out:
	return rc;
}

/* It ends with its output, or is made to. */
static int
finish(struct run *r, bool kill_it)
{
	int status = -1;

	close_fd(&r->in);
	close_fd(&r->out);
	if (r->pid > 0) {
		if (kill_it)
			(void)kill(r->pid, SIGKILL);
		while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	r->pid = 0;
	return status;
}

enum rc
tacetctl_letter_render(
    const struct letter_doc *d, const char *helper, struct buf *ret_pdf)
{
	struct run r = { .in = -1, .out = -1 };
	void (*old)(int) = signal(SIGPIPE, SIG_IGN);
	char path[PATH_MAX];
	struct buf doc;
	struct buf pdf;
	int status;
	enum rc rc = RC_BUG;

	buf_init(&doc, LETTER_DOC_MAX);
	buf_init(&pdf, TACETCTL_LETTER_PDF_MAX + CHUNK);
	if (helper == NULL) {
		TRY(beside(path));
		helper = path;
	}
	TRY(letter_doc_build(d, &doc));
	r.left = buf_get(&doc);
	r.end = mono_add_ms(mono_now(), TACETCTL_LETTER_TIMEOUT_S * 1000);
	TRY(start(&r, helper));
	TRY(talk(&r, &pdf));
	status = finish(&r, false);
	CHECK(!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_NO_PROGRAM,
	    RC_NOT_FOUND);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) <= 1, RC_IO);
	CHECK(WEXITSTATUS(status) == 0, RC_MALFORMED);
	CHECK(pdf.len > strlen(PDF_HEAD) &&
		memcmp(pdf.p, PDF_HEAD, strlen(PDF_HEAD)) == 0,
	    RC_IO);
	TRY(buf_add_rd(ret_pdf, buf_get(&pdf)));
out:
	(void)finish(&r, true);
	(void)signal(SIGPIPE, old);
	buf_clear(&doc);
	buf_clear(&pdf);
	return rc;
}
