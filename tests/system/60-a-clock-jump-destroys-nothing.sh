#!/usr/bin/env bash
# The wall clock jumps by days, both ways, under a running server.
. "$(dirname "$0")/lib.sh"
a=+15550100 b=+15550123

server_start || { ok 1 "a server starts"; finish; }
register alice $a && register bob $b
ok $? "two numbers register"
as alice lookup $b --classic >/dev/null
as alice send $b "waiting" >/dev/null 2>&1
server_reload "clock_offset = 2592000"
as bob lookup $a --classic >/dev/null 2>&1
[ -f "$DATA/records/$(date -u +%Y-%m-%d).key" ] &&
	find "$DATA/records" -name "$(date -u +%Y-%m-%d).*.log" \
		-o -name "$(date -u +%Y-%m-%d).*.seg" | grep -q .
ok $? "a jump of 30 days forward destroys no key and no day of the log"
server_reload "clock_offset = -86400"
as bob lookup $a --classic >/dev/null 2>&1
server_reload "clock_offset = 0"
true_that "after a jump back and forth a lookup works" \
	as alice lookup +15550142 --classic
as bob --json receive --timeout 3 | grep -q '"text": *"waiting"'
ok $? "and the waiting message is still there"
finish
