# Every job of this repository. Needs Python >= 3.11 and make; everything else is installed into .venv.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test gates check fast fix bench docs lock clean

help:  ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

.venv/core.stamp: requirements/core.txt requirements/build.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Sightline needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "This Python has no venv module. On Debian or Ubuntu: apt install python3-venv"; exit 2; }
	@test -x $(BIN)/python || { echo "Making .venv ..."; $(PYTHON) -m venv .venv; }
	@echo "Installing Sightline's locked dependencies (about 215 MB on the first run) ..."
	@$(PIP) install --require-hashes -r requirements/core.txt -r requirements/build.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.stamp: .venv/core.stamp requirements/dev.txt
	@echo "Installing the tools of the tests ..."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

demo: .venv/core.stamp  ## see Sightline at work: live page on drawn street cameras, nothing to download
	@$(BIN)/sightline demo $(ARGS)

test: gates  ## all gates and all tests
	@$(BIN)/python -m pytest -q -n auto -m "not live and not parity"
	@$(BIN)/python -m pytest -m "live or parity"

gates: .venv/dev.stamp  ## style, types and architecture
	@$(BIN)/ruff check src tests benchmarks training
	@$(BIN)/ruff format --check src tests benchmarks training
	@$(BIN)/mypy
	@$(BIN)/lint-imports --config pyproject.toml

check: gates fast  ## the gates and the fast tests; what CI runs first

fast: .venv/dev.stamp  ## the tests that need no server, browser, clip or model
	@$(BIN)/python -m pytest -q -n auto -m "not live and not parity"

fix: .venv/dev.stamp  ## format and mend what can be mended
	@$(BIN)/ruff check --fix src tests benchmarks training
	@$(BIN)/ruff format src tests benchmarks training

bench: .venv/dev.stamp  ## measure; results go to benchmarks/results
	@$(BIN)/python benchmarks/run.py $(ARGS)

docs: .venv/dev.stamp  ## build the documentation into site/
	@$(BIN)/zensical build --strict

lock:  ## renew requirements/*.txt (needs uv)
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 pyproject.toml -o requirements/core.txt
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 --group build -o requirements/build.txt
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 -c requirements/core.txt --group dev -o requirements/dev.txt

clean:  ## remove what was built
	rm -rf .venv site .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
