# Everything starts from a fresh clone: each target makes .venv itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TESTS ?= tests

.PHONY: help demo test test-postgres chaos check format lock serve sandbox bench guide screenshots clean
.DEFAULT_GOAL := help

help: ## Explain every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## Sync a made-up company from simulated PEX to simulated Business Central, and check it
	$(BIN)/pexbc demo --once

test: $(READY) ## Run all tests (PostgreSQL's too, where there is a server)
	$(BIN)/python -m pytest -n 2 -q $(TESTS)

test-postgres: $(READY) ## Run all tests, and every service in them on PostgreSQL
	PEXBC_TEST_DATABASE=postgresql $(BIN)/python -m pytest -n 2 -q $(TESTS)

chaos: $(READY) ## Kill workers many more times than `make test` does
	PEXBC_CHAOS_KILLS=1000 $(BIN)/python -m pytest -q tests/chaos

check: $(READY) ## Lint, format, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## Mend what the linter and the formatter can
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

serve: $(READY) ## Serve the API on port 8000 with an SQLite file here
	$(BIN)/pexbc serve

sandbox: $(READY) ## Simulate PEX, Entra ID and Business Central on port 8900
	$(BIN)/pexbc sandbox

bench: $(READY) ## Measure requests, speed, memory and fairness; write benchmarks/results.json
	$(BIN)/python -m benchmarks

guide: $(READY) ## Write the lists of error codes in the documentation anew from the code
	$(BIN)/python tests/docs/error_catalogue.py
	PYTHONPATH=tests $(BIN)/python tests/docs/doctor_page.py

screenshots: $(READY) ## Take the pictures of all pages in docs/screenshots anew (needs Chromium)
	PYTHONPATH=tests $(BIN)/python -m browser.screenshots

lock: $(READY) ## Pin the newest versions that pyproject.toml allows (needs uv)
	uv pip compile pyproject.toml --group dev --extra tracing --universal --generate-hashes \
		--no-header --no-annotate --quiet --output-file requirements-dev.txt
	uv pip compile pyproject.toml --extra tracing --universal --generate-hashes \
		--no-header --no-annotate --quiet --output-file requirements.txt
	uv pip compile --group build --constraint requirements-dev.txt --universal --generate-hashes \
		--no-header --no-annotate --quiet --output-file requirements-build.txt

clean: ## Throw the environment and all caches away
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(READY): requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	# The lock file is complete: nothing is resolved anew, so no later release can break it.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
		--requirement requirements-dev.txt
	$(BIN)/python -m pip check --disable-pip-version-check
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
		--no-build-isolation --editable .
	touch $(READY)
