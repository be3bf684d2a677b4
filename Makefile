# `make help` prints the commands; `make check` is what CI runs.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
INSTALLED := .venv/.installed
TORCH := $(shell sed -n 's/^ *"\(torch==[0-9.]*\)".*/\1/p' pyproject.toml)

.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint contract bench lock openapi guide clean postgresql chromium

help: ## print the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{printf "%-14s %s\n", $$1, $$2}'

setup: $(INSTALLED) ## install everything into .venv, with .venv/bin/kolmatch

# torch goes first and alone: its CPU build is taken where one is offered, and what follows finds it there.
$(INSTALLED): pyproject.toml requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet $(TORCH)
	$(BIN)/python -m pip install --quiet -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps -e .
	@touch $@

demo: setup ## make the SYNTHETIC sample world, train, answer a brief and serve
	$(BIN)/kolmatch demo

# The store is tested on PostgreSQL too, where Debian's package is or can be installed; the tests say when it is not.
postgresql:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || { \
	  if [ "$$(id -u)" = 0 ]; then apt-get install -y -q postgresql; else sudo -n apt-get install -y -q postgresql; fi \
	  >/dev/null 2>&1 || echo "PostgreSQL is not installed and cannot be here: the store is tested on SQLite alone."; }

# The pages are tested in a real browser, likewise.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || { \
	  if [ "$$(id -u)" = 0 ]; then apt-get install -y -q chromium; else sudo -n apt-get install -y -q chromium; fi \
	  >/dev/null 2>&1 || echo "Chromium is not installed and cannot be here: the pages are not tested in a browser."; }

# Two at once, for two cores; tests/conftest.py puts what takes longest first.
test: setup postgresql chromium ## lint, types, import direction, tests with coverage
	$(MAKE) --no-print-directory -j2 --output-sync=target lint contract
	$(BIN)/pytest -q -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/test_api_contract.py \
	  --cov --cov-append --cov-report=term

lint: setup ## lint, types, import direction
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# The tests of the API's description share one name: of two processes one would run one of them.
contract: setup
	$(BIN)/pytest -q --cov --cov-report= tests/test_api_contract.py

check: test ## what CI runs

bench: setup ## figures against other systems, and speed
	$(BIN)/python -m benchmarks.run

# A version's local part (+cpu) names a build of one machine; the version alone installs everywhere.
lock: ## pin every dependency of pyproject.toml in requirements.lock
	$(BIN)/pip-compile --quiet --extra dev --strip-extras --allow-unsafe --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file - pyproject.toml \
	  | sed -n 's/^\([a-z0-9.-]*==[^+ ]*\).*/\1/p' | LC_ALL=C sort > requirements.lock.new
	@test -s requirements.lock.new && mv requirements.lock.new requirements.lock
	$(BIN)/python deploy/locks.py deploy

openapi: setup ## write docs/openapi.json from the code
	$(BIN)/python -m serving.openapi docs/openapi.json

guide: setup chromium ## take the pictures of docs/huong-dan.md anew
	$(BIN)/python -c "from tests.guide import write; write()"

clean: ## remove what tools leave behind; catalogue and models under var/ stay
	rm -rf build dist .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
