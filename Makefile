# make demo: the environment, then three synthesised corpora, nine trainings.
# make test: the environment, then all tests.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test lint format clean

demo: $(VENV)/installed
	$(BIN)/python -m turbo_sb.demo

test: $(VENV)/installed
	$(BIN)/python -m pytest --durations=10

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/yamllint --strict recipes .pre-commit-config.yaml .yamllint.yaml

format: $(VENV)/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# About 5 GB: PyPI's torch brings CUDA along, and torchaudio needs it even on
# a machine without a GPU.
$(VENV)/installed: setup.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) demo_output
