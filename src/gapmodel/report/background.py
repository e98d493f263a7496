"""Sections that say how the numbers came about and how to use them: checks, method, data, citing, provenance."""

from __future__ import annotations

from importlib.metadata import version

from gapmodel.analysis.schema import found_text
from gapmodel.analysis.sentences import estimate_text, headline, standing
from gapmodel.analysis.track_record import published_gaps
from gapmodel.errors import plural
from gapmodel.report.html import Cell, Row, Section, definition_list, paragraphs, table, table_block
from gapmodel.report.mathml import CROSSING, DAMPED, ESTIMANDS, LAG, SHARED_SHOCK
from gapmodel.report.source import PageData
from gapmodel.report.text import day, esc, number
from gapmodel.scores.groups import CLOSED, OPEN

__all__ = ["checks", "citing", "data_table", "elsewhere", "method", "provenance"]


def checks(data: PageData) -> Section:
    """Sampler checks, what simulations with a known lag say of the method, the prior, and what was left out."""
    s = data.summary
    words = standing(s) or "All checks passed."
    rows: list[Row] = [
        ([c["name"], c["value"], c["rule"], Cell(float(c["threshold"]), 3), bool(c["passed"]), c["detail"]], {})
        for c in data.run.checks["checks"]
    ]
    html = paragraphs(words)
    html += table_block(
        "checks",
        title="Sampler checks",
        table_html=table(
            ["check", "value", "must be", "threshold", "passed", "detail"], rows, caption="Checks", digits=3
        ),
    )
    gate: list[Row] = [
        ([c["name"].replace("_", " "), c["status"], found_text(c), c["accepted"]], {}) for c in data.run.checks["data"]
    ]
    html += paragraphs("The gate on the data: what it found, and why a blocking finding was accepted.")
    html += table_block(
        "data-checks",
        title="Checks of the data",
        table_html=table(["check", "status", "found", "accepted because"], gate, caption="Checks of the data"),
    )
    if s["known_truth"]:
        names = list(s["known_truth"][0])
        lines: list[Row] = [(list(row.values()), {}) for row in s["known_truth"]]
        html += table_block(
            "known-truth",
            title="Known truth: simulated frontiers",
            table_html=table(
                [n.replace("_", " ") for n in names], lines, caption="Months, and months per year", digits=3
            ),
            opened=False,
        )
    low, high = s["prior"]["range_months"]
    html += paragraphs(
        f"Before any data, the priors put {100 * s['prior']['lag_share_within_range']:.0f} % of lags between "
        f"{number(low, 0)} and {number(high, 0)} months."
    )
    if s["skipped"]:
        items = "".join(f"<li>{esc(row['benchmark'])}: {esc(row['reason'])}</li>" for row in s["skipped"])
        html += f"<h3>Left out</h3><ul>{items}</ul>"
    return Section("checks", "Checks", html)


# Shipped variant → what it adds to the lines, in words, and its equations.
_FORMS = {
    "damped": (
        "plus a path g that all benchmarks share, whose slope g′ reverts to zero over a time that is learnt, ", DAMPED,
    ),
    "shared_shock": ("", SHARED_SHOCK),
}  # fmt: skip


def method(data: PageData) -> Section:
    """Lag, censoring, model, estimands and the published line, in a few paragraphs."""
    s, variant = data.summary, data.run.manifest["variant"]
    leader, follower = s["leader"], s["follower"]
    html = paragraphs(
        f"On each benchmark, the frontier of a group is the best score among its models released so far: L(t) of "
        f"{leader} models, F(t) of {follower} models. The lag is the age of the {follower} level, in months of "
        "30.4375 days:"
    )
    html += LAG
    html += paragraphs(
        f"It is signed: negative while {follower} models lead. Where the date found is that of the first level on "
        "record, the true date may lie earlier, and the lag is a bound (censored). A benchmark counts only while both "
        "groups are run on it.",
        f"The variant of this run is {variant['name']}: {variant['summary']} Whatever the variant, it gives each "
        "benchmark a trend f(t) in months, and the answers read these trends and nothing else:",
    )
    html += ESTIMANDS
    if variant["name"] in _FORMS and variant.get("shipped"):
        words, formula = _FORMS[variant["name"]]
        html += paragraphs(
            f"Here a monthly lag y is a benchmark's straight line in years x, {words}plus a shock u that all "
            "benchmarks share, since one release moves many of them, plus an error e of its own; both decay with time "
            "(Ornstein-Uhlenbeck processes), and censored lags enter as bounds:"
        )
        html += formula
    html += paragraphs("The date of zero is read off every draw of the average, month by month up to the horizon:")
    html += CROSSING
    html += paragraphs(
        "Draws that do not reach zero within the horizon are counted as never, not left out. Intervals are "
        "equal-tailed.",
        f"The published analysis, kept as a baseline, is {s['baseline']['method']}, with negative lags set to zero and "
        "censored months left out.",
    )
    priors: list[Row] = [([name, text], {}) for name, text in variant["priors"].items()]
    html += table_block(
        "priors", title="Priors", table_html=table(["parameter", "prior"], priors, caption="Priors"), opened=False
    )
    return Section("method", "Method", html)


def elsewhere(data: PageData) -> Section | None:
    """Gaps that others published, beside this one; None where the run compares other groups than open and closed."""
    s = data.summary
    conditions = [s["options"][role]["condition"] for role in ("leader", "follower")]
    if conditions != [CLOSED.expression, OPEN.expression]:
        return None
    gaps = published_gaps()
    rows: list[Row] = [
        ([r["who"], r["when"], r["gap"], Cell(r["ours"]), r["ours_is"]], {}) for r in gaps.to_dict("records")
    ]
    reasons = "".join(
        f'<li><a href="{esc(r.link)}">{esc(r.who)}</a>, {r.when}: {esc(r.data)}; {esc(r.method)}. {esc(r.reason)}</li>'
        for r in gaps.itertuples()
    )
    html = paragraphs(
        f"Others have published a gap between open and closed models. Ours, on {day(s['average_gap_months']['date'])}: "
        f"{estimate_text(s, 'average_gap_months')}. Beside each published gap is what its definition gives on the "
        "bundled table of August 2026 as it was on the day of publication, which tells a difference of method from "
        "one of scores."
    )
    html += table_block(
        "published",
        title="Published gaps",
        table_html=table(
            ["who", "published", "gap, months", "on our data", "what was computed on our data"], rows,
            caption="Published gaps, months",
        ),
    )  # fmt: skip
    html += f"<h3>Why they differ</h3><ul>{reasons}</ul>"
    return Section("published", "How does this compare?", html)


def data_table(data: PageData) -> Section:
    """Every lag with the models behind it, and the credit lines."""
    named = data.lags.fillna({"leader_model": "", "follower_model": "", "title": ""})
    rows: list[Row] = []
    for r in named.to_dict("records"):
        best = [r["leader_model"], Cell(r["leader_level"], 4), r["follower_model"], Cell(r["follower_level"], 4)]
        rows.append(([r["title"], str(r["month"].date()), r["lag_months"], int(r["censoring"]), *best], {}))
    s = data.summary
    names = ["benchmark", "month-end", "lag, months", "censoring"]
    names += [f"best {s['leader']} model", "score", f"best {s['follower']} model", "score"]
    credits = "".join(f"<li>{esc(text)}</li>" for text in s["credits"])
    html = paragraphs("Censoring: 1, the lag is at least this; −1, at most this; 0, exact.")
    n = int(named["lag_months"].notna().sum())
    title = f"All {n} monthly lags" + (f", and {plural(len(rows) - n, 'month')} without one" if n < len(rows) else "")
    html += table_block("lags", title=title, table_html=table(names, rows, caption="Lags"), opened=False)
    html += f'<h3>Credits</h3><ul class="credits">{credits}</ul>'
    return Section("data", "Data", html)


def citing(data: PageData) -> Section:
    """A sentence and a BibTeX entry with copy buttons."""
    s = data.summary
    refused = standing(s)
    if refused:
        return Section("cite", "How to cite", paragraphs(f"{refused} Repeat the run until it passes, then cite that."))
    installed = data.run.manifest["versions"].get("gapmodel", version("gapmodel"))
    # As `gapmodel cite` gives it.
    entry = (
        "@misc{gapmodel,\n  author = {{The gapmodel developers}},\n  title = {gapmodel: {Bayesian} models of the lag "
        f"of open-weight language models behind closed ones}},\n  year = {{{s['data']['as_of'][:4]}}},\n  "
        f"version = {{{installed}}},\n  note = {{Run "
        f"{data.run.run_id}, model {s['model']}, seed {s['seed']}}}\n}}"
    )
    html = paragraphs(
        "Cite the answer with its date, interval, data and run. Its digits are those that another seed would give too; "
        "the command gapmodel cite has every other number rounded alike."
    )
    html += _copied("cite-sentence", headline(s), "the sentence")
    html += _copied("cite-bibtex", entry, "the BibTeX entry")
    used = f"Data {s['data']['snapshot']}, SHA-256 {s['data']['sha256'][:12]}."
    html += _copied("cite-credits", "\n".join([used, *s["credits"]]), "the data credits")
    return Section("cite", "How to cite", f'{html}<p id="copied" role="status"></p>')


def provenance(data: PageData) -> Section:
    """What determines the numbers: run id, hashes, seed, sampler, versions, options."""
    s, m = data.summary, data.run.manifest
    options = s["options"]
    sampler = ", ".join(f"{k} {v}" for k, v in m["sampler"].items())
    versions = ", ".join(f"{k} {v}" for k, v in m["versions"].items())
    entries = [
        ("run", data.run.run_id),
        ("command", m.get("command", "")),
        ("variant file", f"{m['variant']['file']}, SHA-256 {m['variant']['sha256']}"),
        ("data", f"{s['data']['snapshot']}, SHA-256 {s['data']['sha256']}"),
        ("as of", s["data"]["as_of"]),
        ("cutoff", options["cutoff"]),
        ("leader", f"{options['leader']['name']}: {options['leader']['condition']}"),
        ("follower", f"{options['follower']['name']}: {options['follower']['condition']}"),
        ("grace", plural(options["grace_months"], "month")),
        ("start-up", f"{options['leader_start_up_months']:g} and {options['follower_start_up_months']:g} months"),
        ("sampler", sampler),
        ("versions", versions),
        ("code", f"SHA-256 {m['code_sha256']}" if "code_sha256" in m else "not recorded"),
    ]
    files: list[Row] = [([name, digest], {}) for name, digest in sorted(m["files"].items())]
    if not files:
        return Section("provenance", "Provenance", definition_list(entries) + paragraphs("The run was not saved."))
    html = definition_list(entries) + table_block(
        "files", title="Files of the run", table_html=table(["file", "SHA-256"], files, caption="Files"), opened=False
    )
    return Section("provenance", "Provenance", html)


def _copied(name: str, content: str, what: str) -> str:
    return (
        f'<div class="copy"><pre id="{name}" role="group" tabindex="0" aria-label="{esc(what)}">{esc(content)}</pre>'
        f'<button type="button" data-copy="{name}" aria-label="Copy {esc(what)}">Copy</button></div>'
    )
