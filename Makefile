# make train   trains the sales model on a generated sample and shows its forecast
# make test    runs the tests
# make fuzz    tries damaged files on all readers for an hour; FUZZ_SECONDS=60 for another time
# make sanitize runs the tests of tables, kernels and threads under AddressSanitizer and ThreadSanitizer
# make bench   races the CPU back end against PyTorch
# make bench-operations times single operations; FILTER="cpu Adam.*" picks some
# make gpu-kit builds gpu-kit/: copy it to a host with a GPU driver and run its run.sh
# make dist    builds an archive for Linux in dist/: a static command, its manual, completions
# make deb     builds a Debian package of the same files, in dist/ too
# make docs    writes the library's reference to .build/docs
# make format  formats the sources
#
# Each installs what it needs first. Swift 6.2 or newer is the only thing expected to be there.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# What a Swift toolchain needs to resolve and link packages. Debian and Ubuntu names.
PACKAGES := git ca-certificates g++ libc6-dev
# What the tests run OpenCL on where there is no GPU, what checks the kernels, what starts several ranks, and
# what reads Keras' files, by its names on Debian 12 and Ubuntu 22.04, Ubuntu 24.04, Debian 13.
TEST_PACKAGES := ocl-icd-libopencl1 pocl-opencl-icd oclgrind openmpi-bin mpich \
  libhdf5-103-1/libhdf5-103-1t64/libhdf5-310
RUN ?= runs/sample
FILTER ?= .*

.PHONY: help deps test-deps build train test fuzz sanitize bench bench-operations gpu-kit dist deb docs format lint clean

help:
	@sed -n 's/^# make/make/p' Makefile

# Installs those of the packages that are missing; where one has several names, the first that there is.
define install
	@missing=""; \
	for names in $(1); do \
	  found=""; \
	  for package in $${names//\// }; do \
	    if dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'install ok installed'; then found=1; fi; \
	  done; \
	  [ -n "$$found" ] || missing="$$missing $$names"; \
	done; \
	if [ -n "$$missing" ]; then \
	  command -v apt-get >/dev/null || { echo "Please install:$$missing" >&2; exit 1; }; \
	  as_root=""; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	  echo "Installing:$$missing"; \
	  $$as_root apt-get update -qq; \
	  chosen=""; \
	  for names in $$missing; do \
	    for package in $${names//\// }; do \
	      if apt-cache show $$package >/dev/null 2>&1; then break; fi; \
	    done; \
	    chosen="$$chosen $$package"; \
	  done; \
	  DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -qq --no-install-recommends $$chosen; \
	fi
endef

deps:
	@command -v swift >/dev/null || { \
	  echo 'Swift is not on the PATH. Install Swift 6.2 or newer (swift.org/install), then run make again.' >&2; exit 1; }
	$(call install,$(PACKAGES))

test-deps: deps
	$(call install,$(TEST_PACKAGES))

build: deps
	swift build -c release --product sluice

train: build
	@if [ -f "$(RUN)/config.yaml" ] && [ -f "$(RUN)/.lock" ]; then rm -rf -- "$(RUN)"; fi
	"$$(swift build -c release --show-bin-path)/sluice" train sales --output "$(RUN)"
	"$$(swift build -c release --show-bin-path)/sluice" predict --model "$(RUN)/model" --output "$(RUN)/forecast.csv"

test: test-deps
	swift build --build-tests
	Tests/run
	Tests/check-kernels

fuzz: deps
	Tests/Fuzz/run

sanitize: deps
	Tests/sanitize

bench: deps
	Benchmarks/race

bench-operations: deps
	cd Benchmarks/operations && swift package benchmark --filter "$(FILTER)"

gpu-kit: test-deps
	Benchmarks/gpu-kit/build

dist: deps
	Packaging/archive

deb: dist
	$(call install,dpkg-dev)
	Packaging/deb

# By the toolchain's own docc, so that no user's package graph has a plugin in it. A warning is a failure.
docs: deps
	swift build --target Sluice
	rm -rf .build/symbol-graphs .build/docs
	MODULES="Sluice SluiceCompute" Tests/symbol-graphs "$$(swift build --show-bin-path)" .build/symbol-graphs
	swift Tests/merge-symbol-graphs.swift .build/symbol-graphs
	docc convert Sources/Sluice/Sluice.docc --additional-symbol-graph-dir .build/symbol-graphs \
	  --fallback-display-name Sluice --fallback-bundle-identifier sluice \
	  --warnings-as-errors --output-path .build/docs

format:
	swift format --in-place --recursive Package.swift Sources Tests Benchmarks Examples Packaging

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Benchmarks Examples Packaging

clean:
	rm -rf .build Benchmarks/.build Benchmarks/operations/.build Examples/.build dist
