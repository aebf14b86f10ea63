# SPDX-License-Identifier: Apache-2.0
# Every target that needs something installed sets the project up first; see `make help`.

SHELL = /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup demo demo-destroy synth test check snapshot docs bench live-test shell lock clean

# Reads the environment that `make setup` wrote, for one recipe line.
ENV = . .meshform/env.sh &&
LOCAL = MESHFORM_ENV=local && export MESHFORM_ENV &&
# Parallel test processes; tests start Terraform, so more than the cores does not help.
TEST_WORKERS ?= 2
# Which tests `make snapshot` and `make test` run, and further options for pytest.
PYTEST_ARGS ?=

help: ## List every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

setup: ## Install what is missing: .venv, cdktf, and Node and Terraform when the system has none that fit
	@sh tools/setup.sh

demo: setup ## Deploy the example mesh into the local workspace, and tell what exists now
	@$(ENV) $(LOCAL) python tools/demo.py deploy && meshform show && cat tools/after_demo.txt

demo-destroy: setup ## Take the example mesh down again
	@$(ENV) $(LOCAL) python tools/demo.py destroy

synth: setup ## Write the Terraform JSON of the environment in MESHFORM_ENV (default: local) to cdktf.out
	@$(ENV) CI=true cdktf synth

test: setup check ## Run all checks and all tests
	@$(ENV) pytest -n $(TEST_WORKERS) --dist worksteal $(PYTEST_ARGS)

check: setup ## Check format, lint, types and the direction of imports
	@$(ENV) ruff format --check --quiet . || { echo 'check: run `ruff format`'; exit 1; }
	@$(ENV) ruff check --quiet .
	@$(ENV) mypy
	@$(ENV) lint-imports

snapshot: setup ## Write the golden files anew; look at the difference before you commit it
	@$(ENV) MESHFORM_UPDATE_SNAPSHOTS=1 pytest -q tests/snapshot $(PYTEST_ARGS)

docs: setup ## Write the chapter of rules in docs/governance.md from the rules themselves
	@$(ENV) python tools/rules_page.py

bench: ## Measure synthesis against json.dump and against one object per resource
	@sh tools/setup.sh bench
	@$(ENV) python -m benchmarks

live-test: setup ## Deploy, plan and destroy the example in a real workspace, when DATABRICKS_HOST is set
	@$(ENV) sh tools/live_test.sh

shell: setup ## Open a shell with the environment set
	@sh tools/shell.sh

lock: setup ## Pin all dependencies again; UPGRADE=1 moves them to the newest versions that fit
	@sh tools/lock.sh

clean: ## Remove what was installed and synthesized; states and the local workspace stay
	rm -rf .venv node_modules cdktf.out .meshform/bin .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
