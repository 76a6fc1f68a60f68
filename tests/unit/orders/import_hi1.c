#include "orders/import_hi1.h"

#include "tap.h"

/* The smallest message that is an order; the parts are exchanged by the tests.
 * The long form with all that is understood: hi1-2703d.xml. */
#define CORE "http://uri.etsi.org/03120/common/2020/09/Core"
#define HEAD                                                                \
	"<HI1Message xmlns=\"" CORE                                         \
	"\" xmlns:x=\"http://www.w3.org/2001/XMLSchema-instance\"><Header>" \
	"<SenderIdentifier><CountryCode>US</CountryCode><UniqueIdentifier>" \
	"ex</UniqueIdentifier></SenderIdentifier></Header><Payload>"        \
	"<RequestPayload><ActionRequests>"
#define TAIL "</ActionRequests></RequestPayload></Payload></HI1Message>"
#define OBJECT(type, inner)                                            \
	"<ActionRequest><CREATE><HI1Object x:type=\"" type "\">" inner \
	"</HI1Object></CREATE></ActionRequest>"
#define LEGAL(regime)                            \
	"<AuthorisationLegalType><Value>" regime \
	"</Value></AuthorisationLegalType>"
#define SPAN                                                                 \
	"<AuthorisationTimespan><StartTime>2026-11-01T00:00:00Z</StartTime>" \
	"<EndTime>2026-11-24T00:00:00Z</EndTime></AuthorisationTimespan>"
#define APPROVAL                                                        \
	"<AuthorisationApprovalDetails><ApproverDetails><ApproverName>" \
	"Court</ApproverName><ApproverRole>court</ApproverRole>"        \
	"</ApproverDetails></AuthorisationApprovalDetails>"
#define AUTH(regime) OBJECT("AuthorisationObject", LEGAL(regime) SPAN APPROVAL)
#define FORMAT                                                    \
	"<FormatType><FormatOwner>ETSI</FormatOwner><FormatName>" \
	"InternationalE164</FormatName></FormatType>"
#define VALUE(number) \
	"<RequestValue>" FORMAT "<Value>" number "</Value></RequestValue>"
#define LD(class, from, to, values)                                          \
	OBJECT("LDTaskObject",                                               \
	    "<RequestDetails><Type><Value>" class "</Value></"               \
						  "Type><StartTime>" from    \
						  "</StartTime><EndTime>" to \
						  "</"                       \
						  "EndTime><"                \
						  "RequestValues>" values    \
						  "</RequestValues></"       \
						  "RequestDetails>")
#define FROM "2026-11-10T00:00:00Z"
#define TO "2026-11-12T00:00:00Z"
#define TASK LD("TRAFFIC_QUERY", FROM, TO, VALUE("15550100"))
#define LI(delivery)                                                          \
	OBJECT("LITaskObject",                                                \
	    "<TimeSpan><StartTime>" FROM "</StartTime><EndTime>" TO           \
	    "</EndTime></TimeSpan><TargetIdentifier><TargetIdentifierValues>" \
	    "<TargetIdentifierValue>" FORMAT                                  \
	    "<Value>+15550100</Value></TargetIdentifierValue>"                \
	    "</TargetIdentifierValues></"                                     \
	    "TargetIdentifier><DeliveryType>" delivery "</DeliveryType>")
#define GOOD HEAD AUTH("us-2703d") TASK TAIL

static struct order o;
static struct order_error e;

static enum rc
parse(const char *text, size_t n)
{
	unsigned char *p = tap_block(text, n);
	enum rc rc = import_hi1_parse((struct rd){ p, n }, &o, &e);

	free(p);
	return rc;
}

static void
an_authorisation_and_its_task_are_an_order(void)
{
	T_RC(RC_OK, parse(GOOD, strlen(GOOD)));
	T_OK(o.regime == RULES_REGIME_US_2703D &&
	    o.issuer.type == RULES_ISSUER_COURT && o.n_handles == 1 &&
	    o.classes == RULES_CLASS_TRAFFIC_QUERY &&
	    o.direction == ORDER_DIRECTION_BOTH && o.handles[0].n == 8);
	T_STR("ex", o.agency);
	T_STR("US", o.issuer.country);
	T_STR("Court", o.issuer.name);
	T_OK(o.to.s - o.from.s == 2LL * ORDER_DAY_S);
	/* what is ours to say is not there */
	T_OK(o.id[0] == '\0' && o.callback[0] == '\0' && o.received.s == 0 &&
	    !o.has_agency_key && !o.has_signature);
}

static void
a_forward_task_is_a_pen_register(void)
{
	static const char text[] = HEAD AUTH("us-prtt") LI("IRIOnly") TAIL;

	T_RC(RC_OK, parse(text, strlen(text)));
	T_OK(o.regime == RULES_REGIME_US_PRTT &&
	    o.classes == RULES_CLASS_TRAFFIC_QUERY && o.n_handles == 1);
}

static void
classes_and_targets_of_several_tasks_come_together(void)
{
	static const char text[] = HEAD AUTH("us-2703d") TASK LD(
	    "SUBSCRIBER", FROM, TO, VALUE("15550123") VALUE("15550142")) TAIL;

	T_RC(RC_OK, parse(text, strlen(text)));
	T_OK(o.n_handles == 3 &&
	    o.classes == (RULES_CLASS_TRAFFIC_QUERY | RULES_CLASS_SUBSCRIBER));
}

/* Each: a message, and the element that it is refused for. */
static const struct {
	const char *text;
	const char *field;
} bad[] = {
	{ HEAD AUTH("us-2703d") TAIL, "LDTaskObject" },
	{ HEAD TASK TAIL, "AuthorisationObject" },
	{ HEAD AUTH("us-2703d") AUTH("us-2703d") TASK TAIL,
	    "AuthorisationObject" },
	{ HEAD AUTH("us-wish") TASK TAIL, "AuthorisationLegalType" },
	/* the past under a pen register, the future under anything else */
	{ HEAD AUTH("us-prtt") TASK TAIL, "LDTaskObject" },
	{ HEAD AUTH("us-2703d") LI("IRIOnly") TAIL, "LITaskObject" },
	{ HEAD AUTH("us-prtt") TASK LI("IRIOnly") TAIL, "LITaskObject" },
	{ HEAD AUTH("us-prtt") LI("IRIandCC") TAIL, "DeliveryType" },
	/* outside the authorisation's time, no time, two times */
	{ HEAD AUTH("us-2703d") LD("TRAFFIC_QUERY", FROM,
	      "2026-11-24T00:00:01Z", VALUE("15550100")) TAIL,
	    "RequestDetails" },
	{ HEAD AUTH("us-2703d") LD("TRAFFIC_QUERY", "2026-10-31T23:59:59Z", TO,
	      VALUE("15550100")) TAIL,
	    "RequestDetails" },
	{ HEAD AUTH("us-2703d")
		LD("TRAFFIC_QUERY", "2026-11-10", TO, VALUE("15550100")) TAIL,
	    "StartTime" },
	{ HEAD AUTH("us-2703d") TASK LD("TRAFFIC_QUERY", FROM,
	      "2026-11-13T00:00:00Z", VALUE("15550123")) TAIL,
	    "StartTime" },
	/* two countries */
	{ HEAD OBJECT("AuthorisationObject",
	      "<CountryCode>DE</CountryCode>" LEGAL("us-2703d") SPAN APPROVAL)
		TASK TAIL,
	    "CountryCode" },
	{ HEAD OBJECT("AuthorisationObject",
	      "<OwnerIdentifier>other</OwnerIdentifier>" LEGAL("us-2703d")
		  SPAN APPROVAL) TASK TAIL,
	    "OwnerIdentifier" },
	/* what is not understood */
	{ HEAD AUTH("us-2703d") OBJECT("LDTaskObject", "<Colour>x</Colour>")
		TAIL,
	    "Colour" },
	{ HEAD OBJECT("DocumentObject", "") TAIL, "DocumentObject" },
	{ HEAD "<ActionRequest><UPDATE></UPDATE></ActionRequest>" TAIL,
	    "UPDATE" },
	{ HEAD "<ActionRequest><CREATE><HI1Object></HI1Object></CREATE>"
	       "</ActionRequest>" TAIL,
	    "HI1Object" },
	{ "<HI1Message/>", "HI1Message" }, /* of no namespace */
	{ "<HI1Message xmlns=\"" CORE "\" id=\"1\"/>", "id" },
	{ "<html xmlns=\"" CORE "\"/>", "html" },
	{ HEAD "text" TAIL, "HI1Message" },
	{ "<?xml version=\"1.0\"?><?go now?>" GOOD, "go" },
	{ GOOD "<x/>", "HI1Message" },
	{ "", "HI1Message" },
	/* values */
	{ HEAD AUTH("us-2703d") LD("EVERYTHING", FROM, TO, VALUE("15550100"))
		TAIL,
	    "Type" },
	{ HEAD AUTH("us-2703d") LD("TRAFFIC_QUERY", FROM, TO, VALUE("x")) TAIL,
	    "Value" },
	{ HEAD AUTH("us-2703d") LD("TRAFFIC_QUERY", FROM, TO, "") TAIL,
	    "Value" },
	{ HEAD AUTH("us-2703d") LD("TRAFFIC_QUERY", FROM, TO,
	      "<RequestValue><Value>15550100</Value></RequestValue>") TAIL,
	    "FormatType" },
	{ HEAD AUTH("us-2703d") LD("TRAFFIC_QUERY", FROM, TO,
	      "<RequestValue><FormatType><FormatName>EmailAddress</FormatName>"
	      "</FormatType><Value>15550100</Value></RequestValue>") TAIL,
	    "FormatName" },
	{ HEAD AUTH("us-2703d") LD("TRAFFIC_QUERY</Value><Value>CONTENT", FROM,
	      TO, VALUE("15550100")) TAIL,
	    "Value" },
	{ HEAD OBJECT("AuthorisationObject",
	      LEGAL("us-2703d") SPAN APPROVAL
	      "<AuthorisationManualInformation>quick"
	      "</AuthorisationManualInformation>") TASK TAIL,
	    "AuthorisationManualInformation" },
};

static void
what_is_wrong_is_refused_by_its_name(void)
{
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		enum rc rc = parse(bad[i].text, strlen(bad[i].text));

		tap_check(rc == RC_MALFORMED, bad[i].field, __FILE__, __LINE__);
		T_STR(bad[i].field, e.field);
		T_OK(e.why != NULL);
	}
}

static void
entities_and_document_types_are_refused_unread(void)
{
	static const char *const texts[] = {
		"<!DOCTYPE HI1Message>" GOOD,
		"<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b "
		"\"&a;&a;&a;&a;&a;&a;&a;&a;\">]>" GOOD,
		"<!DOCTYPE x SYSTEM \"file:///etc/passwd\">" GOOD,
		"<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>" GOOD,
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		T_RC(RC_MALFORMED, parse(texts[i], strlen(texts[i])));
		T_STR("DOCTYPE", e.field);
	}
}

static void
every_truncation_is_refused(void)
{
	for (size_t n = 0; n < strlen(GOOD); n++)
		if (parse(GOOD, n) != RC_MALFORMED)
			T_OK(false /* a part was taken for a whole */);
}

/* GOOD with n more targets. */
static enum rc
with_targets(int n)
{
	static char text[262144];
	size_t at = 0;

	at += (size_t)snprintf(
	    text + at, sizeof(text) - at, "%s", HEAD AUTH("us-2703d"));
	for (int i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
		    OBJECT("LDTaskObject",
			"<RequestDetails><Type><Value>SUBSCRIBER</Value></Type>"
			"<StartTime>" FROM "</StartTime><EndTime>" TO
			"</EndTime><RequestValues><RequestValue>" FORMAT
			"<Value>155501%02d</Value></RequestValue>"
			"</RequestValues></RequestDetails>"),
		    i);
	at += (size_t)snprintf(text + at, sizeof(text) - at, "%s", TAIL);
	return parse(text, at);
}

static void
limits_hold(void)
{
	static char text[IMPORT_HI1_MAX + 1];
	size_t at = strlen(GOOD);
	const char *deep = "<HI1Message xmlns=\"" CORE "\">";

	T_RC(RC_OK, with_targets(16));
	T_RC(RC_LIMIT, with_targets(17));
	memcpy(text, GOOD, at);
	memset(text + at, ' ', sizeof(text) - at);
	T_RC(RC_OK, parse(text, sizeof(text) - 1));
	T_RC(RC_LIMIT, parse(text, sizeof(text)));
	(void)snprintf(text, sizeof(text), "%s", HEAD);
	at = strlen(text);
	for (int i = 0; i < 2000; i++, at += 16)
		memcpy(text + at, "<ActionRequest/>", 16);
	T_RC(RC_LIMIT, parse(text, at));
	at = 0;
	for (int i = 0; i < 3000; i++) {
		memcpy(text + at, deep, strlen(deep));
		at += strlen(deep);
	}
	T_RC(RC_MALFORMED, parse(text, at)); /* none may stand in another */
	(void)snprintf(
	    text, sizeof(text), "%s", HEAD "<ActionRequest><ActionIdentifier>");
	at = strlen(text);
	memset(text + at, '1', 300);
	(void)snprintf(text + at + 300, sizeof(text) - at - 300, "%s",
	    "</ActionIdentifier></ActionRequest>" TAIL);
	T_RC(RC_LIMIT, parse(text, strlen(text)));
}

int
main(void)
{
	TEST(an_authorisation_and_its_task_are_an_order);
	TEST(a_forward_task_is_a_pen_register);
	TEST(classes_and_targets_of_several_tasks_come_together);
	TEST(what_is_wrong_is_refused_by_its_name);
	TEST(entities_and_document_types_are_refused_unread);
	TEST(every_truncation_is_refused);
	TEST(limits_hold);
	return tap_done();
}
