"""How often the gate on the data blocks clean tables, and finds single faults that are planted in them.

Writes ``clean.csv`` and ``planted.csv``: one row per regime or fault, with shares and their Monte Carlo errors. A fault
befalls a model whose records carry benchmark-months, and is found where a warning or blocking check names it.
"""

import argparse
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from gapmodel.audit import Audit, audit_scores
from gapmodel.audit.gate import gap_sd
from gapmodel.errors import GapmodelError
from gapmodel.files.atomic import atomic_text, csv_text
from gapmodel.lags.panel import Lags
from gapmodel.modeling.options import LagOptions
from gapmodel.scores.selection import select
from gapmodel.scores.table import Scores, validate_scores
from gapmodel.simulation.frontiers import REGIMES, SCENARIOS, simulate_scores
from gapmodel.simulation.planted import FAULTS, Planted, plant_fault
from gapmodel.simulation.replayed import evaluation_pattern, simulate_replayed
from gapmodel.sources import bundled

SMALL = {
    "six benchmarks, 24 months": {"n_benchmarks": 6, "n_months": 24},
    "eight, 30": {"n_benchmarks": 8, "n_months": 30},
}
REPLAYED = "replayed"
TODAY = date(2040, 1, 1)


def tables(n: int, first_seed: int) -> Iterator[tuple[str, int, pd.DataFrame, pd.DataFrame]]:
    """Clean tables: regime, seed, scores, benchmarks."""
    base = select(bundled.load())
    pattern = evaluation_pattern(base, LagOptions().lags(base).panel["month"].to_numpy())
    for k in range(n):
        seed, scenario = first_seed + k, list(SCENARIOS)[k % len(SCENARIOS)]
        for regime, choices in (REGIMES | SMALL).items():
            frame, info, _ = simulate_scores(seed=seed, scenario=scenario, **choices)
            yield regime, seed, frame, info
        frame, info, _ = simulate_replayed(pattern, seed=seed, scenario=scenario)
        yield REPLAYED, seed, frame, info


def audited(frame: pd.DataFrame, info: pd.DataFrame) -> tuple[Scores, Lags, Audit]:
    """The table, its lags and its audit."""
    scores = validate_scores(frame, info, today=TODAY)
    lags = LagOptions().lags(scores)
    return scores, lags, audit_scores(scores, lags=lags)


def leader(audit: Audit) -> str:
    """The newest model of the leading group whose records carry months."""
    carrying = audit.records[(audit.records["months"] > 0) & (audit.records["group"] == "closed")]
    return str(carrying.sort_values(["release_date", "model"])["model"].iloc[-1])


def mean_lag(lags: Lags) -> float:
    """Of the last twelve months, bounds taken for lags."""
    recent = lags.panel.isel(month=slice(-12, None))
    return float(recent["lag"].where(recent["observed"]).mean())


def found_in(audit: Audit, planted: Planted) -> tuple[bool, bool]:
    """Whether a check names the fault, and whether one that does blocks."""
    hits = []
    for check in audit.checks:
        for finding in check.findings:
            named = {finding.model, finding.benchmark} & planted.names
            if named or (not planted.names and check.name == "placeholder_dates"):
                hits.append(finding.blocking)
    return bool(hits), any(hits)


def share(values: pd.Series) -> str:
    """A share with its Monte Carlo error."""
    p, n = float(values.mean()), len(values)
    return "none" if not n else f"{p:.2f} ± {np.sqrt(max(p * (1 - p), 0.25 / n) / n):.2f}"


def main() -> None:
    """Check, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=20, help="tables of each regime")
    parser.add_argument("--seed", type=int, default=20_000)
    parser.add_argument("--out", type=Path, default=Path("results/reference/data_gate"))
    given = parser.parse_args()
    clean, planted = [], []
    for number, (regime, seed, frame, info) in enumerate(tables(given.n, given.seed)):
        _, lags, audit = audited(frame, info)
        states = {check.name: check.status for check in audit.checks}
        clean.append({"regime": regime, "seed": seed, **states})
        carrying = audit.records[audit.records["model_months"] > 0]["model"].unique()
        rng = np.random.default_rng(seed)
        # Each table gets a third of the faults, in turn: a draw of all would take three times as long.
        for fault in list(FAULTS)[number % 3 :: 3]:
            model = leader(audit) if fault == "flag of the leader" else str(carrying[rng.integers(len(carrying))])
            try:
                made = plant_fault(frame, info, fault, model=model, seed=seed)
                _, other, again = audited(made.scores, made.benchmarks)
            except GapmodelError as error:
                print(f"{regime} {seed}, {fault}: {error}")
                continue
            named, blocked = found_in(again, made)
            matters = abs(mean_lag(other) - mean_lag(lags)) > gap_sd(lags.panel)
            row = {"regime": regime, "seed": seed, "fault": fault, "model": model, "matters": matters}
            planted.append({**row, "found": named, "blocked": blocked, "held": bool(again.blocking)})
    tidy, faulty = pd.DataFrame(clean), pd.DataFrame(planted)
    names = [c for c in tidy if c not in ("regime", "seed")]
    tidy["blocked"] = (tidy[names] == "blocking").any(axis=1)
    tidy["warned"] = (tidy[names] == "warning").any(axis=1)
    rows = [("all", tidy), *tidy.groupby("regime", sort=False)]
    table = pd.DataFrame(
        [
            {"tables": name, "n": len(g), "blocked": share(g["blocked"]), "warned": share(g["warned"])}
            for name, g in rows
        ]
    )
    by_fault = [
        {
            "fault": name, "n": len(g), "found": share(g["found"]), "blocked": share(g["blocked"]),
            "moves the gap by its SD": int(g["matters"].sum()), "of these found": share(g.loc[g["matters"], "found"]),
            "of these held back": share(g.loc[g["matters"], "held"]),
        }
        for name, g in faulty.groupby("fault", sort=False)
    ]  # fmt: skip
    checks = pd.DataFrame(
        [{"check": c, "warning": share(tidy[c] == "warning"), "blocking": share(tidy[c] == "blocking")} for c in names]
    )
    given.out.mkdir(parents=True, exist_ok=True)
    order = {fault: k for k, fault in enumerate(FAULTS)}
    results = pd.DataFrame(by_fault).sort_values("fault", key=lambda f: f.map(order), ignore_index=True)
    for name, content in (("clean", table), ("checks", checks), ("planted", results)):
        atomic_text(given.out / f"{name}.csv", csv_text(content))
        print(content.to_string(index=False))


if __name__ == "__main__":
    main()
