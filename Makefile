# The commands of ZKPool. `make demo` and `make test` do all set-up by themselves.

.DEFAULT_GOAL := help
.PHONY: help build engine demo test audit check lint format gas bench-prover fuzz wheel lock clean

BIN := .venv/bin
SOLIDITY := 'contracts/**/*.sol' 'audit/**/*.sol'

# Nothing is written to HOME: Cargo keeps its downloads under build/ unless a place or a registry is configured already.
export CARGO_TARGET_DIR ?= $(CURDIR)/build/cargo
ifeq ($(origin CARGO_HOME),undefined)
ifeq ($(wildcard $(HOME)/.cargo/config $(HOME)/.cargo/config.toml $(HOME)/.cargo/credentials*),)
export CARGO_HOME := $(CURDIR)/build/cache/cargo
endif
endif
export npm_config_cache ?= $(CURDIR)/build/cache/npm
export npm_config_update_notifier := false
export HYPOTHESIS_PROFILE ?= quick
# Compiled bytecode halves the start of every Python command.
unexport PYTHONDONTWRITEBYTECODE

help: ## Say what each command does
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

build: ## Do the set-up alone: packages, compilers, prover core, circuits, contracts
	@python=$$(toolchain/prerequisites.sh) && "$$python" toolchain/build.py

engine: build ## Compile the chain that `test` and `audit` have in their process
	@python=$$(toolchain/prerequisites.sh) && "$$python" toolchain/build.py "audit engine"

demo: build ## Run a market from bids to payouts on a local chain, with real proofs
	@$(BIN)/ape run demo

test: engine ## Run every test
	@$(BIN)/python toolchain/run_tests.py

audit: engine ## Attack the contracts in every way we know and write a report: PROFILE=quick|ci|deep SEED= HOURS= PART=
	@$(BIN)/python -m audit prepare $(PART) --profile $(or $(PROFILE),quick) $(if $(SEED),--seed $(SEED))
	@$(BIN)/python -m audit $(PART) --profile $(or $(PROFILE),quick) $(if $(SEED),--seed $(SEED)) $(if $(HOURS),--hours $(HOURS))

check: lint test ## What CI runs: formatting, lint, types, tests

lint: build ## Check formatting, lint and types of Python, Solidity and Rust
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	npx --no-install prettier --check $(SOLIDITY) toolchain/solc.js
	npx --no-install solhint --max-warnings 0 --noPoster $(SOLIDITY)
	cargo fmt --manifest-path native/Cargo.toml --all -- --check
	cargo fmt --manifest-path bench/arkworks/Cargo.toml -- --check
	cargo fmt --manifest-path native/fuzz/Cargo.toml -- --check
	cargo fmt --manifest-path audit/engine/Cargo.toml -- --check
	@! command -v gofmt >/dev/null || test -z "$$(gofmt -l bench/gnark)" || { gofmt -d bench/gnark; exit 1; }
	cargo clippy --manifest-path native/Cargo.toml --release --locked --all-targets -- -D warnings
	cargo clippy --manifest-path audit/engine/Cargo.toml --release --locked --all-targets -- -D warnings

format: build ## Rewrite Python, Solidity and Rust in the project's form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	npx --no-install prettier --write $(SOLIDITY) toolchain/solc.js
	cargo fmt --manifest-path native/Cargo.toml --all
	cargo fmt --manifest-path bench/arkworks/Cargo.toml
	cargo fmt --manifest-path audit/engine/Cargo.toml
	@! command -v gofmt >/dev/null || gofmt -w bench/gnark

gas: build ## Measure the gas of each operation and print it beside the goals
	@$(BIN)/ape run gas

bench-prover: build ## Time proofs beside other provers; write tables and plots (ARGS=--quick prints alone)
	@$(BIN)/python -m bench $(ARGS)

fuzz: build ## Fuzz whatever of the prover core reads bytes from outside: SECONDS=20 for each target
	@$(BIN)/python tools/fuzz.py --seconds $(or $(SECONDS),20)

wheel: build ## Build the wheel of the SDK and try it in a clean environment without Rust
	@$(BIN)/python tools/check_wheel.py

lock: build ## Renew requirements.txt (from pyproject.toml) and those of bench/ and audit/
	@test -x build/lock/bin/uv || { $(BIN)/python -m venv build/lock && build/lock/bin/pip install --quiet uv; }
	build/lock/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--all-extras pyproject.toml -o requirements.txt
	build/lock/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		bench/requirements.in -o bench/requirements.txt
	build/lock/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		audit/requirements.in -o audit/requirements.txt

clean: ## Remove everything the build made
	rm -rf .venv node_modules build .build .hypothesis .mypy_cache .pytest_cache .ruff_cache native/target
	rm -f src/zkpool_sdk/_native*.so audit/_evm*.so
