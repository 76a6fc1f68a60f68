# Verbs for daily work; each calls meson. `make all` is the release flavour
# into build/, every command at build/bin/NAME.
BUILD = build
SANITIZE = -Db_sanitize=address,undefined -Dbuildtype=debugoptimized

.PHONY: all check lint fuzz bench install nightly

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)
	mkdir -p $(BUILD)/bin
	for c in tacetd tacet tacetctl tacet-custodian tacet-letter tacet-verify \
		tacet-witness tacet-relay; do \
		ln -sf ../src/cmd/$$c $(BUILD)/bin/$$c; done

$(BUILD)/build.ninja:
	meson setup $(BUILD) --buildtype release -Db_ndebug=true -Dtests=false

check:
	./check

lint:
	tools/lint

fuzz:
	tools/fuzz 60

nightly: all
	tools/fuzz 3600
	TACET_BIN=$(CURDIR)/$(BUILD)/bin TACET_BENCH=$(CURDIR)/$(BUILD)/bench \
	    tests/nightly/a-month-of-the-query-log.sh
	[ -d build-unit ] || meson setup build-unit -Db_sanitize=address,undefined
	ninja -C build-unit
	TACET_BIN=$(CURDIR)/build-unit/src/cmd TACET_PRIVATE_NUMBERS=5000 \
	    tests/system/37-a-private-lookup-names-nobody.sh
	TACET_BENCH=$(CURDIR)/$(BUILD)/bench \
	    tests/nightly/ten-million-plaintexts-of-private-lookup.sh
	[ -d build-nightly ] || meson setup build-nightly --buildtype release
	ninja -C build-nightly tests/test_history
	TACET_TESTS=$(CURDIR)/build-nightly/tests \
	    tests/nightly/a-hundred-thousand-changes-of-the-directory.sh

bench: all
	bench/run

install: all
	meson install -C $(BUILD)
