#!/usr/bin/env bash
# What the README and the docs quote, one after the other; some three hours on two cores, most of it simulations.
# Every sweep resumes where it was interrupted. What is known of the methods comes first: the runs quote it.
set -euo pipefail
cd "$(dirname "$0")/.."
reference=results/reference
# Exit code 2: done, and a check failed. That is a result, and said beside it; the others stop the script.
made() { "$@" || { local code=$?; [ $code -eq 2 ] && echo "a check failed: $*" >&2 || exit $code; }; }
sweep() { made uv run gapmodel "$@" --quiet --workers 2; }
sweep backtest damped shared_shock levelling --out $reference/trust/backtest
sweep backtest damped shared_shock levelling --monthly --known-by evaluation --out $reference/protocol/out_of_time
sweep backtest --monthly --known-by evaluation --baselines last_value --out $reference/trust/backtest_known  # for the page
for regime in replayed dense sparse; do  # the tables of docs/protocol.md
    for variant in damped shared_shock; do
        sweep false-alarms $variant --regime $regime --n 50 --out $reference/protocol/${variant}_$regime
    done
done
for variant in latent_all latent_frontier levelling local_trend hierarchical_iid; do
    sweep false-alarms $variant --regime replayed --n 15 --out $reference/protocol/${variant}_replayed
done
sweep false-alarms scripts/studies/candidates/saw_tooth.py --regime replayed --n 15 \
    --out $reference/protocol/saw_tooth_replayed
uv run scripts/protocol_results.py
uv run gapmodel revisions --older epoch_2026-05 --out $reference/trust/revisions
sweep calibrate damped --out $reference/trust/calibration
for n in 50 100; do  # the first 50 of 100 are those 50
    sweep calibrate by_category catch_up curved hierarchical_iid hierarchical_ou levelling local_trend no_pooling \
        pooled shared_shock student_t --n $n --out $reference/trust/calibration_$n
done
sweep calibrate latent_frontier --category mathematics --category science --n 50 \
    --out $reference/trust/calibration_latent
sweep false-alarms all --regime dense --regime sparse --n 8 --out $reference/trust/false_alarms
sweep false-alarms shared_shock straight_line --n 12 --out $reference/trust/untidy
sweep false-alarms damped --regime bursts --regime distillation --regime lab_stops --regime retired_early \
    --regime revisions --regime everything --n 6 --out $reference/trust/untidy_damped
uv run scripts/check_default.py --n 100 --workers 2 --out $reference/check_default
uv run scripts/check_stacking.py --n 10
uv run scripts/ledger_check.py
uv run scripts/publish_evidence.py
uv run scripts/published_gaps.py
run() { made uv run gapmodel run --quiet "$@"; }
run --out $reference/august_2026
run --out $reference/may_2026 --snapshot epoch_2026-05
run --out $reference/august_2026_without_saturated --exclude MMLU --exclude GSM8K
made uv run gapmodel fit latent_frontier --quiet --out $reference/latent_frontier --draws 10000 --tune 1000
for variant in shared_shock levelling local_trend curved; do  # what other forms of the trend say of zero lag
    fitted=$(mktemp -d)/$variant
    made uv run gapmodel fit $variant --quiet --out "$fitted"
    mkdir -p $reference/forms/$variant
    cp "$fitted"/{summary.json,checks.json,trend_bands.csv} $reference/forms/$variant/
done
asked=$(mktemp -d)/questions  # the ready questions, for the page; the runs themselves are not kept
made uv run gapmodel ask all --quiet --out "$asked"
mkdir -p $reference/questions
cp "$asked/questions.json" $reference/questions/
uv run scripts/publish_evidence.py
uv run scripts/redraw_trend.py  # with the range over them
uv run scripts/bundle_reference.py  # what `gapmodel report` shows without a run
uv run scripts/evaluate_latent.py --out $reference/latent
uv run scripts/forecast_latent.py --backtest $reference/trust/backtest --out $reference/latent
for size in small large; do
    uv run scripts/check_latent.py --n 50 --size $size --workers 2 --out $reference/check_latent
done
# All variants of lags by name: those of another view are in the table too, without a score.
mapfile -t of_lags < <(uv run gapmodel variants | sed 's/[ :].*//' | grep -v latent_frontier)
made uv run gapmodel compare "${of_lags[@]}" --quiet --out $reference/comparison
sweep data diff epoch_2026-05 epoch_2026-08 --fit --draws 5000 --out $reference/decomposition/may_to_august
# The tables of 1.0.0rc1, which dated scores by their group of versions.
before=$(mktemp -d)
for name in scores benchmarks; do
    git show 4a83cb0:src/gapmodel/data/epoch_2026-08/$name.csv > "$before/$name.csv"
done
sweep data diff "$before" epoch_2026-08 --fit --draws 5000 --out $reference/decomposition/corrected_dates
uv run scripts/reference_posterior.py
sweep sensitivity --out $reference/sensitivity
sweep influence --out $reference/influence
uv run scripts/update_readme.py
uv run scripts/run_notebooks.py
