# The commands of a fresh checkout. `make setup` is safe to run again: a stamp file says when it is done.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
# tests mostly wait for services: more of them at once than there are cores
WORKERS ?= 4

.PHONY: setup setup-tests demo test test-timescaledb test-failed faults soak check bench cluster evaluate schemas screenshots

setup: $(STAMP)
	@sh deploy/system-packages.sh mosquitto
	@sh deploy/system-packages.sh --optional jemalloc

setup-tests: setup
	@sh deploy/system-packages.sh chromium
	@sh deploy/system-packages.sh --optional mmdebstrap

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: install Python 3.11 or newer (make setup PYTHON=python3.12)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(STAMP): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: setup
	$(BIN)/vigie demo

test: setup-tests
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal

# storage and flow once more, on a real TimescaleDB alone (`make test` runs a part of them there too)
test-timescaledb: setup-tests
	VIGIE_TEST_SERVER=timescaledb $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal tests/flow tests/hazards

# what failed last, one at a time, nothing beside it
test-failed: setup-tests
	$(BIN)/python -m pytest -v --last-failed --last-failed-no-failures none

# 300 random faults on whole hubs, about half an hour; another seed is another half hour
faults: setup
	$(BIN)/python -m tests.faults --trials 300 --seed 1

# two hours of mild faults: does the hub's memory grow
soak: setup
	$(BIN)/python -m tests.faults.soak

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@sh deploy/system-packages.sh --optional tsc
	@if command -v tsc >/dev/null; then echo "tsc --checkJs"; tsc -p .; else echo "tsc is missing: the types of the pages' scripts were not checked" >&2; fi
	$(BIN)/python -m pytest -q tests/test_architecture.py tests/test_docs.py

bench: setup
	$(BIN)/python -m bench

# a hub on three RabbitMQ nodes that are killed under load, about five minutes
cluster: setup
	@sh deploy/system-packages.sh rabbitmq-server
	$(BIN)/python -m bench.cluster

evaluate: setup
	$(BIN)/python -m models

schemas: setup
	$(BIN)/python -m patient_ui.release
	$(BIN)/vigie schema message > docs/message.schema.json
	$(BIN)/vigie schema asyncapi > docs/asyncapi.yaml
	$(BIN)/vigie protocol sign-off > docs/sign-off.md

# every page of console and app, to be looked at: make screenshots SHOTS=FOLDER
SHOTS ?= var/screenshots
screenshots: setup-tests
	$(BIN)/python -m tests.gallery $(SHOTS)
