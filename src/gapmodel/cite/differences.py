"""How far the claims of two runs lie apart, in Monte Carlo standard errors. Pure: takes two summaries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isinf, sqrt
from typing import Any

import pandas as pd

from gapmodel.analysis.rounding import RoundedDate, RoundedNumber
from gapmodel.cite.claims import Claims

__all__ = ["TOLERANCE", "Difference", "compare_claims"]

# Two runs differ by √2 MCSE; four of these are rare even among a few hundred numbers.
TOLERANCE = 4.0 * sqrt(2.0)


@dataclass(frozen=True)
class Difference:
    """One number of a claim in two runs.

    Attributes
    ----------
    claim : str
    number : str
        ``value``, ``lower`` or ``upper``.
    before, after : float, str or None
    mcse : float
        Of one run; 0 for numbers that no seed changes.
    in_mcse : float or None
        (after - before) / mcse, days for dates; None where one of the two does not exist.
    holds : bool
        Whether Monte Carlo error alone explains it.
    """

    claim: str
    number: str
    before: float | str | None
    after: float | str | None
    mcse: float
    in_mcse: float | None
    holds: bool


def compare_claims(before: Claims, after: Claims, *, zero: Mapping[str, Any]) -> list[Difference]:
    """Differences of all numbers, in the order of `before`.

    Parameters
    ----------
    before, after : Claims
    zero : mapping
        The ``zero_lag`` entry of the first run: a quantile of the date may leave the horizon where its probability is
        within Monte Carlo error of that of reaching zero by the horizon.
    """
    theirs = {claim.id: claim for claim in after}
    out = []
    for claim in before:
        other = theirs.get(claim.id)
        for name, number in claim.numbers().items():
            match = None if other is None else other.numbers().get(name)
            if isinstance(number, RoundedDate):
                out.append(_date(claim.id, name, number, match if isinstance(match, RoundedDate) else None, zero))
            else:
                out.append(_number(claim.id, name, number, match if isinstance(match, RoundedNumber) else None))
    return out


def _number(claim: str, name: str, before: RoundedNumber, after: RoundedNumber | None) -> Difference:
    if after is None:
        return Difference(claim, name, before.value, None, before.mcse, None, False)
    change = after.value - before.value
    if before.mcse == 0.0:
        same = change == 0.0
        return Difference(claim, name, before.value, after.value, 0.0, 0.0 if same else None, same)
    scaled = change / before.mcse
    return Difference(claim, name, before.value, after.value, before.mcse, scaled, abs(scaled) <= TOLERANCE)


def _date(claim: str, name: str, before: RoundedDate, after: RoundedDate | None, zero: Mapping[str, Any]) -> Difference:
    old, new = before.value, None if after is None else after.value
    if after is not None and old == new:
        return Difference(claim, name, old, new, before.mcse, 0.0, True)
    if old is None or new is None:
        return Difference(claim, name, old, new, before.mcse, None, after is not None and _at_horizon(claim, zero))
    days = (pd.Timestamp(new) - pd.Timestamp(old)).days
    if before.mcse == 0.0 or isinf(before.mcse):
        return Difference(claim, name, old, new, before.mcse, None, isinf(before.mcse))
    scaled = days / before.mcse
    return Difference(claim, name, old, new, before.mcse, scaled, abs(scaled) <= TOLERANCE)


def _at_horizon(claim: str, zero: Mapping[str, Any]) -> bool:
    _, _, percent = claim.rpartition(".q")
    if not percent.isdigit():
        return False
    last = zero["probability_by"][-1]
    return abs(int(percent) / 100 - last["probability"]) <= TOLERANCE * last["mcse"]
