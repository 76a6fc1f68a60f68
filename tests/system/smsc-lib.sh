# shellcheck shell=bash
# What the SMSC tests share, after lib.sh: smsc.pl on a free port, and the
# configuration that points a server at it. Nothing here prints a text.
SMSC=$T/smsc
SMSC_PID=

smsc_start() { # smsc_start [OPTIONS]: the same port after a stop
	local i
	mkdir -p "$SMSC"
	rm -f "$SMSC/port.old"
	[ -f "$SMSC/port" ] && mv "$SMSC/port" "$SMSC/port.old"
	perl "$(dirname "$0")/smsc.pl" "$SMSC" --port "${SMSC_PORT:-0}" "$@" &
	SMSC_PID=$!
	for i in $(seq 100); do
		[ -s "$SMSC/port" ] && break
		kill -0 "$SMSC_PID" 2>/dev/null || return 1
		sleep 0.1
	done
	SMSC_PORT=$(cat "$SMSC/port")
	[ -n "$SMSC_PORT" ]
}
smsc_stop() {
	kill "$SMSC_PID" 2>/dev/null
	wait "$SMSC_PID" 2>/dev/null
	SMSC_PID=
}
smsc_cleanup() {
	[ -n "$SMSC_PID" ] && kill -9 "$SMSC_PID" 2>/dev/null
	cleanup
}
trap smsc_cleanup EXIT
smsc_mode() { # smsc_mode "throttle 3": read at the SMSC's next turn
	printf '%s\n' "$1" >"$SMSC/control/mode.new"
	mv "$SMSC/control/mode.new" "$SMSC/control/mode"
	until_true test ! -e "$SMSC/control/mode"
}
smsc_config() {
	cat <<-END
	smpp_host = 127.0.0.1
	smpp_port = $SMSC_PORT
	smpp_system_id = tacet
	smpp_password_file = $T/smpp.password
	smpp_source = Tacet
	END
}
smsc_count() { find "$SMSC/in" -name "*-$1.txt" 2>/dev/null | wc -l; }
smsc_last() { find "$SMSC/in" -name "*-$1.txt" 2>/dev/null | sort | tail -n 1; }
smsc_said() { grep -c "^$1\$" "$SMSC/log" 2>/dev/null; }
smsc_has_said() { [ "$(smsc_said "$1")" -ge "${2:-1}" ]; }
# smsc_deliver NAME FROM TO TEXT: hands the text to the server
smsc_deliver() {
	printf '%s\n%s\n%s\n' "$2" "$3" "$4" >"$SMSC/control/$1.new"
	mv "$SMSC/control/$1.new" "$SMSC/control/$1.deliver"
}
smsc_status_is() { [ "$(cat "$SMSC/control/$1.status" 2>/dev/null)" = "$2" ]; }
until_true() { # until_true COMMAND...: for twenty seconds
	local i
	for i in $(seq 200); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	return 1
}
smsc_has_more() { [ "$(smsc_count "$1")" -gt "$2" ]; }
# smsc_register NAME NUMBER: the code is read where the SMSC put it
smsc_register() {
	local n code=$T/$1.code pid
	rm -f "$code"
	n=$(smsc_count "$2")
	as "$1" register "$2" --code-file "$code" >"$T/register.out" \
		2>"$T/register.err" &
	pid=$!
	until_true smsc_has_more "$2" "$n"
	cp "$(smsc_last "$2")" "$code.new" 2>/dev/null
	mv "$code.new" "$code" 2>/dev/null
	wait $pid
}
printf 'secret\n' >"$T/smpp.password"
chmod 600 "$T/smpp.password"
