"""How often the gate on the data blocks clean tables, and finds single faults that are planted in them.

Writes ``clean.csv``, ``checks.csv``, ``planted.csv`` and ``bundled.csv``: one row per regime, check or fault, with
shares and their Monte Carlo errors. A fault befalls a model whose records carry benchmark-months, and is found where a
warning or blocking check names it. In copies of the bundled tables it befalls models that the second source knows, and
such that it does not; there a check finds it that does not name the model in the table as it is.
"""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from time import perf_counter

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
from gapmodel.sources.facts import MODELS_DEV, other_sources

SMALL = {
    "six benchmarks, 24 months": {"n_benchmarks": 6, "n_months": 24},
    "eight, 30": {"n_benchmarks": 8, "n_months": 30},
}
REPLAYED = "replayed"
TODAY = date(2040, 1, 1)
#: Faults that a second source may contradict; they are planted in the bundled tables too.
CONTRADICTED = ("date one year early", "date one year late", "other flag", "flag of the leader")
#: Leaders are those of the ends of so many last months.
LEADERS_OF = 30


def tables(n: int, first_seed: int) -> Iterator[tuple[str, int, pd.DataFrame, pd.DataFrame]]:
    """Clean tables: regime, seed, scores, benchmarks."""
    base = select(bundled.load())
    pattern = evaluation_pattern(base, LagOptions().lags(base).panel["month"].to_numpy())
    for k in range(n):
        seed, scenario = first_seed + k, list(SCENARIOS)[k % len(SCENARIOS)]
        for regime, choices in (REGIMES | SMALL).items():
            frame, info, _ = simulate_scores(seed=seed, scenario=scenario, **choices)
            yield regime, seed, nameless(frame, seed), info
        frame, info, _ = simulate_replayed(pattern, seed=seed, scenario=scenario)
        yield REPLAYED, seed, nameless(frame, seed), info


def nameless(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The table with names that say nothing: simulated ones have the flag and the order of the dates in them."""
    names = np.sort(frame["model"].unique())
    codes = np.random.default_rng(seed).permutation(26**4)[: len(names)]
    words = ["".join(chr(97 + code // 26**k % 26) for k in range(4)) for code in codes.tolist()]
    return frame.assign(model=frame["model"].map(dict(zip(names, words, strict=True))))


def audited(frame: pd.DataFrame, info: pd.DataFrame) -> tuple[Scores, Lags, Audit]:
    """The table, its lags and its audit."""
    scores = validate_scores(frame, info, today=TODAY)
    lags = LagOptions().lags(scores)
    return scores, lags, audit_scores(scores, lags=lags)


def leader(audit: Audit, among: frozenset[str] | None = None) -> str | None:
    """The newest model of the leading group whose records carry months."""
    carrying = audit.records[(audit.records["months"] > 0) & (audit.records["group"] == "closed")]
    if among is not None:
        carrying = carrying[carrying["model"].isin(among)]
    return str(carrying.sort_values(["release_date", "model"])["model"].iloc[-1]) if len(carrying) else None


def mean_lag(lags: Lags) -> float:
    """Of the last twelve months, bounds taken for lags."""
    recent = lags.panel.isel(month=slice(-12, None))
    return float(recent["lag"].where(recent["observed"]).mean())


def found_in(audit: Audit, planted: Planted, before: Audit | None = None) -> dict[str, bool]:
    """Whether a check names the fault, one that does blocks, and one does that needs no second source.

    Parameters
    ----------
    before : Audit, optional
        Of the table without the fault: what its checks name is no find.
    """
    known = set() if before is None else set(_named(before))
    hits = {
        hit: blocks for hit, blocks in _named(audit).items()
        if hit not in known and (hit[1] in planted.names or (not planted.names and hit[0] == "placeholder_dates"))
    }  # fmt: skip
    alone = any(check != "sources_disagree" for check, _ in hits)
    return {"found": bool(hits), "blocked": any(hits.values()), "alone": alone}


def _named(audit: Audit) -> dict[tuple[str, str], bool]:
    """Check and model or benchmark → whether that blocks; ``one_source`` says nothing against a model."""
    out: dict[tuple[str, str], bool] = {}
    for check in (c for c in audit.checks if c.name != "one_source"):
        for finding in check.findings:
            for name in {finding.model, finding.benchmark} - {""} or {""}:
                out[check.name, name] = out.get((check.name, name), False) or finding.blocking
    return out


class Bundled:
    """A bundled table with the second source, and its audits as of any month."""

    def __init__(self, name: str) -> None:
        self.scores = select(bundled.load(name))
        models = self.scores.table["model"].unique()
        self.facts = other_sources(models, snapshot=name)
        said = self.facts[MODELS_DEV]
        known = frozenset(map(str, said.index[said.notna().all(axis=1)]))
        self.classes = {"known": known, "not known": frozenset(map(str, models)) - known}
        self.months = LagOptions().lags(self.scores).panel["month"].to_numpy().astype("datetime64[D]")
        self.audited = lru_cache(maxsize=None)(self._audited)

    def _audited(self, cutoff: date | None) -> tuple[Lags, Audit]:
        return self.audit(self.scores, cutoff)

    def audit(self, scores: Scores, cutoff: date | None) -> tuple[Lags, Audit]:
        """The lags and the audit of a copy, as of a day."""
        options = LagOptions(cutoff=cutoff)
        lags = options.lags(scores)
        return lags, audit_scores(scores, options, lags=lags, facts=self.facts)

    def befallen(self, fault: str, members: frozenset[str]) -> list[tuple[str, date | None]]:
        """Models that the fault may befall, with the day as of which."""
        if fault != "flag of the leader":
            records = self.audited(None)[1].records
            return [(m, None) for m in sorted(set(records.loc[records["model_months"] > 0, "model"]) & members)]
        first: dict[str, date | None] = {}
        for month in self.months[-LEADERS_OF:].tolist():
            try:
                model = leader(self.audited(month)[1], members)
            except GapmodelError as error:
                print(f"{month}: {error}")
                continue
            if model is not None:
                first.setdefault(model, month)
        return list(first.items())

    def outcome(self, fault: str, model: str, cutoff: date | None) -> dict[str, bool]:
        """What the checks say of a copy with the fault, and whether it moves the gap."""
        lags, clean = self.audited(cutoff)
        made = plant_fault(self.scores.table, self.scores.benchmarks, fault, model=model, seed=1)
        other, again = self.audit(replace(self.scores, table=made.scores), cutoff)
        matters = abs(mean_lag(other) - mean_lag(lags)) > gap_sd(lags.panel)
        held = {check.name for check in again.blocking} - {check.name for check in clean.blocking}
        return {**found_in(again, made, clean), "matters": matters, "held": bool(held)}


def in_bundled(n: int, seed: int) -> pd.DataFrame:
    """Faults in copies of the bundled tables: up to `n` models of each kind, as many of one table as of the other."""
    rows, each = [], [Bundled(name) for name in bundled.SNAPSHOTS]
    for fault in CONTRADICTED:
        for kind in ("known", "not known"):
            rng = np.random.default_rng(seed)
            for k, table in enumerate(each):
                able = table.befallen(fault, table.classes[kind])
                chosen = rng.permutation(len(able))[: (n + k) // len(each)]
                for model, cutoff in (able[c] for c in chosen):
                    found = table.outcome(fault, model, cutoff)
                    rows.append({"fault": fault, "second source": kind, "model": model, "cutoff": cutoff, **found})
    return pd.DataFrame(rows)


def by_kind(rows: pd.DataFrame, kinds: list[str], more: Mapping[str, str]) -> pd.DataFrame:
    """One row per kind of fault, with shares."""
    out = []
    titles = {"found": "found", "blocked": "blocked", **more}
    for key, g in rows.groupby(kinds, sort=False):
        matters = g[g["matters"]]
        out.append(
            {
                **dict(zip(kinds, key, strict=True)), "n": len(g),
                **{title: share(g[column]) for title, column in titles.items()},
                "moves the gap by its SD": len(matters), "of these found": share(matters["found"]),
                "of these held back": share(matters["held"]),
            }
        )  # fmt: skip
    return pd.DataFrame(out)


def share(values: pd.Series) -> str:
    """A share with its Monte Carlo error."""
    p, n = float(values.mean()), len(values)
    return "none" if not n else f"{p:.2f} ± {np.sqrt(max(p * (1 - p), 0.25 / n) / n):.2f}"


def in_simulated(n: int, first_seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """States of all checks on clean tables, one row each, and what was found of the faults, one row each."""
    clean, planted = [], []
    for number, (regime, seed, frame, info) in enumerate(tables(n, first_seed)):
        _, lags, audit = audited(frame, info)
        clean.append({"regime": regime, "seed": seed, **{check.name: check.status for check in audit.checks}})
        carrying = audit.records[audit.records["model_months"] > 0]["model"].unique()
        rng = np.random.default_rng(seed)
        # Each table gets a third of the faults, in turn: a draw of all would take three times as long.
        for fault in list(FAULTS)[number % 3 :: 3]:
            model = leader(audit) if fault == "flag of the leader" else str(carrying[rng.integers(len(carrying))])
            try:
                made = plant_fault(frame, info, fault, model=str(model), seed=seed)
                _, other, again = audited(made.scores, made.benchmarks)
            except GapmodelError as error:
                print(f"{regime} {seed}, {fault}: {error}")
                continue
            matters = abs(mean_lag(other) - mean_lag(lags)) > gap_sd(lags.panel)
            row = {"fault": fault, **found_in(again, made), "matters": matters, "held": bool(again.blocking)}
            planted.append(row)
    return pd.DataFrame(clean), pd.DataFrame(planted)


def main() -> None:
    """Check, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=20, help="tables of each regime")
    parser.add_argument("--seed", type=int, default=20_000)
    parser.add_argument("--out", type=Path, default=Path("results/reference/data_gate"))
    parser.add_argument("--bundled", type=int, default=30, help="models of each kind in copies of the bundled tables")
    given = parser.parse_args()
    start = perf_counter()
    tidy, faulty = in_simulated(given.n, given.seed)
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
    checks = pd.DataFrame(
        [{"check": c, "warning": share(tidy[c] == "warning"), "blocking": share(tidy[c] == "blocking")} for c in names]
    )
    order = {fault: k for k, fault in enumerate(FAULTS)}
    planted = by_kind(faulty, ["fault"], {}).sort_values("fault", key=lambda f: f.map(order), ignore_index=True)
    print(f"simulated tables: {perf_counter() - start:.0f} s")
    second = by_kind(in_bundled(given.bundled, given.seed), ["fault", "second source"], {"by the table alone": "alone"})
    print(f"with copies of the bundled tables: {perf_counter() - start:.0f} s")
    given.out.mkdir(parents=True, exist_ok=True)
    for name, content in (("clean", table), ("checks", checks), ("planted", planted), ("bundled", second)):
        atomic_text(given.out / f"{name}.csv", csv_text(content))
        print(content.to_string(index=False))


if __name__ == "__main__":
    main()
