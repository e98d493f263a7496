"""The section that says which records the months of a run rest on, and what speaks against each."""

from __future__ import annotations

from typing import Any

from gapmodel.errors import plural
from gapmodel.report.html import Cell, Row, Section, definition_list, paragraphs, table, table_block
from gapmodel.report.source import PageData

__all__ = ["audit"]

_SHOWN = 15
_COLUMNS = (
    "benchmark", "months", "group", "model", "flags", "version, as labelled", "date", "weights", "score", "margin",
    "runner-up",
)  # fmt: skip


def audit(data: PageData) -> Section:
    """Records that set a frontier, most months first, their flags, and what the table of scores left out."""
    found = data.audit
    if found is None:
        html = paragraphs("This run was made before records were audited: run it again to see what it rests on.")
        return Section("audit", "What the answer rests on", html)
    titles = data.titles
    rows = [_row(record, titles) for record in found["records"]]
    html = paragraphs(
        _share(found["months"], found["months_on_flagged_records"]),
        "A record is a score that set a frontier; its months are the month-ends of its benchmark whose lag rests on "
        "it. The margin is its lead over the best other model of its group while it stood, in the benchmark's unit. A "
        "flag is a reason to look, not a verdict; one that a person has settled is marked reviewed and counts no more.",
    )
    html += _records("records", rows[:_SHOWN], of=len(rows), opened=True)
    if rows[_SHOWN:]:
        html += _records("more-records", rows[_SHOWN:], of=len(rows), opened=False)
    html += "<h3>What each flag means</h3>"
    html += definition_list((_words(check), meaning) for check, meaning in found["checks"].items())
    html += f"<h3>Left out, or not read</h3>{_findings(found['findings'], titles)}"
    return Section("audit", "What the answer rests on", html)


def _share(months: int, flagged: int) -> str:
    verb = "rests on a flagged record" if flagged == 1 else "rest on flagged records"
    return f"{flagged or 'None'} of {plural(months, 'benchmark-month')} {verb}."


def _records(name: str, rows: list[Row], *, of: int, opened: bool) -> str:
    if len(rows) == of:
        title = f"All {plural(of, 'record')}"
    else:
        title = (
            f"The {len(rows)} of {of} records with most months"
            if opened
            else f"The other {plural(len(rows), 'record')}"
        )
    content = table(_COLUMNS, rows, caption="Records that set a frontier, most months first", digits=4)
    return table_block(name, title=title, table_html=content, opened=opened)


def _row(record: dict[str, Any], titles: dict[str, str]) -> Row:
    flags = Cell(" ".join(_flag(flag) for flag in record["flags"]), attributes=(("wide", ""),))
    dated = Cell(_sourced(record["release_date"], record["date_source"]), attributes=(("dated", ""),))
    weights = _sourced(record["weights"], record["weights_origin"])
    values = [record["months"], record["group"], record["model"], flags, record["version"], dated, weights]
    values += [record[key] for key in ("score", "margin", "runner_up")]
    return [titles.get(record["benchmark"], record["benchmark"]), *values], {}


def _sourced(value: Any, source: Any) -> str:
    return str(value) if source is None else f"{value}, {source}"


def _flag(flag: dict[str, Any]) -> str:
    reviewed = " (reviewed)" if flag["settled"] else ""
    return f"{_words(flag['check']).capitalize()}{reviewed}: {flag['detail']}."


def _words(check: str) -> str:
    return check.replace("_", " ")


def _findings(findings: list[dict[str, str]], titles: dict[str, str]) -> str:
    if not findings:
        return paragraphs("No score that was left out would set a record, and no column was left unread.")
    rows: list[Row] = []
    for row in findings:
        benchmark = titles.get(row["benchmark"], row["benchmark"])
        rows.append(([_words(row["check"]), benchmark, row["model"], row["detail"]], {}))
    content = table(["finding", "benchmark", "model", "detail"], rows, caption="Findings about the table of scores")
    return table_block("findings", title=plural(len(rows), "finding"), table_html=content)
