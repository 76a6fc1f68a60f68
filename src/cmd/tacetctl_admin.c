/*
 * What only the running server can say, files, and the passphrase.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "cmd/tacetctl_app.h"
#include "wire/json_body.h"

#define ANSWER_MAX 65536
#define PASSPHRASE_MAX 1024

static enum rc
prompt(const char *text, struct buf *b)
{
	struct termios old;
	struct termios quiet;
	char c;
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	enum rc rc = RC_BUG;

	CHECK(fd >= 0 && tcgetattr(fd, &old) == 0, RC_IO);
	quiet = old;
	quiet.c_lflag &= (tcflag_t)~ECHO;
	(void)!write(fd, text, strlen(text));
	(void)tcsetattr(fd, TCSAFLUSH, &quiet);
	rc = RC_OK;
	while (rc == RC_OK && read(fd, &c, 1) == 1 && c != '\n')
		rc = buf_add(b, &c, 1);
	(void)tcsetattr(fd, TCSAFLUSH, &old);
	(void)!write(fd, "\n", 1);
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

enum rc
tacetctl_passphrase(const struct tacetctl *t, bool is_new, struct buf *ret_b)
{
	struct buf again;
	uint8_t *end;
	enum rc rc = RC_BUG;

	buf_init(&again, PASSPHRASE_MAX);
	if (t->passphrase_file != NULL) {
		TRY(file_read_at(AT_FDCWD, t->passphrase_file, ret_b));
		end = ret_b->len == 0 ? NULL
				      : memchr(ret_b->p, '\n', ret_b->len);
		if (end != NULL)
			ret_b->len = (size_t)(end - ret_b->p);
		goto out;
	}
	TRY(prompt("Passphrase of the custody key: ", ret_b));
	if (is_new) {
		TRY(prompt("Once more: ", &again));
		CHECK(again.len == ret_b->len && again.len > 0 &&
			sodium_memcmp(again.p, ret_b->p, again.len) == 0,
		    RC_DENIED);
	}
out:
	buf_clear(&again);
	return rc;
}

static enum rc
exchange_lines(int fd, json_t *question, json_t **ret_answer)
{
	struct buf b;
	uint8_t *p;
	ssize_t n;
	enum rc rc = RC_BUG;

	buf_init(&b, ANSWER_MAX);
	TRY(json_body_build(question, &b));
	TRY(buf_u8(&b, '\n'));
	CHECK(send(fd, b.p, b.len, MSG_NOSIGNAL) == (ssize_t)b.len, RC_IO);
	b.len = 0;
	do {
		TRY(buf_reserve(&b, 4096, &p));
		n = recv(fd, p, 4096, 0);
		CHECK(n > 0, RC_IO);
		buf_commit(&b, (size_t)n);
	} while (b.p[b.len - 1] != '\n');
	TRY(json_body_parse((struct rd){ b.p, b.len - 1 }, ret_answer));
out:
	buf_clear(&b);
	return rc;
}

enum rc
tacetctl_ask(struct tacetctl *t, json_t *question, json_t **ret_answer)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	enum rc rc = RC_BUG;

	(void)snprintf(a.sun_path, sizeof(a.sun_path),
	    "/proc/self/fd/%d/admin.sock", t->dir);
	CHECK(question != NULL, RC_NOMEM);
	CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0,
	    RC_IO);
	TRY(exchange_lines(fd, question, ret_answer));
out:
	if (fd >= 0)
		(void)close(fd);
	json_decref(question);
	return rc;
}

/* Asks and prints: an error of the server's is the answer no. */
static int
ask_and_print(struct tacetctl *t, const char *what, json_t *question)
{
	json_t *a = NULL;
	const char *text;
	enum rc rc = tacetctl_ask(t, question, &a);
	int status = TACETCTL_EXIT_OK;

	if (rc != RC_OK)
		return tacetctl_say(TACETCTL_EXIT_SERVER, what,
		    "the server does not answer (is tacetd running?)");
	text = json_string_value(json_object_get(a, "text"));
	if (json_object_get(a, "error") != NULL)
		status = tacetctl_say(TACETCTL_EXIT_NO, what,
		    json_string_value(json_object_get(a, "error")));
	else if (text != NULL && !t->json)
		(void)fputs(text, stdout);
	else {
		(void)json_dumpf(
		    a, stdout, t->json ? JSON_COMPACT : (size_t)JSON_INDENT(2));
		(void)putchar('\n');
	}
	json_decref(a);
	return status;
}

int
tacetctl_admin_status(struct tacetctl *t)
{
	return ask_and_print(t, "status", json_pack("{s:s}", "verb", "status"));
}

int
tacetctl_admin_metrics(struct tacetctl *t)
{
	return ask_and_print(
	    t, "metrics", json_pack("{s:s}", "verb", "metrics"));
}

int
tacetctl_admin_backup(struct tacetctl *t)
{
	return ask_and_print(t, "backup",
	    json_pack("{s:s,s:s}", "verb", "backup", "path", "backup.db"));
}

int
tacetctl_admin_user_show(struct tacetctl *t)
{
	if (t->n_args != 1)
		return tacetctl_say(
		    TACETCTL_EXIT_USAGE, "user show", "give one +NUMBER");
	return ask_and_print(t, "user show",
	    json_pack("{s:s,s:s}", "verb", "subscriber", "number", t->args[0]));
}

int
tacetctl_admin_policy(struct tacetctl *t)
{
	struct buf b;
	enum rc rc;

	buf_init(&b, 65536);
	rc = file_read_at(t->dir, "policy.json", &b);
	if (rc == RC_OK)
		(void)fwrite(b.p, 1, b.len, stdout);
	buf_clear(&b);
	return rc == RC_OK ? TACETCTL_EXIT_OK
			   : tacetctl_say_rc("policy show", rc);
}
