/*
 * tacetd: the server. Without --role it is the parent; with it, one process of
 * the house, as the parent execs them (ARCHITECTURE.md).
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "exchange/exchange.h"
#include "front/front.h"
#include "herald/herald.h"
#include "ipc/permit.h"
#include "keys/keys.h"
#include "ktlog/ktlog.h"
#include "lookup/lookup.h"
#include "parent/parent.h"
#include "records/records.h"
#include "sms/sms.h"
#include "wire/e164_plan.h"

#define EXIT_USAGE 2

static const char usage[] =
    "usage: tacetd --data DIR [--config FILE] [--listen ADDR:PORT] [--demo]\n"
    "       tacetd --help | --version\n"
    "  --data DIR           everything the server keeps; made at first start\n"
    "  --config FILE        see tacetd.conf(5)\n"
    "  --listen ADDR:PORT   default 127.0.0.1:8443; port 0 takes a free one\n"
    "  --demo               local custodian, and SMS written to DIR/sms\n";

static int
run_role(const char *name)
{
	enum permit_role role;

	if (permit_role_parse(rd_str(name), &role) != RC_OK)
		return EXIT_USAGE;
	switch (role) {
	case PERMIT_ROLE_FRONT:
		return front_main();
	case PERMIT_ROLE_EXCHANGE:
		return exchange_main();
	case PERMIT_ROLE_RECORDS:
		return records_main();
	case PERMIT_ROLE_SMS:
		return sms_main();
	case PERMIT_ROLE_KTLOG:
		return ktlog_main();
	case PERMIT_ROLE_KEYS:
		return keys_main();
	case PERMIT_ROLE_HERALD:
		return herald_main();
	case PERMIT_ROLE_LOOKUP:
		return lookup_main();
	case PERMIT_ROLE_PARENT:
		break;
	}
	return EXIT_USAGE;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "data", required_argument, NULL, 'd' },
		{ "config", required_argument, NULL, 'c' },
		{ "listen", required_argument, NULL, 'l' },
		{ "demo", no_argument, NULL, 'D' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	struct parent_options o = { 0 };
	int c;

	if (argc == 3 && strcmp(argv[1], "--role") == 0)
		return run_role(argv[2]);
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'd':
			o.data = optarg;
			break;
		case 'c':
			o.config = optarg;
			break;
		case 'l':
			o.listen = optarg;
			break;
		case 'D':
			o.demo = true;
			break;
		case 'h':
			(void)fputs(usage, stdout);
			return 0;
		case 'V':
			(void)printf("tacetd %s (%s)\n", TACET_VERSION,
			    e164_plan_version());
			return 0;
		default:
			(void)fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (o.data == NULL || optind != argc) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return parent_main(&o);
}
