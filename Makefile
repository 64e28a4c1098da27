# power-readout: what one can do with it. `make` lists it.
#
# Everything is installed into .venv, once; nothing outside of the project is changed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

METER ?= t211
HTTP_PORT ?= 8080
RAW_PORT ?= 2323
TIME ?= 60
AREA ?=
PORT ?=
HOST ?= power-readout.local
FROM ?=
SETUP ?=
FIRMWARE ?=

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
OFFLINE := { echo "PyPI's packages could not be installed; pip says why above. \
	Is there a connection to the internet? Then run the same command again." >&2; exit 1; }
BOARD := $(if $(PORT),--port "$(PORT)")

.DEFAULT_GOAL := help
.PHONY: help board run test test-all fuzz soak lint format package fields bench bench-check clean flash deploy deploy-source update release repl reset logs

help: ## list what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

# The environment in three steps: what runs, what boards need, and what tests and checks besides.
$(VENV)/.ready: sim/requirements.txt host/requirements.txt lib/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "Python 3.10 or newer is needed; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Setting up $(VENV) (once) ..."
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "Python's venv is missing; on Debian and Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
	@$(PIP) -r sim/requirements.txt -r host/requirements.txt || $(OFFLINE)
	@touch $@

$(VENV)/.ready-board: $(VENV)/.ready host/board.txt
	@echo "Installing what boards need (once) ..."
	@$(PIP) -r host/board.txt || $(OFFLINE)
	@touch $@

$(VENV)/.ready-tools: $(VENV)/.ready-board tests/requirements.txt tests/fuzz/requirements.txt tests/homewizard-10.txt tests/aioshelly-13.txt host/tools.txt
	@echo "Installing what tests and checks (once) ..."
	@$(PIP) -r tests/requirements.txt || $(OFFLINE)
	@$(PIP) --no-deps --ignore-requires-python --upgrade --target $(VENV)/clients/homewizard-10 \
	  -r tests/homewizard-10.txt || $(OFFLINE)
	@$(PIP) --no-deps --ignore-requires-python --upgrade --target $(VENV)/clients/aioshelly-13 \
	  -r tests/aioshelly-13.txt || $(OFFLINE)
	@touch $@

# Without an AREA the folders of pyproject.toml are run.
TESTS := $(if $(AREA),tests/$(AREA))

# The MicroPython with words as large as a board's, for what is said about memory.
WORDS32 := build/micropython-i386/usr/bin/micropython
$(WORDS32): | $(VENV)/.ready
	@$(BIN)/python -m sim.interpreter

run: $(VENV)/.ready ## simulated meter and real firmware; METER=s211|t211|dsmr5|lux|e360|iskra|..., TELEGRAM=FILE, SERIAL=/dev/ttyUSB0, HTTP_PORT=8080, RAW_PORT=2323, SETUP=1
	@$(BIN)/python -m sim.run --http-port $(HTTP_PORT) --raw-port $(RAW_PORT) \
	  $(if $(SETUP),--setup) $(if $(SERIAL),--serial "$(SERIAL)",$(if $(TELEGRAM),--telegram "$(TELEGRAM)",--meter $(METER)))

test: $(VENV)/.ready-tools ## all tests that need nothing but pip; AREA=http runs those of tests/http
	@$(BIN)/python -m pytest -q -n auto --dist loadgroup -m "not system" $(TESTS)

test-all: $(VENV)/.ready-tools $(WORDS32) ## all tests; AREA as above
	@$(BIN)/python -m pytest -q -n auto --dist loadgroup $(TESTS)

fuzz: $(VENV)/.ready-tools ## feed parser and web server what a fuzzer makes up: TIME=60 (seconds), OPTIONS="--only parser"
	@$(BIN)/python tests/fuzz --time $(TIME) $(OPTIONS)

soak: $(VENV)/.ready $(WORDS32) ## a day of telegrams, faults and requests through the firmware, and a year of history: OPTIONS="--telegrams 10000"
	@$(BIN)/python -m sim.soak $(OPTIONS)
	@$(BIN)/python -m sim.soak --psram $(OPTIONS)
	@$(BIN)/python tests/history/year.py

lint: $(VENV)/.ready-tools ## style, types, who imports whom, and whether what is made from the table of fields is up to date
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@PYTHONPATH=lib $(BIN)/python -m host.fields --check
	@$(BIN)/python -m host.imports
	@$(BIN)/python -m host.typecheck

format: $(VENV)/.ready-tools ## format all Python files
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

$(VENV)/.ready-bench: $(VENV)/.ready-tools host/bench-requirements.txt
	@echo "Installing what the benchmarks compare with (once) ..."
	@$(PIP) -r host/bench-requirements.txt || $(OFFLINE)
	@touch $@

bench: $(VENV)/.ready-bench $(WORDS32) ## measure: WRITE=1 writes docs/benchmarks.md and docs/memory.md; OPTIONS="--only NAME"
	@$(BIN)/python -m host.bench $(if $(WRITE),--write) $(OPTIONS)

bench-check: $(VENV)/.ready-bench $(WORDS32) ## measure, and compare with what is claimed
	@$(BIN)/python -m host.bench --check

board: $(VENV)/.ready-board ## make a board ready, from nothing to its address: OPTIONS="--hotspot"; PORT=/dev/ttyUSB0
	@$(BIN)/python -m host.setup $(BOARD) $(OPTIONS)

flash: $(VENV)/.ready-board ## put MicroPython on a board: FIRMWARE=….bin, PORT=/dev/ttyUSB0
	@$(BIN)/python -m host.flash $(BOARD) $(if $(FIRMWARE),--firmware "$(FIRMWARE)")

deploy: $(VENV)/.ready-board ## send the firmware to a board, only what changed; PORT=/dev/ttyUSB0
	@$(BIN)/python -m host.deploy $(BOARD)

deploy-source: $(VENV)/.ready-board ## the same, our modules as source; PORT=/dev/ttyUSB0
	@$(BIN)/python -m host.deploy --source $(BOARD)

update: $(VENV)/.ready-board ## send the firmware to a board over WiFi, only what changed: HOST=power-readout.local, FROM=….zip
	@$(BIN)/python -m host.update "$(HOST)" $(if $(FROM),--from "$(FROM)")

release: $(VENV)/.ready-board ## archives of this version in build/release, for make update FROM=
	@$(BIN)/python -m host.update.release

repl: $(VENV)/.ready-board ## the board's prompt; PORT=/dev/ttyUSB0
	@$(BIN)/python -m host.board repl $(BOARD)

reset: $(VENV)/.ready-board ## restart the board; PORT=/dev/ttyUSB0
	@$(BIN)/python -m host.board reset $(BOARD)

logs: $(VENV)/.ready-board ## what the board says, without a disturbance; PORT=/dev/ttyUSB0
	@$(BIN)/python -m host.board logs $(BOARD)

package: $(VENV)/.ready ## write package.json, for `mpremote mip install`
	@$(BIN)/python -m host.package

fields: $(VENV)/.ready ## write what is made from the table of fields, lib/dsmr/table.py
	@PYTHONPATH=lib $(BIN)/python -m host.fields

clean: ## remove what was built and installed
	rm -rf build $(VENV)
