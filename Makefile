# make train   trains the sales model on a generated sample and shows its forecast
# make test    runs the tests
# make bench   races the CPU back end against PyTorch
# make format  formats the sources
#
# Each installs what it needs first. Swift 6.2 or newer is the only thing expected to be there.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# What a Swift toolchain needs to resolve and link packages. Debian and Ubuntu names.
PACKAGES := git ca-certificates g++ libc6-dev
RUN ?= runs/sample

.PHONY: help deps build train test bench format lint clean

help:
	@sed -n 's/^# make/make/p' Makefile

deps:
	@command -v swift >/dev/null || { \
	  echo 'Swift is not on the PATH. Install Swift 6.2 or newer (swift.org/install), then run make again.' >&2; exit 1; }
	@missing=""; \
	for package in $(PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'install ok installed' || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
	  command -v apt-get >/dev/null || { echo "Please install:$$missing" >&2; exit 1; }; \
	  as_root=""; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	  echo "Installing:$$missing"; \
	  $$as_root apt-get update -qq; \
	  DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -qq --no-install-recommends $$missing; \
	fi

build: deps
	swift build -c release --product sluice

train: build
	@if [ -f "$(RUN)/config.yaml" ] && [ -f "$(RUN)/.lock" ]; then rm -rf -- "$(RUN)"; fi
	"$$(swift build -c release --show-bin-path)/sluice" train sales --output "$(RUN)"
	"$$(swift build -c release --show-bin-path)/sluice" predict --model "$(RUN)/model" --output "$(RUN)/forecast.csv"

test: deps
	swift test

bench: deps
	Benchmarks/race

format:
	swift format --in-place --recursive Package.swift Sources Tests Benchmarks

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Benchmarks

clean:
	rm -rf .build Benchmarks/.build
