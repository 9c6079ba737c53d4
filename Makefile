# Oversight: every command a person needs. `make` alone lists them.
SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
OVERSIGHT_DATA_DIR ?= var
WORKERS ?= 2
export PORT OVERSIGHT_DATA_DIR

# The tests know no database but their own: `make test` never looks for a service.
TEST_ENV := env -u DATABASE_URL -u REDIS_URL
TEST_DATABASE_URL = $(or $(DATABASE_URL),postgres://postgres:postgres@127.0.0.1:5432/oversight_test)
TEST_REDIS_URL = $(or $(REDIS_URL),redis://127.0.0.1:6379/15)
PYTEST := $(BIN)/python -m pytest
# What is installed is what the lock names, byte for byte; a local list of other packages is not asked.
INSTALL := env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: help demo run test test-services test-browser test-deep lint format bench verify lock sdk clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Oversight needs Python 3.11 or newer (set PYTHON=...).")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements.txt
	$(INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.made requirements.txt requirements-dev.txt
	$(INSTALL) -r requirements-dev.txt
	@touch $(VENV)/.run $@

demo: export OVERSIGHT_ORGANISATION ?= Meridian Hotels
demo: $(VENV)/.run ## Start with an example organisation, recorded decisions and live agents
	$(BIN)/python manage.py demo

run: $(VENV)/.run ## Start empty and print a one-time link for the first administrator
	$(BIN)/python manage.py up

test: $(VENV)/.dev ## Run the test suite (embedded mode, no service needed)
	$(TEST_ENV) $(PYTEST) -n $(WORKERS) --dist worksteal $(ARGS)

test-services: $(VENV)/.dev ## Run the same suite and its extra part on PostgreSQL and Redis
	DATABASE_URL="$(TEST_DATABASE_URL)" REDIS_URL="$(TEST_REDIS_URL)" $(PYTEST) -n $(WORKERS) --dist worksteal -m "not browser and not deep and not judges" $(ARGS)

test-browser: $(VENV)/.dev ## Run the pages in a real Chromium
	$(TEST_ENV) $(PYTEST) -m browser $(ARGS)

test-deep: $(VENV)/.dev ## Run the full counts of walks, races, crashes and fuzzing
	$(TEST_ENV) $(PYTEST) -m deep $(ARGS)
	@if $(BIN)/python -c 'import sys, psycopg; psycopg.connect(sys.argv[1].rpartition("/")[0] + "/postgres", connect_timeout=2)' "$(TEST_DATABASE_URL)" 2>/dev/null; \
	then DATABASE_URL="$(TEST_DATABASE_URL)" REDIS_URL="$(TEST_REDIS_URL)" $(PYTEST) -m deep tests/oracle tests/races $(ARGS); \
	else echo "Left out: walks and races on PostgreSQL, which does not answer."; fi

lint: $(VENV)/.dev ## Check form, types, imports and templates
	@failed=0; \
	for check in "ruff check ." "ruff format --check ." "mypy" "lint-imports" "lint-imports --config sdk/pyproject.toml" "djlint templates --check --lint --quiet"; do \
		echo "-- $$check"; $(TEST_ENV) PYTHONPATH=sdk $(BIN)/$$check || failed=1; \
	done; exit $$failed

format: $(VENV)/.dev ## Put files into the form that lint asks for
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djlint templates --reformat --quiet

bench: $(VENV)/.dev ## Measure what benchmarks/ claims, on this machine
	$(BIN)/python -m benchmarks.intake $(ARGS)
	$(BIN)/python -m benchmarks.at_rest
	$(BIN)/python -m benchmarks.replay
	$(BIN)/python -m benchmarks.gate

verify: $(VENV)/.run ## Check the ledger from its first entry to its last
	$(BIN)/python manage.py verify_ledger

# The lock is written from the public index alone: a wheel that only one machine has must not get in.
COMPILE := env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null $(BIN)/pip-compile
lock: $(VENV)/.dev ## Write the lock files anew (UPGRADE=--upgrade takes newer versions)
	$(COMPILE) $(UPGRADE) --output-file requirements.txt pyproject.toml
	$(BIN)/python -c 'import tomllib; print("\n".join(tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"]))' \
		| $(COMPILE) $(UPGRADE) --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml -

sdk: $(VENV)/.made ## Build the agents' client and the offline verifier as a wheel into sdk/dist
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir sdk/dist ./sdk

clean: ## Remove the virtual environment and caches (never the data)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
