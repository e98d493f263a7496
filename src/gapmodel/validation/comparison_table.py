"""Result of a comparison: one row per variant, the mixture of their posteriors, and both as text."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import pandas as pd

from gapmodel.inference.crossing import QUANTILES
from gapmodel.inference.gap import INTERVAL_PROB
from gapmodel.validation.folds import BENCHMARK, FUTURE, elpd_table, stacked_quantiles, stacking_weights

__all__ = ["HEADINGS", "STACKED", "Comparison", "conclude", "display_rows", "markdown"]

STACKED = "stacked"
AHEAD_MONTHS = 12
_QUANTITIES = ("gap", "slope", "days")
_WEIGHT_THAT_COUNTS = 0.01
HEADINGS = (
    "variant",
    "gap, months",
    "slope, months/year",
    "P(zero in 12 months)",
    "P(not in horizon)",
    "elpd, months ahead",
    "elpd, new benchmark",
    "weight",
    "not reproduced",
)


@dataclass(frozen=True)
class Comparison:
    """Result of a comparison.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per variant, then `STACKED`: ``variant, summary``, median and bounds of the 90 % equal-tailed interval
        of gap (months, at ``as_of``) and slope (months per year), ``probability_12_months``, ``probability_never``
        (within the horizon), ``elpd_*``, ``difference_*``, ``se_*``, ``warning_*`` for each kind of fold, ``weight``,
        ``flagged`` (statistics that its posterior does not reproduce, see `gapmodel.inference.predictive_checks`),
        ``passed`` and ``note`` (failed checks, or why the variant is not scored).
    cells : pandas.DataFrame
        Held-out lags, see `gapmodel.validation.folds.score_fold`.
    stacked : dict
        Mixture of the posteriors: quantiles of gap, slope and zero date, probabilities, weights.
    as_of : str
    credits : tuple of str
    """

    table: pd.DataFrame
    cells: pd.DataFrame
    stacked: dict[str, Any]
    as_of: str
    credits: tuple[str, ...]


def conclude(fits: list[dict[str, Any]], cells: pd.DataFrame, credits: tuple[str, ...]) -> Comparison:
    """Rows of the fits, elpd and stacking weights of the held-out lags, and the mixture.

    Parameters
    ----------
    fits : list of dict
        See `gapmodel.validation.comparison.comparison_job`.
    cells : pandas.DataFrame
        See `gapmodel.validation.folds.score_fold`.
    credits : tuple of str

    Returns
    -------
    Comparison

    Raises
    ------
    InsufficientDataError
        Variants were scored on different cells.
    """
    start = pd.Timestamp(fits[0]["start"])
    table = pd.DataFrame([_row(fit) for fit in fits]).set_index("variant")
    for kind in (FUTURE, BENCHMARK):
        if (cells["kind"] == kind).any():
            scores = elpd_table(cells, kind=kind).set_index("variant")
            table = table.join(scores[["elpd", "difference", "se", "warning"]].add_suffix(f"_{kind}"))
    weights = stacking_weights(cells, kind=FUTURE)
    table["weight"] = weights
    stacked = _stack({fit["variant"]: _draws(fit) for fit in fits}, weights, start)
    table = table.sort_values(["difference_future", "gap_median"], ascending=[False, True], na_position="last")
    table.loc[STACKED] = {
        **{column: np.nan for column in table},
        **stacked["row"],
        "summary": "mixture of the posteriors with the stacking weights",
        "flagged": "",
        "passed": bool(table.loc[weights.index[weights > _WEIGHT_THAT_COUNTS], "passed"].all()),
        "note": "",
    }
    return Comparison(table.reset_index(), cells, stacked, str(start.date()), credits)


def _row(fit: dict[str, Any]) -> dict[str, Any]:
    out = {"variant": fit["variant"], "summary": fit["summary"]}
    for name, key in (("gap", "average_gap_months"), ("slope", "slope_months_per_year")):
        interval = fit[key]["interval"]
        out |= {f"{name}_median": fit[key]["median"], f"{name}_lower": interval["lower"]}
        out |= {f"{name}_upper": interval["upper"]}
    days = _draws(fit)["days"]
    return out | _probabilities(days, np.full(days.size, 1.0 / days.size), pd.Timestamp(fit["start"])) | {
        "flagged": ", ".join(row["statistic"] for row in fit["predictive_checks"] if row["flagged"]),
        "passed": fit["passed"], "note": fit["note"],
    }  # fmt: skip


def _draws(fit: dict[str, Any]) -> dict[str, np.ndarray]:
    """By quantity, shape (n_draws,); infinite for never."""
    return {n: np.array([np.inf if v is None else v for v in fit["draws"][n]], dtype=float) for n in _QUANTITIES}


def _probabilities(days: np.ndarray, mass: np.ndarray, start: pd.Timestamp) -> dict[str, float]:
    year = (start + pd.offsets.MonthEnd(AHEAD_MONTHS) - start).days
    flat = days.ravel()
    return {
        "probability_12_months": float(mass[flat <= year].sum()),
        "probability_never": float(mass[np.isinf(flat)].sum()),
    }


def _stack(draws: dict[str, dict[str, np.ndarray]], weights: pd.Series, start: pd.Timestamp) -> dict[str, Any]:
    """The mixture of posteriors, as one more row and in full."""
    ends = [(1 - INTERVAL_PROB) / 2, 0.5, (1 + INTERVAL_PROB) / 2]
    row: dict[str, float] = {}
    for name in ("gap", "slope"):
        lower, median, upper = stacked_quantiles({k: v[name] for k, v in draws.items()}, weights, ends)
        row |= {f"{name}_median": float(median), f"{name}_lower": float(lower), f"{name}_upper": float(upper)}
    used = [name for name in weights.index if weights[name] > 0]
    days = np.concatenate([draws[name]["days"] for name in used])
    mass = np.concatenate([np.full(draws[n]["days"].size, weights[n] / draws[n]["days"].size) for n in used])
    row |= _probabilities(days, mass, start) | {"weight": 1.0}
    quantiles = stacked_quantiles({k: v["days"] for k, v in draws.items()}, weights, QUANTILES)
    dates = [None if np.isinf(q) else str((start + pd.Timedelta(days=ceil(q))).date()) for q in quantiles]
    return {
        "row": row,
        "date_quantiles": {f"{p:g}": d for p, d in zip(QUANTILES, dates, strict=True)},
        "weights": {str(k): float(v) for k, v in weights.sort_values(ascending=False).items()},
    }


def display_rows(comparison: Comparison) -> list[list[str]]:
    """Cells of `HEADINGS` as text: medians with 90 % intervals, elpd differences ± one SE; † failed a check."""
    out = []
    for record in comparison.table.to_dict("records"):
        row = {str(k): v for k, v in record.items()}
        cells = [f"{row['variant']}{'' if row['passed'] else ' †'}"]
        cells += [_interval(row, name) for name in ("gap", "slope")]
        cells += [f"{row[f'probability_{name}']:.2f}" for name in ("12_months", "never")]
        cells += [_difference(row, kind) for kind in (FUTURE, BENCHMARK)]
        cells.append("" if pd.isna(row["weight"]) else f"{row['weight']:.2f}")
        cells.append(str(row["flagged"]).replace("_", " "))
        out.append(cells)
    return out


def markdown(comparison: Comparison) -> str:
    """The table as Markdown, for a README: what each variant says and how well it predicted."""
    lines = ["| " + " | ".join(HEADINGS) + " |", "|---|" + "---:|" * (len(HEADINGS) - 1)]
    lines += ["| " + " | ".join(cells) + " |" for cells in display_rows(comparison)]
    failed = comparison.table[~comparison.table["passed"].astype(bool)]
    notes = [f"† {row['variant']}: {row['note']}" for row in failed.to_dict("records")]
    return "\n".join([*lines, "", *notes]).rstrip() + "\n"


def _interval(row: dict[str, Any], name: str) -> str:
    return f"{row[f'{name}_median']:.1f} ({row[f'{name}_lower']:.1f} to {row[f'{name}_upper']:.1f})"


def _difference(row: dict[str, Any], kind: str) -> str:
    value = row.get(f"difference_{kind}")
    return "" if value is None or pd.isna(value) else f"{value:.1f} ± {row[f'se_{kind}']:.1f}"
