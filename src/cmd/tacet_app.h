/*
 * tacet_app: what the verbs of the `tacet` command share: options, the home
 * directory with its lock and state file, and the way to the server.
 *
 * Two processes may use one home. state.tacet is only read and written while
 * the lock is held (tacet_home_enter .. tacet_home_leave); who enters reads it
 * again when another process changed it. `receive` holds the lock for one
 * batch of frames, never while it waits, so that a send in between is quick.
 */
#ifndef TACET_APP_H
#define TACET_APP_H
#include <jansson.h>
#include <sys/stat.h>

#include "dial/dial.h"
#include "tacet.h"
#include "wire/e164.h"

enum tacet_exit { /* interfaces: exit status */
	TACET_EXIT_OK = 0,
	TACET_EXIT_NO = 1,
	TACET_EXIT_USAGE = 2,
	TACET_EXIT_SERVER = 3,
	TACET_EXIT_STATE = 4
};

#define TACET_APP_PATH 4096

struct tacet_app {
	char home[TACET_APP_PATH];
	char server[512];
	char ca[TACET_APP_PATH];
	char relay_ca[TACET_APP_PATH];
	bool json;
	/* options of verbs */
	const char *code_file;
	const char *name;
	const char *cause;
	const char *trust; /* of the public log; NULL: not given */
	const char *relay; /* NULL: not given; "": none any more */
	int timeout_s;     /* -1: not given */
	bool follow;
	bool sms;
	bool classic;
	bool fresh;
	bool lines;
	/* the home */
	int dir;
	int lock;
	bool is_in;       /* the lock is held */
	bool is_linking;  /* who waits is a person with another device */
	struct stat seen; /* of the state file that t was read from */
	struct tacet *t;
	struct dial *d;
	/* what names nobody goes over a connection of its own, or by the relay
	 */
	struct dial *apart;
	const struct dial *last; /* the one used last: dial_why */
};

struct tacet_verb {
	const char *name;
	const char *what;  /* one line of help */
	const char *usage; /* arguments */
	int min, max;      /* how many arguments */
	enum tacet_exit (*run)(struct tacet_app *, int argc, char **argv);
};

/* "tacet: what: why (todo)" on stderr; returns status. */
enum tacet_exit tacet_say(enum tacet_exit status, const char *what,
    const char *why, const char *todo);
/* A line of JSON on stdout; takes o. */
void tacet_print_json(json_t *o);
/* A number as people of its country write it. Static; one at a time. */
const char *tacet_national(const char *number);
/* Text of others, safe for a terminal: control characters become "?". */
void tacet_print_text(const char *text, size_t n);
enum tacet_exit tacet_number_arg(
    const char *typed, char ret_number[TACET_NUMBER_SIZE]);
const char *tacet_route_name(enum tacet_route r);

/* Home. */
enum tacet_exit tacet_home_open(struct tacet_app *a);
enum tacet_exit tacet_home_enter(struct tacet_app *a);
enum tacet_exit tacet_home_save(struct tacet_app *a); /* when changed */
void tacet_home_leave(struct tacet_app *a);
void tacet_home_close(struct tacet_app *a);
/* Remembers server and CA for the next time. */
enum tacet_exit tacet_home_remember(struct tacet_app *a);
/* One receiver a home; the lock lasts as long as the process. */
enum tacet_exit tacet_home_receiver(struct tacet_app *a);

/* Net. */
enum tacet_net { /* how a run ended */
	TACET_NET_DONE = 0,
	TACET_NET_CODE,
	TACET_NET_WAIT, /* only while linking */
	TACET_NET_DOWN, /* the network; tacet_net_why */
	TACET_NET_STATE /* the state could not be kept; was said */
};
enum tacet_exit tacet_net_open(struct tacet_app *a);
/* Carries the operation on as far as it goes; the home is entered. */
enum tacet_net tacet_net_run(struct tacet_app *a);
/* Says why a run ended as it did; TACET_EXIT_OK when the outcome is ok. */
enum tacet_exit tacet_net_say(
    struct tacet_app *a, enum tacet_net n, const char *what);
/* Why the last request failed, for a person. */
const char *tacet_net_why(const struct tacet_app *a);
/* Keeps what --trust and --relay say, if they are given; home is entered. */
enum tacet_exit tacet_net_keep(struct tacet_app *a);
/* open + enter + registered; "not registered" is said. */
enum tacet_exit tacet_net_begin(struct tacet_app *a);

/* Verbs. */
enum tacet_exit tacet_verb_register(struct tacet_app *a, int n, char **v);
enum tacet_exit tacet_verb_lookup(struct tacet_app *a, int n, char **v);
enum tacet_exit tacet_verb_contacts(struct tacet_app *a, int n, char **v);
enum tacet_exit tacet_verb_send(struct tacet_app *a, int n, char **v);
enum tacet_exit tacet_verb_receive(struct tacet_app *a, int n, char **v);
enum tacet_exit tacet_verb_devices(struct tacet_app *a, int n, char **v);
enum tacet_exit tacet_verb_safety(struct tacet_app *a, int n, char **v);
enum tacet_exit tacet_verb_file(struct tacet_app *a, int n, char **v);
/* contacts sync FILE; the home is entered. */
enum tacet_exit tacet_sync_file(struct tacet_app *a, const char *path);
enum tacet_exit tacet_verb_watch(struct tacet_app *a, int n, char **v);
#endif
