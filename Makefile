# `make reproduce` and `make test` need nothing but make and Python 3.11 or newer.
.DELETE_ON_ERROR:
SHELL := /bin/bash
VENV  := .venv
BIN   := $(VENV)/bin
STAMP := $(VENV)/.installed
SCALE ?= smoke

# The first interpreter that is new enough; override with `make PYTHON=/path/to/python`.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

.PHONY: setup reproduce test test-all checked test-lowest test-bits test-cluster test-browser lock site lint types format \
	bench clean
setup: $(STAMP)

# torch first and by its exact version. Where pip has no CPU build at hand it fetches the default one, on Linux with
# gigabytes of CUDA; `make TORCH_INDEX=URL` takes torch from another index, such as PyTorch's own of CPU builds.
$(STAMP): pyproject.toml scripts/constraints.txt
	@test -n "$(PYTHON)" || { echo "mtam needs Python 3.11 or newer with the venv module; none was found on PATH." >&2; exit 2; }
	@test -x $(BIN)/python || { rm -rf $(VENV) && $(PYTHON) -m venv $(VENV); }
	$(BIN)/pip install --quiet --disable-pip-version-check -c scripts/constraints.txt $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) torch==2.13.0
	$(BIN)/pip install --quiet --disable-pip-version-check -c scripts/constraints.txt -e '.[recall,dev]'
	@touch $@

reproduce: $(STAMP)
	$(BIN)/mtam reproduce --scale $(SCALE)

test: checked
	$(BIN)/pytest -n 2 --dist worksteal -m 'not slow'

test-all: checked
	$(BIN)/pytest -n 2 --dist worksteal

# Types on one core while kernels are compiled on the other: two workers that met a cold cache would compile both.
checked: lint
	@$(BIN)/mtam warm --quiet & $(MAKE) --no-print-directory types && wait $$!

# The lowest versions that pyproject.toml allows, of all that needs no torch, in an environment of their own. (A pyparsing
# younger than the oldest matplotlib warns of what that calls, and warnings are errors in tests.)
test-lowest: $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV)/lowest
	$(BIN)/uv pip install --quiet --python $(VENV)/lowest/bin/python --resolution lowest-direct -e . 'pytest>=8' 'hypothesis>=6.100' 'pyparsing==3.2.*'
	$(VENV)/lowest/bin/python -m pytest -m 'not slow' tests/commands tests/config tests/rates/files

# The tests that compare bits, with the code that the numerical libraries have for processors without AVX-512.
test-bits: $(STAMP)
	$(BIN)/python scripts/other_kernel.py $(BIN)/pytest -n 2 -m 'bits and not slow'

# All tests on a real SLURM, the slow ones too. Installs Debian's packages where that is allowed.
test-cluster: $(STAMP)
	@PATH=$$PATH:/usr/sbin; (for p in slurmctld slurmd munged sbatch; do command -v $$p >/dev/null || exit 1; done) || { \
		echo "installing slurmctld slurmd slurm-client munge" && apt-get update -qq && \
		apt-get install -y -qq --no-install-recommends slurmctld slurmd slurm-client munge; } || { \
		echo "make test-cluster needs SLURM: apt-get install slurmctld slurmd slurm-client munge (as root)" >&2; exit 2; }
	$(BIN)/pip install --quiet --disable-pip-version-check -c scripts/constraints.txt -e '.[parsl]'
	$(BIN)/pytest tests/cluster

# The page in headless Chromium, with axe-core's rules of accessibility. Nothing of it enters the package.
test-browser: $(STAMP)
	@(command -v chromium && command -v chromedriver) >/dev/null || { \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium chromium-driver; } || { echo "chromium and chromedriver are needed; install them as your system does." >&2; exit 2; }
	npm install --silent --no-audit --no-fund --prefix $(VENV)/axe axe-core@4.14.1
	$(BIN)/pytest tests/browser

# scripts/lock.txt: every package of a set-up with its hash, for Python 3.11 to 3.14 on all systems, in the versions of
# scripts/constraints.txt where that names one.
lock: $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile pyproject.toml --quiet --upgrade --extra recall --extra dev --universal --generate-hashes \
		--no-annotate -c scripts/constraints.txt --python-version 3.11 --custom-compile-command 'make lock' -o scripts/lock.txt

# The guide as a site, in dist/site: the pages that `mtam guide` shows, by mkdocs.
site: $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check -c scripts/constraints.txt -e '.[docs]'
	$(BIN)/mkdocs build --strict --quiet -f scripts/guide_site.yml

lint: $(STAMP)
	$(BIN)/ruff format --check src tests scripts
	$(BIN)/ruff check src tests scripts

types: $(STAMP)
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff format src tests scripts
	$(BIN)/ruff check --fix src tests scripts

bench: $(STAMP)
	$(BIN)/python scripts/bench.py

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
