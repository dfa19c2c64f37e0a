# `make demo` and `make test` do all set-up on a fresh machine.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
QUICK := not slow and not benchmarks and not docs and not android and not arm64 and not micro and not targets and not web and not readers and not beam and not pythons and not distributed and not faults

SUDO := $(shell test "$$(id -u)" = 0 || echo sudo)
DOCS_READY := $(VENV)/.docs-ready
BENCH_READY := $(VENV)/.bench-ready
ARM64_READY := $(VENV)/.arm64-ready
MICRO_READY := $(VENV)/.micro-ready
MICRO_PACKAGES := gcc g++ libc6-dev clang libclang-rt-dev cmake make gcc-arm-none-eabi \
    libnewlib-arm-none-eabi qemu-system-arm

WEB_READY := $(VENV)/.web-ready
BEAM_READY := $(VENV)/.beam-ready

ANDROID_READY := $(VENV)/.android-ready
ANDROID_PACKAGES := default-jdk-headless maven aapt zipalign apksigner gcc libc6-dev

.PHONY: help setup demo test test-slow test-benchmarks test-docs arm64 micro web readers beam distributed pythons apk android test-targets proofs faults bench targets \
    backbone backbone-tiny docs compare lint clean

help:
	@echo "make demo       train, convert, verify and report on Reuters R8 (about five minutes)"
	@echo "make test       the tests"
	@echo "make test-slow  the heavier tests"
	@echo "make test-benchmarks  the tests of the benchmarks that train or take long"
	@echo "make test-docs  every command and Python block of the documents, on small data"
	@echo "make arm64      the proofs on emulated Arm processors (Debian; installs qemu-user)"
	@echo "make micro      the proofs for microcontrollers (Debian; installs Arm's gcc and QEMU)"
	@echo "make web        the proofs for the page in headless Chromium (Debian; installs chromium)"
	@echo "make readers    files in transformers, tflite-support and MediaPipe (downloads PyTorch)"
	@echo "make beam       many texts on Apache Beam (downloads it)"
	@echo "make distributed  training on two devices and two workers of this machine"
	@echo "make pythons    the main job on Python 3.12 and 3.13, with numpy 2 (needs both; downloads TensorFlow)"
	@echo "make android    the Android app: an APK, verified, and its tests (Debian; fetches 640 MB)"
	@echo "make bench      latency beside other models and runtimes (the first time half an hour)"
	@echo "make targets    which devices take how much of each preset (the first time half an hour)"
	@echo "make backbone   a pretrained backbone, made anew in hours (BACKBONE, BACKBONE_DATA)"
	@echo "make backbone-tiny  squeezebert-tiny, made anew from squeezebert-small in an hour"
	@echo "make compare    baselines, fine-tuned BERT and SqueezeBERT on COMPARE_DATA (hours)"
	@echo "make test-targets  the proofs for Edge TPU and Ethos-U, Vela included"
	@echo "make proofs     the tests of test-targets, arm64, micro, beam and android in one run"
	@echo "make faults     kills, hostile files, threads and full disks (long)"
	@echo "make lint       formatting, docstrings, names, layers and types"
	@echo "make docs       the documentation as a site, in build/docs"
	@echo "make setup      the virtual environment alone"
	@echo "make clean      remove the virtual environment and runs/"

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	touch $(READY)

demo: $(READY)
	$(BIN)/tfsqueeze demo --output runs/demo

# Workers start with the files that take longest (tests/conftest.py has their order).
PYTEST := $(BIN)/python -m pytest -q --durations 40 --durations-min 10
IN_PARALLEL := --numprocesses auto --dist loadfile --no-loadscope-reorder

test: $(READY)
	$(PYTEST) -m "$(QUICK)" $(IN_PARALLEL) --doctest-modules tests tfsqueeze converters

test-slow: $(READY)
	$(PYTEST) -m slow $(IN_PARALLEL)

test-benchmarks: $(READY)
	$(PYTEST) -m benchmarks $(IN_PARALLEL)

test-docs: $(READY)
	$(PYTEST) -m docs $(IN_PARALLEL)

# Made before the tests: otherwise each of their workers would make it.
$(ARM64_READY): $(READY)
	command -v qemu-aarch64 && command -v cc || \
	    { $(SUDO) apt-get update && $(SUDO) apt-get install --yes qemu-user gcc libc6-dev; }
	$(BIN)/python -c "from converters.arm64.sysroot import ensure_sysroot; ensure_sysroot()"
	touch $(ARM64_READY)

arm64: $(ARM64_READY)
	$(PYTEST) -m arm64 $(IN_PARALLEL)

$(MICRO_READY): $(READY)
	dpkg --status $(MICRO_PACKAGES) >/dev/null 2>&1 || \
	    { $(SUDO) apt-get update && \
	      $(SUDO) apt-get install --yes --no-install-recommends $(MICRO_PACKAGES); }
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[micro]'
	touch $(MICRO_READY)

micro: $(MICRO_READY)
	$(PYTEST) -m micro $(IN_PARALLEL)

# Node.js of another source brings its own npm, which Debian's package would conflict with.
$(WEB_READY): $(READY)
	{ command -v chromium && command -v npm; } >/dev/null || \
	    { $(SUDO) apt-get update && $(SUDO) apt-get install --yes --no-install-recommends \
	      chromium $$(command -v npm >/dev/null || echo npm); }
	touch $(WEB_READY)

web: $(WEB_READY)
	$(PYTEST) -m web $(IN_PARALLEL)

readers: $(READY)
	$(BIN)/python -m tests.environments transformers task-library
	$(PYTEST) -m readers

$(BEAM_READY): $(READY) tests/environments/beam.txt
	$(BIN)/python -m tests.environments beam
	touch $(BEAM_READY)

beam: $(BEAM_READY)
	$(PYTEST) -m beam $(IN_PARALLEL)

distributed: $(READY)
	$(PYTEST) -m distributed

pythons: $(READY)
	$(BIN)/python -m tests.environments train@3.12 train@3.13 predict@3.13
	$(PYTEST) -m pythons

$(ANDROID_READY): $(READY)
	dpkg --status $(ANDROID_PACKAGES) >/dev/null 2>&1 || \
	    { $(SUDO) apt-get update && \
	      $(SUDO) apt-get install --yes --no-install-recommends $(ANDROID_PACKAGES); }
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[android]'
	touch $(ANDROID_READY)

# The app's models; where none was exported yet, one of news that learns for a few minutes.
ANDROID_ASSETS := android_demo/app/src/main/assets

apk: $(ANDROID_READY)
	ls $(ANDROID_ASSETS)/*.tflite >/dev/null 2>&1 || { \
	    $(BIN)/tfsqueeze train reuters-r8 --output runs/news --target micro --epochs 4 --qat-epochs 0 && \
	    $(BIN)/tfsqueeze export runs/news --target android --output $(ANDROID_ASSETS); }
	$(BIN)/python -m android_demo.toolchain --output build/android \
	    --screenshots build/android/screenshots

android: apk
	$(PYTEST) -m android $(IN_PARALLEL)

proofs: $(ARM64_READY) $(MICRO_READY) $(BEAM_READY) apk
	$(PYTEST) -m "(targets or arm64 or micro or beam or android) and not benchmarks" $(IN_PARALLEL)

faults: $(READY)
	$(PYTEST) -m faults $(IN_PARALLEL) tests/faults

$(DOCS_READY): $(READY)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[docs]'
	touch $(DOCS_READY)

docs: $(DOCS_READY)
	$(BIN)/python -m typer tfsqueeze.cli.main utils docs --name tfsqueeze --title "Command line" \
	    --output docs/reference/command-line.md
	$(BIN)/python docs/generate_pages.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

$(BENCH_READY): $(READY)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[bench]'
# The package asks for PyTorch, which its program does not need.
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps pnnx
	touch $(BENCH_READY)

bench: $(BENCH_READY)
	$(BIN)/python -m benchmarks models --threads 1 --threads 2
	$(BIN)/python -m benchmarks operators

# CLINC-150 is no named dataset: DATA, LENGTH and EPOCHS of further folders go here.
TARGETS_DATA ?= --data reuters-r8 --length 128 --epochs 10

targets: $(READY)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[micro]"
	$(BIN)/python -m benchmarks targets $(TARGETS_DATA)

# A folder of datasets; benchmarks/backbone_texts.py names those that are used.
BACKBONE_DATA ?= ../shared/data
BACKBONE ?= squeezebert-small
BACKBONE_EPOCHS ?= 1
BACKBONE_FOLDER = tfsqueeze/checkpoints/backbones/$(BACKBONE)

backbone: $(READY)
	$(BIN)/python -m benchmarks backbone-texts $(BACKBONE_DATA) runs/backbone-texts
	$(BIN)/tfsqueeze pretrain runs/backbone-texts/texts.txt runs/backbone-texts/pairs.tsv \
	    --preset $(BACKBONE) --epochs $(BACKBONE_EPOCHS) --max-length 256 --loss hidden_states=1 \
	    --loss last_hidden_state=1 --loss sentences=1 --loss pooled_sentences=1 \
	    --loss relations=1 --output runs/$(BACKBONE)
	$(BIN)/python -c "from tfsqueeze import SqueezeBertModel; SqueezeBertModel.from_pretrained( \
	    'runs/$(BACKBONE)/backbone').save_pretrained('$(BACKBONE_FOLDER)', dtype='float16')"
	cp runs/$(BACKBONE)/backbone/vocab.txt \
	    runs/$(BACKBONE)/backbone/tokenizer_config.json $(BACKBONE_FOLDER)
	$(BIN)/python -m benchmarks backbone $(BACKBONE_FOLDER) --data reuters-r8 --data vader-movies

# It goes on from four layers of squeezebert-small, on all short texts and some of the others.
backbone-tiny: $(READY)
	$(BIN)/python -m benchmarks backbone-texts $(BACKBONE_DATA) runs/backbone-texts
	mkdir -p runs/tiny-texts
	for file in texts.txt pairs.tsv; do \
	    awk 'BEGIN{srand(2)} length($$0)<100 || rand()<0.12' runs/backbone-texts/$$file \
	        > runs/tiny-texts/$$file; done
	$(BIN)/tfsqueeze pretrain runs/tiny-texts/texts.txt runs/tiny-texts/pairs.tsv \
	    --pretrained squeezebert-small --num-hidden-layers 4 --epochs 1 --max-length 256 \
	    --learning-rate 8e-4 --precision bfloat16 --loss hidden_states=1 \
	    --loss last_hidden_state=1 --loss sentences=1 --loss pooled_sentences=1 \
	    --loss relations=1 --output runs/squeezebert-tiny
	$(BIN)/python -c "from tfsqueeze import SqueezeBertModel; SqueezeBertModel.from_pretrained( \
	    'runs/squeezebert-tiny/backbone').save_pretrained( \
	    'tfsqueeze/checkpoints/backbones/squeezebert-tiny', dtype='float16')"

COMPARE_DATA ?= reuters-r8

compare: $(READY)
	$(BIN)/tfsqueeze compare $(COMPARE_DATA) --output runs/compare

test-targets: $(READY)
	$(PYTEST) -m targets $(IN_PARALLEL)

LINTED := tfsqueeze converters benchmarks tests coral android_demo docs

lint: $(READY)
	$(BIN)/ruff format --check $(LINTED)
	$(BIN)/ruff check $(LINTED)
	$(BIN)/lint-imports
	$(BIN)/pyright

clean:
	rm -rf $(VENV) runs build *.egg-info
