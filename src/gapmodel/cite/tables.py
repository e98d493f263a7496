"""Tables of claims for a paper (LaTeX) and a page (Markdown); every number in them is marked and can be verified."""

from __future__ import annotations

from dataclasses import dataclass

from gapmodel.cite.claims import Claims
from gapmodel.cite.targets import LATEX, LATEX_DEFINITION, MARKDOWN, escape, marked
from gapmodel.runs.run import Run
from gapmodel.scores.names import clean, slugs

__all__ = ["CitedTable", "cited_tables", "latex_tables", "markdown_tables"]


@dataclass(frozen=True)
class CitedTable:
    """A table whose cells are plain text or claims.

    Attributes
    ----------
    label, caption : str
    header : tuple of str
    rows : tuple of tuples of (text, is a claim's reference)
    """

    label: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[tuple[str, bool], ...], ...]


def cited_tables(run: Run, claims: Claims) -> list[CitedTable]:
    """Answers, P(zero by date), and benchmarks."""
    summary, draft = run.summary, "DRAFT, not citable. " if claims.draft else ""
    data, zero = summary["data"], summary["zero_lag"]
    source = (
        f"Model {claims.source.model}, data {claims.source.data_name} "
        f"(sha256 {claims.source.data_sha256[:12]}), seed {claims.source.seed}. {' '.join(claims.source.credits)}"
    )
    who = f"{summary['follower']} models behind {summary['leader']} models"
    prob = f"{100 * summary['average_gap_months']['interval']['prob']:g} % interval"
    labels = {
        "gap.average": f"Average of {data['n_benchmarks']} benchmarks, months",
        "gap.still_run": "Average of those still run, months",
        "gap.population": "Population of benchmarks, mean, months",
        "gap.new_benchmark": "A further benchmark, months",
        "slope.average": "Change of the average, months per year",
        "slope.still_run": "Change of the average of those still run, months per year",
        "slope.population": "Change of the population mean, months per year",
    }
    answers = [
        ((label, False), (f"{name}.value", True), (f"{name}.interval", True))
        for name, label in labels.items()
        if name in {claim.id for claim in claims}
    ]
    dates = [
        ((row["date"], False), (f"zero.by.{row['date']}.value", True), (f"zero.prior.by.{row['date']}.value", True))
        for row in zero["probability_by"]
    ]
    never = ((f"not by {zero['horizon']}", False), ("zero.never.value", True), ("", False))
    names = slugs(row["benchmark"] for row in summary["per_benchmark"])
    benchmarks = [
        (
            (clean(row["title"]), False),
            *((f"{kind}.benchmark.{names[row['benchmark']]}.{part}", True)
              for kind in ("gap", "slope") for part in ("value", "interval")),
            (str(row["n_months"]), False),
            (str(row["n_censored"]), False),
        )
        for row in summary["per_benchmark"]
    ]  # fmt: skip
    return [
        CitedTable(
            "answers",
            f"{draft}Gap of {who} as of {data['as_of']}: posterior medians. {source}",
            ("", "median", prob),
            tuple(answers),
        ),
        CitedTable(
            "zero",
            f"{draft}Probability that the average gap of {who} has reached zero. {source}",
            ("by", "posterior", "prior alone"),
            (*dates, never),
        ),
        CitedTable(
            "benchmarks",
            f"{draft}Gap (months, as of {data['as_of']}) and its change (months per year) on each benchmark, with "
            f"{prob}s; monthly lags on record, and how many of them are censored. {source}",
            ("benchmark", "gap", "interval", "change", "interval", "months", "censored"),
            tuple(benchmarks),
        ),
    ]


def markdown_tables(tables: list[CitedTable], claims: Claims) -> str:
    """All tables as Markdown."""
    parts = []
    for table in tables:
        lines = [f"| {' | '.join(escape(h, MARKDOWN) for h in table.header)} |"]
        lines.append("|---|" + "---:|" * (len(table.header) - 1))
        lines += [f"| {' | '.join(_cell(cell, claims, MARKDOWN) for cell in row)} |" for row in table.rows]
        parts.append("\n".join([*lines, "", escape(table.caption, MARKDOWN)]))
    return "\n\n".join(parts) + "\n"


def latex_tables(tables: list[CitedTable], claims: Claims) -> str:
    """All tables as floats with captions and labels ``tab:gapmodel-<label>``; needs no package."""
    parts = [f"% {' '.join(claims.title().split())}", LATEX_DEFINITION]
    for table in tables:
        lines = ["\\begin{table}", "\\centering", f"\\caption{{{escape(table.caption, LATEX)}}}"]
        lines.append(f"\\label{{tab:gapmodel-{table.label}}}")
        lines += [
            "\\par\\medskip",
            "\\footnotesize",
            "\\setlength{\\tabcolsep}{3pt}",
            f"\\begin{{tabular}}{{l{'r' * (len(table.header) - 1)}}}",
            "\\hline",
        ]
        lines.append(" & ".join(escape(h, LATEX) for h in table.header) + r" \\")
        lines.append("\\hline")
        # Before a row that begins with [ or *, LaTeX would take these for an option of the line break.
        lines += ["{}" + " & ".join(_cell(cell, claims, LATEX) for cell in row) + r" \\" for row in table.rows]
        lines += ["\\hline", "\\end{tabular}", "\\end{table}"]
        parts.append("\n".join(lines))
    return "\n".join(parts) + "\n"


def _cell(cell: tuple[str, bool], claims: Claims, target: str) -> str:
    text, cited = cell
    return marked(claims, text, target) if cited else escape(text, target)
