#!/usr/bin/env bash
# The runs that the README quotes, one after the other; about 20 minutes on two cores. Each is resumed or replaced.
set -euo pipefail
cd "$(dirname "$0")/.."
run() { uv run gapmodel run --quiet "$@"; }
run --out results/reference/august_2026
run --out results/reference/may_2026 --snapshot epoch_2026-05
run --out results/reference/august_2026_without_saturated --exclude-benchmark MMLU --exclude-benchmark GSM8K
uv run gapmodel compare --quiet --out results/reference/comparison
