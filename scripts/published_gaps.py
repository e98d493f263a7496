"""Compute each published gap again on the bundled data, and write the table that page and docs show.

    uv run scripts/published_gaps.py

What others published is in `src/gapmodel/data/review/published_gaps.csv`. The bundled table is that of August 2026,
seen as it was on the day of publication.
"""

from functools import cache

import pandas as pd
from readme_tables import REFERENCE, ROOT

from gapmodel.files.atomic import atomic_text
from gapmodel.lags.panel import Lags, compute_lags
from gapmodel.lags.published_gaps import horizontal_distance, lags_at_crossings, lags_of_model, mean_of_months
from gapmodel.lags.published_line import published_baseline
from gapmodel.scores.table import Scores
from gapmodel.sources.load import load_scores

INDEX = "Epoch Capabilities Index"
PRIVATE = ("private", "semi-private")
FACTS = ROOT / "src" / "gapmodel" / "data" / "review" / "published_gaps.csv"
TARGETS = (REFERENCE / "published" / "gaps.csv", ROOT / "src" / "gapmodel" / "data" / "published_gaps.csv")


@cache
def scores(**choices) -> Scores:
    """The bundled table; `choices` are those of `gapmodel.load_scores`."""
    return load_scores(**choices)


def lags(cutoff: str, **choices) -> Lags:
    """Lags as known at a date."""
    return compute_lags(scores(**choices), cutoff=cutoff)


def index(cutoff: str) -> Lags:
    """Lags on the index alone."""
    return lags(cutoff, everything=True, pool=(INDEX,))


def epoch_2025(day: str) -> tuple[float, str]:
    """Epoch AI's mean horizontal distance."""
    return horizontal_distance(index(day).frontiers), "ECI, mean horizontal distance"


def epoch_2026(day: str) -> tuple[float, str]:
    """Epoch AI's time to catch up since January, and its distance in points."""
    found = index(day)
    panel = found.panel.sel(month=slice("2026-01", None))
    points = float((panel["leader_level"] - panel["follower_level"]).mean())
    values = lags_at_crossings(found, first="2026-01-01")
    months = mean_of_months(found.panel, first="2026-01")
    more = f"{months:.1f} over all months; {points:.0f} points"
    return float(values.mean()), f"ECI, mean at {len(values)} open records since January 2026 ({more})"


def crossings(day: str, visibilities: tuple[str, ...]) -> tuple[float, str]:
    """The lag at open records of the year before."""
    found = lags(day, visibilities=visibilities, everything=True)
    year = str((pd.Timestamp(day) - pd.DateOffset(years=1)).date())
    values = lags_at_crossings(found, first=year)
    n = found.panel.sizes["benchmark"]
    return float(values.mean()), f"{n} {' and '.join(visibilities)} benchmarks, mean at {len(values)} open records"


def caisi(day: str) -> tuple[float, str]:
    """One model on each benchmark that it was run on."""
    table = lags_of_model(scores(everything=True), "DeepSeek-V4-Pro")
    table = table[table["benchmark"] != INDEX]
    return float(table["lag_months"].mean()), f"DeepSeek V4 Pro, mean over {len(table)} benchmarks"


def line(found: Lags, of: str) -> tuple[float, str]:
    """The straight line at its last month."""
    last = published_baseline(found.panel).lines.iloc[-1]
    slope, zero = last["slope_months_per_year"], last["zero_date"]
    when = "no zero" if pd.isna(zero) else f"zero on {zero.date()}"
    return float(last["intercept_months"]), f"{of}, straight line at its end ({slope:+.1f} months per year, {when})"


def year_to(found: Lags, of: str) -> tuple[float, str]:
    """Mean lag of the last twelve months."""
    first = str(pd.Timestamp(found.panel["month"].to_numpy()[-12]).date())
    return mean_of_months(found.panel, first=first), f"{of}, mean of the last twelve months"


COMPUTED = {
    "epoch_2025": epoch_2025,
    "epoch_2026": epoch_2026,
    "lesswrong_private": lambda day: crossings(day, PRIVATE),
    "lesswrong_public": lambda day: crossings(day, ("public",)),
    "caisi": caisi,
    "doubleword_mean": lambda day: line(lags(day), "15 benchmarks"),
    "doubleword_index": lambda day: line(index(day), "ECI"),
    "gpai": lambda day: year_to(index(day), "ECI"),
    "gpai_private": lambda day: year_to(lags(day, visibilities=PRIVATE, everything=True), "private and semi-private"),
}


def table() -> pd.DataFrame:
    """What was published, with ``ours`` (months) and ``ours_is`` (what was computed) beside it."""
    facts = pd.read_csv(FACTS)
    days = [str(pd.Period(str(text)).end_time.date()) for text in facts["published"]]  # of a month, its last day
    found = [COMPUTED[key](day) for key, day in zip(facts["key"], days, strict=True)]
    return facts.assign(ours=[value for value, _ in found], ours_is=[text for _, text in found])


if __name__ == "__main__":
    text = table().to_csv(index=False, float_format="%.1f", lineterminator="\n")
    for path in TARGETS:
        path.parent.mkdir(exist_ok=True)
        atomic_text(path, text)
