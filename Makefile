# make demo   a presenter says a sentence: out/hello.mp4
# make test   the tests
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TEXT ?= Hello! I am OmniTalker. I speak and move in one go, on the two cores of this machine.

.PHONY: demo app test lint clean

demo: $(VENV)/.core
	$(BIN)/omnitalker generate "$(TEXT)" -o out/hello.mp4 --subtitles

app: $(VENV)/.dev
	$(BIN)/omnitalker demo

test: $(VENV)/.dev
	$(BIN)/python -m pytest -m "not slow"

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

$(VENV)/bin/python:
	@$(PYTHON) -c "import sys; sys.exit(not ((3, 10) <= sys.version_info < (3, 13)))" \
		|| { echo "OmniTalker needs Python 3.10 to 3.12; try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.core: $(VENV)/bin/python pyproject.toml
	@echo "Installing OmniTalker (a few minutes the first time) ..."
	$(BIN)/python -m pip install --quiet -e .
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml
	@echo "Installing OmniTalker and its development tools (a few minutes the first time) ..."
	$(BIN)/python -m pip install --quiet -e ".[dev]"
	@$(BIN)/python -m pip install --quiet -e ".[train,eval]" \
		|| echo "Left out: pyworld and Resemblyzer, which need a C compiler; the tests that use them are skipped."
	@touch $(VENV)/.core $@

clean:
	rm -rf $(VENV) out build *.egg-info
