# One word for everything a contributor does. `make test` and `make demo` work on a bare clone.

.PHONY: demo test broker check lint chaos bench snapshots doc fmt release install uninstall package package-test
.DEFAULT_GOAL := test

export RUST_BACKTRACE ?= 1
# Tests wait for a broker more than they compute.
export RUST_TEST_THREADS ?= 8
TARGET := $(or $(CARGO_TARGET_DIR),target)

# The whole of Millstream in one terminal, with nothing to install beside it.
demo:
	scripts/bootstrap build
	cargo run --locked -- demo

# Every test, against one real broker and one schema registry that live as long as the run.
# Compiled first, so that no server waits for the compiler. Always the whole workspace: a single package would
# choose other features and compile the dependencies again.
test:
	scripts/bootstrap test
	cargo test --locked --workspace --no-run
	$(TARGET)/debug/testbed run cargo test --locked --workspace

# A broker and a registry that stay up, to run single tests against; prints the lines to paste into another terminal.
broker:
	scripts/bootstrap test
	cargo test --locked --workspace --no-run
	$(TARGET)/debug/testbed broker

# What CI asks of the source, without a broker.
check lint:
	scripts/bootstrap build
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items
	if cargo deny --version >/dev/null 2>&1; then cargo deny check licenses bans sources; fi

# The tests that kill daemons and brokers, with many more rounds.
CHAOS_ROUNDS ?= 100
chaos:
	scripts/bootstrap test
	cargo test --locked --workspace --no-run
	CHAOS_ROUNDS=$(CHAOS_ROUNDS) $(TARGET)/debug/testbed run cargo test --locked --workspace --test load

# Measures what pipelines cost each other and what idle ones cost; asserts nothing. The tests' own profile, so that no
# dependency is compiled again. Takes about five minutes, on a machine that does nothing else. BENCH is one part of it;
# BENCH=avro is the Avro codec beside apache-avro, with Millstream's own code compiled as a release has it.
BENCH ?=
MILLSTREAM_FAST := $(foreach set,opt-level=3 codegen-units=1 debug-assertions=false overflow-checks=false,\
	--config profile.dev.package.millstream.$(set))
bench:
	scripts/bootstrap test
ifeq ($(BENCH),avro)
	CARGO_INCREMENTAL=0 cargo bench --locked --profile dev --workspace --bench avro $(MILLSTREAM_FAST)
else
	cargo bench --locked --profile dev --workspace --bench neighbours -- $(BENCH)
endif

# Writes the snapshots and generated files that tests compare; read the difference before committing it.
snapshots:
	scripts/bootstrap build
	UPDATE_SNAPSHOTS=1 cargo test --locked --workspace --lib --bins --test check

doc:
	scripts/bootstrap build
	cargo doc --locked --workspace --no-deps --open

fmt:
	cargo fmt --all

# ---- Installing. `make release`, then `sudo make install`; a package builder sets DESTDIR and PREFIX.

PREFIX ?= /usr/local
DESTDIR ?=
SYSCONFDIR ?= /etc
BINARY ?= $(TARGET)/release/millstream
# Decides whether the drop-in for systemd 253 and later is installed as one, or beside the documentation.
SYSTEMD_VERSION ?= $(shell systemctl --version 2>/dev/null | awk 'NR == 1 { print $$2 }')
export DESTDIR PREFIX SYSCONFDIR BINARY SYSTEMD_VERSION

release:
	scripts/bootstrap build
	cargo build --locked --release

install:
	scripts/install install

# Leaves the configuration and the state where they are.
uninstall:
	scripts/install uninstall

# A Debian package, by cargo-deb (`cargo install cargo-deb`). PROFILE=dev packs the binary that tests use.
PROFILE ?= release
package:
	scripts/bootstrap build
	scripts/package build $(PROFILE)

# The package in a container that systemd boots in: install, start, upgrade, purge. Needs root.
package-test: package
	scripts/package test
