"""Shapes in which leaderboards are published, with invented scores: known models, and two that nobody knows."""

import json
from typing import NamedTuple

import pandas as pd
import yaml


class Shape(NamedTuple):
    """One file, and what it says: benchmark → model → score, as it should be read."""

    content: bytes
    file: str
    scores: dict[str, dict[str, float]]
    lower: tuple[str, ...] = ()
    options: dict = {}
    settled: int = 0


# Name, release date, open, maker, and scores in percent on three benchmarks of this corpus alone.
MODELS = [
    ("GPT-4 Turbo", "2023-11-06", False, "OpenAI", 61.2, 40.1, 33.0),
    ("Llama-3.1-405B-Instruct", "2024-07-23", True, "Meta", 58.4, 38.2, 31.4),
    ("Qwen2.5-72B-Instruct", "2024-09-19", True, "Qwen", 60.3, 39.6, 35.2),
    ("o1", "2024-12-17", False, "OpenAI", 72.9, 55.5, 48.1),
    ("DeepSeek-R1", "2025-01-20", True, "DeepSeek", 70.8, 52.7, 45.9),
    ("GPT-4.1", "2025-04-14", False, "OpenAI", 69.0, 51.1, 50.2),
    ("Claude Sonnet 4", "2025-05-22", False, "Anthropic", 74.6, 57.3, 56.7),
    ("gpt-oss-120b", "2025-08-05", True, "OpenAI", 73.1, 58.9, 52.6),
    ("GPT-5", "2025-08-07", False, "OpenAI", 81.4, 66.8, 63.3),
    ("Zephyranth-7", "2025-06-01", True, "Oak", 50.5, 30.7, 22.8),
    ("Quillwort Pro", "2025-07-01", False, "Elm", 66.6, 47.4, 41.9),
]
KNOWN = len(MODELS) - 2
NAMES = [m[0] for m in MODELS]
WORK, PROSE, PUZZLE = ([m[k] for m in MODELS] for k in (4, 5, 6))


def _column(name, values, factor=1.0):
    return {name: {n: round(v * factor, 6) for n, v in zip(NAMES, values, strict=True)}}


def _csv(rows, file, **more):
    return Shape(pd.DataFrame(rows).to_csv(index=False).encode(), file, **more)


def _json(data, file, **more):
    return Shape(json.dumps(data).encode(), file, **more)


def _bars(rows):
    head = list(rows[0])
    lines = [head, ["---"] * len(head), *([str(r[c]) for c in head] for r in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def shapes():
    """Title → shape."""
    three = _column("work", WORK) | _column("prose", PROSE) | _column("puzzle", PUZZLE)
    fractions = {name: {m: v / 100 for m, v in column.items()} for name, column in three.items()}
    link = "https://huggingface.co/maker/{}".format
    out = {}
    out["aider: YAML, one run each, no flags"] = Shape(
        yaml.safe_dump(
            [
                {"dirname": f"2025-08-{k + 10}-00-00-00--run", "test_cases": 225, "model": n, "edit_format": "diff",
                 "commit_hash": f"{k}a1b2c3", "pass_rate_1": w / 2, "pass_rate_2": w, "percent_cases_well_formed": 98.2,
                 "error_outputs": k, "date": f"2025-08-{k + 10}", "seconds_per_case": 17.3 + k, "total_cost": 3.1 + k}
                for k, (n, w) in enumerate(zip(NAMES, WORK, strict=True))
            ]
        ).encode(),
        "runs.yml", _column("pass_rate_1", WORK, 0.5) | _column("pass_rate_2", WORK), settled=KNOWN,
    )  # fmt: skip
    out["Artificial Analysis, pages of the site: flags and grades"] = _json(
        {
            "meta": {"endpoint": "llms", "model_count": len(MODELS)},
            "models": [
                {"id": f"id-{k}", "name": m[0], "slug": m[0].lower(), "creator": {"name": m[3], "slug": m[3].lower()},
                 "release_date": m[1], "is_open_weights": m[2], "artificial_analysis_intelligence_index": m[4] - 10,
                 "weightsAccess": 3 if m[2] else 0, "dataPretrainAccess": k % 2, "weightsLicense": k % 3,
                 "evaluations": {"work": m[4] / 100, "prose": m[5] / 100},
                 "breakdowns": {"eval_token_counts": {"work": {"inputTokens": 10 + k} if k else None}},
                 "pricing": {"price_1m_input_tokens": 1.5 + k, "median": 2.0 + k}}
                for k, m in enumerate(MODELS)
            ],
        },
        "llms.json",
        scores={"artificial_analysis_intelligence_index": {m[0]: m[4] - 10 for m in MODELS}}
        | {b: fractions[b] for b in ("work", "prose")},
        settled=len(MODELS),
    )  # fmt: skip
    out["Artificial Analysis, old answers of the API: no flags"] = _json(
        {
            "status": 200,
            "prompt_options": {"parallel_queries": 1},
            "data": [
                {"id": f"id-{k}", "name": m[0], "slug": m[0].lower(), "release_date": m[1],
                 "model_creator": {"id": m[3], "name": m[3], "slug": m[3].lower()},
                 "evaluations": {"scicode": m[4] / 100, "ifbench": m[5] / 100, "hle": None},
                 "pricing": {"price_1m_blended_3_to_1": 1.0}, "median_output_tokens_per_second": 80.0 + k}
                for k, m in enumerate(MODELS)
            ],
        },
        "saved.json", scores={"scicode": fractions["work"], "ifbench": fractions["prose"]}, settled=KNOWN,
    )  # fmt: skip
    out["Open LLM leaderboard of Hugging Face: every model open"] = _csv(
        [
            {"Rank": k, "Type": "💬 chat models (RLHF, DPO, IFT, ...)", "Model": f'<a href="{link(m[0])}">{m[0]}</a>',
             "Average ⬆️": (m[4] + m[5]) / 2, "IFEval": m[4], "MUSR": m[5], "CO₂ cost (kg)": 3.5, "#Params (B)": 70,
             "Hub License": "apache-2.0", "Hub ❤️": 12, "Upload To Hub Date": m[1], "Merged": False}
            for k, m in enumerate(MODELS)
        ],
        "board.csv",
        scores=_column("IFEval", WORK) | _column("MUSR", PROSE)
        | {"Average": {m[0]: (m[4] + m[5]) / 2 for m in MODELS}},
        settled=len(MODELS),
    )  # fmt: skip
    out["SWE-bench: boards of systems, the model among the tags"] = _json(
        {
            "leaderboards": [
                {"name": board, "results": [
                    {"name": f"Squirrel v{k} + {n}", "folder": f"2025{k:02}_run", "resolved": v,
                     "date": f"2025-08-{k + 10}",
                     "os_system": True, "logo": ["https://x.example/logo.png"], "warning": None,
                     "tags": [f"Model: {n}", "Org: Oak", "System: Attempts - 1"]}
                    for k, (n, v) in enumerate(zip(NAMES, values, strict=True))
                ] + [{"name": "Acorn", "resolved": 99.0, "date": "2025-01-01", "tags": ["System: Attempts - 1"]}]}
                for board, values in (("Verified", WORK), ("Lite", PROSE))
            ]
        },
        "leaderboards.json", scores=_column("Verified", WORK) | _column("Lite", PROSE), settled=KNOWN,
    )  # fmt: skip
    out["SWE-bench: a table with % Resolved in fractions"] = _csv(
        [{"Model": n, "% Resolved": v / 100, "Trajs": "link", "Site": "x"} for n, v in zip(NAMES, WORK, strict=True)],
        "verified.csv", scores={"% Resolved": fractions["work"]}, settled=KNOWN,
    )  # fmt: skip
    out["LMArena: ratings, licences and no dates"] = _csv(
        [
            {"rank": k, "rank_stylectrl": k, "model": m[0], "arena_score": 1000 + 5 * m[4], "95_pct_ci": "+5/-4",
             "votes": 9000 + k, "organization": m[3], "license": "MIT" if m[2] else "Proprietary",
             "knowledge_cutoff": "2024/10", "url": "https://x.example"}
            for k, m in enumerate(MODELS)
        ],
        "arena.csv", scores={"LMArena": {m[0]: 1000 + 5 * m[4] for m in MODELS}}, settled=KNOWN,
    )  # fmt: skip
    out["Arena-Hard: win rates in the columns of ratings"] = _csv(
        [
            {"model": n, "score": w, "rating_q025": w - 2, "rating_q975": w + 2, "CI": "(-2.0, +2.0)",
             "avg_tokens": 600.0 + k, "date": "2025-08-30"}
            for k, (n, w) in enumerate(zip(NAMES, WORK, strict=True))
        ],
        "hard.csv", scores=_column("score", WORK), settled=KNOWN,
    )  # fmt: skip
    out["Epoch AI's hub: one file, no flags"] = _csv(
        [
            {"Model version": m[0] + ("_high" if "5" in m[0] and "-" in m[0] else ""), "mean_score": m[4] / 100,
             "Best score (across scorers)": m[4] / 100 + 0.001 * (k % 2), "Release date": m[1], "Organization": m[3],
             "Country": "Nowhere", "Training compute (FLOP)": 1e25,
             "stderr": 0.02, "Started at": "2025-08-30T10:00:00Z",
             "Training compute notes": "see https://huggingface.co/a/b for more", "id": f"x{k}"}
            for k, m in enumerate(MODELS)
        ],
        "gpqa_diamond.csv", scores={"gpqa_diamond": fractions["work"]}, settled=KNOWN,
    )  # fmt: skip
    pages = _bars(
        [
            {"Model": f"maker/{n}", "Hallucination Rate": f"{p:.1f} %", "Answer Rate": f"{w} %",
             "Average Summary Length (Words)": 90.5}
            for n, p, w in zip(NAMES, PUZZLE, WORK, strict=True)
        ]
    )  # fmt: skip
    other = _bars([{"Option": "-d", "Default": k} for k in range(20)])
    out["Vectara: the second table of a page in Markdown"] = Shape(
        f'<p align="center">A page</p>\n\n{other}\n\n## Results\n\n{pages}\n'.encode(),
        "README.md",
        {b: {f"maker/{n}": v for n, v in c.items()} for b, c in
         (_column("Hallucination Rate", PUZZLE) | _column("Answer Rate", WORK)).items()},
        lower=("Hallucination Rate",), settled=KNOWN,
    )  # fmt: skip
    out["BFCL: percent signs, and how each was asked"] = _csv(
        [
            {"Rank": k, "Overall Acc": f"{m[4]}%", "Model": f"{m[0]} ({'FC' if k % 2 else 'Prompt'})",
             "Cost ($ Per 1k Function Calls)": 1.2, "Latency Mean (s)": 0.9, "Organization": m[3],
             "License": "Apache 2.0" if m[2] else "Proprietary"}
            for k, m in enumerate(MODELS)
        ],
        "functions.csv", scores=_column("Overall Acc", WORK), settled=KNOWN,
    )  # fmt: skip
    out["EvalPlus and BigCodeBench: a mapping with links to weights"] = _json(
        {
            m[0]: {"link": link(m[0]) if m[2] else "https://x.example", "open-data": "NONE", "prompted": True,
                   "pass@1": {"complete": m[4], "instruct": m[5]}, "size": 70, "date": m[1]}
            for m in MODELS
        },
        "results.json", scores=_column("complete", WORK) | _column("instruct", PROSE), settled=len(MODELS) - 1,
    )  # fmt: skip
    frame = pd.DataFrame({"win_rate": WORK, "standard_error": 1.5, "n_wins": 400, "n_total": 805, "mode": "verified"})
    out["AlpacaEval: an index without a name"] = Shape(
        frame.set_axis(NAMES).to_csv().encode(), "alpaca.csv", _column("win_rate", WORK), settled=KNOWN
    )
    out["simple-evals: footnotes, links and signs in Markdown"] = Shape(
        _bars(
            [
                {"Model": f"[{n}](https://x.example) [^{k}] 🆕", "Prompt": "[^2]", "work [^5]<br>(3-shot)": f"**{w}**",
                 "prose": f"<ins>{p}</ins>" if k % 2 else f"*{p}*", "puzzle": "⏳" if n == "o1" else f"[{z}](https://x)"}
                for k, (n, w, p, z) in enumerate(zip(NAMES, WORK, PROSE, PUZZLE, strict=True))
            ]
        ).encode(),
        "simple.md",
        _column("work (3-shot)", WORK) | _column("prose", PROSE)
        | {"puzzle": {n: v for n, v in zip(NAMES, PUZZLE, strict=True) if n != "o1"}},
        settled=KNOWN,
    )  # fmt: skip
    out["MMMLU: languages down, models across"] = Shape(
        _bars(
            [{"Language": b, **dict(zip(NAMES, values, strict=True))} for b, values in
             (("Arabic", WORK), ("Bengali", PROSE), ("Yoruba", PUZZLE), ("Average", WORK))]
        ).encode(),
        "languages.md",
        _column("Arabic", WORK) | _column("Bengali", PROSE) | _column("Yoruba", PUZZLE), settled=KNOWN,
    )  # fmt: skip
    out["LiveCodeBench: a row per question"] = _json(
        {
            "performances": [
                {"question_id": f"q{q}", "model": n, "date": 1683504000000 + q * 86400000 * 40, "difficulty": "easy",
                 "pass@1": 100.0 if q < round(w / 4) else 0.0, "platform": "x"}
                for n, w in zip(NAMES, WORK, strict=True) for q in range(25)
            ],
            "models": [{"model_name": n, "model_repr": n} for n in NAMES],
        },
        "performances.json",
        scores={"pass@1": {n: 4.0 * round(w / 4) for n, w in zip(NAMES, WORK, strict=True)}},
        options={"keep": "mean"}, settled=KNOWN,
    )  # fmt: skip
    out["OpenRouter's names, and efforts behind an @"] = _csv(
        [
            {"rank": 2 * k + j, "model": f"{m[3]}: {m[0]}@reasoning={effort}", "org": m[3].lower(), "reasoning": effort,
             "avg_score": m[4] / 100 - 0.01 * j, "prose_rate": m[5] / 100 - 0.01 * j, "error_count": 0}
            for k, m in enumerate(MODELS) for j, effort in enumerate(("high", "none"))
        ],
        "efforts.csv",
        scores={"avg_score": {f"{m[3]}: {m[0]}": m[4] / 100 for m in MODELS},
                "prose_rate": {f"{m[3]}: {m[0]}": m[5] / 100 for m in MODELS}}, settled=KNOWN,
    )  # fmt: skip
    out["METR: minutes, with days and makers"] = _csv(
        [
            {"Model version": m[0], "Time Horizon (80%)": round(1.3 ** (k + 1), 4), "Release date": m[1],
             "Organization": m[3], "CI_high": 400.0, "CI_low": 0.4, "Source": "x"}
            for k, m in enumerate(MODELS)
        ],
        "horizons.csv",
        scores={"Time Horizon (80%)": {n: round(1.3 ** (k + 1), 4) for k, n in enumerate(NAMES)}}, settled=KNOWN,
    )  # fmt: skip
    days = [
        {"ts": f"2025-08-{d}", "date": f"Aug {d}, 2025",
         "models": [{"rank": k, "name": n, "score": 1000 + 5 * w + d, "ci": 5, "votes": 900} for k, (n, w) in
                    enumerate(zip(NAMES, WORK, strict=True))],
         "overtake": [{"name": n, "prob": 0.5, "gap": 3} for n in NAMES[:5]]}
        for d in (11, 18)
    ]  # fmt: skip
    out["A board of each day, one a line"] = Shape(
        "\n".join(map(json.dumps, days)).encode(), "days.jsonl",
        {"LMArena": {n: 1018 + 5 * w for n, w in zip(NAMES, WORK, strict=True)}}, settled=KNOWN,
    )  # fmt: skip
    # Display names that nobody knows, with links to weights that do; sizes and stars behind the names of others.
    display = {"Qwen2.5-72B-Instruct": "Qwen two and a half", "Llama-3.1-405B-Instruct": "Llama-3.1-405B-Instruct"}
    behind = {"Llama-3.1-405B-Instruct": "* (405B)", "DeepSeek-R1": " (37B/671B)", "gpt-oss-120b": "† (120B)"}
    shown = {m[0]: display.get(m[0], m[0]) for m in MODELS}
    out["RULER: sizes and stars behind names, links to weights, weighted averages"] = Shape(
        _bars(
            [
                {"Models": (f"[{shown[m[0]]}]({link(m[0])})" if m[2] else m[0]) + behind.get(m[0], ""),
                 "Claimed Length": "128K", "4K": m[4], "8K": m[5], "Avg.": (m[4] + m[5]) / 2,
                 "wAvg. (inc)": f"{(m[4] + 2 * m[5]) / 3:.1f}({k}th)",
                 "wAvg. (dec)": f"{(2 * m[4] + m[5]) / 3:.1f}({k}th)"}
                for k, m in enumerate(MODELS)
            ]
        ).encode(),
        "lengths.md",
        {b: {shown[n]: v for n, v in c.items()} for b, c in (_column("4K", WORK) | _column("8K", PROSE)).items()}
        | {"Avg.": {shown[m[0]]: (m[4] + m[5]) / 2 for m in MODELS},
           "wAvg. (inc)": {shown[m[0]]: round((m[4] + 2 * m[5]) / 3, 1) for m in MODELS},
           "wAvg. (dec)": {shown[m[0]]: round((2 * m[4] + m[5]) / 3, 1) for m in MODELS}},
        settled=KNOWN,
    )  # fmt: skip
    out["A row per model and dataset, by their ids"] = _json(
        [
            {"modelId": n, "datasetId": b, "value": v, "createdAt": "2025-08-30T10:00:00Z"}
            for b, values in (("work", WORK), ("prose", PROSE)) for n, v in zip(NAMES, values, strict=True)
        ],
        "results.json", scores=_column("work", WORK) | _column("prose", PROSE), settled=KNOWN,
    )  # fmt: skip
    return out
