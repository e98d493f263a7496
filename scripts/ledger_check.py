"""A ledger of every past quarter of the bundled data, against the backtest: the same figures, to the last digit.

    uv run scripts/ledger_check.py

One fit per quarter, by the settings of the backtest. Each forecast is scored at once, as a job of the backtest scores
it, and added to a ledger; the whole ledger is then read back from its files and scored against all data. Written: the
scores of the ledger, its calibration, and in ``ledger.json`` how many figures were compared.
"""

import argparse
import tempfile
from datetime import date
from pathlib import Path

import pandas as pd

from gapmodel.files.atomic import atomic_text, csv_text, write_json
from gapmodel.ledger.actions import ledger_score, ledger_show
from gapmodel.ledger.add import add_forecast
from gapmodel.ledger.chain import Ledger
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.registry import DEFAULT_VARIANT, load_variant
from gapmodel.plot import save_figure
from gapmodel.sources.load import load_scores
from gapmodel.validation.backtest import BACKTEST_SETTINGS
from gapmodel.validation.forecasts import forecast, job_settings, score_forecast
from gapmodel.validation.replay import FIRST_CUTOFF, cutoff_dates, prepare
from gapmodel.validation.skill import brier_table, skill_table

ROOT = Path(__file__).parents[1]
WRITTEN = ("skill", "brier", "by_entry", "independent")


def main(out: Path, first: str) -> None:
    scores, options, variant = load_scores(), LagOptions(), load_variant(DEFAULT_VARIANT)
    last = options.lags(scores).panel["month"].to_numpy()[-1]
    pairs, skipped = prepare(scores, options, cutoff_dates(last, first=first))
    for day, why in skipped.items():
        print(f"no forecast on {day}: {why}")
    cells, below = [], []
    with tempfile.TemporaryDirectory() as place:
        kept: str | Ledger = place
        for replay, outcome in pairs:
            cutoff = str(replay.cutoff)
            made, fit = forecast(variant, replay, job_settings(BACKTEST_SETTINGS, variant.name, cutoff))
            rows = score_forecast(made, replay, outcome, seed=BACKTEST_SETTINGS.seed)
            row = {"method": variant.name, "cutoff": cutoff}
            cells += [row | cell for cell in rows["cells"]]
            below += [row | cell for cell in rows["below"]]
            kept = add_forecast(
                kept, made, replay, scores=scores, options=options, model=variant, settings=BACKTEST_SETTINGS,
                sentence=f"as of {cutoff}", today=date.today(), draws=None, decimals=None,
            )  # fmt: skip
            print(f"{cutoff}: {len(rows['cells'])} lags, checks {'passed' if fit['passed'] else 'FAILED'}", flush=True)
        found = ledger_score(ledger_show(place), scores)
    backtest = pd.DataFrame(cells), pd.DataFrame(below)
    compared = {
        "forecasts": (found.forecasts, backtest[0]),
        "below": (found.below, backtest[1]),
        "skill": (found.skill, skill_table(backtest[0], baselines=(), spacing=3)),
        "brier": (found.brier, brier_table(backtest[1], spacing=3)),
    }
    figures = {}
    for name, (ours, theirs) in compared.items():
        same = ours[theirs.columns].reset_index(drop=True)
        pd.testing.assert_frame_equal(same, theirs.reset_index(drop=True), check_exact=True)
        figures[name] = int(theirs.size)
    out.mkdir(parents=True, exist_ok=True)
    for name in WRITTEN:
        atomic_text(out / f"{name}.csv", csv_text(getattr(found, name)))
    save_figure(found.plot(), out / "calibration")
    (out / "calibration.pdf").unlink()
    about = {
        "entries": len(pairs),
        "model": variant.name,
        "data": {"sha256": scores.sha256, "snapshot": scores.snapshot},
        "equal_to_the_last_digit": figures,
        "credits": list(scores.credits),
    }
    write_json(out / "ledger.json", about)
    print(f"equal to the last digit: {figures}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "reference" / "ledger_check")
    parser.add_argument("--first", default=FIRST_CUTOFF, help="first quarter, an ISO date")
    given = parser.parse_args()
    main(given.out, given.first)
