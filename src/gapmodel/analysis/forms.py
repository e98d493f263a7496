"""What other variants say of zero lag on the same data, so that no one form of the trend is quoted alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

__all__ = ["KEPT", "VariantRange", "compared_on", "shipped_range"]

#: What a range reads of a ``zero_lag`` entry.
KEPT = ("probability_by", "probability_never", "probability_already", "date_quantiles")


@dataclass(frozen=True)
class VariantRange:
    """Zero-lag answers of the compared variants that passed their checks.

    Attributes
    ----------
    zero : mapping
        Variant → its ``zero_lag`` entry.
    total : int
        Variants compared, those that failed too.
    """

    zero: Mapping[str, Mapping[str, Any]]
    total: int

    @property
    def passed(self) -> int:
        """Variants that the range covers."""
        return len(self.zero)

    @property
    def fingerprint(self) -> str:
        """Hash of the content."""
        text = json.dumps([self.total, {k: dict(v) for k, v in self.zero.items()}], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def spans(self) -> bool:
        """Whether there is a range: two variants or more passed."""
        return self.passed >= 2

    def probability(self, date: str) -> tuple[float, float]:
        """Least and largest P(zero by `date`), one of the dates that the run reports."""
        values = [row["probability"] for z in self.zero.values() for row in z["probability_by"] if row["date"] == date]
        return min(values), max(values)

    def entry(self, key: str) -> tuple[float, float]:
        """Least and largest of ``probability_never`` or ``probability_already``."""
        values = [float(z[key]) for z in self.zero.values()]
        return min(values), max(values)

    def date(self, quantile: str) -> tuple[str | None, str | None]:
        """Earliest and latest quantile of the date of zero; None is later than every date."""
        values = sorted((z["date_quantiles"][quantile] for z in self.zero.values()), key=lambda d: (d is None, d or ""))
        return values[0], values[-1]


def compared_on(summary: Mapping[str, Any]) -> dict[str, Any]:
    """What answers of two variants must have alike to be compared: data, options, horizon and dates."""
    zero = summary["zero_lag"]
    return {
        "data_sha256": summary["data"]["sha256"],
        "options": summary["options"],
        "horizon": zero["horizon"],
        "dates": [row["date"] for row in zero["probability_by"]],
    }


def shipped_range(summary: Mapping[str, Any]) -> VariantRange | None:
    """The range over the variants that were fitted for the package, where the run has their data and choices.

    Parameters
    ----------
    summary : mapping
        The content of ``summary.json``. Its own answer takes the place of the shipped one of its variant.

    Returns
    -------
    VariantRange or None
        None for other data, options, horizon or dates: then no other form of the trend is known.
    """
    source = resources.files("gapmodel.data") / "forms.json"
    shipped = json.loads(source.read_text(encoding="utf-8"))
    zero = summary["zero_lag"]
    if shipped["about"] != compared_on(summary):
        return None
    own = {summary["model"]: {key: zero[key] for key in KEPT}}
    forms = shipped["zero"] | own
    return VariantRange(forms, len(forms.keys() | set(shipped["failed"])))
