"""Records of Artificial Analysis, of the current and of the retired shape, as scores.

**Names.** The index version is part of the name of every composite, so that two versions are two benchmarks. Old keys
(``gpqa``, ``lcr``, ``tau2``) are read under their present names. An evaluation that is not known here becomes a
benchmark of its key.

**Efforts.** There is one record per reasoning effort: ``GPT-5 (high)``, ``Claude Opus 5 (Adaptive Reasoning, Max
Effort)``. Records of one maker that share the release date and the name apart from such a bracket at its end are one
model. On each evaluation the best of them counts, and ``variant`` says which effort that was. A bracket that holds any
other word (``GPT-4o (Nov '24)``) belongs to the name. A record of the same name with another release date is a model
of its own, under its full name. Where two models would still have one name, the maker stands behind it, or the slug.

``null`` and an absent key are not measured, never zero.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from gapmodel.errors import DataError, quoted
from gapmodel.files.strict_json import NotStrictError, no_constant, once
from gapmodel.sources.artificial_analysis.evaluations import EVALUATIONS, RENAMED, Evaluation, is_composite
from gapmodel.sources.joining.variants import effort_in_bracket
from gapmodel.sources.snapshot import Imported

__all__ = ["CREDIT", "import_records", "load_json", "parse_saved"]

CREDIT = (
    "Artificial Analysis, https://artificialanalysis.ai/ (attribution asked by their terms; the data are subject to "
    "their Terms of Use and are not for redistribution)"
)
LICENCE = "Artificial Analysis Terms of Use; not for redistribution"
UNSTATED = "version not stated"


def load_json(content: bytes, what: str) -> Any:
    """Parse JSON; clear words for a page of HTML and for a text that ends early.

    Raises
    ------
    DataError
        It is one of these, or no JSON, or has text that no file can hold.
    """
    text = content.lstrip()[:200].lower()
    if text.startswith(b"<"):
        raise DataError(f"{what}: this is a page of HTML and not JSON; check the address, or try again later")
    try:
        found = json.loads(content, parse_constant=no_constant, object_pairs_hook=once)
        # Half a character, which JSON can name and no file can hold.
        json.dumps(found, ensure_ascii=False).encode()
        return found
    except NotStrictError as error:
        raise DataError(f"{what}: {error}; {error.fix}") from None
    except (ValueError, RecursionError):
        raise DataError(f"{what}: this is no whole JSON, it is damaged or ends early; fetch it again") from None


def parse_saved(content: bytes, file: str) -> tuple[list[dict[str, Any]], str, str]:
    """Records, tier and index version of a file saved from the API, in the retired or the present shape.

    A file of the retired shape has all models and states neither tier nor version. Of the present shape a file is
    either whole (one page of one), or a list of all its pages.

    Raises
    ------
    DataError
    """
    data = load_json(content, file)
    pages = (
        data if isinstance(data, list) and data and all(isinstance(p, dict) and "data" in p for p in data) else [data]
    )
    records: list[dict[str, Any]] = []
    facts = set()
    for page in pages:
        found = page.get("data") if isinstance(page, dict) else page
        if not isinstance(found, list) or not all(isinstance(r, dict) for r in found):
            raise DataError(f"{file}: no list 'data' of records; give a file saved from the Artificial Analysis API")
        records += found
        about = page if isinstance(page, dict) else {}
        facts.add((str(about.get("tier") or "not stated"), str(about.get("intelligence_index_version") or UNSTATED)))
        total = (about.get("pagination") or {}).get("total_pages", 1)
        if total != len(pages):
            raise DataError(f"{file}: {len(pages)} of {total} pages; save all pages as one JSON list of pages")
    if len(facts) > 1:
        raise DataError(f"{file}: its pages are of several tiers or index versions; save them again in one go")
    tier, version = facts.pop()
    return records, tier, version


def import_records(records: Sequence[Mapping[str, Any]], *, version: str, tier: str, what: str) -> Imported:
    """Scores of a whole set of records.

    Parameters
    ----------
    records : sequence of dict
    version : str
        Index version, or `UNSTATED`.
    tier : str
    what : str
        What messages call the data.

    Returns
    -------
    Imported

    Raises
    ------
    DataError
        No record or score; a record without id or name, or one id twice with different content.
    """
    table, left_out = _record_table(records, what)
    if not len(table):
        raise DataError(f"{what}: no records; nothing to import")
    rows, models = [], {}
    for name, group in _models(table):
        models[name] = _properties(group)
        best: dict[str, tuple[float, str, str]] = {}
        for record in sorted(group, key=lambda r: (r["effort"], r["id"])):
            for key, score in record["scores"].items():
                if key not in best or score > best[key][0]:
                    best[key] = (score, record["effort"], record["id"])
        rows += [(key, name, *found) for key, found in best.items()]
        if not best:
            left_out.append(("model", name, "nothing measured"))
            del models[name]
    scores = pd.DataFrame(rows, columns=["benchmark", "model", "score", "variant", "record_id"])
    if not len(scores):
        why = f" ({left_out[0][2]})" if left_out else ""
        raise DataError(f"{what}: no record has a score; nothing to import{why}")
    about, beyond = _benchmarks(scores, version)
    left_out += beyond
    scores = scores[~scores["benchmark"].isin([name for _, name, _ in beyond])]
    scores["benchmark"] = [_called(key, version) for key in scores["benchmark"]]
    scores["source"] = "Artificial Analysis"
    single = about.loc[about["composite_of"] == "", "benchmark"]
    notes = []
    if not len(single):
        notes.append(
            f"tier '{tier}': only composite indices are given, no single evaluation. They can be analysed one at a "
            f"time (--pool '{about['benchmark'].iloc[0]}'), and are not pooled; evaluations need the Pro tier."
        )
    if version == UNSTATED:
        notes.append("the file does not state its index version: its composites are marked so, and join no others")
    unknown = sorted(set(single) - set(EVALUATIONS))
    if unknown:
        notes.append(f"not known here, taken as higher is better: {', '.join(unknown)}")
    return Imported(
        rows=scores,
        models=pd.DataFrame.from_dict(models, orient="index"),
        benchmarks=about,
        credits=(CREDIT,),
        left_out=tuple(left_out),
        notes=tuple(notes),
        about={"tier": tier, "intelligence_index_version": version, "records": len(table)},
    )


def _record_table(
    records: Sequence[Mapping[str, Any]], what: str
) -> tuple[list[dict[str, Any]], list[tuple[str, str, str]]]:
    """Records with what is needed of them, one per id; and values that are no scores, as left out."""
    odd: set[str] = set()
    kept: dict[str, tuple[Mapping[str, Any], dict[str, Any]]] = {}
    for number, record in enumerate(records, start=1):
        identity, name = record.get("id"), record.get("name")
        if not isinstance(identity, str) or not isinstance(name, str) or not identity.strip() or not name.strip():
            raise DataError(f"{what}, record {number}: no id or no name; their format has changed, update gapmodel")
        if identity in kept:
            if kept[identity][0] != record:
                raise DataError(f"{what}: id {quoted(identity)} stands for two records; fetch them again")
            continue
        base, effort = effort_in_bracket(" ".join(name.split()))
        creator = record.get("model_creator")
        creator = creator if isinstance(creator, dict) else {}
        licensing = record.get("licensing")
        flag = licensing.get("is_open_weights") if isinstance(licensing, dict) else None
        day = record.get("release_date")
        kept[identity] = (
            record,
            {
                "id": identity,
                "name": " ".join(name.split()),
                "slug": str(record.get("slug") or identity),
                "base": base,
                "effort": effort,
                "release_date": day if isinstance(day, str) and day else None,
                "organization": creator.get("name"),
                "country": creator.get("country"),
                "maker": str(creator.get("id") or creator.get("name") or ""),
                "weights": {True: "open", False: "closed"}.get(flag) if isinstance(flag, bool) else None,
                "scores": _scores(record.get("evaluations"), quoted(name), odd),
            },
        )
    reasons: dict[str, list[str]] = {}
    for text in sorted(odd):
        reasons.setdefault(text.split("\t")[0], []).append(text.split("\t")[1])
    more = {key: f" and {len(said) - 1} more" if len(said) > 1 else "" for key, said in reasons.items()}
    return [row for _, row in kept.values()], [("key", key, said[0] + more[key]) for key, said in reasons.items()]


def _scores(evaluations: Any, what: str, odd: set[str]) -> dict[str, float]:
    """Scores by key; keys of values that are no finite numbers go into `odd`."""
    if evaluations is None:
        return {}
    if not isinstance(evaluations, dict):
        raise DataError(f"{what}: 'evaluations' is no object; their format has changed, update gapmodel")
    out: dict[str, float] = {}
    for key, value in evaluations.items():
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            odd.add(f"{key}\t{quoted(key)} is {quoted(value)} and not a number, for {what}")
            continue
        out[RENAMED.get(str(key), str(key))] = float(value)
    return out


def _models(table: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Records of each model under a name that no other has, by the rule at the top of this file."""
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for record in table:
        groups.setdefault((record["maker"], record["base"], record["release_date"] or "9999"), []).append(record)
    first: dict[tuple[str, str], str] = {}
    for maker, base, day in sorted(groups):
        first.setdefault((maker, base), day)
    named: list[tuple[str, list[dict[str, Any]]]] = []
    for (maker, base, day), group in sorted(groups.items()):
        if first[maker, base] == day:
            named.append((base, group))
        else:
            named += [(record["name"], [record]) for record in group]
    for part in ("organization", "slug", "id"):
        counts = Counter(name for name, _ in named)
        named = [(n if counts[n] == 1 else f"{n} ({g[0][part]})", g) for n, g in named]
    return named


def _properties(group: list[dict[str, Any]]) -> dict[str, Any]:
    """Properties of a model: records that disagree on the weights leave them open to be settled elsewhere."""
    said = {record["weights"] for record in group if record["weights"]}
    weights = said.pop() if len(said) == 1 else None
    return {
        **{column: group[0][column] for column in ("release_date", "organization", "country")},
        "weights": weights,
        "weights_origin": "Artificial Analysis" if weights else None,
    }


def _called(key: str, version: str) -> str:
    if not is_composite(key):
        return key
    return f"{key} ({version})" if version == UNSTATED else f"{key} v{version}"


def _benchmarks(scores: pd.DataFrame, version: str) -> tuple[pd.DataFrame, list[tuple[str, str, str]]]:
    """The benchmarks table; and evaluations whose scores do not fit their known scale."""
    rows, beyond = [], []
    for key, group in scores.groupby("benchmark"):
        name = str(key)
        top = group["score"].max()
        known = EVALUATIONS.get(name)
        if known is None:
            fraction = group["score"].between(0.0, 1.0).all()
            single = bool(fraction) and not is_composite(name)
            known = Evaluation(
                title=name,
                category="uncategorised",
                unit="fraction" if single else "not stated",
                lower_bound=0.0 if single else None,
                ceiling=1.0 if single else None,
                parts="not stated" if is_composite(name) else "",
                default=single,
                note="Not known to gapmodel: taken as higher is better",
            )
        if known.ceiling is not None and top > known.ceiling * (1.0 + 1e-9):
            reason = f"a score of {top:g} on a scale to {known.ceiling:g}: its unit has changed"
            beyond.append(("benchmark", name, reason))
            continue
        rows.append(
            {
                "benchmark": _called(name, version),
                "title": f"{known.title} ({version})" if known.parts else known.title,
                "category": known.category,
                "unit": known.unit,
                "direction": "higher",
                "lower_bound": known.lower_bound,
                "ceiling": known.ceiling,
                "composite_of": known.parts,
                "source": "Artificial Analysis",
                "licence": LICENCE,
                "default_set": "true" if known.default else "false",
                "note": known.note,
            }
        )
    return pd.DataFrame(rows), beyond
