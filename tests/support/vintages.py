"""A table with days of evaluation, small enough to work its vintages out by hand."""

from datetime import date

from gapmodel.scores.table import validate_scores
from tests.support.scoretables import HEADER, frame

# Closed levels .3, .4, .5, .7; open V (.4) is run on the day of its release, Y (.5) ten weeks after, Z (.7) two days.
ROWS = (
    ("b", "A", "2025-01-10", "closed", 0.3, "2025-01-10"),
    ("b", "B", "2025-02-20", "closed", 0.4, "2025-02-20"),
    ("b", "C", "2025-03-05", "closed", 0.5, "2025-03-06"),
    ("b", "D", "2025-05-10", "closed", 0.7, "2025-05-10"),
    ("b", "X", "2025-02-01", "open", 0.2, "2025-02-01"),
    ("b", "Y", "2025-04-10", "open", 0.5, "2025-06-20"),
    ("b", "V", "2025-04-20", "open", 0.4, "2025-04-20"),
    ("b", "Z", "2025-06-12", "open", 0.7, "2025-06-14"),
)


def by_hand(rows=ROWS, *, dated=True, as_of="2025-07-15", **options):
    """The table of `rows` (default: `ROWS`), with or without the column of days."""
    table = frame(*rows, columns=(*HEADER, "evaluated_date"))
    table = table if dated else table.drop(columns="evaluated_date")
    return validate_scores(table, today=date(2025, 7, 15), as_of=as_of, **options)
