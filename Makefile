# Two commands do all the set-up: `make chat` and `make test`. They need Python 3.11+, a C++ compiler and a package index.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PORT ?= 7860
PACKAGES = parley.tools parley.memory parley.agent parley.evals parley.ui
export HF_HUB_OFFLINE = 1
export TOKENIZERS_PARALLELISM = false
export GRADIO_ANALYTICS_ENABLED = False

.PHONY: chat test test-all lint format clean
chat: $(VENV)/.ready
	$(BIN)/parley web --port $(PORT)

test: $(VENV)/.ready-dev
	$(BIN)/python -m pytest -q -n 2 --dist loadgroup $(ARGS)

lint: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	MYPYPATH=.typecheck $(BIN)/mypy $(foreach p,$(PACKAGES),-p $(p))

format: $(VENV)/.ready-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# llama-cpp-python is compiled here: about three minutes on two cores, once.
$(VENV)/.ready: pyproject.toml constraints.txt setup.py
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
	@echo "installing; llama-cpp-python compiles for about three minutes"
	$(BIN)/python -m pip install -q -c constraints.txt torch==2.13.0
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[all]"
	touch $@

$(VENV)/.ready-dev: $(VENV)/.ready
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[all,dev,tune,postgres,ray]"
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info
