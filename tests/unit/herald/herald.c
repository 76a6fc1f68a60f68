/* The process that talks to witnesses, as the parent starts it, between a
 * ktlog and two witnesses that this test plays. */
#include "herald/herald.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>

#include "merkle/add_checkpoint.h"
#include "unit/keys/process.h"
#include "wire/http1.h"

#define NOTE "o\n5\nAAAA\n\nand so on\n" /* herald does not look into it */

static int listen_fd[2];
static uint8_t sk[2][64];
static struct chan *ktlog;
static char conf[2048];

static int
make_listener(uint16_t *ret_port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t n = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (void *)&sa, n) < 0 || listen(fd, 8) < 0 ||
	    getsockname(fd, (void *)&sa, &n) < 0)
		abort();
	*ret_port = ntohs(sa.sin_port);
	return fd;
}

static void
set_up(void)
{
	uint8_t seed[32] = { 0 };
	uint8_t pk[32];
	struct vkey k;
	struct buf b;

	buf_init(&b, sizeof(conf));
	for (uint8_t i = 0; i < 2; i++) {
		const char name[] = { 'w', (char)('0' + i), '\0' };
		uint16_t port = 0;

		seed[0] = (uint8_t)(i + 1);
		(void)crypto_sign_seed_keypair(pk, sk[i], seed);
		T_RC(RC_OK, vkey_init(&k, name, VKEY_TYPE_COSIGNATURE, pk));
		listen_fd[i] = make_listener(&port);
		T_RC(RC_OK,
		    buf_add_fmt(&b, "witness = http://127.0.0.1:%u/p/ ", port));
		T_RC(RC_OK, vkey_build(&k, &b));
		T_RC(RC_OK, buf_u8(&b, '\n'));
	}
	T_RC(RC_OK, buf_u8(&b, 0));
	memcpy(conf, b.p, b.len);
	buf_clear(&b);
}

static void
tell(uint64_t size)
{
	const struct msg_cosign m = { size, rd_str(NOTE) };

	process_send(ktlog, MSG_COSIGN, &m, -1);
}

/* The next request to witness i: its connection, what it says. -1: none. */
static int
hear(int i, struct add_checkpoint *ret_a, int ms)
{
	static struct buf b;
	struct pollfd p = { listen_fd[i], POLLIN, 0 };
	struct http1_head h;
	struct rd r, body;
	uint8_t *at;
	ssize_t n;
	int fd;

	if (poll(&p, 1, ms) != 1)
		return -1;
	fd = accept(listen_fd[i], NULL, NULL);
	buf_clear(&b);
	buf_init(&b, 65536);
	for (;;) {
		r = buf_get(&b);
		if (r.left > 0 && http1_request_parse(&r, &h) == RC_OK &&
		    rd_take(&r, (size_t)h.length, &body) == RC_OK)
			break;
		if (buf_reserve(&b, 4096, &at) != RC_OK ||
		    (n = recv(fd, at, 4096, 0)) <= 0)
			abort();
		buf_commit(&b, (size_t)n);
	}
	T_OK(rd_is_eq(h.method, "POST"));
	T_OK(rd_is_eq(h.target, "/p/add-checkpoint"));
	T_RC(RC_OK, add_checkpoint_parse(body, ret_a));
	return fd;
}

static void
say(int fd, const char *text)
{
	T_OK(fd >= 0);
	T_OK(send(fd, text, strlen(text), MSG_NOSIGNAL) ==
	    (ssize_t)strlen(text));
	(void)close(fd);
}

/* A line as witness i would give it, in *ret_b with the head before it. */
static size_t
answer_200(int i, struct buf *ret_b)
{
	const char name[] = { 'w', (char)('0' + i), '\0' };
	struct buf line;
	size_t n;

	buf_init(&line, 1024);
	buf_init(ret_b, 4096);
	T_RC(RC_OK,
	    checkpoint_cosign(rd_str("o\n5\nAAAA\n"), name, sk[i], 1, &line));
	n = line.len;
	T_RC(RC_OK,
	    buf_add_fmt(ret_b,
		"HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%.*s", n, (int)n,
		(const char *)line.p));
	T_RC(RC_OK, buf_u8(ret_b, 0));
	buf_clear(&line);
	return n;
}

static bool
line_comes(uint64_t size, size_t n)
{
	struct msg_cosigned m;

	return process_hear(ktlog, MSG_COSIGNED, &m, PROCESS_WAIT_MS) &&
	    m.size == size && m.line.left == n;
}

/* --- the tests
 * ------------------------------------------------------------------ */

static void
it_posts_to_each_and_hands_the_lines_on(void)
{
	struct add_checkpoint a;
	struct buf b;
	size_t n;
	int fd;

	process_begin(PERMIT_ROLE_HERALD, herald_main, conf);
	ktlog = process_peer(PERMIT_ROLE_KTLOG);
	T_OK(process_start());
	T_OK(hear(0, &a, 100) == -1); /* there is nothing to say yet */
	tell(5);
	for (int i = 0; i < 2; i++) {
		fd = hear(i, &a, PROCESS_WAIT_MS);
		T_OK(fd >= 0 && a.old_size == 0 && a.proof.n == 0);
		T_OK(rd_is_eq(a.note, NOTE));
		n = answer_200(i, &b);
		say(fd, (const char *)b.p);
		T_OK(line_comes(5, n));
		buf_clear(&b);
	}
	tell(5); /* the same again is no news */
	T_OK(hear(0, &a, 200) == -1);
}

/* Sizes go on from what was signed, with a proof that ktlog makes. */
static void
the_next_one_comes_with_its_proof(void)
{
	static const uint8_t hashes[64] = { 1 };
	struct msg_proof proof = { .new_size = 9,
		.hashes = { hashes, sizeof(hashes) } };
	struct msg_proof_get ask;
	struct add_checkpoint a;
	struct buf b;
	size_t n;
	int fd;

	tell(9);
	for (int i = 0; i < 2; i++) {
		T_OK(process_hear(ktlog, MSG_PROOF_GET, &ask, PROCESS_WAIT_MS));
		T_OK(ask.old_size == 5 && ask.new_size == 9);
		proof.witness = ask.witness;
		proof.old_size = 5;
		process_send(ktlog, MSG_PROOF, &proof, -1);
	}
	for (int i = 0; i < 2; i++) {
		fd = hear(i, &a, PROCESS_WAIT_MS);
		T_OK(fd >= 0 && a.old_size == 5 && a.proof.n == 2);
		T_OK(a.proof.hashes[0][0] == 1);
		n = answer_200(i, &b);
		say(fd, (const char *)b.p);
		T_OK(line_comes(9, n));
		buf_clear(&b);
	}
}

static void
a_witness_that_knows_another_size_is_asked_from_there(void)
{
	static const uint8_t hashes[32] = { 2 };
	struct msg_proof proof = { .old_size = 7,
		.new_size = 12,
		.hashes = { hashes, sizeof(hashes) } };
	struct msg_proof_get ask;
	struct add_checkpoint a;
	struct buf b;
	size_t n;
	int fd;

	tell(12);
	for (int i = 0; i < 2; i++) {
		T_OK(process_hear(ktlog, MSG_PROOF_GET, &ask, PROCESS_WAIT_MS));
		proof.witness = ask.witness;
		proof.old_size = 9;
		process_send(ktlog, MSG_PROOF, &proof, -1);
	}
	fd = hear(0, &a, PROCESS_WAIT_MS); /* it came back from a copy */
	say(fd,
	    "HTTP/1.1 409 Conflict\r\nContent-Type: "
	    "text/x.tlog.size\r\nContent-Length: 2\r\n\r\n7\n");
	T_OK(process_hear(ktlog, MSG_PROOF_GET, &ask, PROCESS_WAIT_MS));
	T_OK(ask.witness == 0 && ask.old_size == 7 && ask.new_size == 12);
	proof.witness = 0;
	proof.old_size = 7;
	process_send(ktlog, MSG_PROOF, &proof, -1);
	fd = hear(0, &a, PROCESS_WAIT_MS);
	T_OK(fd >= 0 && a.old_size == 7 && a.proof.n == 1);
	n = answer_200(0, &b);
	say(fd, (const char *)b.p);
	T_OK(line_comes(12, n));
	buf_clear(&b);
	fd = hear(1, &a, PROCESS_WAIT_MS);
	n = answer_200(1, &b);
	say(fd, (const char *)b.p);
	T_OK(line_comes(12, n));
	buf_clear(&b);
}

static void
garbage_is_survived_and_the_witness_tried_again(void)
{
	static const char *const bad[] = { "", "hello\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n",
		"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n" };
	struct msg_cosigned m;
	struct add_checkpoint a;
	struct buf b;
	size_t n;
	int fd;

	/* a restart, so that the back-off begins anew for each */
	T_OK(process_end(true) == 0);
	chan_free(ktlog);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		process_begin(PERMIT_ROLE_HERALD, herald_main, conf);
		ktlog = process_peer(PERMIT_ROLE_KTLOG);
		T_OK(process_start());
		tell(20);
		fd = hear(0, &a, PROCESS_WAIT_MS);
		T_OK(fd >= 0 && a.old_size == 0);
		say(fd, bad[i]);
		fd = hear(0, &a, PROCESS_WAIT_MS); /* a second later */
		n = answer_200(0, &b);
		say(fd, (const char *)b.p);
		T_OK(line_comes(20, n));
		buf_clear(&b);
		fd = hear(1, &a, PROCESS_WAIT_MS);
		(void)close(fd);
		T_OK(process_end(true) == 0);
		T_OK(!process_hear(ktlog, MSG_COSIGNED, &m, 0));
		chan_free(ktlog);
	}
}

static void
another_s_line_is_not_passed_on(void)
{
	struct msg_cosigned m;
	struct add_checkpoint a;
	struct buf b;
	int fd;

	process_begin(PERMIT_ROLE_HERALD, herald_main, conf);
	ktlog = process_peer(PERMIT_ROLE_KTLOG);
	T_OK(process_start());
	tell(30);
	fd = hear(0, &a, PROCESS_WAIT_MS);
	(void)answer_200(1, &b); /* by the other witness's key */
	say(fd, (const char *)b.p);
	buf_clear(&b);
	T_OK(!process_hear(ktlog, MSG_COSIGNED, &m, 300));
}

/* It will not sign: nothing is tried again at once, and all else goes on. */
static void
a_refusal_is_left_alone_for_a_while(void)
{
	struct msg_cosigned m;
	struct add_checkpoint a;
	struct buf b;
	size_t n;
	int fd;

	fd = hear(1, &a, PROCESS_WAIT_MS);
	say(fd, "HTTP/1.1 422 No\r\nContent-Length: 0\r\n\r\n");
	T_OK(hear(1, &a, 1500) == -1);
	tell(31);
	T_OK(hear(1, &a, 200) == -1);
	/* the other, a second after what it said before, is asked again */
	fd = hear(0, &a, PROCESS_WAIT_MS);
	n = answer_200(0, &b);
	say(fd, (const char *)b.p);
	T_OK(process_hear(ktlog, MSG_COSIGNED, &m, PROCESS_WAIT_MS));
	T_OK(m.size >= 30 && m.line.left == n);
	buf_clear(&b);
	T_OK(process_end(true) == 0);
	chan_free(ktlog);
}

int
main(void)
{
	if (sodium_init() < 0 || freopen("/dev/null", "w", stderr) == NULL)
		return 1;
	(void)signal(SIGPIPE, SIG_IGN);
	set_up();
	TEST(it_posts_to_each_and_hands_the_lines_on);
	TEST(the_next_one_comes_with_its_proof);
	TEST(a_witness_that_knows_another_size_is_asked_from_there);
	TEST(garbage_is_survived_and_the_witness_tried_again);
	TEST(another_s_line_is_not_passed_on);
	TEST(a_refusal_is_left_alone_for_a_while);
	return tap_done();
}
