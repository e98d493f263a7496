"""What a benchmark's scale is, as far as its name and its scores tell: proposed for a person to confirm."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import pandas as pd

from gapmodel.sources.artificial_analysis.evaluations import EVALUATIONS
from gapmodel.sources.convert.cells import column_key

__all__ = ["Known", "known_benchmark", "lower_is_better", "propose"]

_LOWER = re.compile(
    r"\b(wer|cer|per|perplexity|ppl|loss|mae|rmse|mse|brier|ece|(word|character|phone|edit) error|error rate|errors?"
    r"|hallucinations?|confab\w*|toxicity|attack success|asr|bits per byte|bpb|refusal rate|failure rate"
    r"|no answer|non resp\w*)\b",
    re.IGNORECASE,
)
# On such scales there is no best score.
_UNBOUNDED = re.compile(r"\b(time horizon|minutes|hours|elo|ratings?|points)\b", re.IGNORECASE)
_NOT_LOWER = re.compile(r"\b(non|no|free|anti|detection|robustness|bench|eval|correction)\b", re.IGNORECASE)
# How the same benchmark is named beside itself: shots, metrics, splits.
_BESIDE = re.compile(
    r"\([^()]*\)|\[[^\[\]]*\]|\b\d+[- ]?shots?\b"
    r"|\b(cot|acc|accuracy|acc norm|score|em|pass ?@ ?1|test|val|maj ?@ ?\d+)\b",
    re.IGNORECASE,
)
# More scores below a chance level than this: the column is on another scale, normalised for instance.
_MAX_BELOW = 0.2
# Two benchmarks of one table are hardly ever as far apart as this over as many models.
# Up to this the best score of a board is as likely a grade, to 5 or 10, as a percentage.
_LITTLE = 10.0


@dataclass(frozen=True)
class Known:
    """What is known of a benchmark by its name.

    Attributes
    ----------
    category : str
    chance : float or None
        Score of a guess, as a fraction of the scale.
    ceiling : float or None
        Best score where the scale is neither a fraction nor a percentage.
    source : str
    """

    category: str
    chance: float | None
    ceiling: float | None = None
    source: str = ""


def known_benchmark(name: str) -> Known | None:
    """What is known of a benchmark; ``None`` where its name is not among the reviewed ones.

    Examples
    --------
    >>> known_benchmark("MMLU (5-shot)").chance, known_benchmark("gpqa_diamond").chance, known_benchmark("Zed")
    (0.25, 0.25, None)
    """
    bare = _BESIDE.sub(" ", re.sub(r"[_\-]+", " ", name))
    return _known().get(column_key(name)) or _known().get(column_key(bare))


def lower_is_better(name: str) -> bool:
    """Whether the name says that a lower score is better: an error rate, a perplexity."""
    spaced = re.sub(r"[_\-]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name))
    return bool(_LOWER.search(spaced)) and not _NOT_LOWER.search(_LOWER.sub(" ", spaced))


def propose(
    name: str, scores: Sequence[float], *, percent: bool, lower: bool, composite_of: str = ""
) -> Mapping[str, object]:
    """A row of ``benchmarks.csv``; its column ``proposed`` says what a person has yet to confirm.

    Parameters
    ----------
    name : str
    scores : sequence of float
    percent : bool
        Its cells have percent signs.
    lower : bool
        A lower score is better.
    composite_of : str
        Names of the parts, separated by semicolons.

    Examples
    --------
    >>> found = propose("MMLU", [40.0, 82.0], percent=False, lower=False)
    >>> found["unit"], found["lower_bound"], found["ceiling"], found["proposed"]
    ('percent', 25.0, 100.0, 'direction; unit; ceiling; lower_bound (chance 25 %)')
    """
    known = known_benchmark(name)
    low, high = min(scores, default=0.0), max(scores, default=0.0)
    size, unit = None, None
    if known is not None and known.ceiling is not None and 1.0 < high <= known.ceiling:
        size, unit = known.ceiling, "points"
    elif low >= 0.0 and high <= 100.0 and not (_UNBOUNDED.search(re.sub(r"[_\-]+", " ", name)) and not percent):
        size, unit = (100.0, "percent") if percent or high > 1.0 else (1.0, "fraction")
    row: dict[str, object] = {
        "benchmark": name,
        "title": name,
        "category": known.category if known else None,
        "unit": unit,
        "direction": "lower" if lower else "higher",
        "lower_bound": None,
        "ceiling": None,
        "composite_of": composite_of or None,
    }
    proposed = ["direction"]
    if size is not None:
        row |= {"lower_bound": size, "ceiling": 0.0} if lower else {"lower_bound": 0.0, "ceiling": size}
        little = size == 100.0 and not lower and not percent and high <= _LITTLE
        proposed += ["unit", f"ceiling (100, though the best is {high:g})" if little else "ceiling"]
        chance = 0.0 if known is None or known.chance is None or lower else known.chance * size
        below = sum(s < chance for s in scores) / max(len(scores), 1)
        if chance > 0.0 and below <= _MAX_BELOW:
            row["lower_bound"] = chance
            proposed.append(f"lower_bound (chance {100 * chance / size:g} %)")
        elif chance > 0.0:
            proposed.append(f"lower_bound (0: {below:.0%} of the scores are below chance, {chance:g}: normalised?)")
        else:
            proposed.append("lower_bound")
    row["proposed"] = "; ".join(proposed)
    return row


@lru_cache(maxsize=1)
def _known() -> dict[str, Known]:
    folder = resources.files("gapmodel.data") / "review"
    out: dict[str, Known] = {}
    for key, found in EVALUATIONS.items():
        if not found.parts:
            out[column_key(key)] = out[column_key(found.title)] = Known(found.category, found.lower_bound)
    info = _read((folder / "benchmark_info.csv").read_bytes())
    for row in info.to_dict("records"):
        chance = float(row["random_baseline"]) if row["random_baseline"] else None
        for name in (row["benchmark"], row["title"]):
            out[column_key(name)] = Known(row["category"], chance, source=row["visibility_source"])
    for row in _read((folder / "benchmark_scales.csv").read_bytes()).to_dict("records"):
        chance = float(row["chance"]) if row["chance"] else None
        ceiling = float(row["ceiling"]) if row["ceiling"] else None
        for name in [row["benchmark"], *row["other_names"].split(";")]:
            out.setdefault(column_key(name), Known(row["category"], chance, ceiling, row["source"]))
    out.pop("", None)
    return out


def _read(content: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
