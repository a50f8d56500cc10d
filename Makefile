# Every task of the project. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := $(CURDIR)/.venv
export PATH := $(VENV)/bin:$(PATH)
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD := 1
export YARN_ENABLE_IMMUTABLE_INSTALLS := 1
# Where this is set, each of the tests' hundreds of processes would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

PIP := python -m pip install --disable-pip-version-check
INSTALLED := $(VENV)/.installed
NODE_MODULES := $(VENV)/.node-modules
BUILT := $(VENV)/.built
FRONT_END := $(shell find src style schema -type f 2>/dev/null) tsconfig.json package.json

# The demo keeps its own store and MLflow, away from the user's.
DEMO := env -u MLFLOW_TRACKING_URI -u JUPYTER_MLOPS_STORE_URL JUPYTER_MLOPS_DATA_DIR=$(CURDIR)/.demo
ALLOW_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: help
help: ## list the tasks
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | \
		awk -F'\t' '{printf "  make %-16s %s\n", $$1, $$2}'

# --- environment -----------------------------------------------------------------------------------------

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "Python 3.10 or newer is needed; $(PYTHON) is $$($(PYTHON) --version)."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }

$(INSTALLED): $(VENV)/bin/python pyproject.toml requirements-dev.lock
	@echo "Installing (some minutes the first time; later only what changed)…"
	@mkdir -p jupyter_mlops/labextension
	@{ $(PIP) --upgrade "pip>=24" && $(PIP) --requirement requirements-dev.lock && \
		SKIP_JUPYTER_BUILDER=1 $(PIP) --no-deps --editable .; } >$(VENV)/pip.log 2>&1 || { cat $(VENV)/pip.log; exit 1; }
	@touch $@

$(NODE_MODULES): $(INSTALLED) package.json yarn.lock ui-tests/package.json
	@jlpm install --immutable >$(VENV)/jlpm.log || { cat $(VENV)/jlpm.log; exit 1; }
	@touch $@

$(BUILT): $(NODE_MODULES) $(FRONT_END)
	@jlpm build:prod >$(VENV)/build.log || { cat $(VENV)/build.log; exit 1; }
	@jupyter-builder develop . --overwrite >>$(VENV)/build.log 2>&1 || { cat $(VENV)/build.log; exit 1; }
	@touch $@

.PHONY: env
env: $(BUILT) ## make the environment: .venv, the package, the built front end

.PHONY: lock
lock: ## write requirements-dev.lock anew from pyproject.toml
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.10 --no-header --quiet --upgrade \
		--output-file requirements-dev.lock

# --- use -------------------------------------------------------------------------------------------------

.PHONY: demo
demo: env ## run the main job on examples/breast-cancer: train, track, register
	@$(DEMO) jupyter mlops run examples/breast-cancer/train.ipynb --root examples \
		--name breast-cancer --register breast-cancer
	@echo "Next: make lab (JupyterLab on this run), or: make demo-ui (MLflow's own pages)"

.PHONY: lab
lab: env ## open JupyterLab on the demo's notebooks, runs and models
	@$(DEMO) jupyter lab $(ALLOW_ROOT) --ServerApp.root_dir=$(CURDIR)/examples \
		--LabApp.default_url=/lab/tree/breast-cancer/train.ipynb $(LAB_ARGS)

.PHONY: demo-ui
demo-ui: env ## open MLflow's UI on the demo
	@$(DEMO) jupyter mlops ui

.PHONY: demo-clean
demo-clean: ## forget the demo's runs
	@rm -rf .demo examples/mlops-runs

# On CI's shared machines a drill that waits for real processes gets two more tries; the summary names them.
RERUNS := $(if $(CI),--reruns 2 -rfER)
# More at a time than two processors, as most of them wait for processes; a file's tests stay together, as they
# share a worker. The order is that of tests/conftest.py.
PYTEST := python -m pytest --numprocesses $(if $(CI),2,3) --dist loadfile --no-loadscope-reorder

UI_TESTS := CHROME_PATH="$$(ui-tests/ensure-browser.sh)" jlpm workspace jupyter_mlops-ui-tests test

# --- tests -----------------------------------------------------------------------------------------------

.PHONY: test
test: test-js test-ui test-py ## every test: jest, JupyterLab in Chromium, pytest

.PHONY: test-quick
test-quick: env ## pytest without the slow ones
	@$(PYTEST) -m "not slow and not drill"

.PHONY: drills
drills: env ## what takes minutes: kills at random points, whole scenarios, every estimator served
	@$(UI_TESTS) --grep @drill
	@python -m pytest -m drill --timeout=1800

.PHONY: test-py
test-py: env ## pytest, whole
	@$(PYTEST) $(RERUNS)

.PHONY: test-js
test-js: env ## jest
	@jlpm test

.PHONY: test-ui
test-ui: env ## the user's walk through real JupyterLab in real Chromium
	@$(UI_TESTS) --grep-invert @drill

.PHONY: papermill-tests
papermill-tests: env ## papermill's own tests with our engine in place of its own
	@python benchmarks/papermill_suite/run.py

.PHONY: lint
lint: env ## ruff, mypy, eslint, prettier, stylelint, the API's types, auth of every endpoint
	@ruff check .
	@ruff format --check .
	@mypy
	@jlpm lint:check

.PHONY: format
format: env ## put everything in the project's form
	@ruff check --fix .
	@ruff format .
	@jlpm lint

# --- measure ---------------------------------------------------------------------------------------------

.PHONY: bench
bench: env ## speed beside the peer, in one run; results in benchmarks/results/
	@python benchmarks/submit_to_succeeded.py
	@python benchmarks/queue_at_scale.py
	@python benchmarks/event_loop.py
	@python benchmarks/registering.py
	@python benchmarks/capture_overhead.py
	@python benchmarks/journal_kills.py

.PHONY: bench-notebooks
bench-notebooks: env ## 110 real notebooks beside papermill (JUPYTER_MLOPS_NOTEBOOKS says where they are)
	@python benchmarks/real_notebooks.py
