# Molva from a fresh clone. Needs Python 3.11 or newer and this file; everything else is brought into .venv.
#   make demo   a running product with a sample programme and a shop beside it
#   make test   every test, on SQLite and (when one runs here) on PostgreSQL
#   make check  linters, types, import contracts, migrations, templates, message catalogue
# uv is used when it is on PATH, plain pip otherwise: both install the same locked files.

SHELL := /bin/bash
PYTHON ?= $(shell for name in python3 python3.11 python3.12 python3.13; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
PY := .venv/bin/python
UV := $(shell command -v uv)
PIP := $(if $(UV),$(UV) pip install --python $(PY),$(PY) -m pip install --disable-pip-version-check --progress-bar off)
QUIET := --quiet
CHECKS := check-lint check-format check-types check-imports check-migrations check-templates check-messages check-static

# Commands that load the settings must not touch the data of a Molva that lives here.
check test: export MOLVA_DATA := $(CURDIR)/.data

.PHONY: help demo test check messages lock fmt clean $(CHECKS)
help:
	@sed -n '2,4s/^#//p' Makefile

demo: .venv/.stamp-run
	@.venv/bin/molva demo $(ARGS)

test: .venv/.stamp-dev
	@$(PY) scripts/run_tests.py $(ARGS)

check: .venv/.stamp-dev
	@mkdir -p .data
	@$(MAKE) --no-print-directory --keep-going --jobs=2 --output-sync=target $(CHECKS) && echo "check: all clean"

check-lint:
	@echo "— ruff"; $(PY) -m ruff check --quiet --output-format concise .
check-format:
	@echo "— format"; $(PY) -m ruff format --check --output-format concise . || { echo "run: make fmt"; exit 1; }
check-types:
	@echo "— mypy"; $(PY) -m mypy --no-error-summary
check-imports:
	@echo "— import contracts"; PYTHONPATH=. .venv/bin/lint-imports --no-logo
check-migrations:
	@echo "— migrations"; $(PY) -m django makemigrations --check --dry-run --settings molva.config.settings
	@$(PY) -m django check --settings molva.config.settings --fail-level WARNING
check-templates:
	@echo "— templates"; find molva -name '*.html' -print0 | xargs -0 -r .venv/bin/djade --check --target-version 5.2
check-messages:
	@echo "— messages"; $(PY) scripts/messages.py --check
check-static:
	@echo "— static files"; $(PY) scripts/vendor.py --check && $(PY) scripts/styles.py --check

messages: .venv/.stamp-dev
	@$(PY) scripts/messages.py

# Resolves the newest allowed versions and writes them down for uv and for pip.
# Newest versions that pyproject.toml allows, one set for run and development, each file with its hash.
COMPILE = pip compile --quiet --universal --generate-hashes --no-header --no-annotate pyproject.toml
lock:
	@$(or $(UV),$(error make lock needs uv on PATH)) $(COMPILE) --group dev --upgrade --output-file constraints-dev.txt
	@$(UV) $(COMPILE) --constraints constraints-dev.txt --output-file constraints.txt

fmt: .venv/.stamp-dev
	@$(PY) -m ruff check --fix --quiet . || true
	@$(PY) -m ruff format .
	@find molva -name '*.html' -print0 | xargs -0 -r .venv/bin/djade --target-version 5.2

clean:
	rm -rf .venv .data .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed (Debian: apt install python3)"; exit 1; }
	@$(PYTHON) scripts/make_venv.py .venv

.venv/.stamp-run: constraints.txt pyproject.toml | .venv/bin/python
	@echo "Installing what Molva needs into .venv"
	@$(PIP) $(QUIET) --require-hashes -r constraints.txt
	@$(PIP) $(QUIET) --no-deps -e .
	@touch $@

.venv/.stamp-dev: constraints-dev.txt pyproject.toml | .venv/bin/python
	@echo "Installing what Molva and its tests need into .venv"
	@$(PIP) $(QUIET) --require-hashes -r constraints-dev.txt
	@$(PIP) $(QUIET) --no-deps -e .
	@touch .venv/.stamp-run $@
