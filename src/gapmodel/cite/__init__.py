"""Citable claims of a run: sentences, tables, macros, filled manuscripts, and checks that none of it is stale."""

from __future__ import annotations

from gapmodel.cite.claims import Claim, Claims, Source
from gapmodel.cite.collect import collect
from gapmodel.cite.ranges import VariantRange, read_ranges

__all__ = ["Claim", "Claims", "Source", "VariantRange", "collect", "read_ranges"]
