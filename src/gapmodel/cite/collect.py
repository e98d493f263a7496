"""From the summary of a run to its claims. Pure: the same summary gives the same claims, with or without draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gapmodel.analysis.forms import VariantRange, shipped_range
from gapmodel.analysis.rounding import RoundedNumber, exact_number, round_date, round_estimate
from gapmodel.analysis.schema import found_text
from gapmodel.analysis.sentences import cited_headline
from gapmodel.analysis.wording import Wording, watermarked
from gapmodel.cite.claims import Claim, Claims, Source
from gapmodel.cite.zero import zero_claims
from gapmodel.errors import CheckError
from gapmodel.runs.run import Run
from gapmodel.scores.names import clean, slugs

__all__ = ["collect", "source_of"]

_GAPS = {
    "gap.average": ("average_gap_months", "average gap over the included benchmarks"),
    "gap.still_run": ("still_run_gap_months", "average gap over the included benchmarks that are still run"),
    "gap.population": ("population_mean_gap_months", "mean gap in the population of benchmarks"),
    "gap.new_benchmark": ("new_benchmark_gap_months", "gap on a further benchmark of the same kind"),
}
_SLOPES = {
    "slope.average": ("slope_months_per_year", "change of the average gap over the 12 months before"),
    "slope.still_run": ("still_run_slope_months_per_year", "change of the average gap over the benchmarks still run"),
    "slope.population": ("population_slope_months_per_year", "change of the population's mean gap over 12 months"),
}


def collect(
    run: Run,
    *,
    language: str = "en",
    ranges: VariantRange | None = None,
    draft: bool = False,
    backtest_supports: bool = False,
) -> Claims:
    """The claims of a run.

    Parameters
    ----------
    run : Run
    language : str
        ``en`` or ``zh``.
    ranges : VariantRange, optional
        Of a comparison on the same data, see `gapmodel.cite.ranges.read_ranges`; default: that of the variants that
        were fitted for the package, where there is one for the run.
    draft : bool
        Take a run that is not citable too, and watermark its claims. No effect on a citable run.
    backtest_supports : bool
        Probabilities below 0.05 and above 0.95 were found calibrated in a backtest, and may be given as numbers.

    Raises
    ------
    CheckError
        The run is not citable and `draft` is false.
    UnknownNameError
        No such language.
    """
    words = Wording(language)
    reasons = run.reasons_against
    if reasons and not draft:
        raise CheckError(
            f"run '{run.folder}' gives no claims: {'; '.join(reasons)}. {_remedy(run)} With --draft, `gapmodel cite` "
            "and `gapmodel render` give claims that are marked as not citable (in Python: draft=True)"
        )
    source, marked = source_of(run), bool(reasons)
    build = _Builder(run.summary, source, words, marked)
    claims = [
        *build.estimates(),
        *zero_claims(
            run.summary,
            source,
            words,
            ranges=ranges or shipped_range(run.summary),
            draft=marked,
            backtest_supports=backtest_supports,
        ),
        *build.baseline(),
        *build.data(),
    ]
    return Claims(tuple(claims), source, language, marked, "" if ranges is None else ranges.fingerprint)


def _remedy(run: Run) -> str:
    """What would make a run citable."""
    held = run.summary["data_gate"]["blocking"]
    parts = []
    if run.summary["quick"] or not run.checks["passed"]:
        parts.append("Run it again with more draws.")
    if held:
        parts.append(
            f'Fix the data, or accept by name what may stand: run again with --accept {held[0]}:"why" (in Python: '
            f'accept={{"{held[0]}": "why"}}).'
        )
    return " ".join(parts)


def source_of(run: Run) -> Source:
    """Where the run's claims come from."""
    summary, manifest = run.summary, run.manifest
    data = summary["data"]
    return Source(
        run_id=run.run_id,
        model=str(summary["model"]),
        model_sha256=str(manifest["variant"]["sha256"]),
        data_sha256=str(data["sha256"]),
        data_name=str(data["snapshot"]),
        as_of=str(data["as_of"]),
        credits=tuple(summary["credits"]),
        seed=int(summary["seed"]),
        sampler=manifest["sampler"],
        options=summary["options"],
        versions=manifest["versions"],
        checks=tuple(run.checks["checks"]),
        passed=bool(run.checks["passed"]),
        manifest_sha256=str(manifest.get("sha256", "")),
        data_warnings=tuple(
            f"{check['name']}: {found_text(check)}"
            for check in run.checks.get("data", ())
            if check["status"] == "warning"
        ),
        accepted={c["name"]: c["accepted"] for c in run.checks.get("data", ()) if c["accepted"]},
    )


class _Builder:
    def __init__(self, summary: Mapping[str, Any], source: Source, words: Wording, draft: bool) -> None:
        self.summary, self.source, self.words, self.draft = summary, source, words, draft
        data = summary["data"]
        self.common = {
            "leader": summary["leader"],
            "follower": summary["follower"],
            "n": data["n_benchmarks"],
            "others": data["n_benchmarks"] - 1,
            "still": len(summary["still_run"]["benchmarks"]) if "still_run" in summary else 0,
            "date": words.date(data["as_of"]),
            "model": source.model,
            "data": source.data_name,
            "seed": source.seed,
        }
        self.n_draws = int(summary["zero_lag"]["n_draws"])

    def estimates(self) -> list[Claim]:
        """Gaps and slopes with intervals."""
        out = []
        for kind, group in (("months", _GAPS), ("rate", _SLOPES)):
            for name, (key, estimand) in group.items():
                if key in self.summary:  # runs made earlier lack the benchmarks still run
                    out.append(self._estimate(name, name, estimand, kind, self.summary[key]))
        rows = self.summary["per_benchmark"]
        identifiers = slugs(row["benchmark"] for row in rows)
        for row in rows:
            slug, title = identifiers[row["benchmark"]], clean(row["title"])
            for kind, key, name, what in (
                ("months", "gap_months", "gap", "gap on"),
                ("rate", "slope_months_per_year", "slope", "change of the gap over the 12 months before, on"),
            ):
                estimand = f"{what} {title}"
                claim = self._estimate(
                    f"{name}.benchmark.{slug}", f"{name}.benchmark", estimand, kind, row[key], title=title
                )
                out.append(claim)
        return out

    def _estimate(self, name: str, key: str, estimand: str, kind: str, entry: Mapping[str, Any], **more: str) -> Claim:
        shown = round_estimate(entry, self.n_draws)
        value, lower, upper = shown.value, shown.lower, shown.upper
        words, prob = self.words, f"{100 * shown.prob:g}"
        between = words("interval", lower=lower.text, upper=upper.text)
        unit = words.with_unit(kind, value)
        size = RoundedNumber(abs(value.rounded), 0.0, value.step)
        sentence = (
            cited_headline(self.summary, words)
            if key == "gap.average"
            else words(
                key,
                **self.common,
                **more,
                unit=unit,
                size=words.with_unit("months", size),
                direction=words("ahead" if value.rounded < 0 else "behind"),
                # An interval that holds negative lags needs the sign explained.
                sign=words("sign.gap") if min(lower.rounded, value.rounded) < 0 else "",
                prob=prob,
                interval=between,
            )
        )
        texts = {
            "value": value.text,
            "unit": unit,
            "interval": between,
            "full": words.estimate(kind, shown),
            "sentence": sentence,
        }
        return Claim(
            name, f"{estimand}, posterior median", "months" if kind == "months" else "months/year", value,
            watermarked(texts, words, self.draft), self.source, self.draft, lower=lower, upper=upper,
            prob=shown.prob, interval_kind=entry["interval"]["kind"],
        )  # fmt: skip

    def baseline(self) -> list[Claim]:
        """The published straight line, which has no uncertainty."""
        line = self.summary["baseline"]["mean"]
        words = self.words
        slope = exact_number(line["slope_months_per_year"], 0.1)
        unit = words.with_unit("rate", slope)
        zero = round_date(line["zero_date"], 0.0)
        shown = words("baseline.never") if line["zero_date"] is None else words.period(zero)
        return [
            self._plain(
                "baseline.slope", "slope of the published straight line", "months/year", slope, slope.text, unit
            ),
            self._plain("baseline.zero_date", "date at which the published line is zero", "date", zero, shown, shown),
        ]

    def data(self) -> list[Claim]:
        """What went into the analysis."""
        data, words = self.summary["data"], self.words
        out = []
        for name, key in (("benchmarks", "n_benchmarks"), ("models", "n_models"), ("scores", "n_scores")):
            count = exact_number(data[key], 1.0)
            estimand = f"number of {name} in the analysis"
            out.append(self._plain(f"data.{name}", estimand, "count", count, count.text, count.text))
        day = words.date(data["as_of"])
        date = round_date(data["as_of"], 0.0)
        return [*out, self._plain("data.as_of", "day that the gap and slope refer to", "date", date, day, day)]

    def _plain(self, name: str, estimand: str, unit: str, value: Any, text: str, with_unit: str) -> Claim:
        words = self.words
        full = words("full.baseline", unit=with_unit) if name.startswith("baseline.") else with_unit
        texts = {
            "value": text,
            "unit": with_unit,
            "full": full,
            "sentence": words(name, **(self.common | {"value": text, "unit": with_unit})),
        }
        return Claim(name, estimand, unit, value, watermarked(texts, words, self.draft), self.source, self.draft)
