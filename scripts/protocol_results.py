"""Known truth by the protocol: the table of `docs/protocol.md`, and the picture of coverage against width.

    uv run scripts/protocol_results.py

Reads ``rows.csv`` of every folder under ``results/reference/protocol``, each made by one `gapmodel false-alarms`, and
writes ``known_truth.csv`` and the picture beside them; and ``out_of_time.csv`` from the forecasts that
`gapmodel backtest --monthly --known-by evaluation` made in ``out_of_time`` there.
"""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from readme_tables import REFERENCE, markdown
from scipy import optimize, stats

from gapmodel.files.atomic import atomic_text
from gapmodel.plot import save_figure
from gapmodel.plot.style import FOLLOWER, INK, LEADER, MUTED, finish, sheet, styled
from gapmodel.stats.proper_scores import clustered_mean, covers
from gapmodel.validation.skill import REPORTED_HORIZONS, common_cells

FOLDER = REFERENCE / "protocol"
REGIMES = ("replayed", "dense", "sparse")
UNIT = "shared_shock"  # whose width is one
LOW, HIGH, LOWEST_CELL = 0.85, 0.95, 0.8
WIDEST = {"gap": 0.65, "slope": 0.75}
MOST_ALARMS = 0.05
LEVEL = 0.05  # of the test of a share against its limit
BASELINES = ("last_value", "historical_mean", "levelling")
#: Forms of the trend that are mixed with equal weights, and what that is called.
MIXED = ("damped", "shared_shock", "levelling", "local_trend")
MIXTURE = "mixture of forms"
COLOURS = (
    INK, LEADER, FOLLOWER, "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8B5A2B", "#6A3D9A", "#999933", "#AA4499",
)  # fmt: skip


def read_rows() -> pd.DataFrame:
    """All tables, one row per regime, method, scenario and seed."""
    parts = [pd.read_csv(path) for path in sorted(FOLDER.glob("*/rows.csv"))]
    rows = pd.concat(parts, ignore_index=True)
    rows = pd.concat([rows, mixture(rows)], ignore_index=True)
    for name in WIDEST:
        rows[f"{name}_width"] = rows[f"{name}_upper"] - rows[f"{name}_lower"]
    return rows


def mixture(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the mixture of `MIXED` with equal weights, on the tables that all of them were run on.

    A posterior is taken for two half normals that meet at its median and go through its 5 % and 95 %; rows keep
    no more of it.
    """
    key = ["regime", "scenario", "seed"]
    found = []
    for _, part in rows[rows["method"].isin(MIXED)].groupby(key, sort=False):
        if set(part["method"]) != set(MIXED):
            continue
        row = part.iloc[0].to_dict() | {"method": MIXTURE, "probability_12": part["probability_12"].mean()}
        row["divergences"] = part["divergences"].sum()
        for name in WIDEST:
            lower, centre, upper = (part[column].to_numpy() for column in (f"{name}_lower", name, f"{name}_upper"))
            ends = [_of_mixture(p, lower, centre, upper) for p in (0.05, 0.5, 0.95)]
            row |= dict(zip((f"{name}_lower", name, f"{name}_upper"), ends, strict=True))
            row[f"{name}_covered"] = ends[0] <= row[f"{name}_truth"] <= ends[2]
        found.append(row)
    return pd.DataFrame(found, columns=rows.columns)


def _of_mixture(p: float, lower: np.ndarray, centre: np.ndarray, upper: np.ndarray) -> float:
    below, above = (centre - lower) / stats.norm.ppf(0.95), (upper - centre) / stats.norm.ppf(0.95)

    def beyond(x: float) -> float:
        return float(stats.norm.cdf((x - centre) / np.where(x < centre, below, above)).mean() - p)

    return float(optimize.brentq(beyond, lower.min() - 1.0, upper.max() + 1.0))


def outside(share: float, n: int, *, low: float = 0.0, high: float = 1.0) -> bool:
    """Whether a share of `n` lies beyond its limits by more than Monte Carlo error."""
    k = round(share * n)
    return bool(stats.binom.cdf(k, n, low) < LEVEL or stats.binom.sf(k - 1, n, high) < LEVEL)


def truth_table(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per regime and method, and one over all regimes, with what criteria 1 and 3 of the protocol say of it.

    Parameters
    ----------
    rows : pandas.DataFrame
        See `read_rows`.

    Returns
    -------
    pandas.DataFrame
        ``regime`` ("all" over those of `REGIMES`, of methods that were run on each), ``method, n``; for gap and slope
        ``_coverage``, ``_lowest`` (of a regime's scenario), ``_bias``, ``_width`` (months; months per year) and
        ``_ratio``, to the width of `UNIT` on the tables that both were run on; ``alarms``; ``fails``, the criteria that
        it fails, in words.
    """
    key = ["regime", "scenario", "seed"]
    unit = rows[rows["method"] == UNIT].set_index(key)
    found = []
    every = rows.groupby("method", sort=False)["regime"].agg(set)
    whole = rows[rows["method"].map(every).map(set(REGIMES).issubset)]
    # Cells are those of the true regime.
    rows = pd.concat([rows.assign(over=rows["regime"]), whole.assign(over="all")])
    for (regime, method), part in rows.groupby(["over", "method"], sort=False):
        n = len(part)
        alarms = float((part["probability_12"] > 0.5).mean())
        row = {"regime": regime, "method": method, "n": n, "alarms": alarms}
        fails = []
        for name in WIDEST:
            covered = part[f"{name}_covered"]
            cells = [cell for _, cell in covered.groupby([part["regime"], part["scenario"]])]
            own = part.set_index(key)[f"{name}_width"]
            common = own.index.intersection(unit.index)
            ratio = own[common].mean() / unit.loc[common, f"{name}_width"].mean() if len(common) else np.nan
            row |= {
                f"{name}_coverage": covered.mean(),
                f"{name}_lowest": min(float(cell.mean()) for cell in cells),
                f"{name}_bias": (part[name] - part[f"{name}_truth"]).mean(),
                f"{name}_width": part[f"{name}_width"].mean(),
                f"{name}_ratio": ratio,
            }
            if outside(covered.mean(), n, low=LOW, high=HIGH):
                fails.append(f"{name} covered")
            if any(outside(float(cell.mean()), len(cell), low=LOWEST_CELL) for cell in cells):
                fails.append(f"{name} in a scenario")
            if method != UNIT and not ratio <= WIDEST[name]:
                fails.append(f"{name}'s width")
        if outside(alarms, n, high=MOST_ALARMS):
            fails.append("zero announced")
        found.append(row | {"fails": ", ".join(fails)})
    return pd.DataFrame(found)


def known_truth_table() -> str:
    """The table of the protocol's page."""
    if not (FOLDER / "known_truth.csv").is_file():
        return "None yet."
    table = pd.read_csv(FOLDER / "known_truth.csv", keep_default_na=False)
    rows = [
        [
            str(r.regime),
            str(r.method) if r.method == MIXTURE else f"`{r.method}`",
            str(r.n),
            f"{r.gap_coverage:.0%} (lowest {r.gap_lowest:.0%})",
            f"{r.gap_bias:+.1f}",
            f"{r.gap_width:.1f} ({r.gap_ratio:.2f})",
            f"{r.slope_coverage:.0%} (lowest {r.slope_lowest:.0%})",
            f"{r.slope_width:.1f} ({r.slope_ratio:.2f})",
            f"{r.alarms:.0%}",
            str(r.fails) or "none",
        ]
        for r in table.itertuples()
    ]
    head = ["regime", "variant", "tables", "gap covered", "gap bias", "gap width (ratio)", "slope covered"]
    head += ["slope width (ratio)", "zero announced", "fails"]
    return markdown(head, rows, left=2)


def out_of_time(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Criterion 2: paired differences of CRPS to the baselines of the protocol, monthly cutoffs.

    Parameters
    ----------
    forecasts : pandas.DataFrame
        ``forecasts.csv`` of a backtest.

    Returns
    -------
    pandas.DataFrame
        One row per ``target``, ``horizon`` (months ahead) and ``method``: ``n`` outcomes at ``cutoffs`` past dates,
        ``crps`` (months), ``coverage_90``, and for each of `BASELINES` the mean difference of CRPS, below zero where
        the method is better, with its standard error (``_se``): all forecasts of a cutoff are one cluster, those whose
        forecasts overlap are correlated.
    """
    used = common_cells(forecasts).sort_values(["cutoff", "benchmark", "method"])
    rows = []
    for (target, horizon), here in used.groupby(["target", "horizon"], sort=True):
        if horizon not in REPORTED_HORIZONS:
            continue
        by_method = {str(name): part.reset_index(drop=True) for name, part in here.groupby("method")}
        for name in sorted(set(by_method) - {"last_value_rising", "line_single", "line_mean"}):
            mine = by_method[name]
            inside = covers(mine["q05"], mine["q95"], mine["outcome"], mine["censoring"])
            row = {"target": target, "horizon": horizon, "method": name, "n": len(mine)}
            row |= {"cutoffs": mine["cutoff"].nunique(), "crps": mine["crps"].mean(), "coverage_90": inside.mean()}
            for other in BASELINES:
                if other != name:
                    less = clustered_mean(mine["crps"] - by_method[other]["crps"], mine["cutoff"], overlap=int(horizon))
                    row |= {other: less.value, f"{other}_se": less.se}
            rows.append(row)
    return pd.DataFrame(rows)


def out_of_time_table() -> str:
    """The same for the protocol's page."""
    if not (FOLDER / "out_of_time.csv").is_file():
        return "None yet."
    table = pd.read_csv(FOLDER / "out_of_time.csv")
    rows = [
        [
            str(r["target"]),
            str(r["horizon"]),
            f"`{r['method']}`" if "_" in r["method"] or r["method"] in ("damped", "levelling") else r["method"],
            f"{r['n']} at {r['cutoffs']}",
            f"{r['crps']:.2f}",
            *("" if pd.isna(r[name]) else f"{r[name]:+.2f} ± {r[f'{name}_se']:.2f}" for name in BASELINES),
            f"{r['coverage_90']:.0%}",
        ]
        for r in table.to_dict("records")
    ]
    head = ["forecast of", "months ahead", "method", "outcomes at cutoffs", "CRPS, months"]
    head += [f"less {name.replace('_', ' ')}" for name in BASELINES]
    return markdown([*head, "90 % covered"], rows, left=3)


def picture(table: pd.DataFrame) -> Figure:
    """Coverage against width for gap and slope; the box is where the protocol wants both."""
    methods = list(dict.fromkeys(table["method"]))
    regimes = list(dict.fromkeys(table["regime"]))
    marks = dict(zip(regimes, "os^Dv", strict=False))
    with styled():
        fig = sheet(7.2, 3.9)
        axes = fig.subplots(1, 2, sharey=True)
        for ax, (name, widest) in zip(axes, WIDEST.items(), strict=True):
            ax.add_patch(_wanted(widest))
            for row in table.to_dict("records"):
                error = np.sqrt(row[f"{name}_coverage"] * (1 - row[f"{name}_coverage"]) / row["n"])
                colour = COLOURS[methods.index(row["method"])]
                at = (float(row[f"{name}_ratio"]), 100 * row[f"{name}_coverage"])
                ax.errorbar(*at, yerr=100 * error, fmt=marks[row["regime"]], color=colour, markersize=5, linewidth=0.8)
            ax.axhline(90, color=MUTED, linewidth=0.6, linestyle=":")
            ax.set_xlabel(f"Width of the {name}'s interval, {UNIT} = 1")
            ax.set_xlim(0.0, 0.08 + max(1.0, table[f"{name}_ratio"].astype(float).max()))
        axes[0].set_ylabel("Covered by 90 % intervals (%)")
        handles = [Line2D([], [], color=COLOURS[k], marker="o", linestyle="", label=m)
                   for k, m in enumerate(methods)]  # fmt: skip
        handles += [Line2D([], [], color=MUTED, marker=marks[r], linestyle="", label=f"{r} tables") for r in regimes]
        note = "Grey box: where the protocol wants a variant. Bars: one Monte Carlo standard error of the share."
        return finish(fig, title="Narrower and still true? Coverage against width", note=note, handles=handles)


def _wanted(widest: float) -> Rectangle:
    return Rectangle((0.0, 100 * LOW), widest, 100 * (HIGH - LOW), facecolor=MUTED, alpha=0.2, linewidth=0)


if __name__ == "__main__":
    results = truth_table(read_rows())
    atomic_text(FOLDER / "known_truth.csv", results.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    save_figure(picture(results), FOLDER / "coverage_and_width")
    print(results.to_string(index=False))
    replayed = out_of_time(pd.read_csv(FOLDER / "out_of_time" / "forecasts.csv"))
    atomic_text(FOLDER / "out_of_time.csv", replayed.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    print(replayed.to_string(index=False))
