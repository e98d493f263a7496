#!/usr/bin/env bash
# What the README and the docs quote, one after the other; about two hours on two cores, most of it calibration.
# Every sweep resumes where it was interrupted.
set -euo pipefail
cd "$(dirname "$0")/.."
run() { uv run gapmodel run --quiet "$@"; }
run --out results/reference/august_2026
run --out results/reference/may_2026 --snapshot epoch_2026-05
run --out results/reference/august_2026_without_saturated --exclude-benchmark MMLU --exclude-benchmark GSM8K
uv run gapmodel compare --quiet --out results/reference/comparison
uv run scripts/explain_snapshots.py
uv run gapmodel sensitivity --quiet --workers 2 --out results/reference/sensitivity
uv run gapmodel influence --quiet --workers 2 --out results/reference/influence
uv run scripts/check_stacking.py --n 10
uv run gapmodel backtest shared_shock --quiet --workers 2 --out results/reference/trust/backtest
uv run gapmodel calibrate shared_shock --quiet --workers 2 --out results/reference/trust/calibration
uv run scripts/update_readme.py
