"""Write the tables and numbers of `PAGES` from the committed results, between their markers.

    uv run scripts/update_readme.py

A test checks that the pages are what this script writes.
"""

from collections.abc import Callable

import pandas as pd
import readme_latent
from protocol_results import known_truth_table, out_of_time_table
from readme_tables import REFERENCE, ROOT, markdown, read_csv, read_json

from gapmodel.analysis.forms import shipped_range
from gapmodel.analysis.rounding import RoundedNumber
from gapmodel.analysis.sentences import (
    estimand,
    estimate,
    estimate_text,
    headline,
    probability_by,
    right_edge,
    slope_sentence,
    year_end,
    zero_short,
)
from gapmodel.analysis.track_record import BENT, OURS, TIDY, evidence, published_gaps
from gapmodel.analysis.wording import Wording
from gapmodel.files.atomic import atomic_text
from gapmodel.ledger.chain import read_ledger
from gapmodel.modeling.registry import DEFAULT_VARIANT
from gapmodel.validation.multiverse import FACTORS


def answer() -> str:
    """What the tool found, in a few sentences."""
    s = read_json("august_2026/summary.json")
    return f"**{headline(s)}**\n\n{slope_sentence(s)} {zero_short(s)} {estimand(s)} {right_edge(s)}"


def headline_in_short() -> str:
    """The answer in one sentence, and P(zero) with its range."""
    s = read_json("august_2026/summary.json")
    words, forms, day = Wording(), shipped_range(s), year_end(s["zero_lag"])
    if forms is None:
        raise SystemExit("no range over variants: uv run scripts/publish_evidence.py")
    low, high = (words.probability(RoundedNumber(p, 0.0, 0.1)) for p in forms.probability(day))
    chance = words.probability(probability_by(s, day))
    return (
        f"**{headline(s)}**\n\nProbability that it is zero by {words.date(day)}: {chance} ({low} to {high} over "
        f"{forms.passed} variants)."
    )


def evidence_in_short() -> str:
    """What speaks for and against the intervals, a line each."""
    s = read_json("august_2026/summary.json")
    found = s["known_truth"]
    ours = [r for r in found if r["regime"] == OURS]
    tidy = [r for r in found if r["regime"] in TIDY and r["scenario"] != BENT]
    harder = [r for r in found if r not in tidy and r not in ours]
    covered = [[r["gap_coverage"] for r in group] for group in (ours, tidy, harder)]
    spans = [f"{100 * min(shares):.0f}-{100 * max(shares):.0f} %" for shares in covered]
    alarms = max(r["zero_within_12_months"] for r in found)
    average = s["out_of_time"]["targets"]["average"]
    beaten = sorted({n for h in average["horizons"].values() for n in h["not_beaten"]})
    rows = [
        ["known gap, simulated on this table's dates", f"90 % interval covers it in {spans[0]}"],
        ["the same on other dates", f"covers it in {spans[1]}, on harder tables in {spans[2]}"],
        ["false alarms of zero, of tables", f"at most {100 * alarms:.0f} %"],
        ["average lag forecast at past dates", f"90 % intervals cover {100 * average['coverage_90']:.0f} %"],
        ["simple forecasts not beaten", ", ".join(n.replace("_", " ") for n in beaten) or "none"],
    ]
    return markdown(["checked", "found"], rows, left=2)


def trusted() -> str:
    """What speaks for and against the intervals of the answer."""
    s = read_json("august_2026/summary.json")
    rows = [list(row) for row in evidence(s["known_truth"], s["out_of_time"])]
    return markdown(["checked", "found"], rows, left=2)


def figure_note() -> str:
    """Why the means rise and the trend falls."""
    s = read_json("august_2026/summary.json")
    data, line = s["data"], s["baseline"]["mean"]["slope_months_per_year"]
    slope = estimate(s, "slope_months_per_year").value.text
    return (
        "The black line is the mean of the lags that are known exactly, chain-linked so that no benchmark moves it by "
        f"entering or leaving. A straight line through plain means has {line:+.1f} months per year, the model's trend "
        f'{slope}: {data["n_right_censored"]} of {data["n_lags"]} lags are only bounds ("at least", the arrows), '
        "most of them early, which means leave out and the model does not."
    )


def latent_in_short() -> str:
    """The model of the scores beside the table of variants of lags."""
    s = read_json("latent_frontier/summary.json")
    return (
        "`latent_frontier`, which is fitted to the scores and not to lags, cannot be scored beside these. It says: "
        f"gap {estimate_text(s, 'average_gap_months')}, change {estimate_text(s, 'slope_months_per_year')}. "
        f"{zero_short(s)} ([What speaks for and against it](latent.md).) It and the default rest on the same "
        "scores: where they disagree, cite both."
    )


def known_truth() -> str:
    """Coverage and false alarms on simulated frontiers: the default, the one before it, and two to hold it against."""
    table = pd.read_csv(ROOT / "src" / "gapmodel" / "data" / "known_truth.csv")
    names = (DEFAULT_VARIANT, "shared_shock", "hierarchical_iid", "straight_line")
    table = table[table["method"].isin(names) & table["regime"].isin(("replayed", "dense", "sparse"))]
    rows = [
        [
            str(r.regime),
            str(r.method),
            str(r.scenario).replace("_", " "),
            str(r.n),
            f"{r.slope_coverage:.2f}",
            f"{r.slope_bias:+.2f}",
            f"{r.slope_width:.1f}",
            f"{r.gap_coverage:.2f}",
            f"{r.gap_bias:+.2f}",
            f"{r.gap_width:.1f}",
            f"{r.zero_within_12_months:.2f}",
        ]
        for r in table.itertuples()
    ]
    head = ["evaluations", "method", "true lag", "tables"]
    head += ["slope: coverage", "bias", "width", "gap: coverage", "bias", "width", "P(zero in a year) > 0.5"]
    return markdown(head, rows, left=3)


def variants() -> str:
    """The comparison's own table."""
    return (REFERENCE / "comparison" / "comparison.md").read_text(encoding="utf-8").strip()


def corrected_dates() -> str:
    """The answer of 1.0.0rc1 and that of the same model with every score dated by its version, side by side."""
    rows = []
    for label, folder in (
        ("1.0.0rc1, dates of the group", "august_2026_rc1"),
        ("dates of the version", "forms/shared_shock"),
    ):
        s = read_json(f"{folder}/summary.json")
        data = s["data"]
        bounds = data["n_right_censored"] + data["n_left_censored"]
        rows.append(
            [
                label,
                *(estimate_text(s, key) for key in ("average_gap_months", "slope_months_per_year")),
                Wording().probability(probability_by(s, "2027-12-31")),
                f"{bounds} of {data['n_lags']}",
            ]
        )
    head = ["August table", "gap on 2026-07-31", "slope", "P(zero by 2027-12-31)", "bounds"]
    return markdown(head, rows, left=1)


def steps(folder: str) -> str:
    """What moved the answer between two tables, see `gapmodel.validation.decomposition`."""
    rows = []
    for r in read_csv(f"decomposition/{folder}/decomposition.csv").to_dict("records"):
        cells = [str(r["change"]), str(r["meaning"])]
        for what, sign in (("gap", ""), ("slope", "+")):
            whole = f"{r[what]:{sign}.1f} ({r[f'{what}_lower']:{sign}.1f} to {r[f'{what}_upper']:{sign}.1f})"
            cells.append("" if pd.isna(r[what]) else whole)
            cells += ["" if pd.isna(r[f"{what}_{k}"]) else f"{r[f'{what}_{k}']:+.2f}" for k in ("moved", "alone")]
        rows.append(cells)
    head = ["change", "what it is", "gap, months", "moved", "alone", "slope, months/year", "moved", "alone"]
    return markdown(head, rows, left=2)


def backtest() -> str:
    """What replays at past dates found, for every variant that was replayed."""
    found = read_json("trust/backtest/backtest.json")
    table = read_csv("trust/backtest/skill.csv")
    rows = []
    for method in table["method"].drop_duplicates():
        cells = [str(method)]
        for target in ("average", "benchmark"):
            mine = table[(table["method"] == method) & (table["target"] == target)].set_index("horizon")
            for horizon in ("3", "6", "12", "all"):
                row = mine.loc[horizon] if horizon in mine.index else None
                cells.append("" if row is None else f"{row['crps']:.2f} ± {row['crps_se']:.2f}")
            cells.append(f"{mine.loc['all', 'coverage_90']:.0%}")
        rows.append(cells)
    head = [
        "forecast",
        *(f"{t}: {h}" for t in ("average", "benchmark") for h in ("3 mo.", "6 mo.", "12 mo.", "all", "covered")),
    ]
    return (
        "CRPS in months ± standard error over "
        f"quarterly cutoffs ({_cutoffs(table)} of {len(found['cutoffs'])} have an outcome so far ahead), lower is "
        "better; share covered by 90 % intervals:\n\n"
        f"{markdown(head, rows, left=1)}"
    )


def revisions() -> str:
    """How much the lags of a month change after its end, in the replay and between the bundled tables."""
    about = read_json("trust/revisions/revisions.json")
    known, monthly = about["known_by"], read_csv("trust/revisions/monthly.csv")
    table = read_csv("trust/revisions/summary.csv")
    replay, pair = table["source"].drop_duplicates()
    mine = table[(table["source"] == replay) & (table["first_seen"] == 0)]
    rows = [
        [
            str(r.months_later),
            f"{r.change:+.2f} ± {r.change_se:.2f}",
            f"{r.revised:.0%}",
            f"{r.n:.0f}",
            str(r.months),
            f"{r.unseen:.0%}",
        ]
        for r in mine.itertuples()
    ]
    head = ["months later", "mean change, months", "lags that changed", "lags", "months", "not to be seen at first"]
    parts = []
    for words, low, high in (("up to 5 months", 0, 5), ("6 to 12 months", 6, 12)):
        part = monthly[(monthly["source"] == pair) & monthly["first_seen"].between(low, high)]
        mean = (part["change"] * part["n"]).sum() / part["n"].sum()
        parts.append(f"{mean:+.2f} months in months that were {words} old")
    later = {
        k: f"{r['change']:+.2f} ± {r['change_se']:.2f} months" for k, r in mine.set_index("months_later").iterrows()
    }
    unseen = mine.set_index("months_later").loc[3, "unseen"]
    return (
        f"Of {known['own_days'] + known['drawn_delays']} scores {known['own_days']} have a day of their own; delays "
        f"of the others were drawn {about['draws']} times. Three months later the lag of a month has changed by "
        f"{later[3]} (mean and standard error), six months later by {later[6]}. Few lags change, and those by much; of "
        f"those that are seen three months later, {unseen:.0%} were not to be seen at first. From the table "
        f"of May to that of August the mean change is {' and '.join(parts)}.\n\n"
        f"{markdown(head, rows, left=0)}"
    )


def _cutoffs(table: pd.DataFrame) -> str:
    """How many cutoffs a column rests on, the average's and the benchmarks'."""
    parts = []
    for horizon in ("3", "6", "12"):
        counts = table.loc[table["horizon"] == horizon, "cutoffs"]
        low, high = counts.min(), counts.max()
        parts.append(f"{horizon} months: {low if low == high else f'{low} to {high}'}")
    return "; ".join(parts)


def false_alarms() -> str:
    """Coverage on simulated tables by method and form of the lag, over all regimes together."""
    table = read_csv("trust/false_alarms/false_alarms.csv")
    scenarios = list(table["scenario"].drop_duplicates())
    rows = []
    for method, mine in table.groupby("method", sort=False):
        cells = [str(method), str(int(mine.groupby("scenario")["n"].sum().min()))]
        for scenario in scenarios:
            part = mine[mine["scenario"] == scenario]
            shares = (
                (part[name] * part["n"]).sum() / part["n"].sum()
                for name in ("gap_coverage", "slope_coverage", "zero_within_12_months")
            )
            cells.append(" / ".join(f"{share:.0%}" for share in shares))
        rows.append(cells)
    return markdown(["method", "tables", *(str(s).replace("_", " ") for s in scenarios)], rows, left=1)


def untidy() -> str:
    """The default, what it replaced and the straight line on less tidy tables, lag constant."""
    table = pd.concat([read_csv(f"trust/{name}/false_alarms.csv") for name in ("untidy_damped", "untidy")])
    rows = [
        [
            str(r.regime).replace("_", " "),
            str(r.method),
            str(r.n),
            *(
                f"{getattr(r, name):.0%} ± {getattr(r, name + '_mcse'):.0%}"
                for name in ("gap_coverage", "slope_coverage", "zero_within_12_months")
            ),
            f"{r.gap_bias:+.2f}",
            f"{r.slope_bias:+.2f}",
        ]
        for r in table[table["scenario"] == "constant"].itertuples()
    ]
    head = ["tables", "method", "n", "gap covered", "slope covered", "zero announced", "gap bias", "slope bias"]
    return markdown(head, rows, left=2)


def calibration(folder: str = "calibration") -> str:
    """Ranks of the truth, by quantity."""
    table = read_csv(f"trust/{folder}/calibration.csv")
    rows = [
        [
            str(r.variant),
            str(r.quantity),
            str(r.n),
            f"{r.max_deviation:.3f}",
            f"{r.p_adjusted:.3f}",
            "inside" if r.inside_band else "outside",
            f"{r.mean:.2f}",
            f"{r.spread:.2f}",
        ]
        for r in table.itertuples()
    ]
    head = ["variant", "quantity", "n", "deviation", "p, adjusted", "band of 95 %", "mean rank", "spread"]
    return markdown(head, rows, left=2)


def calibration_of_all() -> str:
    """One row per variant: how many quantities have even ranks, and the least even one, with 50 and 100 panels."""
    rows = []
    few, many = (dict(list(read_csv(f"trust/calibration_{n}/calibration.csv").groupby("variant"))) for n in (50, 100))
    for name, part in many.items():
        cells = [str(name)]
        for each in (few[name], part):
            worst = each.sort_values("p_adjusted").iloc[0]
            cells += [
                f"{int(each['inside_band'].sum())} of {len(each)}",
                "yes" if each["passed"].all() else "no",
                f"{worst['quantity']}, {worst['p_adjusted']:.3f}",
            ]
        rows.append(cells)
    of_each = ("inside their band", "passes", "least even, adjusted p")
    return markdown(["variant", *(f"{n}: {what}" for n in (50, 100) for what in of_each)], rows, left=1)


def sensitivity() -> str:
    """Ranges over the multiverse, and the units that move the slope most."""
    rows = read_csv("sensitivity/multiverse.csv")
    many = rows[rows["part"].isin(["as published", "factorial"])]
    gap, slope = many["gap_median"], many["slope_median"]
    excludes = ((many["slope_lower"] > 0) | (many["slope_upper"] < 0)).mean()
    left = read_csv("influence/influence.csv")
    worst = []
    for kind in ("benchmark", "organization", "model"):
        mine = left[left["kind"] == kind].dropna(subset=["change_of_slope_median"])
        row = mine.iloc[int(mine["change_of_slope_median"].abs().argmax())]
        worst.append(f"the {kind} {row['left_out']} to {row['slope_median']:+.1f}")
    tolerance = rows[rows["change"] == "levels within 2 % of the scale count as level"].iloc[0]
    alone = rows[rows["change"].str.match(r".* alone \(\d+\)$")]
    failed = int((~rows["passed"]).sum() + (~left["passed"]).sum())
    largest = left.dropna(subset=["change_of_gap_median"])
    largest = largest.iloc[largest["change_of_gap_median"].abs().argsort()[::-1][:2]]
    gaps = " and ".join(f"{r.left_out} to {r.gap_median:.1f}" for r in largest.itertuples())
    return (
        f"Over {len(many)} combinations of analyst's choices ({', '.join(f for f in FACTORS if f in many)}) the median "
        f"gap is {gap.min():.1f} to {gap.max():.1f} months and the median slope {slope.min():+.1f} to "
        f"{slope.max():+.1f} months per year; the 90 % interval of the slope excludes zero in {excludes:.0%}. Counting "
        f"levels within 2 % of a benchmark's scale as level makes the gap {tolerance['gap_median']:.1f} months. Of "
        f"{len(left) - 1} units left out one at a time, those that move the slope most are {', '.join(worst)} months "
        f"per year, and those that move the gap most {gaps} months. Categories alone have gaps of "
        f"{alone['gap_median'].min():.1f} to {alone['gap_median'].max():.1f} months and slopes of "
        f"{alone['slope_median'].min():+.1f} to {alone['slope_median'].max():+.1f}. Of all "
        f"{len(rows) + len(left)} fits {failed} did not pass the convergence checks. "
        "([Figure](../results/reference/influence/influence.png), "
        "[all choices](../results/reference/sensitivity/multiverse.png).)"
    )


def published() -> str:
    """Gaps that others published, with what they rest on and what their definition gives on the bundled data."""
    rows = [
        [
            f"[{r.who}]({r.link})",
            str(r.when),
            str(r.gap),
            f"{r.data}: {r.method}",
            f"{r.ours:.1f}",
            str(r.ours_is),
        ]
        for r in published_gaps().itertuples()
    ]
    return markdown(["who", "published", "gap, months", "data and method", "ours", "what ours is"], rows, left=6)


def published_reasons() -> str:
    """Why each of them differs from ours."""
    return "\n".join(f"- **{r.who}, {r.when}: {r.gap}.** {r.reason}" for r in published_gaps().itertuples())


def ledger() -> str:
    """The entries of the project's ledger, and the hash that binds them."""
    found = read_ledger(ROOT / "results" / "ledger")
    rows = [[str(r["number"]), r["entered"], r["who"], r["says"]] for r in found.table.to_dict("records")]
    table = markdown(["entry", "entered", "who", "says"], rows, left=4)
    return f"{table}\n\nHash of entry {len(rows)}, which binds all: `{found.head}`."


def stacking() -> str:
    """How often stacking found the variant that made the data, or one that nests it."""
    table = read_csv("check_stacking/table.csv")
    rows = [
        [str(name), str(len(part)), str(int(part["found"].sum())), ", ".join(f"{k} {v}" for k, v in counts.items())]
        for name, part in table.groupby("generator")
        for counts in [part["most_weight"].value_counts()]
    ]
    return markdown(["made by", "panels", "found", "most weight"], rows, left=1)


BLOCKS: dict[str, Callable[[], str]] = {
    "answer": answer,
    "headline": headline_in_short,
    "evidence in short": evidence_in_short,
    "trusted": trusted,
    "figure note": figure_note,
    "latent in short": latent_in_short,
    "known truth": known_truth,
    "variants": variants,
    "corrected dates": corrected_dates,
    "corrected dates in steps": lambda: steps("corrected_dates"),
    "may to august": lambda: steps("may_to_august"),
    "backtest": backtest,
    "revisions": revisions,
    "false alarms": false_alarms,
    "untidy": untidy,
    "calibration": calibration,
    "calibration of all": calibration_of_all,
    "sensitivity": sensitivity,
    "stacking": stacking,
    "published": published,
    "published reasons": published_reasons,
    "protocol": known_truth_table,
    "protocol out of time": out_of_time_table,
    "latent answer": readme_latent.answer,
    "latent evaluation": readme_latent.evaluation,
    "latent decomposition": readme_latent.decomposition,
    "latent recovery": readme_latent.recovery,
    "latent calibration": lambda: calibration("calibration_latent"),
    "latent forecasts": readme_latent.forecasts,
    "latent categories": readme_latent.categories,
    "ledger": ledger,
}
PAGES = (
    "README.md",
    *(f"docs/{name}.md" for name in ("start", "dates", "trust", "trust-in-short", "latent", "published", "protocol")),
    "docs/ledger.md",
)


def filled(text: str) -> str:
    """A page with every block in it written again."""
    for name, make in BLOCKS.items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        if begin in text:
            before, rest = text.split(begin)
            text = f"{before}{begin}\n{make()}\n{end}{rest.split(end)[1]}"
    return text


if __name__ == "__main__":
    for page in PAGES:
        atomic_text(ROOT / page, filled((ROOT / page).read_text(encoding="utf-8")))
