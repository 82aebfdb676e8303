# `make help` prints the lines marked ##.
.DEFAULT_GOAL := help
SHELL := /bin/sh

PORT ?= 8000
INSTANCE ?= instance
# Everything by default; `make test ESSAIS=tests/domain` for one room.
ESSAIS ?= tests
BIN := .venv/bin

export PORT
export PORTAIL_FAMILLE_INSTANCE = $(INSTANCE)

.PHONY: help
help: ## Print this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 16

.PHONY: setup
setup: ## Make .venv, install Chromium and PostgreSQL for the tests (root on Debian)
	@tools/setup.sh essais

.PHONY: venv
venv:
	@tools/setup.sh

.PHONY: demo
demo: venv ## Serve two invented towns; PORT (8000) and INSTANCE (instance)
	@exec $(BIN)/portail-famille demo --servir --port $(PORT)

.PHONY: demo-neuf
demo-neuf: venv ## The same from scratch, dated from today
	@exec $(BIN)/portail-famille demo --servir --neuf --port $(PORT)

.PHONY: lint
lint: venv ## Style, types, floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

.PHONY: test
test: setup lint ## Lint, then every test: both databases and the browser, or it fails
	$(BIN)/pytest $(ESSAIS) -n 2 --exiger postgres --exiger navigateur

.PHONY: test-vite
test-vite: venv ## Tests without PostgreSQL nor browser, while writing
	$(BIN)/pytest $(ESSAIS) -q -m "not postgres and not navigateur"

.PHONY: sure
sure: test ## All that CI runs

.PHONY: mutation
mutation: venv ## Plant faults in domain/: each must turn a test red
	$(BIN)/python tools/mutation.py

.PHONY: bench
bench: setup ## Speed and weight; writes docs/bench.md
	$(BIN)/python tools/bench.py

.PHONY: captures
captures: setup ## Screenshots of the README, from the demonstration
	$(BIN)/python tools/captures.py

.PHONY: requirements
requirements: venv ## Lock the dependencies of pyproject.toml again, keeping what still fits
	$(BIN)/pip install -q --disable-pip-version-check uv
	$(BIN)/uv pip compile -q --generate-hashes --no-header --python-version 3.11 pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile -q --generate-hashes --no-header --python-version 3.11 --extra dev pyproject.toml -o requirements/dev.txt
