PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin

.PHONY: install setup demo test check

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -c constraints.txt -e '.[dev]'
	touch $@

setup: install
	$(BIN)/worldline setup

demo: setup
	$(BIN)/worldline collect recipes/demo.toml
	for phase in pretrain midtrain sft rl; do \
		OMP_WAIT_POLICY=PASSIVE $(BIN)/worldline train recipes/demo-$$phase.toml || exit $$?; done
	$(BIN)/worldline summary runs/demo
	$(BIN)/worldline report runs/demo

test: setup
	OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m pytest

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
