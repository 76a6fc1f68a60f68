/*
 * The routes of doc/protocol/api.md: one row each, and one function that turns
 * the request into a message to the exchange.
 */
#include <stdio.h>
#include <string.h>

#include "front/front_internal.h"
#include "wire/device_list.h"
#include "wire/json_body.h"
#include "wire/prekey.h"
#include "wire/relay.h"
#include "wire/row.h"
#include "wire/text64.h"
#include "wire/ws.h"

#define LINK_MAX 8192
#define OTHER_MAX 1024 /* what is no route gets its 404 after a small body */
#define ALLOW_MAX 64
#define SMS_TEXT_MAX 1600
#define LOG_PATH_MAX 128

/* Who may use a route. Through a relay come only those that are the same for
 * everybody, or pay by a token: nothing in them names an account, and none
 * looks at the address. */
enum access { ACCESS_OPEN, ACCESS_SIGNED, ACCESS_ANONYMOUS };
enum body { BODY_NONE, BODY_JSON, BODY_OCTETS };

struct route {
	const char *method;
	const char *path; /* {} stands for one segment */
	enum access access;
	enum body body;
	size_t max;
	void (*fn)(struct request *r);
};

static void on_registration(struct request *r);
static void on_registration_send(struct request *r);
static void on_accounts(struct request *r);
static void on_lookups(struct request *r);
static void on_prekeys_get(struct request *r);
static void on_prekeys_put(struct request *r);
static void on_devices_put(struct request *r);
static void on_link_put(struct request *r);
static void on_link_get(struct request *r);
static void on_messages(struct request *r);
static void on_stream(struct request *r);
static void on_sms(struct request *r);
static void on_file(struct request *r);
static void on_policy(struct request *r);
static void on_checkpoint(struct request *r);
static void on_tile(struct request *r);
static void on_trust(struct request *r);
static void on_epoch(struct request *r);
static void on_stash(struct request *r);
static void on_slot(struct request *r);
static void on_filter(struct request *r);
static void on_diff(struct request *r);
static void on_entries(struct request *r);
static void on_healthz(struct request *r);

static const struct route routes[] = {
	{ "POST", "/v1/registration", ACCESS_OPEN, BODY_JSON, JSON_BODY_MAX,
	    on_registration },
	{ "POST", "/v1/registration/{}/send", ACCESS_OPEN, BODY_NONE, 1024,
	    on_registration_send },
	{ "POST", "/v1/accounts", ACCESS_SIGNED, BODY_JSON, JSON_BODY_MAX,
	    on_accounts },
	{ "POST", "/v1/lookups", ACCESS_SIGNED, BODY_JSON, JSON_BODY_MAX,
	    on_lookups },
	{ "GET", "/v1/prekeys/{}", ACCESS_SIGNED, BODY_NONE, 0,
	    on_prekeys_get },
	{ "PUT", "/v1/prekeys", ACCESS_SIGNED, BODY_OCTETS,
	    PREKEY_UPLOAD_SIZE_MAX, on_prekeys_put },
	{ "PUT", "/v1/devices", ACCESS_SIGNED, BODY_OCTETS,
	    DEVICE_LIST_SIZE_MAX, on_devices_put },
	{ "PUT", "/v1/link/{}/{}", ACCESS_OPEN, BODY_OCTETS, LINK_MAX,
	    on_link_put },
	{ "GET", "/v1/link/{}/{}", ACCESS_OPEN, BODY_NONE, 0, on_link_get },
	{ "POST", "/v1/messages", ACCESS_SIGNED, BODY_OCTETS, RELAY_FRAME_MAX,
	    on_messages },
	{ "GET", "/v1/stream", ACCESS_SIGNED, BODY_NONE, 0, on_stream },
	{ "POST", "/v1/sms", ACCESS_SIGNED, BODY_JSON, JSON_BODY_MAX, on_sms },
	{ "POST", "/v1/file", ACCESS_SIGNED, BODY_JSON, JSON_BODY_MAX,
	    on_file },
	{ "GET", "/v1/policy", ACCESS_ANONYMOUS, BODY_NONE, 0, on_policy },
	{ "POST", "/v1/tokens", ACCESS_SIGNED, BODY_OCTETS,
	    FRONT_PRIVATE_TOKENS_MAX, front_private_tokens },
	{ "GET", "/v1/promise", ACCESS_SIGNED, BODY_NONE, 0,
	    front_private_promise },
	{ "POST", "/v1/directory/lookup", ACCESS_ANONYMOUS, BODY_OCTETS,
	    MSG_PRIVATE_MAX, front_private_lookup },
	{ "POST", "/v1/directory/oprf", ACCESS_ANONYMOUS, BODY_OCTETS,
	    FRONT_PRIVATE_OPRF_MAX, front_private_oprf },
	{ "GET", "/v1/trust", ACCESS_ANONYMOUS, BODY_NONE, 0, on_trust },
	{ "GET", "/v1/log/checkpoint", ACCESS_ANONYMOUS, BODY_NONE, 0,
	    on_checkpoint },
	{ "GET", "/v1/log/tile/{*}", ACCESS_ANONYMOUS, BODY_NONE, 0, on_tile },
	{ "GET", "/v1/directory/epoch", ACCESS_ANONYMOUS, BODY_NONE, 0,
	    on_epoch },
	{ "GET", "/v1/directory/stash/{}", ACCESS_ANONYMOUS, BODY_NONE, 0,
	    on_stash },
	{ "GET", "/v1/directory/slots/{}", ACCESS_ANONYMOUS, BODY_NONE, 0,
	    on_slot },
	{ "GET", "/v1/directory/filter/{*}", ACCESS_ANONYMOUS, BODY_NONE, 0,
	    on_filter },
	{ "GET", "/v1/directory/diff/{*}", ACCESS_ANONYMOUS, BODY_NONE, 0,
	    on_diff },
	{ "GET", "/v1/directory/entries/{*}", ACCESS_ANONYMOUS, BODY_NONE, 0,
	    on_entries },
	{ "GET", "/v1/healthz", ACCESS_OPEN, BODY_NONE, 0, on_healthz },
	{ "GET", "/v1/ohttp-keys", ACCESS_OPEN, BODY_NONE, 0,
	    front_ohttp_keys },
	{ "POST", "/v1/ohttp", ACCESS_OPEN, BODY_OCTETS, FRONT_BODY_MAX,
	    front_ohttp_request },
};

/* --- finding the route ---------------------------------------------------- */

/* RC_STATE: the path is there with another method; allow names those it has. */
static enum rc
find(const struct http1_head *h, const struct route **ret_route,
    struct rd ret_path[static 2], struct buf *allow)
{
	struct rd query;
	struct rd path = front_route_path(h->target, &query);
	enum rc rc = RC_NOT_FOUND;

	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		if (!front_route_is(routes[i].path, path, ret_path))
			continue;
		if (rd_is_eq(h->method, routes[i].method)) {
			*ret_route = &routes[i];
			return RC_OK;
		}
		if (rc == RC_STATE && buf_add_str(allow, ", ") != RC_OK)
			return RC_NOMEM;
		if (buf_add_str(allow, routes[i].method) != RC_OK)
			return RC_NOMEM;
		rc = RC_STATE;
	}
	return rc;
}

/* A question is as large as the tables in force want it. */
static size_t
body_max(const struct front *f, const struct route *route)
{
	return route->fn == front_private_lookup ? f->private_max : route->max;
}

size_t
front_api_max(const struct front *f, const struct http1_head *h)
{
	const struct route *route;
	struct rd path[2];
	struct buf allow;
	size_t max = OTHER_MAX;

	buf_init(&allow, ALLOW_MAX);
	if (find(h, &route, path, &allow) == RC_OK)
		max = body_max(f, route);
	buf_clear(&allow);
	return max;
}

bool
front_api_is_type(const struct http1_head *h, const char *want)
{
	struct rd type;
	size_t n = strlen(want);

	if (http1_find(h, "content-type", &type) != RC_OK || type.left < n ||
	    memcmp(type.p, want, n) != 0)
		return false;
	return type.left == n || type.p[n] == ';' || type.p[n] == ' ';
}

/* Fills auth; the exchange verifies. False: answered. */
static bool
take_auth(struct request *r)
{
	struct httpsig s;
	enum rc rc = httpsig_parse(r->head, r->body, &s, &r->base);

	if (rc != RC_OK) {
		front_problem(r->conn, rc == RC_MALFORMED ? 400 : 401,
		    rc == RC_MALFORMED ? "malformed" : "unsigned", 0);
		return false;
	}
	r->auth.is_new = s.is_new;
	memcpy(r->auth.account, s.account, sizeof(s.account));
	r->auth.device = s.device;
	r->auth.created = s.created;
	memcpy(r->auth.nonce, s.nonce, sizeof(s.nonce));
	memcpy(r->auth.signature, s.signature, sizeof(s.signature));
	r->auth.base = buf_get(&r->base);
	return true;
}

/* The route is not there, or not with this method. */
static void
no_route(struct conn *c, enum rc rc, const struct buf *allow)
{
	if (rc == RC_STATE) {
		(void)snprintf(c->allow, sizeof(c->allow), "%.*s",
		    (int)allow->len, (const char *)allow->p);
		front_problem(c, 405, "method", 0);
	} else if (rc == RC_NOT_FOUND) {
		front_problem(c, 404, "not-found", 0);
	} else {
		front_problem(c, 503, "down", 1);
	}
}

/* The route's function, unless the request is none of it. */
static void
dispatch(struct request *r, const struct route *route)
{
	struct conn *c = r->conn;

	if (r->body.left > body_max(r->conn->front, route))
		front_problem(c, 413, "too-large", 0);
	else if (route->body == BODY_JSON &&
	    !front_api_is_type(r->head, "application/json"))
		front_problem(c, 415, "media-type", 0);
	else if (child_queued(c->front->child, PERMIT_ROLE_EXCHANGE) >
	    FRONT_QUEUE_MAX)
		front_problem(c, 503, "down", 1);
	else if (route->access != ACCESS_SIGNED || take_auth(r))
		route->fn(r);
}

void
front_api_request(struct conn *c, const struct http1_head *h, struct rd body)
{
	struct request r = { .conn = c, .head = h, .body = body };
	const struct route *route;
	struct buf allow;
	enum rc rc;

	buf_init(&allow, ALLOW_MAX);
	buf_init(&r.base, HTTPSIG_BASE_MAX);
	rc = find(h, &route, r.path, &allow);
	(void)front_route_path(h->target, &r.query);
	if (rc != RC_OK)
		no_route(c, rc, &allow);
	else if (c->ohttp != NULL && route->access != ACCESS_ANONYMOUS)
		front_problem(c, 403, "forbidden", 0);
	else
		dispatch(&r, route);
	buf_clear(&r.base);
	buf_clear(&allow);
}

/* --- what the handlers share
 * -------------------------------------------------- */

static void
ask(struct request *r, enum msg_type type, const void *msg)
{
	child_send(r->conn->front->child, PERMIT_ROLE_EXCHANGE, type, msg);
}

/* Syntax is 400, a field is 422. */
static json_t *
json(struct request *r, const char *const names[], size_t n)
{
	json_t *o = NULL;
	enum rc rc = json_body_parse(r->body, &o);

	if (rc != RC_OK) {
		front_problem(r->conn, 400, "malformed", 0);
		return NULL;
	}
	if (json_body_only(o, names, n) != RC_OK) {
		front_problem(r->conn, 422, "malformed", 0);
		json_body_free(o);
		return NULL;
	}
	return o;
}

static void
done(struct request *r, json_t *o, enum rc rc)
{
	if (rc != RC_OK)
		front_problem(r->conn, 422, "malformed", 0);
	json_body_free(o);
}

static enum rc
number(const json_t *o, const char *name, struct e164 *ret_e)
{
	struct rd text;
	enum rc rc = json_body_str(o, name, 16, &text);

	return rc == RC_OK ? e164_parse(text, ret_e) : rc;
}

static enum rc
id_path(struct request *r, size_t at, uint8_t ret_id[static 16])
{
	return text64_hex_parse(r->path[at], 16, ret_id);
}

/* --- the handlers
 * ------------------------------------------------------------- */

static void
on_registration(struct request *r)
{
	static const char *const names[] = { "number" };
	struct msg_reg_start m = { .req = r->conn->req };
	json_t *o = json(r, names, ARRAY_LEN(names));
	enum rc rc = RC_BUG;

	if (o == NULL)
		return;
	TRY(number(o, "number", &m.number));
	memcpy(m.addr_key, r->conn->addr_key, sizeof(m.addr_key));
	r->conn->shape = CONN_SHAPE_SESSION;
	ask(r, MSG_REG_START, &m);
out:
	e164_clear(&m.number);
	done(r, o, rc);
}

static void
on_registration_send(struct request *r)
{
	struct msg_reg_send m = { .req = r->conn->req };

	if (id_path(r, 0, m.session) != RC_OK) {
		front_problem(r->conn, 404, "not-found", 0);
		return;
	}
	memcpy(m.addr_key, r->conn->addr_key, sizeof(m.addr_key));
	r->conn->shape = CONN_SHAPE_WAIT;
	ask(r, MSG_REG_SEND, &m);
}

static void
on_accounts(struct request *r)
{
	static const char *const names[] = { "session", "code", "number",
		"device_list", "prekeys" };
	struct msg_account_put m = { .req = r->conn->req, .auth = r->auth };
	json_t *o = json(r, names, ARRAY_LEN(names));
	struct buf list;
	struct buf keys;
	enum rc rc = RC_BUG;

	if (o == NULL)
		return;
	buf_init(&list, DEVICE_LIST_SIZE_MAX);
	buf_init(&keys, PREKEY_UPLOAD_SIZE_MAX);
	TRY(json_body_hex(o, "session", sizeof(m.session), m.session));
	TRY(json_body_str(o, "code", 8, &m.code));
	TRY(number(o, "number", &m.number));
	TRY(json_body_b64(o, "device_list", DEVICE_LIST_SIZE_MAX, &list));
	TRY(json_body_b64(o, "prekeys", PREKEY_UPLOAD_SIZE_MAX, &keys));
	m.device_list = buf_get(&list);
	m.prekeys = buf_get(&keys);
	ask(r, MSG_ACCOUNT_PUT, &m);
out:
	e164_clear(&m.number);
	buf_clear(&list);
	buf_clear(&keys);
	done(r, o, rc);
}

static void
on_lookups(struct request *r)
{
	static const char *const names[] = { "number", "as", "cause",
		"locator" };
	struct msg_lookup m = { .req = r->conn->req, .auth = r->auth };
	json_t *o = json(r, names, ARRAY_LEN(names));
	enum row_cause cause;
	struct rd text;
	enum rc rc = RC_BUG;

	if (o == NULL)
		return;
	TRY(number(o, "number", &m.number));
	TRY(number(o, "as", &m.source));
	TRY(json_body_str(o, "cause", 16, &text));
	TRY(row_cause_parse(text, &cause));
	TRY(json_body_hex(o, "locator", sizeof(m.locator), m.locator));
	m.cause = (uint8_t)cause;
	m.client_ip = rd_str(r->conn->addr);
	ask(r, MSG_LOOKUP, &m);
	r->conn->asked = o; /* the connection's now */
	o = NULL;
out:
	e164_clear(&m.number);
	e164_clear(&m.source);
	done(r, o, rc);
}

static void
on_prekeys_get(struct request *r)
{
	struct msg_prekeys_get m = { .req = r->conn->req, .auth = r->auth };

	if (id_path(r, 0, m.account) != RC_OK ||
	    front_route_devices(r->query, m.devices) != RC_OK)
		front_problem(r->conn, 422, "malformed", 0);
	else
		ask(r, MSG_PREKEYS_GET, &m);
}

static void
on_prekeys_put(struct request *r)
{
	const struct msg_put m = { r->conn->req, r->auth, r->body };

	r->conn->shape = CONN_SHAPE_LEFT;
	ask(r, MSG_PREKEYS_PUT, &m);
}

static void
on_devices_put(struct request *r)
{
	const struct msg_put m = { r->conn->req, r->auth, r->body };

	r->conn->shape = CONN_SHAPE_NONE;
	ask(r, MSG_DEVICES_PUT, &m);
}

static void
link_request(struct request *r, enum msg_type type)
{
	struct msg_link m = { .req = r->conn->req, .octets = r->body };

	if (id_path(r, 0, m.id) != RC_OK ||
	    (!rd_is_eq(r->path[1], "offer") &&
		!rd_is_eq(r->path[1], "answer"))) {
		front_problem(r->conn, 404, "not-found", 0);
		return;
	}
	m.slot = rd_is_eq(r->path[1], "answer");
	memcpy(m.addr_key, r->conn->addr_key, sizeof(m.addr_key));
	ask(r, type, &m);
}

static void
on_link_put(struct request *r)
{
	r->conn->shape = CONN_SHAPE_NONE;
	link_request(r, MSG_LINK_PUT);
}

static void
on_link_get(struct request *r)
{
	r->body = (struct rd){ NULL, 0 };
	link_request(r, MSG_LINK_GET);
}

static void
on_messages(struct request *r)
{
	const struct msg_send m = { r->conn->req, 0, r->auth, r->body };
	struct relay_frame f;

	if (relay_frame_parse(r->body, &f) != RC_OK || f.op != RELAY_OP_SEND)
		front_problem(r->conn, 422, "malformed", 0);
	else
		ask(r, MSG_SEND, &m);
}

static void
on_stream(struct request *r)
{
	const struct msg_stream_open m = { r->conn->req, r->auth };
	struct rd key;
	struct rd version;

	/* RFC 6455 section 4.2.1 */
	if (!r->head->upgrade_websocket ||
	    http1_find(r->head, "sec-websocket-key", &key) != RC_OK ||
	    http1_find(r->head, "sec-websocket-version", &version) != RC_OK ||
	    !rd_is_eq(version, "13") ||
	    ws_accept(key, r->conn->accept) != RC_OK) {
		front_problem(r->conn, 400, "malformed", 0);
		return;
	}
	ask(r, MSG_STREAM_OPEN, &m);
}

static void
on_sms(struct request *r)
{
	static const char *const names[] = { "id", "as", "to", "text" };
	struct msg_sms_send m = { .req = r->conn->req, .auth = r->auth };
	json_t *o = json(r, names, ARRAY_LEN(names));
	enum rc rc = RC_BUG;

	if (o == NULL)
		return;
	TRY(json_body_hex(o, "id", sizeof(m.id), m.id));
	TRY(number(o, "as", &m.source));
	TRY(number(o, "to", &m.to));
	TRY(json_body_str(o, "text", SMS_TEXT_MAX, &m.text));
	CHECK(m.text.left > 0, RC_MALFORMED);
	r->conn->shape = CONN_SHAPE_EMPTY;
	ask(r, MSG_SMS_SEND, &m);
out:
	e164_clear(&m.source);
	e164_clear(&m.to);
	done(r, o, rc);
}

static void
on_file(struct request *r)
{
	static const char *const names[] = { "locators" };
	struct msg_file_get m = { .req = r->conn->req, .auth = r->auth };
	uint8_t locators[64 * 16];
	json_t *o = json(r, names, ARRAY_LEN(names));
	const json_t *a;
	size_t n;
	enum rc rc = RC_BUG;

	if (o == NULL)
		return;
	TRY(json_body_array(o, "locators", 64, &a));
	n = json_array_size(a);
	for (size_t i = 0; i < n; i++) {
		const char *s = json_string_value(json_array_get(a, i));

		CHECK(s != NULL, RC_MALFORMED);
		TRY(text64_hex_parse(rd_str(s), 16, locators + i * 16));
	}
	m.locators = (struct rd){ locators, n * 16 };
	ask(r, MSG_FILE_GET, &m);
	rc = RC_OK;
out:
	done(r, o, rc);
}

static void
on_policy(struct request *r)
{
	if (r->conn->front->policy.len == 0)
		front_problem(r->conn, 503, "down", 1);
	else
		front_http_answer(r->conn, 200, "text/plain; charset=utf-8",
		    buf_get(&r->conn->front->policy), 0);
}

/* The files of the log are large, and ktlog answers each question: there are
 * never more of them under way than fit into the channel. */
static void
log_get(struct request *r, const char *prefix, struct rd rest)
{
	struct msg_log_get m = { .req = r->conn->req };
	struct front *f = r->conn->front;
	struct buf path;

	buf_init(&path, LOG_PATH_MAX);
	if (buf_add_str(&path, prefix) != RC_OK ||
	    buf_add_rd(&path, rest) != RC_OK) {
		front_problem(r->conn, 404, "not-found", 0);
	} else if (f->n_log >= FRONT_LOG_MAX) {
		front_problem(r->conn, 503, "down", 1);
	} else {
		m.path = buf_get(&path);
		f->n_log++;
		child_send(f->child, PERMIT_ROLE_KTLOG, MSG_LOG_GET, &m);
	}
	buf_clear(&path);
}

static void
on_checkpoint(struct request *r)
{
	r->conn->shape = CONN_SHAPE_CHECKPOINT;
	log_get(r, "checkpoint", rd_str(""));
}

static void
on_tile(struct request *r)
{
	r->conn->shape = CONN_SHAPE_TILE;
	log_get(r, "tile/", r->path[0]);
}

static void
on_trust(struct request *r)
{
	if (r->conn->front->trust.len == 0)
		front_problem(r->conn, 404, "not-found", 0);
	else
		front_http_answer(r->conn, 200, "application/json",
		    buf_get(&r->conn->front->trust), 0);
}

static void
on_epoch(struct request *r)
{
	const char *path = "directory/epoch";

	/* ktlog reads the query, which says what of the log is known */
	if (r->query.left > 0)
		path = "directory/epoch?";
	r->conn->shape = CONN_SHAPE_EPOCH;
	log_get(r, path, r->query);
}

static void
on_stash(struct request *r)
{
	r->conn->shape = CONN_SHAPE_TILE;
	log_get(r, "directory/stash/", r->path[0]);
}

static void
on_slot(struct request *r)
{
	r->conn->shape = CONN_SHAPE_TILE;
	log_get(r, "directory/slots/", r->path[0]);
}

static void
on_filter(struct request *r)
{
	r->conn->shape = CONN_SHAPE_TILE;
	log_get(r, "directory/filter/", r->path[0]);
}

static void
on_diff(struct request *r)
{
	r->conn->shape = CONN_SHAPE_TILE;
	log_get(r, "directory/diff/", r->path[0]);
}

static void
on_entries(struct request *r)
{
	r->conn->shape = CONN_SHAPE_TILE;
	log_get(r, "directory/entries/", r->path[0]);
}

static void
on_healthz(struct request *r)
{
	front_http_answer(
	    r->conn, 200, "text/plain; charset=utf-8", rd_str("ok\n"), 0);
}

/* --- messages of a stream ------------------------------------------------- */

/* The exchange is behind: the sender is told to try again, and nothing piles
 * up for him. */
static void
not_now(struct conn *c, const struct relay_send *send)
{
	struct relay_frame f = { .op = RELAY_OP_SENT };
	struct buf b;

	buf_init(&b, 256);
	memcpy(f.u.sent.id, send->id, sizeof(send->id));
	f.u.sent.status = RELAY_STATUS_DOWN;
	f.u.sent.retry_after = 1;
	if (relay_frame_build(&f, &b) == RC_OK)
		front_stream_frame(c, buf_get(&b));
	else
		front_conn_close(c);
	buf_clear(&b);
}

bool
front_api_message(struct conn *c, struct rd payload)
{
	struct child *child = c->front->child;
	struct msg_send send = { .stream = c->req, .frame = payload };
	struct msg_ack ack = { .stream = c->req };
	struct relay_frame f;
	size_t queued = child_queued(child, PERMIT_ROLE_EXCHANGE);

	if (relay_frame_parse(payload, &f) != RC_OK)
		return false;
	if (f.op == RELAY_OP_SEND) {
		if (queued > FRONT_QUEUE_MAX)
			not_now(c, &f.u.send);
		else
			child_send(
			    child, PERMIT_ROLE_EXCHANGE, MSG_SEND, &send);
		return true;
	}
	/* acknowledgements are small, but not without end */
	if (f.op != RELAY_OP_ACK || queued > 2 * FRONT_QUEUE_MAX)
		return false;
	ack.seq = f.u.ack_seq;
	child_send(child, PERMIT_ROLE_EXCHANGE, MSG_ACK, &ack);
	return true;
}
