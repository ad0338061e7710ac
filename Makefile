# `make` prints this help; every target sets up what it needs.
OUT ?= outputs
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# One word for the shell, whatever signs it holds.
quote = '$(subst ','\'',$(1))'

.DEFAULT_GOAL := help
.PHONY: help bench leaderboard test test-browser test-clusters soak lint throughput scaling suite-speed gap-monitor clean

help:  ## print this help
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 15

bench: $(READY)  ## run a suite and write its leaderboard; SUITE=smoke, OUT=folder, ARGS="trainer=gpu"
	@$(BIN)/sharegap bench $(call quote,suite=$(or $(SUITE),default)) $(call quote,out=$(OUT)) $(ARGS)

leaderboard: $(READY)  ## write the leaderboard again from stored results; SUITE=, OUT=
	@$(BIN)/sharegap leaderboard $(call quote,out=$(OUT)) $(if $(SUITE),$(call quote,suite=$(SUITE)))

test: $(READY)  ## run the tests
	@$(BIN)/python -m pytest --numprocesses auto --dist worksteal

test-browser: $(READY)  ## run the tests of the page in a browser; install Chromium first
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[browser]'
	@$(BIN)/python -m pytest tests/browser

test-clusters: $(READY)  ## run the tests that need Ray or Slurm; install them first
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[ray]'
	@$(BIN)/python -m pytest tests/clusters

soak: $(READY)  ## run the long tests: kills, generated files, published models, known answers; KILLS=, EXAMPLES=, DRAWS=, SEED=
	@KILLS=$(or $(KILLS),100) EXAMPLES=$(or $(EXAMPLES),10000) DRAWS=$(or $(DRAWS),20) SEED=$(or $(SEED),0) $(BIN)/python -m pytest -s tests/soak

lint: $(READY)  ## check style and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

throughput: $(READY)  ## measure the speed of fleets against other ways to train
	@$(BIN)/python -m benchmarks.throughput $(ARGS)

scaling: $(READY)  ## measure the speed of several workers against one process
	@$(BIN)/python -m benchmarks.scaling

suite-speed: $(READY)  ## measure the default suite's speed as it is run against other ways to train; ARGS="--rounds 1"
	@$(BIN)/python -m benchmarks.suite_speed $(ARGS)

gap-monitor: $(READY)  ## measure the cost of GapMonitor against Lightning's own validation; ARGS="--rounds 3"
	@$(BIN)/python -m benchmarks.gap_monitor $(ARGS)

clean:  ## remove the environment, caches and outputs
	rm -rf .venv .pytest_cache .ruff_cache .mypy_cache .hypothesis src/*.egg-info
	find outputs -mindepth 1 ! -name README.md -delete
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): constraints.txt pyproject.toml setup.py
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench,dev]'
	@touch $@
