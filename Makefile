# make demo: install, then validate, compile, train and report the complete spec in both frameworks
# make test: install, then lint, types and all tests
# make bench: install, then measure what is written in benchmarks/results

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed

.PHONY: help demo test lint types fast bench regenerate clean

help:
	@sed -n 's/^# //p' Makefile

# PyTorch is pinned because a bare range fetches several gigabytes of CUDA libraries on Linux.
$(INSTALLED): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check "torch==2.13.0"
	$(BIN)/pip install --quiet --disable-pip-version-check --editable ".[keras-cpu,torch,dev]"
	touch $@

demo: $(INSTALLED)
	$(BIN)/samenet validate specs
	$(BIN)/samenet compile specs/complete.net.toml --backend keras --output demo/complete_keras.py
	$(BIN)/samenet compile specs/complete.net.toml --backend torch --output demo/complete_torch.py
	$(BIN)/samenet train specs/complete.net.toml --backend keras --backend torch \
		--output demo/runs --force
	$(BIN)/samenet report demo/runs --output demo/report.html

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/pyright --pythonpath $(BIN)/python

test: lint types
	$(BIN)/pytest -n auto --dist worksteal

fast: $(INSTALLED)
	$(BIN)/pytest -m "not slow" -n auto --dist worksteal

bench: $(INSTALLED)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable ".[bench]"
	$(BIN)/python -m benchmarks

regenerate: $(INSTALLED)
	$(BIN)/python -m tests.golden.test_golden
	$(BIN)/python docs/make_reference.py
	$(BIN)/python docs/make_diagnostics.py
	$(BIN)/samenet schema > schema/spec.schema.json

clean:
	rm -rf $(VENV) demo
