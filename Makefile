# Two commands do everything on a machine that has Python and make: make run, make test.

PYTHON ?= python3
BIN := .venv/bin
OLDER := .venv-tflite/bin

# make run: a camera, clip, folder or URL; a weights file instead of Keras's download; photos to calibrate with.
SOURCE ?=
WEIGHTS ?=
CALIBRATION ?=
# make train, make bench-train: labelled photos, and a table of labels if they lie in one folder.
DATA ?= photos
CSV ?=
LABELLED = --data '$(DATA)' $(if $(CSV),--csv '$(CSV)') $(if $(WEIGHTS),--weights '$(WEIGHTS)')

.PHONY: help run model train test check format tests tests-older-interpreter test-slow bench bench-train clean mosquitto

help: ## Show what there is to make
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 26

run: door.tflite .venv/door ## Watch the camera and work the latch: make run SOURCE=photos/ WEIGHTS=file.h5
	OPENCV_LOG_LEVEL=ERROR $(BIN)/petdoor run --model door.tflite $(if $(SOURCE),--source '$(SOURCE)')

model: .venv/host ## Make door.tflite anew
	$(BIN)/python -m tools export --output door.tflite \
	  $(if $(WEIGHTS),--weights '$(WEIGHTS)') $(if $(CALIBRATION),--calibration '$(CALIBRATION)')

train: .venv/host ## Make door.tflite from photos of your own: make train DATA=photos/
	$(BIN)/python -m tools train $(LABELLED) --output door.tflite --report report

door.tflite: $(WEIGHTS)
	$(MAKE) model

test: check tests tests-older-interpreter ## Lint, types and every test, under both interpreters

check: .venv/dev ## Lint and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/dev ## Lay the code out as the check wants it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

tests: .venv/dev mosquitto
	$(BIN)/pytest --cov --cov-report=term

# tflite-runtime ended with Python 3.11; where there is no wheel there is nothing to test.
tests-older-interpreter: tests
	@if $(PYTHON) -c 'import sys; sys.exit(sys.version_info >= (3, 12))'; then \
	  $(MAKE) .venv-tflite/test && \
	  $(OLDER)/pytest tests/adapters/test_classifier.py tests/test_judgement.py; \
	else echo 'skipped: tflite-runtime has no wheels for this Python'; fi

test-slow: .venv/dev ## The tests that train or convert large networks: half an hour
	$(BIN)/pytest -m slow

bench: door.tflite .venv/door ## Measure speed, memory and start-up on this machine
	$(BIN)/python -m tools bench --model door.tflite

bench-train: .venv/host ## Compare our training with the usual recipe: make bench-train DATA= CSV= WEIGHTS=
	$(BIN)/python -m tools bench-train $(LABELLED)

clean: ## Remove environments and everything made
	rm -rf .venv .venv-tflite build door.tflite .coverage* .hypothesis .pytest_cache .mypy_cache .ruff_cache *.egg-info

mosquitto:
	@command -v mosquitto >/dev/null || test -x /usr/sbin/mosquitto || { \
	  sudo=$$(test "$$(id -u)" = 0 || echo sudo); \
	  $$sudo apt-get update && $$sudo apt-get install -y --no-install-recommends mosquitto; }

.venv/pip:
	$(PYTHON) -m venv .venv || { echo 'no venv module: apt install python3-venv'; exit 1; }
	@touch $@

.venv/door: pyproject.toml | .venv/pip
	$(BIN)/pip install --quiet --editable .
	@touch $@

.venv/host: pyproject.toml | .venv/pip
	$(BIN)/pip install --quiet --editable '.[host]'
	@touch $@

.venv/dev: pyproject.toml | .venv/pip
	$(BIN)/pip install --quiet --editable '.[dev]'
	@touch $@

.venv-tflite/test: pyproject.toml
	$(PYTHON) -m venv .venv-tflite
	$(OLDER)/pip install --quiet --editable '.[tflite-runtime,test]'
	$(OLDER)/pip uninstall --quiet --yes ai-edge-litert
	@touch $@
