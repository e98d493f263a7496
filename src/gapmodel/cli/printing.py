"""What the commands print: the answer as a table with intervals, lag and data listings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.markup import escape
from rich.table import Table

from gapmodel.analysis.rounding import round_probability
from gapmodel.analysis.schema import found_text
from gapmodel.analysis.sentences import (
    estimate,
    headline,
    never_number,
    prior_number,
    probability_by,
    right_edge,
    standing,
    zero_date,
)
from gapmodel.analysis.track_record import evidence
from gapmodel.analysis.wording import Wording
from gapmodel.cli.console import output
from gapmodel.cli.saying import say
from gapmodel.errors import InsufficientDataError
from gapmodel.scores.rescaling import other_scale

if TYPE_CHECKING:
    import xarray as xr

    from gapmodel.audit import Audit
    from gapmodel.lags.panel import Lags
    from gapmodel.lags.published_line import Baseline
    from gapmodel.modeling.options import LagOptions
    from gapmodel.runs.run import Run
    from gapmodel.scores.table import Scores
    from gapmodel.validation.comparison_table import Comparison

__all__ = [
    "baseline_of",
    "print_answer",
    "print_audit",
    "print_audit_line",
    "print_comparison",
    "print_data",
    "print_gate",
    "print_idle_dates",
    "print_json",
    "print_lags",
    "print_late_cutoff",
    "print_lines",
    "print_other_scale",
    "print_undescribed",
]

_MOST_NAMES = 5


def print_answer(run: Run, folder: Path) -> None:
    """Print gap, slope, P(zero by date) beside the prior's, checks, where the files are, and last the headline."""
    console, words = output(), Wording()
    s = run.summary
    zero, data = s["zero_lag"], s["data"]
    title = f"{s['follower']} behind {s['leader']}: {words.benchmarks(data['n_benchmarks'])}, model {s['model']}"
    table = Table(title=escape(title), title_justify="left")
    table.add_column("quantity")
    table.add_column("median", justify="right")
    table.add_column("90 % interval", justify="right")
    still = f" (of the {len(s['still_run']['benchmarks'])} still run)" if "still_run" in s else ""
    for label, key, kind in (
        (f"average gap on {data['as_of']}", "average_gap_months", "months"),
        (f"average gap{still}", "still_run_gap_months", "months"),
        ("gap in the population", "population_mean_gap_months", "months"),
        ("slope of the average gap", "slope_months_per_year", "rate"),
        ("gap of a new benchmark", "new_benchmark_gap_months", "months"),
    ):
        if key not in s:
            continue
        shown = estimate(s, key)
        between = words("interval", lower=shown.lower.text, upper=shown.upper.text)
        table.add_row(escape(label), words.with_unit(kind, shown.value), between)
    console.print(table)

    table = Table(title="P(average gap has reached zero)", title_justify="left")
    for name in ("by", "posterior", "sustained 3 months", "prior alone"):
        table.add_column(name, justify="left" if name == "by" else "right")
    for row, lasting, prior in zip(
        zero["probability_by"], zero["probability_sustained_by"], zero["prior_probability_by"], strict=True
    ):
        sustained = round_probability(lasting["probability"], row["mcse"], zero["n_draws"])
        table.add_row(
            row["date"],
            words.probability(probability_by(s, row["date"])),
            words.probability(sustained),
            words.probability(prior_number(s, prior["probability"])),
        )
    before = words.probability(prior_number(s, zero["prior_probability_never"]))
    never = f"not within {zero['horizon_years']:g} years"
    table.add_row(never, words.probability(never_number(zero)), "", before)
    console.print(table)
    dates = ", ".join(f"{100 * float(q):g} % {words.period(zero_date(zero, q))}" for q in ("0.05", "0.5", "0.95"))
    console.print(f"date of zero, quantiles: {dates}")
    line = s["baseline"]["mean"]
    console.print(
        f"published straight line through the mean: slope {line['slope_months_per_year']:+.1f} months/year, "
        f"zero on {line['zero_date'] or 'no date'} (no uncertainty; not an answer)"
    )
    console.print(escape(right_edge(s)))
    table = Table(title="how far this can be trusted", title_justify="left", show_header=False, show_lines=True)
    for checked in evidence(s["known_truth"], s["out_of_time"]):
        table.add_row(*map(escape, checked))
    console.print(table)
    for skipped in s["skipped"]:
        console.print(escape(f"skipped {skipped['benchmark']}: {skipped['reason']}"))
    if hasattr(run.parts, "analysis"):  # not of a run that was read
        print_audit_line(run.parts.analysis.audit)
        scores = run.parts.analysis.scores
        print_late_cutoff(scores, run.parts.analysis.options.cutoff)
        print_idle_dates(scores, run.parts.analysis.options)
        if scores.undescribed == list(scores.benchmarks.index):
            print_undescribed(scores)
    print_gate(run.checks["data"])
    flagged = [row["statistic"].replace("_", " ") for row in s["predictive_checks"] if row["flagged"]]
    if flagged:
        console.print(f"posterior predictive checks: the model does not reproduce {', '.join(flagged)}")
    failed = [c for c in run.checks["checks"] if not c["passed"]]
    for check in failed:
        value = "not finite" if check["value"] is None else f"{check['value']:.4g}"
        rule = f"must be {check['rule']} {check['threshold']:g} {check['detail']}"
        console.print(escape(f"CHECK FAILED {check['name']}: {value}, {rule}"), style="red")
    refused = standing(s)
    bad = failed or s["data_gate"]["blocking"]
    passed = "all checks passed" if not s["data_gate"]["accepted"] else "all checks passed or were accepted by name"
    console.print(refused or passed, style="red" if bad else "yellow" if refused else "green")
    for credit in s["credits"]:
        console.print(escape(f"data: {credit}"), style="dim")
    console.print(escape(f"written to {folder}"))
    say(headline(s))  # whole, where the console would break the line


def print_gate(checks: Sequence[Mapping[str, Any]]) -> None:
    """Print the checks of the data that are not ok, blocking ones first, with what they found."""
    console = output()
    order = {"blocking": 0, "warning": 1}
    for check in sorted((c for c in checks if c["status"] in order), key=lambda c: order[c["status"]]):
        held = check["status"] == "blocking" and not check["accepted"]
        for number, finding in enumerate(check["findings"]):
            if number == _MOST_NAMES:
                console.print(f"  and {len(check['findings']) - number} more")
                break
            text = found_text({"findings": [finding]})
            mark = "DATA CHECK blocks" if finding["blocking"] else "data check warns"
            name = check["name"].replace("_", " ")
            console.print(escape(f"{mark}, {name}: {text}"), style="red" if held and finding["blocking"] else "yellow")
        if check["accepted"]:
            console.print(escape(f"  accepted: {check['accepted']}"))
    held_names = [c["name"] for c in checks if c["status"] == "blocking" and not c["accepted"]]
    if held_names:
        console.print(
            escape(f'fix the data, or accept what may stand: --accept {held_names[0]}:"why it may"'), style="red"
        )


def print_comparison(comparison: Comparison, folder: Path) -> None:
    """Print what each variant says, how it predicted, and what may not be concluded."""
    from gapmodel.validation.comparison_table import HEADINGS, display_rows  # imports PyMC

    console = output()
    table = Table(title=f"variants on {comparison.as_of}; medians, 90 % intervals", title_justify="left")
    table.add_column(HEADINGS[0], no_wrap=True)  # a cut name is no name
    for name in HEADINGS[1:-1]:
        table.add_column(name, justify="right", min_width=max(map(len, name.split())))
    rows = display_rows(comparison)
    for cells in rows:
        table.add_row(*map(escape, cells[:-1]))
    console.print(table)
    console.print(
        "elpd: difference to the best ± 1 standard error over folds. Below 4, or within two standard errors, it "
        "decides nothing. The form of the trend decides P(zero): cite the range, or the stacked row."
    )
    if not comparison.table["passed"].all():
        console.print("† a check failed: not citable", style="red")
    for name, *_, lacking in rows:  # lists are too wide for a table
        if lacking:
            console.print(escape(f"{name.removesuffix(' †')}: does not reproduce {lacking}"))
    for row in comparison.table.to_dict("records"):
        if row["note"]:
            console.print(escape(f"{row['variant']}: {row['note']}"))
    for credit in comparison.credits:
        console.print(escape(f"data: {credit}"), style="dim")
    console.print(escape(f"written to {folder}"))


def print_audit_line(audit: Audit) -> None:
    """Say in one line how much of the lags rests on records that somebody should look at."""
    if audit.n_flagged:
        output().print(
            f"{audit.n_flagged} of {audit.n_months} benchmark-months rest on flagged records (gapmodel data audit)"
        )
    for row in audit.findings[audit.findings["check"] == "left_out_leads"].head(_MOST_NAMES).to_dict("records"):
        output().print(escape(f"left out, though it would lead: {row['model']} on {row['benchmark']}, {row['detail']}"))


def print_audit(audit: Audit, *, shown: int | None) -> None:
    """Print the records that set frontiers, most months first, with what speaks against each.

    Parameters
    ----------
    audit : Audit
    shown : int or None
        How many rows; None for all. Flagged ones come first among them only where they carry more months.
    """
    from gapmodel.audit.audit import CHECKS  # imports SciPy, which other commands do without

    console = output()
    records = audit.records if shown is None else audit.records.head(shown)
    table = Table(title="records that set a frontier, most months first", title_justify="left")
    for name in ("months", "benchmark", "group", "model", "date", "from", "flag from", "score", "ahead by", "flags"):
        table.add_column(name, justify="right" if name in ("months", "score", "ahead by") else "left")
    for row in records.to_dict("records"):
        flags = [f.replace("_", " ") for f in row["flags"]]
        flags += [f"{f.replace('_', ' ')} (reviewed)" for f in row["settled"]]
        table.add_row(
            f"{row['months']} ({row['model_months']})",
            escape(row["benchmark"]),
            escape(row["group"]),
            escape(row["model"]),
            str(pd.Timestamp(row["release_date"]).date()),
            escape(_text(row["date_source"])),
            escape(_text(row["weights_origin"])),
            f"{row['score']:.4g}",
            "" if pd.isna(row["margin"]) else f"{row['margin']:.2g}",
            "; ".join(flags),
        )
    console.print(table)
    if shown is not None and len(audit.records) > shown:
        console.print(f"and {len(audit.records) - shown} records more (--all)")
    console.print(
        "months: of this benchmark, and in brackets of the model on all benchmarks; ahead by: of the runner-up"
    )
    for flag, rows in audit.records.explode("flags").dropna(subset="flags").groupby("flags", sort=False):
        console.print(escape(f"{str(flag).replace('_', ' ')}: {len(rows)} records ({CHECKS[str(flag)]})"))
    for row in audit.findings.to_dict("records"):
        where = ", ".join(str(part) for part in (row["benchmark"], row["model"]) if part)
        console.print(
            escape(f"{row['check'].replace('_', ' ')}: {f'{where}: ' if where else ''}{row['detail']}"), style="yellow"
        )
    console.print(f"{audit.n_flagged} of {audit.n_months} benchmark-months rest on flagged records")
    print_gate([check.as_dict() for check in audit.checks])
    for check in audit.checks:
        if check.note:
            console.print(escape(f"data check ok, {check.name.replace('_', ' ')}: {check.note}"))
    if not audit.blocking:
        warned = sum(check.status == "warning" for check in audit.checks)
        console.print(f"data checks: none of {len(audit.checks)} blocks, {warned} warn{'s' if warned == 1 else ''}")


def _text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)


def print_json(content: Any) -> None:
    """Print a result for machines; tables as lists of rows, missing numbers as null."""
    if hasattr(content, "to_json"):
        content = json.loads(content.to_json(orient="records", date_format="iso", double_precision=15))
    print(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))


def print_lines(lines: Sequence[str], credits: Sequence[str], folder: Path) -> None:
    """Print what a folder says, a line each, with the credits of its data."""
    console = output()
    for line in lines:
        console.print(escape(line))
    for credit in credits:
        console.print(escape(f"data: {credit}"), style="dim")
    console.print(escape(f"written to {folder}"))


def print_undescribed(scores: Scores) -> None:
    """Say which benchmarks are taken as higher is better without bounds: wrong for error rates."""
    names = scores.undescribed
    if names:
        shown = ", ".join(names[:_MOST_NAMES]) + (f" and {len(names) - _MOST_NAMES} more" * (len(names) > _MOST_NAMES))
        output().print(
            escape(f"taken as higher is better, with no floor and no ceiling (benchmarks.csv can say more): {shown}")
        )


def print_idle_dates(scores: Scores, options: LagOptions) -> None:
    """Say which choice of days changes nothing, where the table lacks the column that it is about."""
    columns = scores.table.columns
    for chosen, option, column in (
        (options.dates == "announced", "--dates announced", "announced_date"),
        (options.open_date == "api", "--open-date api", "weights_date"),
    ):
        if chosen and (column not in columns or scores.table[column].isna().all()):
            output().print(f"{option} changes nothing: the scores have no {column}", style="yellow")


def print_late_cutoff(scores: Scores, cutoff: Any) -> None:
    """Say that a cutoff leaves nothing out, where the data end before it."""
    ends = scores.table["release_date"].max() if scores.as_of is None else scores.as_of
    if cutoff is not None and pd.Timestamp(cutoff) > ends:
        what = "the last release is of" if scores.as_of is None else "the data were taken on"
        output().print(
            f"the cutoff {pd.Timestamp(cutoff).date()} leaves nothing out: {what} {ends.date()}; months after it have "
            "no release of their own"
        )


def print_other_scale(scores: Scores, lines: Mapping[tuple[str, str], int] | None = None) -> int:
    """Name values on another scale than the rest, on benchmarks whose scale nobody has described.

    Parameters
    ----------
    scores : Scores
    lines : mapping of (str, str) to int, optional
        (benchmark, model) → line of the file.

    Returns
    -------
    int
        How many there are.
    """
    table = scores.table[scores.table["benchmark"].isin(scores.undescribed)]
    odd = other_scale(table)
    for (benchmark, model), text in list(odd.items())[:_MOST_NAMES]:
        line = (lines or {}).get((benchmark, model))
        where = f"line {line}: " if line else ""
        fix = "fix it, or say in benchmarks.csv what the floor or ceiling of the benchmark is"
        output().print(escape(f"{where}{model} on {benchmark} has {text} {fix}"), style="bold yellow")
    if len(odd) > _MOST_NAMES:
        output().print(f"and {len(odd) - _MOST_NAMES} more on another scale than the rest", style="bold yellow")
    return len(odd)


def baseline_of(panel: xr.Dataset) -> Baseline | None:
    """The published line of a panel of lags; None where there are too few lags for it."""
    from gapmodel.lags.published_line import published_baseline

    try:
        return published_baseline(panel)
    except InsufficientDataError:
        return None


def print_lags(result: Lags, baseline: Baseline | None) -> None:
    """Print one line per benchmark: window, months, censored, lag at the end, the published straight line if any."""
    table = Table(title="monthly lags", title_justify="left")
    for name in ("benchmark", "window", "months", "censored", "last lag", "line: months/year", "line: zero"):
        table.add_column(name, justify="left" if name in ("benchmark", "window") else "right")
    # The last line is that of the mean; a benchmark may have its name.
    lines = pd.DataFrame() if baseline is None else baseline.lines.iloc[:-1].set_index("benchmark")
    panel = result.panel
    months = panel["month"].dt.strftime("%Y-%m").to_numpy()
    for name in panel["benchmark"].to_numpy():
        cells = panel.sel(benchmark=name)
        inside = cells["in_window"].to_numpy()
        k = inside.nonzero()[0][-1]
        mark = {1: "≥ ", -1: "≤ "}.get(int(cells["censoring"][k]), "")
        row = lines.loc[name] if name in lines.index else None
        table.add_row(
            escape(str(cells["title"].item())),
            f"{months[inside][0]} to {months[k]}",
            str(int(cells["observed"].sum())),
            str(int((cells["censoring"] != 0).sum())),
            f"{mark}{float(cells['lag'][k]):.1f}",
            "" if row is None else f"{row['slope_months_per_year']:+.1f}",
            _date(None if row is None else row["zero_date"]),
        )
    if baseline is not None:
        mean = baseline.lines.iloc[-1]
        table.add_section()
        table.add_row(
            "mean over benchmarks", "", str(mean["n_months"]), "", "", f"{mean['slope_months_per_year']:+.1f}",
            _date(mean["zero_date"]),
        )  # fmt: skip
    console = output()
    console.print(table)
    if baseline is not None:
        first, last = baseline.monthly.iloc[0], baseline.monthly.iloc[-1]
        console.print(
            f"mean over benchmarks with an exact lag, {first['month']:%Y-%m} to {last['month']:%Y-%m}: "
            f"{first['mean']:.1f} to {last['mean']:.1f} months; chain-linked, which no change of composition moves: "
            f"{first['chain_linked']:.1f} to {last['chain_linked']:.1f}"
        )
    for row in result.skipped.to_dict("records"):
        console.print(escape(f"skipped {row['benchmark']}: {row['reason']}"))


def print_data(scores: Scores) -> None:
    """Print one line per benchmark of a score table."""
    info = scores.benchmarks
    table = Table(title=escape(f"{scores.snapshot}: {len(scores.table)} scores"), title_justify="left")
    for name in ("benchmark", "category", "set", "open", "closed", "first", "last", "marked"):
        table.add_column(name, justify="right" if name in ("open", "closed") else "left")
    for key, rows in scores.table.groupby("benchmark", sort=True):
        name = str(key)
        chosen = "default" if bool(info.loc[name].get("default_set", True)) else "opt-in"
        marked = info.loc[name].get("marked")
        table.add_row(
            escape(name),
            escape(str(info.loc[name, "category"])),
            chosen,
            str((rows["weights"] == "open").sum()),
            str((rows["weights"] == "closed").sum()),
            str(rows["release_date"].min().date()),
            str(rows["release_date"].max().date()),
            escape("" if marked is None or marked != marked else str(marked)),
        )
    console = output()
    console.print(table)
    for credit in scores.credits:
        console.print(escape(credit), style="dim")


def _date(value: Any) -> str:
    return "" if value is None or value != value else str(value.date())
