# make run: set everything up and run the embedded default, offline.
# Any target takes CONFIG=file.yaml, DIR=folder (where results/ goes) and CORES=n.
PYTHON ?= python3
CORES ?= all
CONFIG ?=
DIR ?= .
VENV := .venv
BIN := $(VENV)/bin
# Names are in capitals: config=my.yaml would be taken for nothing, and the embedded default would run
$(foreach name,config dir cores,$(if $(filter command,$(origin $(name))),$(error soak: $(name)= is written in capitals: CONFIG=file.yaml DIR=folder CORES=n)))
SNAKEMAKE = SOAK_MAKE=1 $(BIN)/snakemake --cores $(CORES) $(if $(CONFIG),--configfile "$(CONFIG)") --directory "$(DIR)"
LIBRARY = $(BIN)/python -m

.PHONY: help setup run figures status smoke test bench stress coverage mutation lint format clean

setup: $(VENV)/.ready

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "soak: $(PYTHON) is too old; Python 3.11 or newer is needed (make PYTHON=python3.12 …)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: envs/requirements.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing the packages of envs/requirements.txt into $(VENV): takes minutes, once"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -r envs/requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) --no-deps --editable .
	@touch $@

$(VENV)/.dev: envs/dev.txt envs/requirements.txt | $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -r envs/dev.txt
	@touch $@

help:
	@echo "make run [CONFIG=file.yaml] [DIR=folder] [CORES=n]   all of it: tables, figures, report"
	@echo "make smoke …     a small go first: does all work, and how long will the whole take?"
	@echo "make status …    how far a run is"
	@echo "make figures …   the figures only"
	@echo "make clean …     remove results"
	@echo "For those who change the code: make test, lint, format, bench, coverage, stress, mutation"

run: $(VENV)/.ready
	@$(LIBRARY) soak.commands.folder "$(DIR)" "$(CONFIG)"
	$(SNAKEMAKE)
	@cat "$(DIR)/results/tables/verdicts.txt"
	@echo "Report: $(DIR)/results/report.html"

figures: $(VENV)/.ready
	@$(LIBRARY) soak.commands.folder "$(DIR)" "$(CONFIG)"
	$(SNAKEMAKE) -- figures

status: $(VENV)/.ready
	@$(LIBRARY) soak.commands.status "$(DIR)" $(if $(CONFIG),"$(CONFIG)")

# A small go before a long run: one fold, few epochs, and what the whole will take.
smoke: $(VENV)/.ready
	@$(LIBRARY) soak.commands.smoke "$(DIR)" "$(CONFIG)" $(CORES)

# Three processes (tests/conftest.py): runs that share one, the cluster, which mostly waits, and all else.
test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 3 --dist loadscope --no-loadscope-reorder

# Ratios against peers, in one run each; takes long. The numbers that README cites are from the file that this writes.
bench: SHELL := bash
bench: .SHELLFLAGS := -o pipefail -c
bench: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -r envs/bench.txt
	@for file in benchmarks/bench_*.py; do echo "== $$file"; OMP_NUM_THREADS=1  $(BIN)/python $$file || exit 1; done | tee docs/benchmarks.txt

# The long tests: all kills, all fuzzing, R's figures in full.
stress: $(VENV)/.dev
	SOAK_STRESS=1 SOAK_KILLS=20 $(BIN)/python -m pytest

# Branches of src/soak that the tests run in their own processes. Loops that numba compiles cannot be seen there: the
# tests that are small enough run again with these loops as plain Python.
coverage: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n 2 --cov --cov-report= --ignore tests/workflow --ignore tests/cluster
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -q --cov --cov-append --cov-report=term --cov-fail-under=95 \
		tests/glmnet/test_kernels.py tests/resampling/test_folds.py tests/test_rrandom.py \
		tests/workflow/test_own_modules.py -m "not workflow"

# Small mutations of the code of resampling and statistics: which of them does no test see?
mutation: $(VENV)/.dev
	$(BIN)/python tests/mutation.py

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile rules

clean:
	rm -rf "$(DIR)/results" "$(DIR)/.snakemake"
