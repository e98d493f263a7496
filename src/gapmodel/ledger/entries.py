"""What an entry says: a forecast with its quantiles, probabilities and joint draws, or a published statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from numbers import Real
from typing import Any

import numpy as np

from gapmodel.errors import ConfigError
from gapmodel.inference.sampling import SamplerSettings
from gapmodel.modeling.options import LagOptions, read_day
from gapmodel.scores.table import Scores
from gapmodel.validation.forecasts import AVERAGE, PROBS, THRESHOLDS, Forecast, below_probabilities
from gapmodel.validation.replay import Replay

__all__ = ["DECIMALS", "KEPT_DRAWS", "ForecastBy", "forecast_content", "forecast_of_entry", "statement_content"]

#: Joint draws that an entry keeps, and their decimals: some hundred kilobytes, and an error of a few hundredths of a
#: month in a CRPS. Quantiles and probabilities are of all draws.
KEPT_DRAWS, DECIMALS = 200, 2

_LONGEST = 1200  # months of a stated lag


@dataclass(frozen=True)
class ForecastBy:
    """Who forecasts, from what.

    Attributes
    ----------
    run : mapping
        `gapmodel.ledger.forms.RunIdentity`.
    scores : Scores
        The table.
    options : LagOptions
    settings : SamplerSettings
        Of the forecast, before `gapmodel.validation.forecasts.job_settings`.
    sentence : str
    citable : bool
    zero : mapping
        ``zero`` (dates with probabilities), ``zero_never`` and ``horizon``.
    """

    run: Mapping[str, Any]
    scores: Scores
    options: LagOptions
    settings: SamplerSettings
    sentence: str
    citable: bool
    zero: Mapping[str, Any]


def forecast_content(
    made: Forecast,
    replay: Replay,
    by: ForecastBy,
    *,
    draws: int | None = KEPT_DRAWS,
    decimals: int | None = DECIMALS,
) -> dict[str, Any]:
    """A forecast as the content of an entry.

    Parameters
    ----------
    made : Forecast
        Of the benchmarks and months of `replay`.
    replay : Replay
    by : ForecastBy
    draws : int, optional
        Joint draws that are kept, evenly spaced; None for all.
    decimals : int, optional
        Of the kept draws; None for all digits.

    Returns
    -------
    dict
        See `gapmodel.ledger.forms.ForecastEntry`. The benchmarks are those that had a lag or bound by the cutoff;
        ``average`` is that over all of them.

    Raises
    ------
    ConfigError
        The forecast has an SD of its average in place of joint draws, as simple forecasts do; fewer than 2 draws.
    """
    if made.average_sd is not None:
        raise ConfigError("a forecast without joint draws is no entry: take a variant, not a simple forecast")
    if draws is not None and draws < 2:
        raise ConfigError(f"draws is {draws}: give 2 or more")
    use = replay.eligible
    names = [str(name) for name in replay.data.benchmark[use]]
    own = Forecast(
        made.draws[:, use], made.centre[:, use], made.scale[:, use], None if made.trend is None else made.trend[:, use]
    )
    months = [str(day) for day in np.datetime_as_string(replay.data.month[replay.ahead], unit="D")]
    average = own.average(np.ones(own.draws.shape[1:], dtype=bool), seed=0)
    below = [
        {"kind": kind, "threshold": x, "probability": [float(p) for p in row]}
        for kind, paths in (("observed", average.draws), ("trend", average.trend))
        if paths is not None
        for x, row in zip(
            THRESHOLDS, below_probabilities(paths[:, 0], np.ones(paths.shape[2], dtype=bool)), strict=True
        )
    ]
    return {
        "cutoff": str(replay.cutoff),
        "sentence": by.sentence,
        "citable": by.citable,
        "leader": by.options.leader.name,
        "follower": by.options.follower.name,
        "run": dict(by.run),
        "data": {
            "sha256": by.scores.sha256,
            "snapshot": by.scores.snapshot,
            "inputs": dict(by.scores.origin),
        },
        "options": by.options.as_dict(),
        "seed": by.settings.seed,
        "sampler": by.settings.as_dict(),
        "months": months,
        "probabilities": list(PROBS),
        "benchmarks": [_quantiles(name, own.draws[:, b], own.centre[:, b]) for b, name in enumerate(names)],
        "average": _quantiles(AVERAGE, average.draws[:, 0], average.centre[:, 0]),
        "below": below,
        **by.zero,
        "draws": _kept(own, draws, decimals),
        "credits": list(by.scores.credits),
    }


def _quantiles(name: str, draws: np.ndarray, centre: np.ndarray) -> dict[str, Any]:
    levels = np.quantile(draws, PROBS, axis=0).T
    return {"benchmark": name, "mean": centre.mean(axis=0).tolist(), "quantiles": levels.tolist()}


def _kept(made: Forecast, draws: int | None, decimals: int | None) -> dict[str, Any]:
    n = len(made.draws)
    chosen = np.arange(n) if draws is None or draws >= n else np.linspace(0, n - 1, draws).round().astype(int)

    def cells(values: np.ndarray, *, least: float = -np.inf) -> list[Any]:
        few = values[chosen]
        return few.tolist() if decimals is None else np.maximum(np.round(few, decimals), least).tolist()

    return {
        "of": n,
        "decimals": decimals,
        "lag": cells(made.draws),
        "centre": cells(made.centre),
        "scale": cells(made.scale, least=0.0 if decimals is None else 10.0**-decimals),
        "trend": None if made.trend is None else cells(made.trend),
    }


def forecast_of_entry(entry: Mapping[str, Any], benchmarks: list[str], months: int) -> Forecast:
    """The forecast that an entry keeps, on a grid of benchmarks.

    Parameters
    ----------
    entry : mapping
        `gapmodel.ledger.forms.ForecastEntry`.
    benchmarks : list of str, length B
        Those that the entry does not forecast are NaN.
    months : int
        The first so many.
    """
    own = [row["benchmark"] for row in entry["benchmarks"]]
    place = {name: k for k, name in enumerate(own)}
    rows = [k for k, name in enumerate(benchmarks) if name in place]
    source = [place[benchmarks[k]] for k in rows]

    def grid(cells: Any) -> np.ndarray:
        values = np.asarray(cells, dtype=float)[:, :, :months]
        out = np.full((len(values), len(benchmarks), months), np.nan)
        out[:, rows] = values[:, source]
        return out

    kept = entry["draws"]
    trend = None if kept["trend"] is None else grid(kept["trend"])
    return Forecast(grid(kept["lag"]), grid(kept["centre"]), grid(kept["scale"]), trend)


def statement_content(
    *,
    who: str,
    link: str,
    published: str | date,
    sentence: str,
    months: float,
    on: str | date,
    benchmark: str | None = None,
    interval: tuple[float, float] | None = None,
    prob: float = 0.9,
) -> dict[str, Any]:
    """A published statement as the content of an entry: the lag is so many months on a day.

    Parameters
    ----------
    who, link, sentence : str
        Who published it, where, and in which words.
    published, on : date-like
        When it was said, and of which day it is.
    months : float
        The lag that is stated; 0 for "no gap".
    benchmark : str, optional
        Which one it is about; default: the average.
    interval : (float, float), optional
        As published, with its probability `prob`; months.

    Raises
    ------
    ConfigError
        A date is none, or the statement is about a day before it was made.
    """
    said, day = (str(read_day(value, name).date()) for value, name in ((published, "published"), (on, "on")))
    if day < said:
        raise ConfigError(f"published on {said} about {day}: a forecast is about a later day")
    numbers = [months, *(interval or ())]
    if any(isinstance(n, bool | str) or not isinstance(n, Real) or not np.isfinite(float(n)) for n in numbers):
        raise ConfigError(f"months is {months!r}, its interval {interval!r}: give finite numbers")
    if not -_LONGEST <= months <= _LONGEST:
        raise ConfigError(f"months is {months!r}: give the lag in months, at most {_LONGEST}")
    lower, upper = interval or (months, months)
    if lower <= upper and not lower <= months <= upper:
        raise ConfigError(f"months is {months!r}, outside its interval {interval!r}: give the statement as published")
    ends = None if interval is None else {"prob": float(prob), "lower": float(interval[0]), "upper": float(interval[1])}
    return {
        "who": who,
        "published": said,
        "link": link,
        "sentence": sentence,
        "benchmark": benchmark,
        "on": day,
        "months": float(months),
        "interval": ends,
    }
