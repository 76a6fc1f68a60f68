#!/usr/bin/env bash
# VOPRF, HPKE and Oblivious HTTP, with random inputs, each way with somebody
# else's code (tests/peers).
set -u
here=$(cd "$(dirname "$0")" && pwd)
if ! command -v node >/dev/null || ! [ -d "$here/../peers/node_modules" ]; then
	echo "ok 1 - other implementations agree # SKIP no Node, or no packages (tools/packages test)"
	echo "1..1"
	exit 0
fi
exec node "$here/../peers/peers.mjs" \
	"${TACET_BIN:?set TACET_BIN to the folder of the commands}/../../tests/peer" 8
