# xingate: `make demo` shows it, `make test` checks all of it; `make help` lists the rest.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
READY := $(VENV)/.ready
MEASURED := core gateway transport trace snapshot
PROTOS := $(sort $(wildcard proto/xingate/v1/*.proto))
STATE ?= .xingate

.DEFAULT_GOAL := help
.PHONY: help demo serve test tests test-all check format lint types imports generated synced sync protos protos-released proto bench bench-peers bench-growth soak mutants clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 15

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c "import sys, sysconfig; sysconfig.get_config_var('Py_GIL_DISABLED') and sys.exit('$(PYTHON) is a free-threaded build, for which grpcio, lmdb and apsw have no wheels yet: use the usual build')"
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) && \
	  uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '.[dev]'; \
	else \
	  $(PYTHON) -m venv $(VENV) && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'; \
	fi
	@touch $@

demo: $(READY) ## compile the shipped lists, ask as three kinds of callers, over gRPC, HTTP and in-process
	@$(BIN)/xingate demo

serve: $(READY) ## compile the shipped lists and stay up on loopback
	@$(BIN)/xingate demo --serve

test: check tests ## the whole check: format, lint, types, import rules, generated code, tests

tests: $(READY)
	$(BIN)/pytest -m "not soak" -n logical --maxprocesses 8 --dist loadfile $(MEASURED:%=--cov=xingate_server.%) --cov-report= tests
	$(BIN)/python tests/coverage_gates.py

test-all: $(READY) ## the tests on each Python from 3.11 to 3.14 that is here, in an environment of its own
	$(BIN)/python tests/all_pythons.py

check: format lint types imports generated synced protos ## everything but the tests

format: $(READY)
	$(BIN)/ruff format --check .

lint: $(READY)
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports --no-cache

generated: $(READY) # the committed messages are what protoc makes of proto/
	@out=$$(mktemp -d) && trap 'rm -rf "$$out"' EXIT && \
	$(BIN)/python -m grpc_tools.protoc -Iproto --python_out=$$out --pyi_out=$$out --grpc_python_out=$$out $(PROTOS) && \
	diff -r -x __init__.py -x __pycache__ $$out/xingate/v1 sdk/xingate/v1 && echo "generated code is current"

synced: $(READY) # the SDK's files for threads are what its files for asyncio make
	@$(BIN)/python sdk/make_sync.py --check

sync: $(READY) ## make the SDK's files for threads again from its files for asyncio
	@$(BIN)/python sdk/make_sync.py

protos: $(READY) # the .proto files are formatted, linted, and break no caller of the last release; offline
	@$(BIN)/buf format proto --diff --exit-code && $(BIN)/buf lint proto && \
	$(BIN)/buf breaking proto --against proto/released.binpb && echo "the .proto files are in order"

protos-released: $(READY) # in a release's commit alone: what later changes are compared with
	$(BIN)/buf build proto --exclude-source-info -o proto/released.binpb

proto: $(READY) ## make sdk/xingate/v1 again from proto/
	$(BIN)/python -m grpc_tools.protoc -Iproto --python_out=sdk --pyi_out=sdk --grpc_python_out=sdk $(PROTOS)

bench: $(READY) ## measure everything beside its floor, under 10 minutes; writes results, chart and the pages' tables
	$(BIN)/python -m benchmarks

bench-peers: $(READY) ## the same questions to Open Policy Agent, a PostgreSQL table and a Python dict
	$(BIN)/python -m benchmarks.peers

bench-growth: $(READY) ## lookups, compile, file and memory from 10,000 to GROWTH_MOST subjects (default 10,000,000)
	$(BIN)/python -m benchmarks.growth && $(BIN)/python -m benchmarks.table

soak: $(READY) ## the long tests, and the full counts of those that take a sample in `make test`
	XINGATE_TESTS_FULL=1 $(BIN)/pytest -m "soak or sampled" -s tests

mutants: $(READY) ## change the core 500 times, and see whether its own tests notice; `SEED=n` draws the same again
	$(BIN)/python tests/mutants/run.py $(if $(SEED),--seed $(SEED))

clean: ## remove the environment and what the tools left
	rm -rf $(VENV) .venv-3.* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
