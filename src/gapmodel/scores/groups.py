"""Who leads and who follows: each group is a condition on columns of the scores table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gapmodel.errors import ConfigError, UnknownNameError, nearest, some_of

__all__ = ["CLOSED", "OPEN", "Group", "parse_group"]

# A condition on these columns is about weights, so a model joins when its weights can be downloaded.
_WEIGHTS_COLUMNS = frozenset({"weights", "licence_tier"})


@dataclass(frozen=True)
class Group:
    """A group of models: every condition must hold.

    Attributes
    ----------
    name : str
        Used in every output.
    conditions : tuple of (column, allowed values, negated)
    """

    name: str
    conditions: tuple[tuple[str, tuple[str, ...], bool], ...]

    @property
    def expression(self) -> str:
        """The condition in the form that `parse_group` reads."""
        return "&".join(f"{c}{'!=' if neg else '='}{'|'.join(v)}" for c, v, neg in self.conditions)

    def check(self, table: pd.DataFrame) -> None:
        """Check that the columns and values of the conditions occur in `table`.

        ``weights`` can only be open or closed, so these two are known where no row has them: a group without
        models is missing data, not a misspelt name.

        Raises
        ------
        UnknownNameError
            A column or value does not occur in the table.
        """
        for column, values, _ in self.conditions:
            if column not in table:
                hint = nearest(column, table) or f": choose one of {', '.join(map(str, table.columns))}"
                raise UnknownNameError(f"group '{self.name}': no column '{column}'{hint}")
            known = {str(v) for v in table[column].dropna().unique()}
            if column == "weights":
                known |= {"closed", "open"}
            for value in values:
                if value not in known:
                    hint = nearest(value, sorted(known)) or some_of(sorted(known))
                    raise UnknownNameError(f"group '{self.name}': no row has {column} = '{value}'{hint}")

    def mask(self, table: pd.DataFrame) -> np.ndarray:
        """Rows of `table` in the group, bool, shape (n_rows,); none where a value does not occur (see `check`)."""
        keep = np.ones(len(table), dtype=bool)
        for column, values, negated in self.conditions:
            present = np.array(["" if pd.isna(v) else str(v) for v in table[column]], dtype=object)
            keep &= np.isin(present, list(values)) != negated
        return keep

    def availability(self, table: pd.DataFrame) -> np.ndarray:
        """Date from which each row counts for the group, datetime64[D], shape (n_rows,).

        The release date; for a group defined by its weights, the date on which an open model's weights
        could be downloaded, where the table gives one.
        """
        dates = table["release_date"].to_numpy("datetime64[D]")
        by_weights = any(column in _WEIGHTS_COLUMNS for column, _, _ in self.conditions)
        if not by_weights or "weights_date" not in table:
            return dates
        later = table["weights_date"].to_numpy("datetime64[D]")
        use = (table["weights"] == "open").to_numpy(dtype=bool) & ~np.isnat(later)
        return np.where(use, later, dates)


CLOSED = Group("closed", (("weights", ("closed",), False),))
OPEN = Group("open", (("weights", ("open",), False),))


def parse_group(text: str, *, name: str | None = None) -> Group:
    """Read ``column=value``, ``column=a|b``, ``column!=a`` and their conjunction with ``&``.

    The group's name is `name`, or the values joined (``country=China`` is named ``China``).

    Raises
    ------
    ConfigError
        The text has another form.
    """
    conditions = []
    for part in text.split("&"):
        negated = "!=" in part
        column, separator, values = part.partition("!=" if negated else "=")
        allowed = tuple(v.strip() for v in values.lstrip("=").split("|") if v.strip())
        if not separator or not column.strip() or not allowed:
            raise ConfigError(
                f"cannot read the group '{text}': write column=value, column=a|b or column!=a, joined by &"
            )
        conditions.append((column.strip(), allowed, negated))
    label = name or ", ".join(("not " if neg else "") + "/".join(v) for _, v, neg in conditions)
    return Group(label, tuple(conditions))
