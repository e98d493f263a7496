"""Write the tables and numbers of `PAGES` from the committed results, between their markers.

    uv run scripts/update_readme.py

A test checks that the pages are what this script writes.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from gapmodel.evidence import known_truth_sentence, out_of_time, out_of_time_sentence
from gapmodel.latentcheck import SIZES
from gapmodel.registry import DEFAULT_VARIANT
from gapmodel.store import atomic_text

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "results" / "reference"


def read_json(path: str) -> dict[str, Any]:
    """A JSON file below the reference results."""
    return json.loads((REFERENCE / path).read_text(encoding="utf-8"))


def read_csv(path: str) -> pd.DataFrame:
    """A table below the reference results."""
    return pd.read_csv(REFERENCE / path)


def answer() -> str:
    """What the tool found, in a few sentences."""
    s = read_json("august_2026/summary.json")
    gap, slope, zero = s["average_gap_months"], s["slope_months_per_year"], s["zero_lag"]
    by = {row["date"]: row["probability"] for row in zero["probability_by"]}
    dates = ["2027-12-31", "2029-12-31", zero["horizon"]]
    chances = ", ".join(f"{by[d]:.2f} by {d}" for d in dates)
    return (
        f"**On {gap['date']}, open-weight models were {gap['median']:.1f} months behind closed ones** (90 % interval "
        f"{interval(gap)}), averaged over {s['data']['n_benchmarks']} benchmarks of Epoch AI. Whether the gap is "
        f"closing is not settled: its trend is {slope['median']:+.1f} months a year (90 % interval {interval(slope)}). "
        f"The probability that the average trend has reached zero is {chances}; with probability "
        f"{zero['probability_never']:.2f} it does not within {zero['horizon_years']:g} years. The prior alone says "
        f"{prior(zero, dates[0])}, {prior(zero, dates[1])} and {prior(zero, dates[2])} for the same dates, so the far "
        f"ones rest on the straight form of the trend, not on data.\n\n{known_truth_sentence(s['known_truth'])}"
    )


def interval(estimate: dict[str, Any]) -> str:
    """Bounds of an interval in words."""
    return f"{estimate['interval']['lower']:.1f} to {estimate['interval']['upper']:.1f}"


def prior(zero: dict[str, Any], date: str) -> str:
    """The prior's probability by a date."""
    return f"{next(row['probability'] for row in zero['prior_probability_by'] if row['date'] == date):.2f}"


def known_truth() -> str:
    """Coverage and false alarms on simulated frontiers."""
    table = read_csv("check_default/table.csv")
    rows = [
        [
            str(r.regime),
            str(r.method),
            str(r.scenario),
            f"{r.slope_coverage:.2f}",
            f"{r.slope_bias:+.2f}",
            f"{r.slope_width:.1f}",
            f"{r.gap_coverage:.2f}",
            f"{r.gap_bias:+.2f}",
            f"{r.gap_width:.1f}",
            f"{r.zero_within_12_months:.2f}",
        ]
        for r in table.itertuples()
    ]
    head = ["evaluations", "method", "true lag", "slope: coverage", "bias", "width", "gap: coverage", "bias", "width"]
    return markdown([*head, "P(zero in a year) > 0.5"], rows, left=3)


def variants() -> str:
    """The comparison's own table."""
    return (REFERENCE / "comparison" / "comparison.md").read_text(encoding="utf-8").strip()


def snapshots() -> str:
    """The two snapshots, one difference taken away at a time."""
    rows = [
        [
            str(r.name_),
            str(r.n_benchmarks),
            f"{r.gap_median:.1f} ({r.gap_lower:.1f} to {r.gap_upper:.1f})",
            f"{r.slope_median:+.1f} ({r.slope_lower:+.1f} to {r.slope_upper:+.1f})",
            f"{r.probability_24:.2f}",
        ]
        for r in read_csv("snapshots/snapshots.csv").rename(columns={"name": "name_"}).itertuples()
    ]
    head = ["data", "benchmarks", "gap on 2026-03-31, months", "slope, months/year", "P(zero in 24 months)"]
    return markdown(head, rows, left=1)


def backtest() -> str:
    """What replays at past dates found, for every variant that was replayed."""
    found = read_json("trust/backtest/backtest.json")
    table = read_csv("trust/backtest/skill.csv")
    rows = []
    for method in table["method"].drop_duplicates():
        cells = [str(method)]
        for target in ("average", "benchmark"):
            mine = table[(table["method"] == method) & (table["target"] == target)].set_index("horizon")
            for horizon in ("3", "6", "12", "all"):
                row = mine.loc[horizon] if horizon in mine.index else None
                cells.append("" if row is None else f"{row['crps']:.2f} ± {row['crps_se']:.2f}")
            cells.append(f"{mine.loc['all', 'coverage_90']:.0%}")
        rows.append(cells)
    head = [
        "forecast",
        *(f"{t}: {h}" for t in ("average", "benchmark") for h in ("3 mo.", "6 mo.", "12 mo.", "all", "covered")),
    ]
    return (
        f"{out_of_time_sentence(out_of_time(DEFAULT_VARIANT))} CRPS in months ± standard error over "
        f"{len(found['cutoffs'])} quarterly cutoffs, lower is better; share covered by 90 % intervals:\n\n"
        f"{markdown(head, rows, left=1)}"
    )


def false_alarms() -> str:
    """Coverage on simulated tables by method and form of the lag, over all regimes together."""
    table = read_csv("trust/false_alarms/false_alarms.csv")
    scenarios = list(table["scenario"].drop_duplicates())
    rows = []
    for method, mine in table.groupby("method", sort=False):
        cells = [str(method), str(int(mine.groupby("scenario")["n"].sum().min()))]
        for scenario in scenarios:
            part = mine[mine["scenario"] == scenario]
            shares = (
                (part[name] * part["n"]).sum() / part["n"].sum()
                for name in ("gap_coverage", "slope_coverage", "zero_within_12_months")
            )
            cells.append(" / ".join(f"{share:.0%}" for share in shares))
        rows.append(cells)
    return markdown(["method", "tables", *(str(s).replace("_", " ") for s in scenarios)], rows, left=1)


def untidy() -> str:
    """The default and the straight line in every regime, lag constant."""
    table = read_csv("trust/untidy/false_alarms.csv")
    rows = [
        [
            str(r.regime).replace("_", " "),
            str(r.method),
            str(r.n),
            *(
                f"{getattr(r, name):.0%} ± {getattr(r, name + '_mcse'):.0%}"
                for name in ("gap_coverage", "slope_coverage", "zero_within_12_months")
            ),
            f"{r.gap_bias:+.2f}",
            f"{r.slope_bias:+.2f}",
        ]
        for r in table[table["scenario"] == "constant"].itertuples()
    ]
    head = ["tables", "method", "n", "gap covered", "slope covered", "zero announced", "gap bias", "slope bias"]
    return markdown(head, rows, left=2)


def calibration(folder: str = "calibration") -> str:
    """Ranks of the truth, by quantity."""
    table = read_csv(f"trust/{folder}/calibration.csv")
    rows = [
        [
            str(r.variant),
            str(r.quantity),
            str(r.n),
            f"{r.max_deviation:.3f}",
            f"{r.p_adjusted:.3f}",
            "inside" if r.inside_band else "outside",
            f"{r.mean:.2f}",
            f"{r.spread:.2f}",
        ]
        for r in table.itertuples()
    ]
    head = ["variant", "quantity", "n", "deviation", "p, adjusted", "band of 95 %", "mean rank", "spread"]
    return markdown(head, rows, left=2)


def calibration_of_all() -> str:
    """One row a variant: how many quantities have even ranks, and the least even one."""
    table = read_csv("trust/calibration_all/calibration.csv")
    rows = []
    for name, part in table.groupby("variant"):
        worst = part.sort_values("p_adjusted").iloc[0]
        rows.append(
            [
                str(name),
                str(worst["n"]),
                f"{int(part['inside_band'].sum())} of {len(part)}",
                "yes" if part["passed"].all() else "no",
                f"{worst['quantity']}, {worst['p_adjusted']:.3f}",
            ]
        )
    head = ["variant", "n", "inside their band of 95 %", "passes", "least even, adjusted p"]
    return markdown(head, rows, left=1)


def sensitivity() -> str:
    """Ranges over the multiverse, and the units that move the slope most."""
    rows = read_csv("sensitivity/multiverse.csv")
    many = rows[rows["part"].isin(["as published", "factorial"])]
    gap, slope = many["gap_median"], many["slope_median"]
    excludes = ((many["slope_lower"] > 0) | (many["slope_upper"] < 0)).mean()
    left = read_csv("influence/influence.csv")
    worst = []
    for kind in ("benchmark", "organization", "model"):
        mine = left[left["kind"] == kind].dropna(subset=["change_of_slope_median"])
        row = mine.iloc[int(mine["change_of_slope_median"].abs().argmax())]
        worst.append(f"the {kind} {row['left_out']} to {row['slope_median']:+.1f}")
    tolerance = rows[rows["change"] == "levels within 2 % of the scale count as level"].iloc[0]
    return (
        f"Over {len(many)} combinations of analyst's choices (leads, window, start-up, months, benchmarks) the median "
        f"gap is {gap.min():.1f} to {gap.max():.1f} months and the median slope {slope.min():+.1f} to "
        f"{slope.max():+.1f} months a year; the 90 % interval of the slope excludes zero in {excludes:.0%}. Counting "
        f"levels within 2 % of a benchmark's scale as level makes the gap {tolerance['gap_median']:.1f} months. Of "
        f"{len(left) - 1} units left out one at a time, those that move the slope most are {', '.join(worst)} months a "
        "year ([figure](results/reference/influence/influence.png), "
        "[all choices](results/reference/sensitivity/multiverse.png))."
    )


def stacking() -> str:
    """How often stacking found the variant that made the data, or one that nests it."""
    table = read_csv("check_stacking/table.csv")
    rows = [
        [str(name), str(len(part)), str(int(part["found"].sum())), ", ".join(f"{k} {v}" for k, v in counts.items())]
        for name, part in table.groupby("generator")
        for counts in [part["most_weight"].value_counts()]
    ]
    return markdown(["made by", "panels", "found", "most weight"], rows, left=1)


def latent_answer() -> str:
    """What the model of the scores says, and whether its posterior passed."""
    if not (REFERENCE / "latent_frontier" / "summary.json").is_file():
        return "No full run is committed yet: `scripts/reference_runs.sh` makes it."
    s = read_json("latent_frontier/summary.json")
    gap, slope, zero, checks = (
        s[key] for key in ("average_gap_months", "slope_months_per_year", "zero_lag", "diagnostics")
    )
    by = {row["date"]: row["probability"] for row in zero["probability_by"]}
    dates = ["2027-12-31", "2029-12-31", zero["horizon"]]
    chances = ", ".join(f"{by[d]:.2f} by {d}" for d in dates)
    sampler = read_json("latent_frontier/manifest.json")["sampler"]
    return (
        f"On {gap['date']} the average gap is {gap['median']:.1f} months (90 % interval {interval(gap)}), its change "
        f"over the last 12 months {slope['median']:+.1f} ({interval(slope)}). P(zero): {chances}; with probability "
        f"{zero['probability_never']:.2f} not within {zero['horizon_years']:g} years. Checks "
        f"{'passed' if checks['passed'] else 'NOT passed'} with {sampler['chains']} chains of {sampler['draws']} "
        f"draws: R-hat at most {checks['rhat_max']:.3f}, bulk ESS at least {checks['ess_bulk_min']:.0f}, "
        f"{checks['divergences']} divergences."
    )


def latent_evaluation() -> str:
    """Capability against the published index, held-out scores, and calibration by benchmark."""
    s = read_json("latent/summary.json")
    index = s["index"]
    rows = [
        [name, method, str(row["n"]), f"{row['rmse']:.3f}", f"{row['covered90']:.0%}", f"{row['mean_log_density']:.2f}"]
        for name in ("a tenth at random", "later models")
        for method, row in s[name].items()
    ]
    head = ["held out", "predicted by", "scores", "RMSE of the score", "90 % intervals covered", "mean log density"]
    calibration = read_csv("latent/calibration.csv")
    sampler, checks = s["sampler"], s["diagnostics"]
    state = "passed the gate" if checks["passed"] else f"did not pass the gate (R-hat up to {checks['rhat_max']:.2f})"
    low, high = calibration["covered90"].min(), calibration["covered90"].max()
    return (
        f"From fits of {sampler['chains']} chains of {sampler['draws']} draws, of which the first {state}. "
        f"Capability of {index['models']} models against the {index['name']} of Epoch AI: linear correlation "
        f"{index['pearson']:.3f}, rank correlation {index['spearman']:.3f}. The 90 % intervals of replicated scores "
        f"cover {low:.0%} to {high:.0%} by benchmark (of the scores that were fitted). Held-out scores, with the line "
        f"through the index that has itself seen them:\n\n{markdown(head, rows, left=2)}"
    )


def latent_decomposition() -> str:
    """Progress of both frontiers and the two parts of the lag's change."""
    table = read_csv("latent/decomposition.csv")
    names = {
        "leader_progress": "closed progress",
        "follower_progress": "open progress",
        "lag_by_follower": "lag by open pace",
        "lag_by_leader": "lag by ground",
        "lag_change": "change of lag",
    }
    rows = []
    for period, part in table.assign(period=table["start"] + " to " + table["end"]).groupby("period", sort=True):
        of = part.set_index("quantity").to_dict("index")
        cells = [f"{of[k]['median']:+.1f} ({of[k]['lower']:.1f} to {of[k]['upper']:.1f})" for k in names]
        rows.append([str(period), *cells])
    return markdown(["period (months)", *names.values()], rows, left=1)


def latent_recovery() -> str:
    """Coverage of the lag path on simulated tables."""
    head = ["tables", "lag", "n", "path covered", "last month", "slope", "bias", "width", "R-hat at most"]
    rows = []
    for size in SIZES:
        path = f"check_latent/{size}/table.csv"
        for row in read_csv(path).to_dict("records") if (REFERENCE / path).is_file() else []:
            shares = [f"{row[f'{k}_coverage']:.2f}" for k in ("path", "end", "slope")]
            if row["scenario"] == "all":
                shares = [f"{v} ± {row[f'{k}_se']:.2f}" for v, k in zip(shares, ("path", "end", "slope"), strict=True)]
            numbers = [f"{row['path_bias']:+.2f}", f"{row['path_width']:.1f}", f"{row['rhat_max']:.2f}"]
            rows.append([f"`{size}`", str(row["scenario"]), str(row["n"]), *shares, *numbers])
    return markdown(head, rows, left=2)


def latent_forecasts() -> str:
    """Lags 3, 6 and 12 months ahead, beside the default and the baselines."""
    table = read_csv("latent/lag_skill.csv")
    rows = [
        [
            {"benchmark": "a benchmark's lag", "average": "the average"}[str(r.target)],
            str(r.horizon),
            f"`{r.method!s}`" if r.method in ("latent_frontier", "shared_shock") else str(r.method).replace("_", " "),
            f"{r.n}",
            f"{r.crps:.2f} ± {r.crps_se:.2f}",
            f"{r.covered90:.0%}",
        ]
        for r in table.itertuples()
    ]
    worst = read_csv("latent/lag_forecasts.csv").groupby("cutoff")["rhat"].first()
    late = worst[worst > 1.01]
    head = ["forecast", "months ahead", "by", "cells", "CRPS (months)", "90 % intervals covered"]
    note = f"R-hat was above 1.01 at {len(late)} of {len(worst)} cutoffs, up to {worst.max():.2f}."
    return f"{markdown(head, rows, left=1)}\n\n{note}"


def latent_categories() -> str:
    """Lag by category at the last month."""
    table = read_csv("latent/categories.csv")
    rows = [
        [str(r.category), str(r.n_benchmarks), f"{r.median:.1f} ({r.lower:.1f} to {r.upper:.1f})", f"{r.shortest:.2f}"]
        for r in table.itertuples()
    ]
    return markdown(["category", "benchmarks", "lag (months)", "P(shortest)"], rows, left=1)


def markdown(head: list[str], rows: list[list[str]], *, left: int) -> str:
    """A Markdown table; the first `left` columns are text."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * left + "---:|" * (len(head) - left)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


BLOCKS: dict[str, Callable[[], str]] = {
    "answer": answer,
    "known truth": known_truth,
    "variants": variants,
    "snapshots": snapshots,
    "backtest": backtest,
    "false alarms": false_alarms,
    "untidy": untidy,
    "calibration": calibration,
    "calibration of all": calibration_of_all,
    "sensitivity": sensitivity,
    "stacking": stacking,
    "latent answer": latent_answer,
    "latent evaluation": latent_evaluation,
    "latent decomposition": latent_decomposition,
    "latent recovery": latent_recovery,
    "latent calibration": lambda: calibration("calibration_latent"),
    "latent forecasts": latent_forecasts,
    "latent categories": latent_categories,
}
PAGES = ("README.md", "docs/index.md", "docs/trust.md", "docs/latent.md")


def filled(text: str) -> str:
    """A page with every block in it written anew."""
    for name, make in BLOCKS.items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        if begin in text:
            before, rest = text.split(begin)
            text = f"{before}{begin}\n{make()}\n{end}{rest.split(end)[1]}"
    return text


if __name__ == "__main__":
    for page in PAGES:
        atomic_text(ROOT / page, filled((ROOT / page).read_text(encoding="utf-8")))
