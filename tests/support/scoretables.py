"""Tables of scores that are valid, drawn or written by hand, and how tests check them."""

from __future__ import annotations

import unicodedata
from datetime import date

import pandas as pd
from hypothesis import strategies as st

from gapmodel.scores.names import hidden_sign
from gapmodel.scores.table import Scores, validate_scores

TODAY = date(2026, 8, 1)
HEADER = ("benchmark", "model", "release_date", "weights", "score")


def frame(*rows, columns=HEADER):
    return pd.DataFrame(list(rows), columns=list(columns), dtype=object)


def valid(**changes):
    """Two benchmarks, a closed and two open models; `changes` are whole columns."""
    table = frame(
        ("x", "A", "2025-01-01", "closed", "0.5"),
        ("y", "A", "2025-01-01", "closed", "7"),
        ("x", "B", "2025-03-01", "open", "0.4"),
        ("x", "C", "2025-06-01", "open", "0.6"),
        ("y", "C", "2025-06-01", "open", "8"),
    )
    return table.assign(**{name: pd.Series(values, dtype=object) for name, values in changes.items()})


def check(table, benchmarks=None, **options) -> Scores:
    return validate_scores(table, benchmarks, today=TODAY, **options)


@st.composite
def tables(draw):
    names = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=4)
    # A sign that nobody sees is refused in names; so would be two names that are one in the normal form.
    names = names.filter(lambda name: hidden_sign(name) is None).map(lambda name: unicodedata.normalize("NFC", name))
    properties = draw(
        st.dictionaries(
            names,
            st.tuples(st.dates(date(2020, 1, 1), TODAY), st.sampled_from(["open", "closed"])),
            min_size=1,
            max_size=5,
        )
    )
    key = st.tuples(names, st.sampled_from(sorted(properties)), st.sampled_from([None, "a", "b"]))
    keys = draw(st.lists(key, unique=True, min_size=1, max_size=12))
    score = st.floats(allow_nan=False, allow_infinity=False)
    rows = [(b, m, *properties[m], draw(score), v, draw(st.none() | names)) for b, m, v in keys]
    return frame(*rows, columns=(*HEADER, "variant", "odd column"))
