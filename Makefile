# Two commands: `make run` and `make test`. Each first sets up what it needs, in .venv.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN = .venv/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check --quiet --no-input
# One more than there are processors: some tests wait for a server, a browser or a kill.
WORKERS = $(shell $(PYTHON) -c 'import os; print(os.cpu_count() + 1)')
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-find-links pyproject.toml

.PHONY: run test check bench install catalogues migration requirements format

run: install
	@$(BIN)/python -m bot run

# Its tests start the program some hundred times: what is compiled once is kept.
test: export PYTHONDONTWRITEBYTECODE =
test: .venv/tests
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal $(ARGS)

check: .venv/tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m locales --check

bench: .venv/tests
	@for name in $${NAMES:-steps latency footprint}; do $(BIN)/python -m bot bench $$name; done

install: .venv/runtime
	@:

.venv/runtime: requirements.txt | .venv/bin/python
	@echo "Setting up .venv: once, half a minute or so."
	@$(PIP) install --require-hashes -r requirements.txt
	@touch $@

.venv/tests: requirements-dev.txt | .venv/bin/python
	@echo "Setting up .venv for tests: once, a minute or so."
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@ .venv/runtime

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or say make PYTHON=/path/to/python." >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "Python's venv is missing: on Debian or Ubuntu, apt install python3-venv." >&2; exit 1; }

# The rest is for people who change the program.

format: .venv/tests
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format .

catalogues: .venv/tests
	$(BIN)/python -m locales

# make migration M="Add the colour of the door"
migration: .venv/tests
	@test -n "$(M)" || { echo 'Say what changes: make migration M="Add the colour of the door".' >&2; exit 2; }
	$(BIN)/python -m models.migrations "$(M)"
	@$(BIN)/ruff format --quiet models/migrations

requirements: | .venv/bin/python
	$(PIP) install uv
	$(COMPILE) --group pyproject.toml:dev --output-file requirements-dev.txt $(UPGRADE)
	$(COMPILE) --constraint requirements-dev.txt --output-file requirements.txt $(UPGRADE)
