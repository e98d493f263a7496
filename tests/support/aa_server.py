"""A local server for tests of sources: scripted answers, and a made-up Artificial Analysis API with both tiers."""

from __future__ import annotations

import contextlib
import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from gapmodel.simulation.frontiers import simulate_scores
from gapmodel.sources.artificial_analysis.records import import_records

KEY = "aa-test-7f3a9c51e0d2"
INDEX = "artificial_analysis_intelligence_index"

# The 15 evaluations of the retired shape, and three that came later or are not known.
COMPOSITES = (
    "artificial_analysis_intelligence_index", "artificial_analysis_coding_index", "artificial_analysis_math_index",
)  # fmt: skip
SINGLE = (
    "mmlu_pro", "gpqa", "hle", "livecodebench", "scicode", "math_500", "aime", "aime_25", "ifbench", "lcr",
    "terminalbench_hard", "tau2", "critpt", "mmmu_pro", "brand_new_bench",
)  # fmt: skip


@dataclass
class Answer:
    """One answer; `cut` sends fewer bytes than announced."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0


@dataclass(frozen=True)
class Request:
    path: str
    query: dict[str, str]
    headers: dict[str, str]


class LocalServer:
    """Answers on 127.0.0.1: `answers` maps a path to an answer, a list of them (the last repeats) or a function."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer | list[Answer] | Callable[[Request], Answer]] = {}
        self.requests: list[Request] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                parts = urlsplit(self.path)
                query = {k: v[0] for k, v in parse_qs(parts.query).items()}
                request = Request(parts.path, query, {k.lower(): v for k, v in self.headers.items()})
                outer.requests.append(request)
                answer = outer._answer(request)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.status != 304:
                    self.send_header("Content-Length", str(len(answer.body)))
                if answer.cut:
                    self.send_header("Connection", "close")
                    self.close_connection = True
                self.end_headers()
                if answer.status != 304:
                    with contextlib.suppress(BrokenPipeError):  # the client may have given up
                        self.wfile.write(answer.body[: len(answer.body) - answer.cut])

            def log_message(self, format, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _answer(self, request: Request) -> Answer:
        found = self.answers.get(request.path)
        if found is None:
            return Answer(404, b'{"error": "no such path"}')
        if callable(found):
            return found(request)
        if isinstance(found, list):
            return found.pop(0) if len(found) > 1 else found[0]
        return found

    def paths(self) -> list[str]:
        return [
            r.path + ("?" + "&".join(f"{k}={v}" for k, v in r.query.items()) if r.query else "") for r in self.requests
        ]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def json_answer(content, **headers: str) -> Answer:
    return Answer(200, json.dumps(content).encode(), {"Content-Type": "application/json", **headers})


class ArtificialAnalysis:
    """The API on a local server. `covers` is what the key's tier may read; `edit` may falsify a page's envelope."""

    def __init__(self, server: LocalServer, records: list[dict], *, covers: str = "pro", page_size: int = 50) -> None:
        self.server, self.records, self.covers, self.page_size = server, records, covers, page_size
        self.edit: Callable[[int, dict], dict | Answer] = lambda page, envelope: envelope
        self.remaining: int | None = 90
        self.version: float = 4.1
        server.answers["/api/v2/language/models"] = lambda r: self._page(r, "pro")
        server.answers["/api/v2/language/models/free"] = lambda r: self._page(r, "free")
        server.answers["/api/v2/data/llms/models"] = Answer(410, b'{"error": "This endpoint is retired"}')
        self.base_url = f"{server.url}/api/v2"

    def _page(self, request: Request, endpoint: str) -> Answer:
        if request.headers.get("x-api-key") != KEY:
            return Answer(401, b'{"error": "API key is required"}')
        if endpoint == "pro" and self.covers == "free":
            return Answer(403, b'{"error": "Your tier does not include this"}', {"X-AA-Tier": "free"})
        page = int(request.query.get("page", "1"))
        records = [free_record(r) for r in self.records] if endpoint == "free" else self.records
        pages = -(-len(records) // self.page_size)
        envelope = {
            "tier": endpoint,
            "intelligence_index_version": self.version,
            "pagination": {"page": page, "page_size": self.page_size, "total_pages": pages, "has_more": page < pages},
            "data": records[(page - 1) * self.page_size : page * self.page_size],
        }
        edited = self.edit(page, envelope)
        if isinstance(edited, Answer):
            return edited
        left = {} if self.remaining is None else {"X-RateLimit-Remaining": str(self.remaining)}
        return json_answer(edited, **left, **{"X-RateLimit-Limit": "100"})


def record(name: str, *, day: str | None = "2025-01-15", open_weights: bool | None = None, maker="Alder", **scores):
    """One Pro record; `scores` are its evaluations."""
    identity = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{maker}/{name}/{day}"))
    out = {
        "id": identity,
        "name": name,
        "slug": name.lower().replace(" ", "-"),
        "release_date": day,
        "model_creator": {"id": f"id-{maker}", "name": maker},
        "evaluations": scores,
        "pricing": {"price_1m_input_tokens": 1},
    }
    return out if open_weights is None else {**out, "licensing": {"is_open_weights": open_weights}}


def imported(*records, version="4.1", tier="pro"):
    return import_records(records, version=version, tier=tier, what="the test")


def free_record(full: dict) -> dict:
    """A record as the Free tier has it: indices alone, no flag."""
    kept = {k: v for k, v in full["evaluations"].items() if k.startswith("artificial_analysis_")}
    return {k: v for k, v in full.items() if k != "licensing"} | {"evaluations": kept}


def made_up_records(*, seed: int = 11, flags: bool = True) -> list[dict]:
    """Records of 18 evaluations from a simulation: every third model has two efforts, of which ``low`` is worse."""
    frame, _, _ = simulate_scores(seed=seed, n_benchmarks=len(SINGLE), n_months=30)
    key_of = dict(zip(sorted(frame["benchmark"].unique()), SINGLE, strict=True))
    out = []
    for number, (model, rows) in enumerate(frame.groupby("model")):
        scores: dict[str, float | None] = dict.fromkeys((*COMPOSITES, *SINGLE))
        scores |= {key_of[b]: round(float(s), 4) for b, s in zip(rows["benchmark"], rows["score"], strict=True)}
        mean = rows["score"].mean()
        scores |= {key: round(100 * mean, 2) for key in COMPOSITES}
        side, index = str(model).split("-")
        name = f"{'Oak' if side == 'open' else 'Cedar'} {index}"
        about = {
            "day": str(rows["release_date"].iloc[0].date()),
            "open_weights": side == "open" if flags else None,
            "maker": "Oak Lab" if side == "open" else "Cedar",
        }
        if number % 3:
            out.append(record(name, **about, **scores))
        else:
            worse = {k: None if v is None else v * 0.9 for k, v in scores.items()}
            out += [record(f"{name} (high)", **about, **scores), record(f"{name} (low)", **about, **worse)]
    return out


def legacy_dump(records: list[dict]) -> dict:
    """Records in the retired shape, with the keys that it had at the top."""
    data = [
        {k: v for k, v in r.items() if k != "licensing"} | {"median_output_tokens_per_second": 80.5} for r in records
    ]
    return {"status": 200, "prompt_options": {"parallel_queries": 1, "prompt_length": "medium"}, "data": data}
