# make demo: the environment, then three synthesised corpora, nine trainings.
# make test: the environment, then all tests; make test-quick: those in seconds.
# make fuzz: the property tests with many more examples, for an hour or so.
# make docs: the documentation's site, in docs/_build.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --quiet --disable-pip-version-check
# One process per core, as each test runs on one thread.
PARALLEL = -n auto --dist worksteal
# Some environments forbid it; each process would compile all modules anew.
export PYTHONDONTWRITEBYTECODE =

.PHONY: demo test test-quick fuzz docs newest oldest lock lint format clean

demo: $(VENV)/installed
	$(BIN)/python -m turbo_sb.demo

test: $(VENV)/installed
	$(BIN)/python -m pytest $(PARALLEL) --durations=10

test-quick: $(VENV)/installed
	$(BIN)/python -m pytest $(PARALLEL) -m "not slow"

# What fails is kept in .hypothesis, and tried first the next time.
fuzz: EXAMPLES ?= 10000
fuzz: $(VENV)/installed
	EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest $(PARALLEL) tests/properties

# Needs no network; a warning is an error.
docs: $(VENV)/installed
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build

# The quick tests with setup.py's ranges in place of the lock: on the newest
# versions that they allow today, and on the oldest.
newest: RESOLUTION = highest
oldest: RESOLUTION = lowest-direct
newest oldest: $(VENV)/installed
	$(BIN)/uv venv --quiet --clear --python $(PYTHON) $(VENV)-$@
	$(BIN)/uv pip install --quiet --python $(VENV)-$@ \
	  --resolution $(RESOLUTION) -e ".[dev]"
	$(VENV)-$@/bin/python -m turbo_sb.utils.installation
	$(VENV)-$@/bin/python -m pytest $(PARALLEL) -m "not slow"

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/yamllint --strict recipes .pre-commit-config.yaml .yamllint.yaml

format: $(VENV)/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Renews the lock: the newest versions that setup.py and requirements.in allow.
lock: $(VENV)/installed
	$(BIN)/uv pip compile setup.py requirements.in --extra dev --upgrade \
	  --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --quiet --custom-compile-command "make lock" -o requirements.lock

# About 6 GB: PyPI's torch brings CUDA along, and torchaudio needs it even on
# a machine without a GPU.
$(VENV)/installed: setup.py requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	touch $@

clean:
	rm -rf $(VENV) $(VENV)-newest $(VENV)-oldest demo_output docs/_build docs/generated
