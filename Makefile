# Everything runs out of .venv, made from requirements.lock. Needs Python 3.11 or newer and make.

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 2
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes

# Many short processes import the same large packages: compiled once, even where the shell forbids it.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo up down test check bench format lock clean

help: ## show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(STAMP) ## a practice's day and its year from nothing: booked, charted, paid, closed, reported
	$(BIN)/medspa demo

up: $(STAMP) ## serve everything until Ctrl-C and say where
	$(BIN)/medspa up

down: $(STAMP) ## stop everything
	$(BIN)/medspa down

test: $(STAMP) ## every test, on WORKERS=2 processes
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

check: $(STAMP) ## style, types and layers, without running anything
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(STAMP) ## the figures of docs, measured again
	$(BIN)/python -m benchmarks

format: $(STAMP) ## rewrite sources in the house style
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

lock: $(STAMP) ## resolve requirements.in into requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate --override requirements.overrides.txt requirements.in -o requirements.lock

setup: $(STAMP) ## install what the lock names into .venv (the others do it when needed)

clean: ## remove the virtual environment and caches, never the state in var/
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# uv installs the same hashes several times faster than pip; pip is the way where uv finds no index.
$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; name it with PYTHON=..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(VENV)/uv.lock
	$(PIP) -r $(VENV)/uv.lock
	$(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python --no-deps --require-hashes \
	  -r requirements.lock || $(PIP) -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
