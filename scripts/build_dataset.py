"""Build the bundled tables of facts from the publishers' files; rebuilding gives the same bytes.

    uv run scripts/build_dataset.py RAW_FOLDER

RAW_FOLDER holds epoch_eci_2026-08-11/ and epoch_hub_2026-05-14/ as their publishers gave them. What a human settled
(weights that the sources leave open, titles and categories) is in src/gapmodel/data/review/.
"""

import argparse
from pathlib import Path

import pandas as pd

from gapmodel.files.atomic import atomic_text, csv_text
from gapmodel.sources import bundled
from gapmodel.sources.epoch import hub as epoch
from gapmodel.sources.epoch import tables
from gapmodel.sources.epoch.evaluations import evaluation_days

CREDITS = """# Credits

- Epoch AI, 'AI Benchmarking Hub'. Published online at epoch.ai. Retrieved from 'https://epoch.ai/benchmarks'.
  Licensed CC BY 4.0; changes made.

Changes: benchmarks chosen by a rule, one row a model and benchmark (best over reasoning efforts, agents and hosts),
weights and licences reviewed (see ../review/weights_overrides.csv), standard errors joined where they match without
doubt, categories and titles added. Aider polyglot and Terminal-Bench rows originate under Apache-2.0. Release dates and
open-weights flags of models.dev (MIT licence, Copyright (c) 2025 models.dev) were looked up for the review.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("raw", type=Path, metavar="RAW_FOLDER")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "src" / "gapmodel" / "data")
    args = parser.parse_args()
    review = epoch.load_review()
    index = files(args.raw / "epoch_eci_2026-08-11")
    hub = files(args.raw / "epoch_hub_2026-05-14")

    released = epoch.releases(index, hub, review)
    august_models = epoch.index_models(index, review, released)
    may_models = epoch.hub_models(hub, review, released, august_models)
    left_out = []
    august = epoch.index_rows(index, hub, review.info, released)
    may = epoch.hub_rows(hub, review.info, released)
    sets, published = review.default_sets, epoch.benchmark_dates(index, review.info)
    for name, models, rows in (("epoch_2026-08", august_models, august), ("epoch_2026-05", may_models, may)):
        rows, unused, unsettled = tables.settled_rows(rows, models, released)
        left_out += [(name, "model", *pair) for pair in unsettled]
        unused = unused.sort_values(["benchmark", "model"])
        rows, about, dropped = tables.choose(
            rows, review.info, default_set=set(sets.loc[sets["snapshot"] == name, "benchmark"])
        )
        left_out += [(name, "benchmark", *pair) for pair in dropped]
        folder = args.out / name
        folder.mkdir(parents=True, exist_ok=True)
        atomic_text(folder / "scores.csv", tables.scores_text(rows))
        days = evaluation_days(rows, published, may, export_taken=bundled.TAKEN["epoch_2026-05"])
        atomic_text(folder / "evaluations.csv", csv_text(days))
        atomic_text(folder / "CREDITS.md", CREDITS)
        mine = unused[unused["benchmark"].isin(about.index)]
        atomic_text(folder / "left_out_scores.csv", csv_text(mine))
        atomic_text(folder / "benchmarks.csv", tables.benchmarks_text(about))
    table = pd.DataFrame(left_out, columns=["snapshot", "kind", "name", "reason"]).sort_values(
        ["snapshot", "kind", "name"]
    )
    atomic_text(args.out / "left_out.csv", table.to_csv(index=False, lineterminator="\n"))


def files(folder: Path) -> dict[str, bytes]:
    """Name and content of each CSV file of a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.csv"))}


if __name__ == "__main__":
    main()
