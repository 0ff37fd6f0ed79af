# Every target sets up what it needs; `make help` lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3.11
BIN := .venv/bin

# The dashboard is built where there is a Node.js; without it the worker says how at `/`.
DASHBOARD := $(if $(shell command -v npm),web/static/index.html)
UI_SOURCES := $(shell find web/ui -type f -not -path '*/node_modules/*')

.PHONY: help run test browser check format bench clean

help:  ## Show these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/installed: setup.cfg constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[local,test,check]'
	@touch $@

web/static/index.html: $(UI_SOURCES)
	cd web/ui && npm ci --silent && npm run --silent build
	@touch $@

run: .venv/installed $(DASHBOARD)  ## Run everything on this machine: Kafka, PostgreSQL, a simulated market, a worker
	$(BIN)/python -m cryptoviz.local.run

test: .venv/installed $(DASHBOARD)  ## Run all tests; servers and Chromium they start themselves
	# Tests start workers by the hundred. Where Python may not write bytecode each would compile all.
	$(BIN)/python -m compileall -q agents cryptoviz tables web
	# And some fifty brokers, which start in half the time with Kafka's classes as Java keeps them.
	$(BIN)/python -m tests.java_cache
	# Real servers on a busy machine can miss a deadline; the summary counts every second try.
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder --reruns 1 -rR

browser: .venv/installed $(DASHBOARD)  ## Test the dashboard alone, in a Chromium that is found or installed
	$(BIN)/python -m pytest tests/browser

check: .venv/installed  ## Lint, types, import rules and the tests that need no server
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/unit tests/stream

format: .venv/installed  ## Format the code and mend what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/installed  ## Run the benchmarks, each beside what it is compared with
	$(BIN)/python -m benchmarks.decode
	$(BIN)/python -m benchmarks.drain
	$(BIN)/python -m benchmarks.latency
	$(BIN)/python -m benchmarks.sink
	$(BIN)/python -m benchmarks.ingest
	$(BIN)/python -m benchmarks.http
	$(BIN)/python -m benchmarks.fanout
	$(BIN)/python -m benchmarks.predictions
	$(BIN)/python -m benchmarks.memory
	$(BIN)/python -m benchmarks.dashboard

clean:  ## Remove the virtual environment and all data of the embedded servers
	rm -rf .venv data build *.egg-info web/static web/ui/node_modules
