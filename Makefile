# citycarbon: each target sets up what it needs in .venv; only Python 3.11+ and make must be there.
PYTHON ?= $(shell for v in 3.12 3.13 3.11; do command -v python$$v >/dev/null 2>&1 && python$$v -c 'import sys' >/dev/null 2>&1 && { echo python$$v; exit; }; done; echo python3)
VENV := .venv
BIN := $(VENV)/bin
DEMO_STAMP := $(VENV)/.demo
DEV_STAMP := $(VENV)/.dev

.PHONY: demo test lint check bench docs generated lock clean

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "citycarbon needs Python 3.11 or newer; set PYTHON=python3.x")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

$(DEMO_STAMP): requirements/demo.txt pyproject.toml | $(BIN)/uv
	@echo "Setting up citycarbon in $(VENV) …"
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/demo.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

$(DEV_STAMP): requirements/dev.txt pyproject.toml | $(BIN)/uv
	@echo "Setting up citycarbon and its development tools in $(VENV) …"
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@ $(DEMO_STAMP)

demo: $(DEMO_STAMP)  ## run the shipped studies, serve them, and say where to look
	@$(BIN)/citycarbon demo --out demo-results --serve

# Two processes share two cores: threads that wait for one another would cost a quarter of the time. .ci/run tests with threads too.
ALONE := POLARS_MAX_THREADS=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

test: $(DEV_STAMP)  ## run the tests
	@$(ALONE) $(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(DEV_STAMP)  ## format, lint, types, import contracts
	@$(BIN)/ruff format --check src tests benchmarks tools
	@$(BIN)/ruff check src tests benchmarks tools
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

check: lint test docs  ## what CI runs: format, lint, types, contracts, tests, docs

bench: $(DEV_STAMP)  ## ratios against peers and a hand-written floor, in one run
	@$(BIN)/python benchmarks/run.py

docs: $(DEV_STAMP)  ## build the documentation into site/
	@$(BIN)/mkdocs build --quiet --strict

generated: $(DEV_STAMP)  ## write the files that follow from declarations
	@$(BIN)/python tools/generate.py

lock: $(DEV_STAMP)  ## resolve the lock files again
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --extra geo --extra server --extra print -c requirements/constraints.in pyproject.toml -o requirements/demo.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --extra geo --extra server --extra print --extra postgresql --extra oidc --extra stats --extra forecast --extra dynamics --extra neural --extra tiles --extra duckdb --extra spark --group dev -c requirements/demo.txt pyproject.toml -o requirements/dev.txt

clean:
	rm -rf $(VENV) site demo-results
