# Two commands do everything on a machine that has Python and make: make run, make test.

PYTHON ?= python3
BIN := .venv/bin
OLDER := .venv-tflite/bin
OPT := /opt/petdoor
SUDO := $(shell test "$$(id -u)" = 0 || echo sudo)

# make run: a camera, clip, folder or URL instead of the drawn yard; a model instead of petdoor's own.
SOURCE ?= demo
MODEL ?=
# make model: a weights file instead of Keras's download; photos to calibrate with.
WEIGHTS ?=
CALIBRATION ?=
# make train, make bench-train: labelled photos, and a table of labels if they lie in one folder.
DATA ?= photos
CSV ?=
LABELLED = --data '$(DATA)' $(if $(CSV),--csv '$(CSV)') $(if $(WEIGHTS),--weights '$(WEIGHTS)')

.PHONY: help run model train door-model test check format tests tests-older-interpreter test-slow faults soak install uninstall bench bench-train clean mosquitto chromium

help: ## Show what there is to make
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 26

run: .venv/door ## Watch a drawn yard and work the latch: make run SOURCE=0, SOURCE=photos/, MODEL=door.tflite
	$(BIN)/petdoor run --source '$(SOURCE)' --snapshots snapshots$(if $(filter demo,$(SOURCE)),/demo) \
	  $(if $(MODEL),--model '$(MODEL)')

model: .venv/host ## Make door.tflite, the ImageNet model: make model WEIGHTS=file.h5 CALIBRATION=photos/
	$(BIN)/python -m tools export --output door.tflite \
	  $(if $(WEIGHTS),--weights '$(WEIGHTS)') $(if $(CALIBRATION),--calibration '$(CALIBRATION)')

train: .venv/host ## Make door.tflite from photos of your own: make train DATA=photos/
	$(BIN)/python -m tools train $(LABELLED) --output door.tflite --report report

# make faults: those with these words in their names only. make soak: how many visits.
FAULT ?=
VISITS ?=

# make door-model: photos in the folders train and extra (each with dog, cat, other), breeds and, to judge by, val.
PHOTOS ?= photos
PRECISION ?= float32
DRAWN := build/drawn
PUPIL := build/petnet.weights.h5
# Those in extra are small and soft: the sharp ones are looked at more often.
SEEN := train train train breeds breeds extra

door-model: .venv/host ## Make the model that ships anew, in two hours: make door-model PHOTOS= WEIGHTS=
	$(BIN)/python -m tools draw --output $(DRAWN) --photos '$(PHOTOS)/train' \
	  --pictures 9000 --pairs 900 --dog-pairs 450
	$(BIN)/python -m tools distil $(foreach part,$(SEEN),--photos '$(PHOTOS)/$(part)') --views 7 --epochs 48 \
	  $(if $(WEIGHTS),--weights '$(WEIGHTS)') --precision $(PRECISION) --output $(PUPIL)
	$(BIN)/python -m tools train --data '$(PHOTOS)/train' --data '$(PHOTOS)/train' --data '$(PHOTOS)/extra' \
	  --data $(DRAWN) --test '$(PHOTOS)/val' --split 85/15/0 \
	  --backbone petnet --size 160 --weights $(PUPIL) --layers 31 --views 6 --head-epochs 6 --epochs 12 \
	  --label-smoothing 0.05 --dropout 0.3 --false-accept 0.02 \
	  --work build/door.training --output petdoor/models/door.tflite --report build/door-model

test: check tests tests-older-interpreter ## Lint, types and every test, under both interpreters

check: .venv/dev ## Lint and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/dev ## Lay the code out as the check wants it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

tests: .venv/dev mosquitto chromium
	$(BIN)/pytest --numprocesses=auto --dist=loadfile --cov --cov-report=term

# tflite-runtime ended with Python 3.11; where there is no wheel there is nothing to test.
tests-older-interpreter: tests
	@if $(PYTHON) -c 'import sys; sys.exit(sys.version_info >= (3, 12))'; then \
	  $(MAKE) .venv-tflite/test && \
	  $(OLDER)/pytest tests/adapters/test_classifier.py tests/test_judgement.py; \
	else echo 'skipped: tflite-runtime has no wheels for this Python'; fi

test-slow: .venv/dev ## The tests that train or convert large networks: half an hour
	$(BIN)/pytest -m slow

faults: .venv/dev mosquitto ## Break a running door in every way, watch its pin, and print the README's table: ten minutes
	$(BIN)/python -m tests.faults $(FAULT)

soak: .venv/dev mosquitto ## Ten thousand visits, a broker that comes and goes: nothing lost, nothing grows: a quarter of an hour
	$(BIN)/python -m tests.soak $(VISITS)

install: ## Put the door and its service on this machine, into /opt/petdoor; settings that are there stay
	$(SUDO) $(PYTHON) -m venv --system-site-packages $(OPT)
	$(SUDO) $(OPT)/bin/pip install --quiet .
	$(SUDO) $(OPT)/bin/petdoor install-service

uninstall: ## Take them away again; settings and pictures stay
	$(SUDO) $(OPT)/bin/petdoor uninstall-service
	$(SUDO) rm -rf $(OPT)

bench: .venv/door ## Measure speed, memory and start-up on this machine: make bench MODEL=door.tflite
	$(BIN)/python -m tools bench $(if $(MODEL),--model '$(MODEL)')

bench-train: .venv/host ## Compare our training with the usual recipe: make bench-train DATA= CSV= WEIGHTS=
	$(BIN)/python -m tools bench-train $(LABELLED)

clean: ## Remove environments and everything made
	rm -rf .venv .venv-tflite build door.tflite .coverage* .hypothesis .pytest_cache .mypy_cache .ruff_cache *.egg-info

mosquitto:
	@command -v mosquitto >/dev/null || test -x /usr/sbin/mosquitto || { \
	  $(SUDO) apt-get update && $(SUDO) apt-get install -y --no-install-recommends mosquitto; }

# The dashboard's tests look at it; without a browser they are skipped.
chromium:
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null || { \
	  $(SUDO) apt-get update && $(SUDO) apt-get install -y --no-install-recommends chromium chromium-driver; } || \
	  echo 'no chromium here: the tests of the dashboard are skipped'

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
