#include "orders/import_hi1.h"

#include <expat.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/failmem.h"

#define DEPTH_MAX 16
#define ELEMENTS_MAX 2000
#define NAMESPACE "http://uri.etsi.org/03120/" /* with a version behind it */
#define XSI "http://www.w3.org/2001/XMLSchema-instance "

/* What an element is: which others may stand in it follows from the table. */
enum node {
	NODE_NONE,
	NODE_TOP, /* the document */
	NODE_MESSAGE,
	NODE_HEADER,
	NODE_SENDER,
	NODE_RECEIVER,
	NODE_VERSION,
	NODE_PAYLOAD,
	NODE_REQUEST,
	NODE_ACTIONS,
	NODE_ACTION,
	NODE_CREATE,
	NODE_OBJECT, /* any of the three below, before its type is known */
	NODE_AUTH,
	NODE_LD,
	NODE_LI,
	NODE_ASSOCIATED,
	NODE_LEGAL,
	NODE_CASE,
	NODE_SPAN,
	NODE_CSP,
	NODE_APPROVAL,
	NODE_APPROVER,
	NODE_DETAILS,
	NODE_TYPE,
	NODE_SUBTYPE,
	NODE_VALUES,
	NODE_VALUE,
	NODE_TASK_SPAN,
	NODE_TARGET,
	NODE_TARGETS,
	NODE_TARGET_VALUE,
	NODE_FORMAT,
	NODE_LEAF /* text alone */
};

/* Where a leaf's text goes. */
enum take {
	TAKE_NOTHING, /* understood, and of no use to us */
	TAKE_SENDER_COUNTRY,
	TAKE_SENDER,
	TAKE_COUNTRY,
	TAKE_OWNER,
	TAKE_REFERENCE,
	TAKE_REGIME,
	TAKE_OFFENCE,
	TAKE_SPAN_FROM,
	TAKE_SPAN_TO,
	TAKE_SERVED,
	TAKE_AREA,
	TAKE_BASIS,
	TAKE_EMERGENCY,
	TAKE_CERTIFICATION,
	TAKE_ISSUER,
	TAKE_ISSUER_TYPE,
	TAKE_FROM,
	TAKE_TO,
	TAKE_CLASS,
	TAKE_DIRECTION,
	TAKE_FORMAT_OWNER,
	TAKE_FORMAT_NAME,
	TAKE_HANDLE,
	TAKE_DELIVERY
};

static const struct edge {
	enum node in;
	const char *name;
	enum node node;
	enum take take;
	bool once; /* a second one of that name in the same element is wrong */
} edges[] = {
#define LEAF(in, name, take)                                  \
	{                                                     \
		NODE_##in, name, NODE_LEAF, TAKE_##take, true \
	}
#define NEST(in, name, node)                                     \
	{                                                        \
		NODE_##in, name, NODE_##node, TAKE_NOTHING, true \
	}
#define MANY(in, name, node)                                      \
	{                                                         \
		NODE_##in, name, NODE_##node, TAKE_NOTHING, false \
	}
	NEST(TOP, "HI1Message", MESSAGE),
	NEST(MESSAGE, "Header", HEADER),
	NEST(MESSAGE, "Payload", PAYLOAD),
	NEST(HEADER, "SenderIdentifier", SENDER),
	NEST(HEADER, "ReceiverIdentifier", RECEIVER),
	LEAF(HEADER, "TransactionIdentifier", NOTHING),
	LEAF(HEADER, "Timestamp", NOTHING),
	NEST(HEADER, "Version", VERSION),
	LEAF(SENDER, "CountryCode", SENDER_COUNTRY),
	LEAF(SENDER, "UniqueIdentifier", SENDER),
	LEAF(RECEIVER, "CountryCode", NOTHING),
	LEAF(RECEIVER, "UniqueIdentifier", NOTHING),
	LEAF(VERSION, "ETSIVersion", NOTHING),
	LEAF(VERSION, "NationalProfileOwner", NOTHING),
	LEAF(VERSION, "NationalProfileVersion", NOTHING),
	NEST(PAYLOAD, "RequestPayload", REQUEST),
	NEST(REQUEST, "ActionRequests", ACTIONS),
	MANY(ACTIONS, "ActionRequest", ACTION),
	LEAF(ACTION, "ActionIdentifier", NOTHING),
	NEST(ACTION, "CREATE", CREATE),
	NEST(CREATE, "HI1Object", OBJECT),

	LEAF(OBJECT, "ObjectIdentifier", NOTHING),
	LEAF(OBJECT, "CountryCode", COUNTRY),
	LEAF(OBJECT, "OwnerIdentifier", OWNER),
	LEAF(OBJECT, "Generation", NOTHING),
	LEAF(OBJECT, "ExternalIdentifier", NOTHING),
	NEST(OBJECT, "AssociatedObjects", ASSOCIATED),
	LEAF(OBJECT, "LastChanged", NOTHING),
	{ NODE_ASSOCIATED, "AssociatedObject", NODE_LEAF, TAKE_NOTHING, false },

	LEAF(AUTH, "AuthorisationReference", REFERENCE),
	NEST(AUTH, "AuthorisationLegalType", LEGAL),
	LEAF(AUTH, "AuthorisationPriority", NOTHING),
	LEAF(AUTH, "AuthorisationStatus", NOTHING),
	LEAF(AUTH, "AuthorisationDesiredStatus", NOTHING),
	NEST(AUTH, "AuthorisationTimespan", SPAN),
	NEST(AUTH, "AuthorisationCSPID", CSP),
	LEAF(AUTH, "AuthorisationCreationTimestamp", NOTHING),
	LEAF(AUTH, "AuthorisationServedTimestamp", SERVED),
	NEST(AUTH, "AuthorisationApprovalDetails", APPROVAL),
	LEAF(AUTH, "AuthorisationManualInformation", BASIS),
	LEAF(AUTH, "AuthorisationJurisdiction", AREA),
	NEST(AUTH, "AuthorisationTypeOfCase", CASE),
	LEAF(LEGAL, "Owner", NOTHING),
	LEAF(LEGAL, "Name", NOTHING),
	LEAF(LEGAL, "Value", REGIME),
	LEAF(CASE, "Owner", NOTHING),
	LEAF(CASE, "Name", NOTHING),
	LEAF(CASE, "Value", OFFENCE),
	LEAF(SPAN, "StartTime", SPAN_FROM),
	LEAF(SPAN, "EndTime", SPAN_TO),
	LEAF(CSP, "CountryCode", NOTHING),
	LEAF(CSP, "UniqueIdentifier", NOTHING),
	LEAF(APPROVAL, "ApprovalType", NOTHING),
	LEAF(APPROVAL, "ApprovalDescription", CERTIFICATION),
	LEAF(APPROVAL, "ApprovalReference", NOTHING),
	NEST(APPROVAL, "ApproverDetails", APPROVER),
	LEAF(APPROVAL, "ApprovalTimestamp", NOTHING),
	LEAF(APPROVAL, "ApprovalIsEmergency", EMERGENCY),
	LEAF(APPROVER, "ApproverName", ISSUER),
	LEAF(APPROVER, "ApproverRole", ISSUER_TYPE),

	LEAF(LD, "Reference", NOTHING),
	LEAF(LD, "Status", NOTHING),
	LEAF(LD, "DesiredStatus", NOTHING),
	NEST(LD, "RequestDetails", DETAILS),
	NEST(LD, "CSPID", CSP),
	NEST(DETAILS, "Type", TYPE),
	NEST(DETAILS, "Subtype", SUBTYPE),
	LEAF(DETAILS, "StartTime", FROM),
	LEAF(DETAILS, "EndTime", TO),
	NEST(DETAILS, "RequestValues", VALUES),
	LEAF(TYPE, "Owner", NOTHING),
	LEAF(TYPE, "Name", NOTHING),
	LEAF(TYPE, "Value", CLASS),
	LEAF(SUBTYPE, "Owner", NOTHING),
	LEAF(SUBTYPE, "Name", NOTHING),
	LEAF(SUBTYPE, "Value", DIRECTION),
	MANY(VALUES, "RequestValue", VALUE),
	NEST(VALUE, "FormatType", FORMAT),
	LEAF(VALUE, "Value", HANDLE),

	LEAF(LI, "Reference", NOTHING),
	LEAF(LI, "Status", NOTHING),
	LEAF(LI, "DesiredStatus", NOTHING),
	NEST(LI, "TimeSpan", TASK_SPAN),
	NEST(LI, "TargetIdentifier", TARGET),
	LEAF(LI, "DeliveryType", DELIVERY),
	NEST(LI, "CSPID", CSP),
	LEAF(TASK_SPAN, "StartTime", FROM),
	LEAF(TASK_SPAN, "EndTime", TO),
	NEST(TARGET, "TargetIdentifierValues", TARGETS),
	MANY(TARGETS, "TargetIdentifierValue", TARGET_VALUE),
	NEST(TARGET_VALUE, "FormatType", FORMAT),
	LEAF(TARGET_VALUE, "Value", HANDLE),
	LEAF(FORMAT, "FormatOwner", FORMAT_OWNER),
	LEAF(FORMAT, "FormatName", FORMAT_NAME),
};

struct level {
	enum node node;
	enum take take;
	bool has[ARRAY_LEN(edges)];
	bool is_e164_owner, is_e164_name; /* of a FormatType in it */
};

struct reader {
	XML_Parser parser;
	struct order o;
	struct wall span_from, span_to;
	struct wall task_from, task_to; /* of the task being read */
	char country[8];                /* of the message's sender */
	size_t n_auths, n_ld, n_li;
	bool is_format_ok;
	char text[ORDER_TEXT_SIZE];
	size_t n_text;
	struct level levels[DEPTH_MAX];
	size_t depth;
	size_t elements;
	enum rc rc;
	struct order_error error;
};

static void
fail(struct reader *r, enum rc rc, const char *what, const char *why)
{
	if (r->rc != RC_OK)
		return; /* the first wrong thing is named */
	r->rc = rc;
	(void)snprintf(r->error.field, sizeof(r->error.field), "%s", what);
	for (char *c = r->error.field; *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	r->error.why = why;
	(void)XML_StopParser(r->parser, XML_FALSE);
}

/* --- elements
 * ---------------------------------------------------------------------- */

/* "URI LOCAL": the URI is ETSI's, and is not looked at otherwise. */
static const char *
local_name(const char *name)
{
	const char *space = strrchr(name, ' ');

	if (space == NULL || strncmp(name, NAMESPACE, strlen(NAMESPACE)) != 0)
		return NULL;
	return space + 1;
}

static bool
is_object(enum node n)
{
	return n == NODE_AUTH || n == NODE_LD || n == NODE_LI;
}

static size_t
find_edge(enum node in, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(edges); i++)
		if ((edges[i].in == in ||
			(edges[i].in == NODE_OBJECT && is_object(in))) &&
		    strcmp(edges[i].name, name) == 0)
			return i;
	return ARRAY_LEN(edges);
}

/* xsi:type of an object, without its prefix. */
static enum node
object_type(const char *value)
{
	static const struct {
		const char *name;
		enum node node;
	} table[] = { { "AuthorisationObject", NODE_AUTH },
		{ "LDTaskObject", NODE_LD }, { "LITaskObject", NODE_LI } };
	const char *colon = strchr(value, ':');
	const char *name = colon == NULL ? value : colon + 1;

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (strcmp(table[i].name, name) == 0)
			return table[i].node;
	return NODE_NONE;
}

static enum node
read_attributes(struct reader *r, enum node node, const char **attributes)
{
	for (; *attributes != NULL; attributes += 2) {
		if (strcmp(attributes[0], XSI "schemaLocation") == 0)
			continue; /* nothing is fetched */
		if (node != NODE_OBJECT ||
		    strcmp(attributes[0], XSI "type") != 0) {
			fail(r, RC_MALFORMED, attributes[0],
			    "that attribute is not understood");
			return NODE_NONE;
		}
		node = object_type(attributes[1]);
		if (node == NODE_NONE)
			fail(r, RC_MALFORMED, attributes[1],
			    "that object is not understood");
	}
	if (node == NODE_OBJECT)
		fail(r, RC_MALFORMED, "HI1Object", "it has no xsi:type");
	return node;
}

static void
count_object(struct reader *r, enum node node)
{
	if (node == NODE_AUTH && r->n_auths++ > 0)
		fail(r, RC_MALFORMED, "AuthorisationObject",
		    "there are two, and an order has one");
	r->n_ld += node == NODE_LD;
	r->n_li += node == NODE_LI;
	if (node == NODE_LD || node == NODE_LI)
		r->task_from = r->task_to = (struct wall){ 0 };
	if (r->n_ld > 0 && r->n_li > 0)
		fail(r, RC_MALFORMED, "LITaskObject",
		    "past and future stand in one message");
}

static void
on_start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	struct reader *r = arg;
	const char *local = local_name(name);
	struct level *in = &r->levels[r->depth];
	struct level *next;
	enum node node;
	size_t i;

	if (++r->elements > ELEMENTS_MAX || r->depth + 1 == DEPTH_MAX) {
		fail(r, RC_LIMIT, "HI1Message", "it is too deep or too long");
		return;
	}
	i = local == NULL ? ARRAY_LEN(edges) : find_edge(in->node, local);
	if (i == ARRAY_LEN(edges)) {
		fail(r, RC_MALFORMED, local == NULL ? name : local,
		    "that element is not understood here");
		return;
	}
	if (edges[i].once && in->has[i]) {
		fail(r, RC_MALFORMED, local, "it stands there twice");
		return;
	}
	in->has[i] = true;
	node = read_attributes(r, edges[i].node, attributes);
	next = &r->levels[++r->depth];
	*next = (struct level){ .node = node, .take = edges[i].take };
	r->n_text = 0;
	r->text[0] = '\0';
	if (is_object(node))
		count_object(r, node);
	if (node == NODE_VALUE || node == NODE_TARGET_VALUE)
		r->is_format_ok = false;
}

static bool
is_blank(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strchr(" \t\r\n", s[i]) == NULL)
			return false;
	return true;
}

static void
on_text(void *arg, const XML_Char *s, int len)
{
	struct reader *r = arg;
	size_t n = (size_t)len;

	if (r->levels[r->depth].node != NODE_LEAF) {
		if (!is_blank(s, n))
			fail(r, RC_MALFORMED, "HI1Message",
			    "there is text between elements");
		return;
	}
	if (n >= sizeof(r->text) - r->n_text) {
		fail(r, RC_LIMIT, "HI1Message", "a text is too long");
		return;
	}
	memcpy(r->text + r->n_text, s, n);
	r->n_text += n;
	r->text[r->n_text] = '\0';
}

/* --- what is taken
 * ----------------------------------------------------------------- */

static void
copy(struct reader *r, char *to, size_t size, const char *what)
{
	if (r->n_text >= size)
		fail(r, RC_MALFORMED, what, "it is too long");
	else
		memcpy(to, r->text, r->n_text + 1);
}

static void
take_time(struct reader *r, struct wall *to, const char *what)
{
	if (mono_rfc3339_parse(r->text, to) != RC_OK || to->s == 0)
		fail(r, RC_MALFORMED, what,
		    "write times as 2026-11-24T10:00:00Z");
}

static void
take_country(struct reader *r, const char *what)
{
	if (r->n_text != 2 || r->text[0] < 'A' || r->text[0] > 'Z' ||
	    r->text[1] < 'A' || r->text[1] > 'Z') {
		fail(r, RC_MALFORMED, what, "a country is two capitals");
		return;
	}
	if (r->country[0] == '\0')
		memcpy(r->country, r->text, 3);
	else if (strcmp(r->country, r->text) != 0)
		fail(r, RC_MALFORMED, what, "two countries stand there");
}

static void
take_owner(struct reader *r)
{
	if (strcmp(r->o.agency, r->text) != 0)
		fail(r, RC_MALFORMED, "OwnerIdentifier",
		    "it is not who sends the message");
}

static void
take_class(struct reader *r)
{
	enum rules_class c = (enum rules_class)0;

	if (rules_class_find(rd_str(r->text), &c) != RC_OK)
		fail(r, RC_MALFORMED, "Type", "there is no such class of data");
	r->o.classes |= (unsigned int)c;
}

static void
take_direction(struct reader *r)
{
	enum order_direction d = (enum order_direction)0;

	if (order_direction_find(rd_str(r->text), &d) != RC_OK)
		fail(r, RC_MALFORMED, "Subtype", "say source, lookup or both");
	else if (r->o.direction != 0 && r->o.direction != d)
		fail(r, RC_MALFORMED, "Subtype", "two directions stand there");
	r->o.direction = d;
}

/* Without the plus sign, as the format says, or with it. */
static void
take_handle(struct reader *r)
{
	struct e164 e = { 0 };
	enum rc rc = r->text[0] == '+' ? e164_parse(rd_str(r->text), &e)
				       : e164_parse_digits(rd_str(r->text), &e);

	if (rc != RC_OK)
		fail(r, RC_MALFORMED, "Value", "it is no E.164 number");
	else if (r->o.n_handles == ORDER_HANDLES_MAX)
		fail(r, RC_LIMIT, "Value", "an order has at most 16 targets");
	else
		r->o.handles[r->o.n_handles++] = e;
	e164_clear(&e);
}

static void
take_format(struct reader *r, const char *want, const char *what)
{
	if (strcmp(r->text, want) != 0)
		fail(r, RC_MALFORMED, what,
		    "only ETSI InternationalE164 is understood");
	r->is_format_ok = true;
}

static void
take_emergency(struct reader *r)
{
	r->o.is_emergency = strcmp(r->text, "true") == 0 ||
	    strcmp(r->text, "1") == 0;
	if (!r->o.is_emergency && strcmp(r->text, "false") != 0 &&
	    strcmp(r->text, "0") != 0)
		fail(r, RC_MALFORMED, "ApprovalIsEmergency",
		    "say true or false");
}

static void
take_leaf(struct reader *r, enum take take)
{
	struct order *o = &r->o;

	for (size_t i = 0; i < r->n_text; i++)
		if ((unsigned char)r->text[i] < 0x20 || r->text[i] == 0x7f)
			fail(r, RC_MALFORMED, "HI1Message",
			    "a text has a control character in it");
	switch (take) {
	case TAKE_NOTHING:
		break;
	case TAKE_SENDER_COUNTRY:
		take_country(r, "SenderIdentifier");
		break;
	case TAKE_COUNTRY:
		take_country(r, "CountryCode");
		break;
	case TAKE_SENDER:
		copy(r, o->agency, sizeof(o->agency), "UniqueIdentifier");
		break;
	case TAKE_OWNER:
		take_owner(r);
		break;
	case TAKE_REFERENCE:
		copy(r, o->ref, sizeof(o->ref), "AuthorisationReference");
		break;
	case TAKE_REGIME:
		if (rules_regime_find(rd_str(r->text), &o->regime) != RC_OK)
			fail(r, RC_MALFORMED, "AuthorisationLegalType",
			    "there is no such process");
		break;
	case TAKE_OFFENCE:
		copy(r, o->offence, sizeof(o->offence),
		    "AuthorisationTypeOfCase");
		break;
	case TAKE_SPAN_FROM:
		take_time(r, &r->span_from, "AuthorisationTimespan");
		break;
	case TAKE_SPAN_TO:
		take_time(r, &r->span_to, "AuthorisationTimespan");
		break;
	case TAKE_SERVED:
		take_time(r, &o->served, "AuthorisationServedTimestamp");
		break;
	case TAKE_AREA:
		copy(r, o->issuer.area, sizeof(o->issuer.area),
		    "AuthorisationJurisdiction");
		break;
	case TAKE_BASIS:
		copy(r, o->basis, sizeof(o->basis),
		    "AuthorisationManualInformation");
		break;
	case TAKE_EMERGENCY:
		take_emergency(r);
		break;
	case TAKE_CERTIFICATION:
		copy(r, o->certification, sizeof(o->certification),
		    "ApprovalDescription");
		break;
	case TAKE_ISSUER:
		copy(r, o->issuer.name, sizeof(o->issuer.name), "ApproverName");
		break;
	case TAKE_ISSUER_TYPE:
		if (rules_issuer_find(rd_str(r->text), &o->issuer.type) !=
		    RC_OK)
			fail(r, RC_MALFORMED, "ApproverRole",
			    "say court, state-court, prosecutor or agency");
		break;
	case TAKE_FROM:
		take_time(r, &r->task_from, "StartTime");
		break;
	case TAKE_TO:
		take_time(r, &r->task_to, "EndTime");
		break;
	case TAKE_CLASS:
		take_class(r);
		break;
	case TAKE_DIRECTION:
		take_direction(r);
		break;
	case TAKE_FORMAT_OWNER:
		take_format(r, "ETSI", "FormatOwner");
		break;
	case TAKE_FORMAT_NAME:
		take_format(r, "InternationalE164", "FormatName");
		break;
	case TAKE_HANDLE:
		take_handle(r);
		break;
	case TAKE_DELIVERY:
		if (strcmp(r->text, "IRIOnly") != 0)
			fail(r, RC_MALFORMED, "DeliveryType",
			    "no content is ever delivered: say IRIOnly");
		break;
	}
}

/* --- at an element's end
 * ----------------------------------------------------------- */

static void
end_task(struct reader *r)
{
	struct order *o = &r->o;

	if (r->task_from.s == 0 || r->task_to.s == 0)
		fail(r, RC_MALFORMED, "StartTime",
		    "a task has a begin and an end");
	else if (o->from.s == 0)
		o->from = r->task_from, o->to = r->task_to;
	else if (o->from.s != r->task_from.s || o->to.s != r->task_to.s)
		fail(r, RC_MALFORMED, "StartTime",
		    "two tasks have two times: send two orders");
}

static void
on_end(void *arg, const XML_Char *name)
{
	struct reader *r = arg;
	const struct level *l = &r->levels[r->depth];

	(void)name;
	if (r->rc != RC_OK)
		return;
	if (l->node == NODE_LEAF)
		take_leaf(r, l->take);
	else if (l->node == NODE_LD || l->node == NODE_LI)
		end_task(r);
	else if ((l->node == NODE_VALUE || l->node == NODE_TARGET_VALUE) &&
	    !r->is_format_ok)
		fail(r, RC_MALFORMED, "FormatType", "it is missing");
	r->n_text = 0;
	r->text[0] = '\0';
	r->depth--;
}

static void
on_doctype(void *arg, const XML_Char *name, const XML_Char *system_id,
    const XML_Char *public_id, int has_internal_subset)
{
	(void)name;
	(void)system_id;
	(void)public_id;
	(void)has_internal_subset;
	fail(arg, RC_MALFORMED, "DOCTYPE", "document types are refused");
}

static void
on_instruction(void *arg, const XML_Char *target, const XML_Char *data)
{
	(void)data;
	fail(arg, RC_MALFORMED, target, "instructions are refused");
}

/* --- the whole
 * --------------------------------------------------------------------- */

static void
check_whole(struct reader *r)
{
	struct order *o = &r->o;
	bool forward = o->regime != 0 && rules_is_forward(o->regime);
	const struct {
		bool wrong;
		const char *field;
		const char *why;
	} table[] = {
		{ r->n_auths == 0, "AuthorisationObject", "it is missing" },
		{ r->n_ld + r->n_li == 0, "LDTaskObject", "there is no task" },
		{ o->agency[0] == '\0', "SenderIdentifier", "it is missing" },
		{ r->country[0] == '\0', "CountryCode", "it is missing" },
		{ o->regime == 0, "AuthorisationLegalType", "it is missing" },
		{ o->issuer.type == 0, "ApproverRole", "it is missing" },
		{ o->n_handles == 0, "Value", "there is no target" },
		{ r->span_from.s == 0 || r->span_to.s == 0,
		    "AuthorisationTimespan", "it is missing" },
		{ o->from.s < r->span_from.s || o->to.s > r->span_to.s,
		    r->n_li > 0 ? "TimeSpan" : "RequestDetails",
		    "a task lies outside its authorisation's timespan" },
		{ forward && r->n_ld > 0, "LDTaskObject",
		    "this process never reads the past" },
		{ !forward && r->n_li > 0, "LITaskObject",
		    "this process never runs forward" },
		{ r->n_ld > 0 && o->classes == 0, "Type", "it is missing" },
		{ !o->is_emergency && o->basis[0] != '\0',
		    "AuthorisationManualInformation",
		    "it is for an emergency's danger alone" },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (table[i].wrong)
			fail(r, RC_MALFORMED, table[i].field, table[i].why);
	if (o->direction == 0)
		o->direction = ORDER_DIRECTION_BOTH;
	if (r->n_li > 0)
		o->classes = RULES_CLASS_TRAFFIC_QUERY;
	memcpy(o->issuer.country, r->country, sizeof(o->issuer.country));
}

enum rc
import_hi1_parse(struct rd xml, struct order *ret_o, struct order_error *ret_e)
{
	struct reader *r = failmem_alloc(sizeof(*r));
	enum XML_Status status;
	enum rc rc = RC_BUG;

	CHECK(r != NULL, RC_NOMEM);
	*ret_e = (struct order_error){ "HI1Message", "it is too large" };
	CHECK(xml.left <= IMPORT_HI1_MAX, RC_LIMIT);
	r->parser = XML_ParserCreateNS("UTF-8", ' ');
	CHECK(r->parser != NULL, RC_NOMEM);
	r->levels[0].node = NODE_TOP;
	XML_SetUserData(r->parser, r);
	XML_SetElementHandler(r->parser, on_start, on_end);
	XML_SetCharacterDataHandler(r->parser, on_text);
	XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
	XML_SetProcessingInstructionHandler(r->parser, on_instruction);
	status = XML_Parse(
	    r->parser, (const char *)xml.p, (int)xml.left, XML_TRUE);
	if (status != XML_STATUS_OK)
		fail(r, RC_MALFORMED, "HI1Message", "it is no well-formed XML");
	if (r->rc == RC_OK)
		check_whole(r);
	*ret_e = r->error;
	TRY(r->rc);
	*ret_o = r->o;
out:
	if (r != NULL && r->parser != NULL)
		XML_ParserFree(r->parser);
	if (r != NULL)
		sodium_memzero(r, sizeof(*r));
	free(r);
	return rc;
}
