# power-readout: what one can do with it. `make` lists it.
#
# Everything is installed into .venv, once; nothing outside of the project is changed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

METER ?= t211
HTTP_PORT ?= 8080
PORT ?=

.DEFAULT_GOAL := help
.PHONY: help run test test-all lint format package clean flash deploy deploy-source repl reset logs

help: ## list what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

# The two-step environments: what runs and tests, and what checks and deploys besides.
$(VENV)/.ready: tests/requirements.txt sim/requirements.txt host/requirements.txt lib/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "Python 3.10 or newer is needed; name one: make PYTHON=python3.12 ..."; exit 1; }
	@echo "Setting up $(VENV) (once) ..."
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "Python's venv is missing; on Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@

$(VENV)/.ready-tools: $(VENV)/.ready host/tools.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r host/tools.txt
	@touch $@

run: $(VENV)/.ready ## simulated meter and real firmware; METER=s211|t211|dsmr5, TELEGRAM=FILE, SERIAL=/dev/ttyUSB0, HTTP_PORT=8080
	@$(BIN)/python -m sim.run --http-port $(HTTP_PORT) \
	  $(if $(SERIAL),--serial "$(SERIAL)",$(if $(TELEGRAM),--telegram "$(TELEGRAM)",--meter $(METER)))

test: $(VENV)/.ready ## all tests that need nothing but pip
	@$(BIN)/python -m pytest -q -m "not system"

test-all: $(VENV)/.ready ## all tests
	@$(BIN)/python -m pytest -q

lint: $(VENV)/.ready-tools ## style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python -m host.typecheck

format: $(VENV)/.ready-tools ## format all Python files
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean: ## remove what was built and installed
	rm -rf build $(VENV)
