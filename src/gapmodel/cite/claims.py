"""A claim: one number that may be cited, with everything that it must not be separated from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape as html
from typing import TYPE_CHECKING, Any

from gapmodel.analysis.rounding import RoundedDate, RoundedNumber
from gapmodel.errors import UnknownNameError, nearest

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["VARIANTS", "Claim", "Claims", "Source"]

VARIANTS = ("value", "unit", "interval", "full", "sentence")
DEFAULT_VARIANT = "full"


@dataclass(frozen=True)
class Source:
    """What a claim comes from.

    Attributes
    ----------
    run_id, model, model_sha256 : str
        The run, its variant, and the hash of the variant's file.
    data_sha256, data_name, as_of : str
        Hash and name of the scores, and the ISO date of the answer.
    credits : tuple of str
    seed : int
    sampler, options, versions : mapping
    checks : tuple of mapping
        The records of ``checks.json``.
    passed : bool
        All of them.
    manifest_sha256 : str
        Hash of the run's manifest, and so of the whole run; empty for a run in memory.
    data_warnings : tuple of str
        Checks of the data that warn, each with what it found first.
    accepted : mapping
        Check of the data that would hold claims back → why somebody accepted it.
    """

    run_id: str
    model: str
    model_sha256: str
    data_sha256: str
    data_name: str
    as_of: str
    credits: tuple[str, ...]
    seed: int
    sampler: Mapping[str, Any]
    options: Mapping[str, Any]
    versions: Mapping[str, str]
    checks: tuple[Mapping[str, Any], ...]
    passed: bool
    manifest_sha256: str = ""
    data_warnings: tuple[str, ...] = ()
    accepted: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "run_id": self.run_id,
            "manifest_sha256": self.manifest_sha256 or None,
            "model": self.model,
            "model_sha256": self.model_sha256,
            "data": {"name": self.data_name, "sha256": self.data_sha256, "as_of": self.as_of},
            "credits": list(self.credits),
            "seed": self.seed,
            "sampler": dict(self.sampler),
            "options": dict(self.options),
            "versions": dict(self.versions),
            "checks": {"passed": self.passed, "results": [dict(check) for check in self.checks]},
            "data_gate": {"warnings": list(self.data_warnings), "accepted": dict(self.accepted)},
        }


@dataclass(frozen=True)
class Claim:
    """One citable number.

    Attributes
    ----------
    id : str
        Readable and the same in every run: ``gap.average``.
    estimand : str
        What is estimated, in words.
    unit : str
        ``months``, ``months/year``, ``probability``, ``date`` or ``count``.
    value : RoundedNumber or RoundedDate
        The posterior median of a gap or slope.
    lower, upper : RoundedNumber or None
        Ends of the interval.
    prob, interval_kind : float, str or None
    texts : mapping
        Plain text of each of `VARIANTS` that the claim has.
    compared : mapping, optional
        Range over the variants of a comparison.
    """

    id: str
    estimand: str
    unit: str
    value: RoundedNumber | RoundedDate
    texts: Mapping[str, str]
    source: Source
    draft: bool
    lower: RoundedNumber | None = None
    upper: RoundedNumber | None = None
    prob: float | None = None
    interval_kind: str | None = None
    compared: Mapping[str, Any] | None = None

    @property
    def sentence(self) -> str:
        """The sentence of a careful writer."""
        return self.texts["sentence"]

    def numbers(self) -> dict[str, RoundedNumber | RoundedDate]:
        """``value`` and, where there is an interval, ``lower`` and ``upper``."""
        given = {"value": self.value, "lower": self.lower, "upper": self.upper}
        return {name: number for name, number in given.items() if number is not None}

    def as_dict(self) -> dict[str, Any]:
        """As plain values; complete by itself."""
        interval = None
        if self.lower is not None and self.upper is not None:
            ends = {"lower": self.lower.as_dict(), "upper": self.upper.as_dict()}
            interval = {"prob": self.prob, "kind": self.interval_kind, **ends}
        return {
            "id": self.id,
            "estimand": self.estimand,
            "unit": self.unit,
            "value": self.value.as_dict(),
            "interval": interval,
            "text": dict(self.texts),
            "compared": None if self.compared is None else dict(self.compared),
            "draft": self.draft,
            "source": self.source.as_dict(),
        }


@dataclass(frozen=True)
class Claims:
    """All claims of a run, in order; shows itself as a table in a notebook and in a terminal.

    Attributes
    ----------
    claims : tuple of Claim
    source : Source
    language : str
    draft : bool
        Watermarked, because the run is not citable.
    comparison : str
        Hash of the comparison behind the ranges; empty where there is none.
    """

    claims: tuple[Claim, ...]
    source: Source
    language: str
    draft: bool
    comparison: str = ""
    _by_id: dict[str, Claim] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {claim.id: claim for claim in self.claims})

    def __iter__(self) -> Iterator[Claim]:
        return iter(self.claims)

    def __len__(self) -> int:
        return len(self.claims)

    def __getitem__(self, name: str) -> Claim:
        return self.resolve(name)[0]

    def resolve(self, reference: str) -> tuple[Claim, str]:
        """The claim and variant that ``gap.average`` or ``gap.average.interval`` names.

        Raises
        ------
        UnknownNameError
            No such claim, or the claim has no such variant.
        """
        if reference in self._by_id:
            return self._by_id[reference], DEFAULT_VARIANT
        name, _, variant = reference.rpartition(".")
        if name in self._by_id and variant in VARIANTS:
            if variant not in self._by_id[name].texts:
                raise UnknownNameError(f"claim '{name}' has no '{variant}': use '{name}.full'")
            return self._by_id[name], variant
        if name in self._by_id:
            hint = nearest(variant, VARIANTS) or f": choose one of {', '.join(VARIANTS)}"
            raise UnknownNameError(f"claim '{name}' has no '{variant}'{hint}")
        known = [*self._by_id, *(f"{c.id}.{v}" for c in self.claims for v in c.texts)]
        dates = [name.removeprefix("zero.by.") for name in self._by_id if name.startswith("zero.by.")]
        if reference.startswith("zero.by."):
            hint = f": P(zero) is given by {', '.join(dates)}"
        else:
            hint = nearest(reference, known) or ": `gapmodel cite` lists all"
        raise UnknownNameError(f"unknown claim '{reference}'{hint}")

    def has(self, reference: str) -> bool:
        """Whether `resolve` finds it."""
        name, _, variant = reference.rpartition(".")
        return reference in self._by_id or (name in self._by_id and variant in self._by_id[name].texts)

    def as_dict(self) -> dict[str, Any]:
        """The content of ``claims.json``, without its version (`gapmodel.cite.claims_file`)."""
        return {
            "draft": self.draft,
            "language": self.language,
            "comparison": self.comparison or None,
            "source": self.source.as_dict(),
            "claims": [claim.as_dict() for claim in self.claims],
        }

    def title(self) -> str:
        """One line on what these claims are of."""
        s = self.source
        mark = "DRAFT, not citable: " if self.draft else ""
        return f"{mark}{s.model} on {s.data_name} (sha256 {s.data_sha256[:12]}), as of {s.as_of}, seed {s.seed}"

    def __repr__(self) -> str:
        return "\n".join([self.title(), *(f"  {claim.id}: {claim.texts['full']}" for claim in self.claims)])

    def __rich__(self) -> Table:
        from rich.markup import escape
        from rich.table import Table

        table = Table(title=escape(self.title()), title_justify="left")
        for name in ("claim", "citable as"):
            table.add_column(name, overflow="fold")
        for claim in self.claims:
            table.add_row(escape(claim.id), escape(claim.texts["full"]))
        return table

    def _repr_html_(self) -> str:
        left = '<td style="text-align: left">'  # notebooks align cells right
        rows = "".join(
            f"<tr>{left}<code>{html(c.id)}</code></td>{left}{html(c.texts['full'])}</td>{left}{html(c.sentence)}</td></tr>"
            for c in self.claims
        )
        head = "<tr><th>claim</th><th>citable as</th><th>sentence</th></tr>"
        caption = f"<caption>{html(self.title())}</caption>"
        return f"<table>{caption}<thead>{head}</thead><tbody>{rows}</tbody></table>"
