"""What is known of the evaluations that Artificial Analysis gives: title, category, scale, and what is a composite."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EVALUATIONS", "RENAMED", "Evaluation", "is_composite"]

# Keys of the retired shape, and a misspelling that was seen, under their present names.
RENAMED = {
    "gpqa": "gpqa_diamond",
    "lcr": "aa_lcr",
    "tau2": "tau2_telecom",
    "aritificial_analysis_intelligence_index": "artificial_analysis_intelligence_index",
}


@dataclass(frozen=True)
class Evaluation:
    """What is known of one evaluation.

    Attributes
    ----------
    title, category : str
    unit : str
    lower_bound, ceiling : float or None
        Chance or the worst score, and the best; in `unit`.
    parts : str
        For a composite: of what.
    default : bool
        Part of the default set; not for a second view of a number that is there already.
    """

    title: str
    category: str
    unit: str = "fraction"
    lower_bound: float | None = 0.0
    ceiling: float | None = 1.0
    parts: str = ""
    default: bool = True
    note: str = ""


def _index(what: str, parts: str, note: str = "") -> Evaluation:
    title = f"Artificial Analysis {what} Index"
    return Evaluation(title, "composite", "index points", None, 100.0, parts, False, note)


EVALUATIONS = {
    "artificial_analysis_intelligence_index": _index("Intelligence", "evaluations of the index"),
    "artificial_analysis_coding_index": _index("Coding", "coding evaluations"),
    "artificial_analysis_math_index": _index("Math", "mathematics evaluations"),
    "artificial_analysis_agentic_index": _index("Agentic", "agentic evaluations"),
    "artificial_analysis_multilingual_index": _index("Multilingual", "languages"),
    "artificial_analysis_openness_index": _index("Openness", "licences and disclosure", "Openness, not capability"),
    "aa_omniscience_index": Evaluation(
        "AA-Omniscience Index", "composite", "index points", -100.0, 100.0, "accuracy and non-hallucination", False
    ),
    "aa_omniscience_accuracy": Evaluation("AA-Omniscience accuracy", "knowledge"),
    "aa_omniscience_non_hallucination_rate": Evaluation("AA-Omniscience non-hallucination rate", "knowledge"),
    "aa_lcr": Evaluation("AA-LCR (long context reasoning)", "language"),
    "aime": Evaluation("AIME 2024", "mathematics"),
    "aime_25": Evaluation("AIME 2025", "mathematics"),
    "critpt": Evaluation("CritPt", "science"),
    "gdpval_aa_elo": Evaluation("GDPval-AA", "agentic", "Elo", None, None),
    "gdpval_aa_normalized": Evaluation(
        "GDPval-AA (normalised)", "agentic", default=False, note="The Elo on another scale: not pooled with it"
    ),
    "gpqa_diamond": Evaluation("GPQA Diamond", "science", lower_bound=0.25),
    "hle": Evaluation("Humanity's Last Exam", "knowledge"),
    "ifbench": Evaluation("IFBench", "language"),
    "livecodebench": Evaluation("LiveCodeBench", "coding"),
    "math_500": Evaluation("MATH-500", "mathematics"),
    "mlcr_overall": Evaluation("MLCR", "language"),
    "mmlu_pro": Evaluation("MMLU-Pro", "knowledge", lower_bound=0.1),
    "mmmu_pro": Evaluation("MMMU-Pro", "multimodal"),
    "scicode": Evaluation("SciCode", "coding"),
    "tau2_telecom": Evaluation("τ²-Bench Telecom", "agentic"),
    "tau_banking": Evaluation("τ-Bench Banking", "agentic"),
    "terminalbench_hard": Evaluation("Terminal-Bench Hard", "agentic"),
    "terminalbench_science": Evaluation("Terminal-Bench Science", "agentic"),
    "terminalbench_v2_1": Evaluation("Terminal-Bench 2.1", "agentic"),
    "terminalbench_v4_0": Evaluation("Terminal-Bench 4.0", "agentic"),
}


def is_composite(key: str) -> bool:
    """Whether a key is an index made of other evaluations; one that is not known is told by its name."""
    known = EVALUATIONS.get(key)
    return bool(known.parts) if known else key.startswith("artificial_analysis_") or key.endswith("_index")
