# make demo          a presenter says a sentence: out/hello.mp4
# make demo CPU=1    the same with PyTorch's own wheels without CUDA: 0.5 GB of download in place of 3.3
# make app           the web page
# make test          the tests, on two cores (JOBS=1: on one)
# make wheels        dist/: the program, and its weights
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
JOBS ?= 2
TEXT ?= Hello! I am OmniTalker. I speak and move in one go, on the two cores of this machine.
TORCH := torch==2.11.0 $(if $(CPU),--index-url https://download.pytorch.org/whl/cpu)
LOCKED = $(BIN)/python -c "import sys; sys.exit(sys.version_info < (3, 11))"

.PHONY: demo app test lint wheels soak sbom clean

# The text reaches the program letter by letter: neither make nor the shell looks into it.
demo: $(VENV)/.core
	@$(BIN)/omnitalker generate '$(subst ','\'',$(value TEXT))' -o out/hello.mp4 --subtitles

app: $(VENV)/.core
	$(BIN)/omnitalker demo

# A file of tests is one process's; each keeps to one core.
test: $(VENV)/.dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" -n $(JOBS) --dist loadfile

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

wheels: $(VENV)/.core
	$(BIN)/python -m pip wheel --quiet --no-deps -w dist . ./checkpoints
	@ls -l dist

$(VENV)/bin/python:
	@$(PYTHON) -c "import sys; sys.exit(not ((3, 10) <= sys.version_info < (3, 13)))" \
		|| { echo "OmniTalker needs Python 3.10 to 3.12; try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --upgrade pip

$(VENV)/.core: $(VENV)/bin/python pyproject.toml requirements.lock
	@echo "Installing OmniTalker into $(VENV), the first time a few minutes: $(if $(CPU),0.5 GB to download and 1.9 GB of disk,3.3 GB to download and 5.8 GB of disk; with CPU=1 0.5 and 1.9 GB)."
	@$(PIP) $(TORCH)
	@if $(LOCKED); then $(PIP) --no-deps -r requirements.lock && $(PIP) --no-deps -e .; \
		else $(PIP) -e ".[app,server]" && $(PIP) --no-deps mediapipe==0.10.21; fi
	@touch $@

$(VENV)/.dev: $(VENV)/.core requirements-dev.lock
	@echo "Installing the development tools: half a gigabyte more ..."
	@if $(LOCKED); then $(PIP) --no-deps -r requirements-dev.lock; else $(PIP) -e ".[dev,train,eval]"; fi
	@touch $@

clean:
	rm -rf $(VENV) out build dist *.egg-info checkpoints/build checkpoints/*.egg-info

# An hour of good and bad callers on a real server: MINUTES=5 for a shorter one.
soak: $(VENV)/.dev
	$(BIN)/python scripts/soak.py --minutes $(or $(MINUTES),60) -o out/soak.json

# What is installed, as CycloneDX.
sbom: $(VENV)/.core
	@mkdir -p out && $(PIP) cyclonedx-bom
	$(BIN)/cyclonedx-py environment --output-format JSON --output-file out/sbom.json $(BIN)/python
