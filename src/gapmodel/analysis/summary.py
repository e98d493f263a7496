"""What ``summary.json`` says: each entry from draws and tables, with the MCSE of every probability in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from gapmodel.inference.crossing import SUSTAINED_MONTHS, date_quantiles, probability_by, probability_mcse, share_by
from gapmodel.inference.gap import INTERVAL_PROB, spread_row, summarise, summary_row
from gapmodel.lags.panel import Lags
from gapmodel.lags.published_line import Baseline
from gapmodel.modeling.panel_data import PanelData
from gapmodel.scores.groups import Group
from gapmodel.scores.table import Scores

__all__ = [
    "baseline_entry",
    "benchmark_entries",
    "benchmark_table",
    "data_entry",
    "gap_entries",
    "report_dates",
    "skipped_entry",
    "still_run_entries",
    "zero_entry",
]

#: A benchmark is still run where its window ended at most this long before the reported date: about the time in which a
#: group of models is evaluated on a benchmark that is in use at least once.
STILL_RUN_MONTHS = 6
_OFFSETS = (6, 12, 24, 36, 60, 120)


def report_dates(as_of: pd.Timestamp, *, horizon_years: float) -> list[pd.Timestamp]:
    """Dates at which P(zero by date) is reported: fixed distances, and the next five year-ends.

    Parameters
    ----------
    as_of : pandas.Timestamp
        A month-end.
    horizon_years : float

    Returns
    -------
    list of pandas.Timestamp
        Ascending month-ends after `as_of`, the last of them the horizon.
    """
    limit = as_of + pd.offsets.MonthEnd(round(horizon_years * 12))
    ahead = [as_of + pd.offsets.MonthEnd(k) for k in _OFFSETS] + [limit]
    year_ends = [pd.Timestamp(as_of.year + k, 12, 31) for k in range(6)]
    return sorted({d for d in [*ahead, *year_ends] if as_of < d <= limit})


def zero_entry(
    crossing: xr.Dataset, crossing_prior: xr.Dataset, grid: pd.DatetimeIndex, as_of: pd.Timestamp, horizon_years: float
) -> tuple[dict[str, Any], pd.DataFrame, dict[str, float]]:
    """When the average trend reaches zero: the entry of the summary, the monthly curve, and Monte Carlo errors.

    Parameters
    ----------
    crossing, crossing_prior : xarray.Dataset, dims (chain, draw)
        Of posterior and prior, from `gapmodel.inference.crossing.crossing_draws`; days from `as_of`.
    grid : pandas.DatetimeIndex
        From `gapmodel.inference.crossing.crossing_grid`.
    as_of : pandas.Timestamp
        First date of `grid`.
    horizon_years : float
        That of `grid`.

    Returns
    -------
    zero : dict
        The ``zero_lag`` entry; probabilities at `report_dates`.
    curve : pandas.DataFrame
        One row per date of the grid up to the horizon: ``date``, and P(reached by it) as ``probability`` with ``mcse``,
        ``sustained`` (for `SUSTAINED_MONTHS` months) and ``prior``.
    mcse : dict of str to float
        Monte Carlo standard error of each reported probability of the posterior, by its name in words.
    """
    inside = grid[: len(grid) - SUSTAINED_MONTHS]
    probability, error = probability_by(crossing["touched"], inside, as_of)
    curve = pd.DataFrame(
        {
            "date": inside,
            "probability": probability,
            "mcse": error,
            "sustained": share_by(crossing["sustained"], inside, as_of),
            "prior": share_by(crossing_prior["touched"], inside, as_of),
        }
    )
    dates = report_dates(as_of, horizon_years=horizon_years)
    _, error_sustained = probability_by(crossing["sustained"], dates, as_of)
    rows = curve.set_index("date").loc[dates]
    iso = [str(d.date()) for d in dates]
    never = crossing["touched"] == np.inf
    mcse = {f"P(zero by {d})": float(m) for d, m in zip(iso, rows["mcse"], strict=True)}
    mcse |= {f"P(zero for good by {d})": float(m) for d, m in zip(iso, error_sustained, strict=True)}
    mcse["P(already there)"] = probability_mcse(crossing["already"])
    mcse["P(not within the horizon)"] = probability_mcse(never)
    zero = {
        "estimand": "the average trend over the included benchmarks is at or below zero months",
        "start": str(as_of.date()),
        "horizon": str(inside[-1].date()),
        "horizon_years": horizon_years,
        "n_draws": int(never.size),
        "probability_already": float(crossing["already"].mean()),
        "probability_already_mcse": mcse["P(already there)"],
        "probability_by": [
            {"date": d, "probability": float(p), "mcse": float(m)}
            for d, p, m in zip(iso, rows["probability"], rows["mcse"], strict=True)
        ],
        "probability_sustained_by": [
            {"date": d, "probability": float(p)} for d, p in zip(iso, rows["sustained"], strict=True)
        ],
        "sustained_months": SUSTAINED_MONTHS,
        "date_quantiles": date_quantiles(crossing["touched"], as_of),
        "probability_never": float(never.mean()),
        "probability_never_mcse": mcse["P(not within the horizon)"],
        "never_means": "not within the horizon",
        "prior_probability_by": [{"date": d, "probability": float(p)} for d, p in zip(iso, rows["prior"], strict=True)],
        "prior_probability_never": float((crossing_prior["touched"] == np.inf).mean()),
    }
    return zero, curve, mcse


def benchmark_table(
    gaps: xr.Dataset, trend: xr.Dataset, panel: xr.Dataset, data: PanelData, start: str
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Gap, slope and the probability of zero for each benchmark of the model.

    Parameters
    ----------
    gaps : xarray.Dataset
        From `gapmodel.inference.gap.gap_draws`.
    trend : xarray.Dataset
        From `gapmodel.inference.gap.trend_draws`, on month-ends from `start` to at least 12 months later.
    panel : xarray.Dataset
        From `gapmodel.lags.panel.compute_lags`.
    data : PanelData
        What was fitted; its benchmarks are the rows.
    start : str
        ISO date of the gaps.

    Returns
    -------
    table : pandas.DataFrame
        One row per benchmark: the columns of `gapmodel.inference.gap.summary_row` and of `spread_row`; ``title,
        category``; ``probability_by_12_months`` (its trend is at or below zero at some month-end from `start` to 12
        months later); ``n_months`` and ``n_censored`` (of the panel, start-up included); ``last_month`` (ISO, of its
        window).
    mcse : dict of str to float
        Monte Carlo standard error of each of these probabilities, by its name in words.
    """
    year = pd.Timestamp(start) + pd.offsets.MonthEnd(12)
    rows, mcse = [], {}
    for name in data.benchmark:
        path = trend["benchmark_trend"].sel(benchmark=name)
        reached = (path.sel(time=slice(None, year)) <= 0).any("time")
        mcse[f"P({name} zero within 12 months)"] = probability_mcse(reached)
        cells = panel.sel(benchmark=name)
        of_benchmark = gaps.sel(benchmark=name)
        rows.append(
            summary_row(name, of_benchmark["benchmark_gap"], of_benchmark["benchmark_slope"])
            | spread_row(of_benchmark["benchmark_gap"], of_benchmark["benchmark_slope"])
            | {
                "title": str(cells["title"].item()),
                "category": str(cells["category"].item()),
                "probability_by_12_months": float(reached.mean()),
                "n_months": int(cells["observed"].sum()),
                "n_censored": int((cells["censoring"] != 0).sum()),
                "last_month": str(pd.Timestamp(panel["month"].to_numpy()[cells["in_window"]][-1]).date()),
            }
        )
    return pd.DataFrame(rows), mcse


def benchmark_entries(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of `benchmark_table` as the nested records of ``per_benchmark``."""
    out = []
    for row in table.to_dict("records"):
        entry = {key: row[key] for key in ("benchmark", "title", "category")}
        for name, unit in (("gap", "gap_months"), ("slope", "slope_months_per_year")):
            entry[unit] = {
                "mean": row[f"{name}_mean"],
                "median": row[f"{name}_median"],
                "sd": row[f"{name}_sd"],
                "mcse": row[f"{name}_mcse"],
                "interval": {
                    "prob": INTERVAL_PROB,
                    "kind": "equal-tailed",
                    "lower": row[f"{name}_lower"],
                    "upper": row[f"{name}_upper"],
                },
            }
        entry["probability_by"] = [{"months_ahead": 12, "probability": row["probability_by_12_months"]}]
        entry |= {key: row[key] for key in ("n_months", "n_censored", "last_month")}
        out.append(entry)
    return out


def baseline_entry(baseline: Baseline) -> dict[str, Any]:
    """The published straight lines, the mean apart from the benchmarks."""
    rows = [
        {
            "benchmark": row["benchmark"],
            "n_months": row["n_months"],
            "intercept_months": row["intercept_months"],
            "slope_months_per_year": row["slope_months_per_year"],
            "zero_date": None if pd.isna(row["zero_date"]) else str(row["zero_date"].date()),
        }
        for row in baseline.lines.to_dict("records")
    ]
    return {
        "method": "ordinary least squares on monthly lags, months taken as independent, no uncertainty",
        "clamped_at_zero": baseline.clamped,
        "censored_months": baseline.censored,
        "mean": rows[-1],
        "benchmarks": rows[:-1],
    }


def gap_entries(gaps: xr.Dataset, as_of: pd.Timestamp) -> dict[str, dict[str, Any]]:
    """Gaps and slopes at one date.

    Parameters
    ----------
    gaps : xarray.Dataset
        From `gapmodel.inference.gap.gap_draws`, at `as_of`.
    as_of : pandas.Timestamp

    Returns
    -------
    dict
        Entry of the summary, named with its unit → ``date`` and what `gapmodel.inference.gap.summarise` gives.
    """
    return {
        name: {"date": str(as_of.date()), **summarise(gaps[key])}
        for name, key in (
            ("average_gap_months", "average_gap"),
            ("population_mean_gap_months", "population_mean"),
            ("new_benchmark_gap_months", "new_benchmark"),
            ("slope_months_per_year", "slope"),
            ("population_slope_months_per_year", "population_slope"),
        )
    }


def still_run_entries(gaps: xr.Dataset, table: pd.DataFrame, as_of: pd.Timestamp) -> dict[str, Any]:
    """The average over benchmarks still run at the date, and which they are.

    Parameters
    ----------
    gaps : xarray.Dataset
        From `gapmodel.inference.gap.gap_draws`, at `as_of`.
    table : pandas.DataFrame
        From `benchmark_table`; ``last_month`` is the end of a window, see `gapmodel.lags.panel.compute_lags`.
    as_of : pandas.Timestamp
        A month-end.

    Returns
    -------
    dict
        ``still_run``: ``within_months, benchmarks``; and, where there are any, ``still_run_gap_months`` and
        ``still_run_slope_months_per_year`` as in `gap_entries`.
    """
    ended = pd.to_datetime(table["last_month"]) < as_of - pd.offsets.MonthEnd(STILL_RUN_MONTHS)
    names = table.loc[~ended, "benchmark"].astype(str).tolist()
    entries: dict[str, Any] = {"still_run": {"within_months": STILL_RUN_MONTHS, "benchmarks": names}}
    if names:
        mean = gaps.sel(benchmark=names).mean("benchmark")
        day = {"date": str(as_of.date())}
        entries["still_run_gap_months"] = day | summarise(mean["benchmark_gap"])
        entries["still_run_slope_months_per_year"] = day | summarise(mean["benchmark_slope"])
    return entries


def data_entry(
    scores: Scores, lags: Lags, data: PanelData, as_of: pd.Timestamp, *, groups: tuple[Group, Group]
) -> dict[str, Any]:
    """What was pooled, in numbers: of the two groups, on the benchmarks of the model, as known at the cutoff.

    Parameters
    ----------
    scores : Scores
        As they were given, before the cutoff: for hash and name.
    lags : Lags
    data : PanelData
        What was fitted.
    as_of : pandas.Timestamp
        Last month of the panel.
    groups : (Group, Group)
        Leader and follower.

    Returns
    -------
    dict
        The ``data`` entry: ``n_lags`` and the two ``n_…_censored`` count cells of the whole panel, ``n_…_in_model``
        those that were fitted; ``first`` and ``last`` are release dates.
    """
    panel, known = lags.panel, lags.known.scores.table
    member = groups[0].mask(known) | groups[1].mask(known)
    used = known[member & known["benchmark"].isin(data.benchmark).to_numpy()]
    return {
        "sha256": scores.sha256,
        "snapshot": scores.snapshot,
        "n_benchmarks": len(data.benchmark),
        "n_models": int(used["model"].nunique()),
        "n_scores": len(used),
        "first": str(used["release_date"].min().date()),
        "last": str(used["release_date"].max().date()),
        "as_of": str(as_of.date()),
        "n_lags": int(panel["observed"].sum()),
        "n_right_censored": int((panel["censoring"] > 0).sum()),
        "n_left_censored": int((panel["censoring"] < 0).sum()),
        "n_lags_in_model": int(data.observed.sum()),
        "n_censored_in_model": int((data.censored_sign != 0).sum()),
    }


def skipped_entry(lags: Lags, data: PanelData) -> list[dict[str, str]]:
    """Benchmarks that take no part, with the reason: no window, or nothing left of it.

    Parameters
    ----------
    lags : Lags
    data : PanelData
        What was fitted.

    Returns
    -------
    list of dict
        ``benchmark, reason``.
    """
    rows = [{"benchmark": str(row.benchmark), "reason": str(row.reason)} for row in lags.skipped.itertuples()]
    gone = sorted(set(lags.panel["benchmark"].to_numpy().astype(str)) - set(data.benchmark))
    return rows + [{"benchmark": name, "reason": "nothing observed after its start-up"} for name in gone]
