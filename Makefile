# make run: install everything and run the default config, offline.
# Any target takes CONFIG=file.yaml, DIR=folder (for results/), CORES=n and ARGS="…", which Snakemake gets.
PYTHON ?= python3
CORES ?= all
CONFIG ?=
DIR ?= .
VENV := .venv
BIN := $(VENV)/bin
# make ignores unknown variables: with config=my.yaml the default config would run
$(foreach name,config dir cores,$(if $(filter command,$(origin $(name))),$(error soak: write $(name)= in capitals: CONFIG=file.yaml DIR=folder CORES=n)))
ARGS ?=
# DIR without CONFIG: the one config that lies in DIR
SNAKEMAKE = config=$$($(LIBRARY) soak.commands.folder "$(DIR)" "$(CONFIG)" ) || exit 1; \
	SOAK_MAKE=1 $(BIN)/snakemake --cores $(CORES) $${config:+--configfile "$$config"} --directory "$(DIR)" $(ARGS)
IS_DRY = $(filter -n --dry-run --dryrun,$(ARGS))
LIBRARY = $(BIN)/python -m
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS)
# torch is installed by its version: the build that pip's index offers (on Linux with CUDA, several GB), or with TORCH=cpu the one
# without. TORCH=cuda installs the build with CUDA by its hashes.
TORCH ?=
CUDA = $(filter cuda,$(TORCH))
LOCK = envs/lock$(if $(CUDA),,-cpu).txt
TORCH_ARGS = $(if $(filter cpu,$(TORCH)),--no-deps --index-url https://download.pytorch.org/whl/cpu)

.DEFAULT_GOAL := help
.PHONY: help setup lock run figures paper archive status check smoke test bench calibration stress coverage mutation lint format clean

setup: $(VENV)/.ready

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "soak: expected Python 3.11 or newer, got $$($(PYTHON) --version) from $(PYTHON); name another one: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: envs/lock.txt envs/lock-cpu.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing the packages of $(LOCK) into $(VENV); this takes a few minutes, once"
	@$(PIP) --require-hashes -r $(LOCK)
	$(if $(CUDA),,@$(PIP) $(TORCH_ARGS) "$$(grep '^torch==' envs/requirements.txt)")
	@$(PIP) --no-deps --editable .
	@touch $@

$(VENV)/.dev: envs/lock-dev.txt | $(VENV)/.ready
	$(PIP) --require-hashes -r envs/lock-dev.txt
	@touch $@

# After a change of requirements.txt or dev.txt: new locks.
lock: $(VENV)/bin/python
	$(PIP) "$$(grep '^uv==' envs/dev.txt)"
	$(BIN)/python envs/lock.py

help:
	@echo "make run [CONFIG=file.yaml] [DIR=folder] [CORES=n]   run everything: tables, figures, report"
	@echo "         DIR alone: with the one config that lies in it;  ARGS=\"-n\": passed on to snakemake;  TORCH=cpu: no CUDA"
	@echo "make smoke …     try one fold with few epochs: does it work, how long will the full run take, and what will it see?"
	@echo "         ROWS=8000: the time alone, estimated from fits on so many rows, where one fold takes too long"
	@echo "make status …    show how far a run is"
	@echo "make check …     compare all results with what was written"
	@echo "make figures …   make only the figures"
	@echo "make paper [FROM=folder]   every figure and table of the paper, from its published scores"
	@echo "make archive …   one zip of a run: config, inputs, code, tables, figures, report; the tables can be made again from it"
	@echo "make clean …     remove the results"
	@echo "To change the code: make test, lint, format, bench, calibration, coverage, stress, mutation (see CONTRIBUTING.md)"

run: $(VENV)/.ready
	@$(SNAKEMAKE)
	$(if $(IS_DRY),,@cat "$(DIR)/results/tables/data.txt" 2>/dev/null && echo || true)
	$(if $(IS_DRY),,@cat "$(DIR)/results/tables/verdicts.txt")
	$(if $(IS_DRY),,@echo "Report: $(DIR)/results/report.html")

figures: $(VENV)/.ready
	@$(SNAKEMAKE) -- figures

# Figures 2 to 8 and Table 1 of the paper, from the scores that its author publishes; FROM=folder reads them there.
paper: CONFIG := config/published.yaml
paper: $(VENV)/.ready
	@$(SNAKEMAKE) $(if $(FROM),--config "scores_folder=$(abspath $(FROM))")
	@echo "Figures: $(DIR)/results/figures/; tables: $(DIR)/results/tables/; all of them in order: $(DIR)/results/report.html"

# One zip of a complete run, from which the tables can be made again.
archive: $(VENV)/.ready
	@$(SNAKEMAKE)
	@$(LIBRARY) soak.commands.archive "$(DIR)" $(if $(CONFIG),"$(CONFIG)")

status: $(VENV)/.ready
	@$(LIBRARY) soak.commands.status "$(DIR)" $(if $(CONFIG),"$(CONFIG)")

# Are all files of results/ what was written? Snakemake looks at their times only.
check: $(VENV)/.ready
	@$(LIBRARY) soak.commands.check "$(DIR)"

# A trial before a long run: one fold, few epochs, and an estimate for the full run. ROWS=8000: from fits on so many rows alone.
smoke: $(VENV)/.ready
	@$(LIBRARY) soak.commands.$(if $(ROWS),estimate,smoke) "$(DIR)" "$(CONFIG)" $(CORES) $(ROWS)

# Three processes (tests/conftest.py): tests that share a run, those of the cluster, which mostly waits, and all others.
test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 3 --dist loadscope --no-loadscope-reorder

# Comparisons with peers, each measured in the same run; they take long. The README cites the file that this writes.
bench: SHELL := bash
bench: .SHELLFLAGS := -o pipefail -c
bench: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -r envs/bench.txt
	@for file in benchmarks/bench_*.py; do echo "== $$file"; OMP_NUM_THREADS=1  $(BIN)/python $$file || exit 1; done | tee docs/benchmarks.txt

# How well the verdicts are calibrated: the table of docs/verdicts.md, with fixed seeds; minutes on two cores.
calibration: $(VENV)/.dev
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/calibration.py

# The long tests: all kills, all fuzzing, the complete figures of R.
stress: $(VENV)/.dev
	SOAK_STRESS=1 SOAK_KILLS=20 $(BIN)/python -m pytest

# Branches of src/soak that the tests cover in their own processes. Coverage does not see loops that numba compiles, so tests
# that are small enough run again with these loops as plain Python.
coverage: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n 2 --cov --cov-report= --ignore tests/workflow --ignore tests/cluster
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -q --cov --cov-append --cov-report=term --cov-fail-under=95 \
		tests/resampling/test_folds.py tests/test_rrandom.py \
		tests/workflow/test_own_modules.py -m "not workflow"

# Small changes to the code of resampling and scores: which of them does no test notice?
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
