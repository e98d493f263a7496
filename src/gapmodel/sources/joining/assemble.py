"""From what a source says to a snapshot: open/closed joined, unusable rows listed, tables in the documented format."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from gapmodel.errors import DataError
from gapmodel.files.safe_csv import FORMULA_STARTS, neutral_table
from gapmodel.sources.facts import iso_day
from gapmodel.sources.joining.weights import MODEL_COLUMNS, Settled, settle_models
from gapmodel.sources.snapshot import UNUSED_COLUMNS, Imported, LeftOut, Snapshot, left_out_table

__all__ = ["assemble", "nothing_left"]

_ORDER = ("benchmark", "model", "release_date", "weights", "weights_date", "score", "score_se", "variant")


def assemble(
    imported: Imported,
    *,
    kind: str,
    today: date,
    aliases: Mapping[str, str] | None = None,
    overrides: pd.DataFrame | None = None,
) -> Snapshot:
    """Make a snapshot of one source's data.

    Parameters
    ----------
    imported : Imported
    kind : str
        Name of the source.
    today : datetime.date
        Day of the download; it is the day of the snapshot.
    aliases, overrides
        See `settle_models`.

    Returns
    -------
    Snapshot

    Raises
    ------
    DataError
        No score is left.
    """
    settled = settle_models(
        imported.models, today=today, aliases=aliases, overrides=overrides, spellings=imported.spellings
    )
    left_out = [*imported.left_out, *settled.left_out]
    names = [name for name in settled.models.index if str(name).startswith(FORMULA_STARTS)]
    left_out += [
        ("model", str(name), "the name begins like a formula, which a spreadsheet would run") for name in names
    ]
    models = settled.models.drop(index=names)
    stated = models["date_source"].isna() & models["release_date"].notna()
    models.loc[stated, "date_source"] = str(imported.about.get("file", kind))
    used = imported.rows["model"].isin(models.index)
    rows, unused = imported.rows[used], imported.rows[~used]
    if not len(rows):
        raise nothing_left(settled)
    rows = rows.merge(models, left_on="model", right_index=True, how="left", validate="many_to_one")
    columns = [c for c in (*_ORDER, *MODEL_COLUMNS) if c in rows and (rows[c].notna().any() or c in ("weights_date",))]
    columns = list(dict.fromkeys(columns))
    columns += sorted(set(rows.columns) - set(_ORDER) - set(MODEL_COLUMNS))
    keys = ["benchmark", "release_date", "model"] + (["variant"] if "variant" in columns else [])
    rows = rows[columns].sort_values(keys)
    about = imported.benchmarks[imported.benchmarks["benchmark"].isin(rows["benchmark"])].sort_values("benchmark")
    return Snapshot(
        scores=neutral_table(rows).to_csv(index=False, lineterminator="\n"),
        benchmarks=neutral_table(about).to_csv(index=False, lineterminator="\n"),
        credits=imported.credits,
        left_out=left_out_table(left_out),
        names=settled.names,
        source={"kind": kind, "date": str(today), **imported.about},
        notes=imported.notes,
        unused=_unused(unused, imported.models, left_out),
        taken=imported.taken,
    )


def _unused(rows: pd.DataFrame, models: pd.DataFrame, left_out: list[LeftOut]) -> pd.DataFrame:
    """Scores of the models that are left out, with what is known of them."""
    why = {name: reason for what, name, reason in left_out if what == "model"}
    # What was never released is no open question.
    rows = rows[rows["model"].map(why) != "never released"]
    known = models.reindex(columns=["release_date", "weights"])
    return pd.DataFrame(
        {
            **{column: rows[column] for column in ("benchmark", "model", "score")},
            "release_date": rows["model"].map(known["release_date"]).map(lambda text: text if iso_day(text) else None),
            "weights": rows["model"].map(known["weights"]).map(lambda w: w if w in ("open", "closed") else None),
            "reason": rows["model"].map(why),
        },
        columns=list(UNUSED_COLUMNS),
    )


def nothing_left(settled: Settled) -> DataError:
    """The error where no model is settled, with the commonest reason."""
    reasons = pd.Series([reason for kind, _, reason in settled.left_out if kind == "model"], dtype=object)
    why = f", most often: {reasons.mode().iloc[0]}" if len(reasons) else ""
    return DataError(f"no model of the source can be used ({len(reasons)} left out{why})")
