#include "wire/row_json.h"

#include "wire/e164_text.h"

json_t *
row_json(const struct row *w)
{
	char time[MONO_RFC3339_SIZE];
	char source[E164_TEXT_SIZE];
	char lookup[E164_TEXT_SIZE];
	char ip[ROW_IP_SIZE];

	if (mono_rfc3339(w->query_time, time) != RC_OK)
		return NULL;
	e164_text(&w->source, source);
	e164_text(&w->lookup, lookup);
	row_ip_text(w, ip);
	return json_pack("{s:s,s:s,s:o,s:o,s:i,s:s,s:I,s:I}", "query_time",
	    time, "client_ip", ip, "source_handle",
	    json_sprintf("tel:%s", source), "lookup_handle",
	    json_sprintf("tel:%s", lookup), "lookup_devices", w->devices,
	    "cause", row_cause_text(w->cause), "source_epoch",
	    (json_int_t)w->source_epoch, "lookup_epoch",
	    (json_int_t)w->lookup_epoch);
}
