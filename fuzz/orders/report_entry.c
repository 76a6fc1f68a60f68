#include "orders/report.h"

#include "fuzz.h"

/* An entry that is read is in range, and a log with it can be counted. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report_entry_open e;
	struct report_error error;
	json_t *report = NULL;
	json_t *j = json_loadb(
	    (const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
	json_t *log = json_array();

	if (j != NULL && report_entry_parse(j, &e) == RC_OK) {
		FUZZ_REQUIRE(e.targets > 0 && e.targets <= ORDER_HANDLES_MAX);
		(void)json_array_append_new(log,
		    json_pack("{s:O,s:s}", "commitment",
			json_object_get(j, "commitment"), "type", "order"));
		(void)json_array_append(log, j);
		FUZZ_REQUIRE(report_build(log, e.received, e.received + 1,
				 &report, &error) == RC_OK);
		FUZZ_REQUIRE(report_check(log, report, &error) == RC_OK);
	}
	json_decref(report);
	json_decref(log);
	json_decref(j);
	return 0;
}
