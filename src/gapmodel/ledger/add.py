"""Adding to a ledger: the forecast of a run, one made as of a past cutoff, or a published statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from gapmodel.analysis.sentences import headline
from gapmodel.cite.reproduce import original_scores, original_variant
from gapmodel.errors import CheckError, ConfigError
from gapmodel.inference.sampling import SamplerSettings
from gapmodel.ledger.chain import Ledger, append, read_ledger
from gapmodel.ledger.entries import DECIMALS, KEPT_DRAWS, ForecastBy, forecast_content, statement_content
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.variant import Variant
from gapmodel.runs.parts import MemoryParts
from gapmodel.runs.provenance import code_sha256, package_versions
from gapmodel.runs.reader import read_run, verify_files
from gapmodel.runs.run import Run
from gapmodel.scores.table import Scores
from gapmodel.validation.backtest import BACKTEST_SETTINGS
from gapmodel.validation.forecasts import Forecast, forecast, job_settings
from gapmodel.validation.replay import Replay, replay_at_end

__all__ = ["add_forecast", "add_run", "ledger_add"]


def ledger_add(
    folder: str | Path,
    run: Run | str | Path | None = None,
    *,
    published: Mapping[str, Any] | None = None,
    scores: str | Path | Scores | None = None,
    benchmarks: str | Path | None = None,
    variant: str | None = None,
    settings: SamplerSettings | None = None,
    draft: bool = False,
    today: date | None = None,
    stage: Callable[[str], None] = lambda text: None,
) -> Ledger:
    """Add the forecast of a run, or a published statement, to a ledger.

    Parameters
    ----------
    folder : path-like
        Of the ledger; made where it is not there.
    run : Run or path-like, optional
        What forecasts. Its variant is fitted once more, with the next twelve months on the grid and the settings of the
        backtest, so that an entry is what a backtest would have forecast on that day.
    published : mapping, optional
        In place of a run: ``who, link, published, sentence, months, on``, and ``benchmark, interval, prob`` where the
        statement has them, see `gapmodel.ledger.entries.statement_content`.
    scores, benchmarks : path-like, optional
        The tables of the run, where they are not bundled; `scores` may be `Scores`.
    variant : str, optional
        Path of the run's own variant, where it was not a shipped one.
    settings : SamplerSettings, optional
        Default: those of the backtest, small ones for a quick run; always with the seed of the run.
    draft : bool
        Take a run that is not citable too; its entry says so.
    today : datetime.date, optional
        Day of the entry; default: today.
    stage : callable
        Told the name of each stage.

    Returns
    -------
    Ledger
        With the new entry.

    Raises
    ------
    CheckError
        The run is not citable, or the fit of its forecast failed its checks, and `draft` is false.
    ConfigError
        Neither or both of `run` and `published`; tables or variant are not those of the run; the entry is there
        already; the folder cannot be written.
    DataError
        The run or the ledger is damaged or was altered.

    Examples
    --------
    >>> ledger_add("ledger")
    Traceback (most recent call last):
    ...
    gapmodel.errors.ConfigError: a ledger takes one statement at a time: give a run, or what was published
    """
    if (run is None) == (published is None):
        raise ConfigError("a ledger takes one statement at a time: give a run, or what was published")
    day = today or date.today()
    if published is not None:
        known = {"who", "link", "published", "sentence", "months", "on", "benchmark", "interval", "prob"}
        lacking = known - {"benchmark", "interval", "prob"} - set(published)
        unknown = set(published) - known
        if lacking or unknown:
            wrong = f"lacks {', '.join(sorted(lacking))}" if lacking else f"has no {', '.join(sorted(unknown))}"
            raise ConfigError(f"a published statement {wrong}: give {', '.join(sorted(known))}")
        return append(folder, "published", statement_content(**published), entered=day)
    saved = run if isinstance(run, Run) else read_run(Path(str(run)))
    return add_run(
        folder, saved, scores=scores, benchmarks=benchmarks, variant=variant, settings=settings, draft=draft, today=day,
        stage=stage,
    )  # fmt: skip


def add_run(
    folder: str | Path,
    run: Run,
    *,
    scores: str | Path | Scores | None = None,
    benchmarks: str | Path | None = None,
    variant: str | None = None,
    settings: SamplerSettings | None = None,
    draft: bool = False,
    today: date,
    stage: Callable[[str], None] = lambda text: None,
) -> Ledger:
    """See `ledger_add`."""
    verify_files(run)
    reasons = run.reasons_against
    if reasons and not draft:
        raise CheckError(
            f"run '{run.folder}' may not be cited ({'; '.join(reasons)}), so it is no entry: make a citable one, or "
            "give --draft (in Python: draft=True), and the entry says so"
        )
    if Path(folder).is_dir():
        _refuse_twice(read_ledger(folder), run)
    table, model = _origin(run, scores, benchmarks, variant)
    if not model.view.monthly_lags:
        raise ConfigError(
            f"'{model.name}' is fitted to the {model.view.name} view and predicts no monthly lags: it has no entry"
        )
    base = settings or (BACKTEST_SETTINGS.quick() if run.summary["quick"] else BACKTEST_SETTINGS)
    base = replace(base, seed=int(run.summary["seed"]))
    stage("forecast")
    replay = replay_at_end(table, run.options)
    made, fit = forecast(model, replay, job_settings(base, model.name, str(replay.cutoff)))
    if not fit["passed"] and not draft:
        worst = "; ".join(f"{name} {text}" for name, text in fit["worst"].items())
        raise CheckError(
            f"the fit of the forecast failed its checks ({worst}): nothing was added. Give more draws, or --draft (in "
            "Python: draft=True), and the entry says so"
        )
    zero = run.summary["zero_lag"]
    by = ForecastBy(
        run=_identity(run, model),
        scores=replace(table, origin=run.manifest.get("inputs") or {}),
        options=run.options,
        settings=base,
        sentence=headline(run.summary),
        citable=not reasons and bool(fit["passed"]),
        zero={
            "zero": [{key: row[key] for key in ("date", "probability", "mcse")} for row in zero["probability_by"]],
            "zero_never": zero["probability_never"],
            "horizon": zero["horizon"],
        },
    )
    stage("write")
    return append(folder, "forecast", forecast_content(made, replay, by), entered=today)


def add_forecast(
    folder: str | Path | Ledger,
    made: Forecast,
    replay: Replay,
    *,
    scores: Scores,
    options: LagOptions,
    model: Variant,
    settings: SamplerSettings,
    sentence: str,
    today: date,
    draws: int | None = KEPT_DRAWS,
    decimals: int | None = DECIMALS,
) -> Ledger:
    """Add a forecast made as of a past cutoff, as a backtest makes it: it is no draft, and it is not citable.

    Parameters
    ----------
    folder : path-like or Ledger
        See `gapmodel.ledger.chain.append`.
    made, replay
        From `gapmodel.validation.forecasts.forecast`.
    scores : Scores
        All data, of which the forecast saw what came by the cutoff.
    options : LagOptions
        Of the replay.
    model : Variant
    settings : SamplerSettings
        Of the backtest, before the seed of the job.
    sentence : str
    today : datetime.date
    draws, decimals
        See `gapmodel.ledger.entries.forecast_content`.

    Returns
    -------
    Ledger

    Raises
    ------
    ConfigError, DataError
        See `gapmodel.ledger.chain.append`.
    """
    identity = {
        "run_id": f"{model.name} as of {replay.cutoff}",
        "manifest_sha256": None,
        "model": model.name,
        "model_sha256": model.sha256,
        "code_sha256": None,
        "forecast_code_sha256": code_sha256(),
        "versions": package_versions(),
    }
    by = ForecastBy(
        run=identity,
        scores=scores,
        options=replace(options, cutoff=str(replay.cutoff)),
        settings=settings,
        sentence=sentence,
        citable=False,
        zero={"zero": [], "zero_never": None, "horizon": None},
    )
    return append(folder, "forecast", forecast_content(made, replay, by, draws=draws, decimals=decimals), entered=today)


def _refuse_twice(ledger: Ledger, run: Run) -> None:
    sha256 = run.manifest.get("sha256")
    for entry in ledger.entries:
        if sha256 and entry["kind"] == "forecast" and entry["forecast"]["run"]["manifest_sha256"] == sha256:
            raise ConfigError(f"{ledger.where(entry['number'])} is of this run: a run is entered once")


def _origin(
    run: Run, scores: str | Path | Scores | None, benchmarks: str | Path | None, variant: str | None
) -> tuple[Scores, Variant]:
    """The table and the variant of a run; refused where they are others."""
    if isinstance(run.parts, MemoryParts):
        return run.parts.analysis.scores, run.parts.analysis.fit.variant
    model = original_variant(run, path=variant)
    if isinstance(scores, Scores):
        wanted = run.summary["data"]["sha256"]
        if scores.sha256 != wanted:
            raise ConfigError(
                f"the scores are not those of the run: their hash is {scores.sha256[:12]}, the run's {wanted[:12]}"
            )
        return scores, model
    files = [None if name is None else Path(name) for name in (scores, benchmarks)]
    return original_scores(run, scores=files[0], benchmarks=files[1]), model


def _identity(run: Run, model: Variant) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "manifest_sha256": run.manifest.get("sha256"),
        "model": model.name,
        "model_sha256": model.sha256,
        "code_sha256": run.manifest.get("code_sha256"),
        "forecast_code_sha256": code_sha256(),
        "versions": dict(run.manifest["versions"]),
    }
