# Two commands do all set-up: `make run` (the simulated district with monitor and console) and `make test`.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
NAME ?=

.DEFAULT_GOAL := help
.PHONY: help run test test-offline check fix bench clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' $(MAKEFILE_LIST) | column -t -s:

$(VENV)/.run: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed (Debian: apt install python3 python3-venv)." >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) >&2 || \
		{ echo "python3-venv is missing (Debian: apt install python3-venv)." >&2; rm -rf $(VENV); exit 2; }
	@echo "Installing into $(VENV) ..." >&2
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e . >&2
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]' >&2
	@touch $@

run: $(VENV)/.run ## Start the simulated district, the monitor and the console (ARGS="--headless --for 60 --json")
	@$(BIN)/bt-console demo $(ARGS)

test: $(VENV)/.dev ## Run all tests
	@$(BIN)/pytest -n auto --dist loadgroup $(ARGS)

check: $(VENV)/.dev ## Lint, types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@PYTHONPATH=. $(BIN)/lint-imports

fix: $(VENV)/.dev ## Format and repair what can be repaired
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/.dev ## Run the benchmarks (NAME=one of benchmarks/)
	@$(BIN)/python -m benchmarks $(NAME)

clean: ## Remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
