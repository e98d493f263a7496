"""One model under several names: reasoning efforts, thinking budgets and hosts, told apart from the model itself.

The documented normal form. Of a name these parts say how a model was run, not which it is:

- a bracket at the end with words of effort, of how it was asked or a host alone: ``Ash-1 (high)``,
  ``Ash-1 (32k thinking)``, ``Ash-1 (FC)``, ``Ash-1 (Azure)``;
- a setting behind an ``@``: ``Ash-1@reasoning=high``;
- a tail of effort words: ``-high``, ``_16K``, ``-xhigh-effort``, ``-thinking-32k-low-effort``, ``-non-reasoning``;
  the level may stand before a day: ``o4-mini-high-2025-04-16``;
- such words behind *with*, *without*, ``w/``, ``w/o`` or ``+``: ``Ash-1 w/ thinking``, ``Ash-1 without tools``;
- one word that a maker may also put into a name (``thinking``, ``reasoning``, ``medium``, ``base``): only where the
  rest is a model of the same table or a known one, and the whole is no known model;
- a host in front (``openrouter/``, ``fireworks/``) or behind (``:free``, ``via Together``, ``@azure``, ``-v1:0``);
- precision and form of the weights (``-FP8``, ``-bf16``, ``-AWQ``, ``-hf``);
- signs of a footnote at the end (``Ash-1*``);
- sizes in a bracket: of the name itself (``Ash-32B (32B)``), or active and whole (``Ash-1 (12B/52B)``) where no other
  name of the table differs by them alone.

Everything else belongs to the name: ``GPT-4o (Nov '24)``, ``Phi-3-medium``, ``Vicuna-13B-16k`` are models.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from gapmodel.sources.joining.names import normalise, owner_and_name

__all__ = ["EFFORT_WORDS", "Named", "effort_in_bracket", "identity", "split_names"]

_LEVELS = frozenset({"minimal", "low", "high", "xhigh", "highest"})
_NAME_LIKE = frozenset({"medium", "max", "thinking", "reasoning", "base", "default", "none", "auto", "adaptive"})
_WITH_OTHERS = frozenset(
    ("effort", "non", "no", "not", "extended", "budget", "mode", "tokens", "with", "without", "enabled", "disabled")
)
_WHOLE = frozenset({"highthinking", "lowthinking", "nothinking", "nonthinking", "nonreasoning", "noreasoning"})
_BRACKET_ALONE = frozenset({"chat", "reasoner", "on", "off"})
# How a model was asked, in brackets alone: function calls or a prompt, the form of an edit, shots, tools.
_ASKED = frozenset(
    (
        *("fc", "prompt", "prompting", "function", "calling", "native", "diff", "udiff", "whole", "architect", "cot"),
        *("shot", "zero", "few", "tools", "tool", "use", "greedy", "temperature", "temp", "cons", "maj"),
    )
)
_SETTING = re.compile(r"@((?:reasoning|thinking|effort|budget|temperature|temp|mode)[\w ]*=[^@=]+)$", re.IGNORECASE)
EFFORT_WORDS = _LEVELS | _NAME_LIKE | _WITH_OTHERS | _WHOLE | _BRACKET_ALONE | {"think"}
_BUDGET = re.compile(r"\d+(\.\d+)?k|\d{4,6}")
_HOSTS = (
    *(
        "openrouter",
        "together",
        "together ai",
        "togetherai",
        "together_ai",
        "fireworks",
        "fireworks ai",
        "fireworks_ai",
    ),
    *("azure", "azure ai", "azure openai", "azureml", "bedrock", "aws", "amazon bedrock", "aws bedrock", "vertex"),
    *("vertex ai", "vertex_ai", "google vertex", "groq", "cerebras", "deepinfra", "novita", "novita ai", "hyperbolic"),
    *("sambanova", "replicate", "anyscale", "lambda", "nebius", "chutes", "parasail", "baseten", "friendli", "ollama"),
    *("vllm", "siliconflow", "nim", "nvidia nim", "lepton", "octoai", "api", "huggingface", "hf", "ollama_chat"),
    *(
        "together.ai",
        "fireworks.ai",
        "azure.ai",
        "inference.net",
        "targon",
        "litellm",
        "poe",
        "free",
        "self-hosted",
        "local",
        "lmstudio",
        "lm studio",
    ),
)
# Makers run models of their own, so their names in front are no hosts: these host the models of others alone.
_HOST_IN_FRONT = frozenset(_HOSTS) - {"free", "api", "local", "self-hosted"}
# Epoch AI's labels of versions: the effort stands behind the only underscore of a name with hyphens.
_LABEL = re.compile(
    r"([^_\s]*-[^_\s]*[^_\s])_(low|medium|high|xhigh|max|promax|prounknown|minimal|none|unknown|thinking|\d+[kK])"
)
_DATED = re.compile(r"(.*\d.*)[-_](minimal|low|medium|high|xhigh)([-_]20\d\d-?\d\d-?\d\d)", re.IGNORECASE)
# Bedrock's versions, the precision of weights, and Together's name for its own of Instruct models.
_SERVED = re.compile(
    r"(?:-v\d+(:\d+)|[-_ ](fp8|fp16|bf16|int8|int4|nvfp4|awq|gptq|gguf|4bit|8bit|hf)|(?<=instruct)-(turbo))$",
    re.IGNORECASE,
)
# What joins a mode to a name in words or signs, in front of the words of the mode, and switches in the prompt.
_JOINED = re.compile(
    r"(?P<name>.*[^\s,;|+])[\s,;|]+(?P<open>[(\[]?)(?P<join>w/o|w/|without|with|\+)\s*(?P<mode>[^()\[\]/+]+)[)\]]?",
    re.IGNORECASE,
)
_SWITCH = re.compile(r"\s+/(?=(?:no)?[_-]?think(?:ing)?$)", re.IGNORECASE)
_FOOTNOTE = re.compile(r"(.+\S[\w)\]])\s*([*†‡§★☆]+)")
_ONE_SIZE = r"\d+(?:\.\d+)?[bmt]"
_SIZES = re.compile(rf"(.*\S)\s*[(\[]({_ONE_SIZE}(?:\s*/\s*{_ONE_SIZE})*)[)\]]", re.IGNORECASE)
_TAIL = re.compile(r"(?:\s+(?:via|on|@)\s+|\s*@\s*|:)([\w .]+)$", re.IGNORECASE)


@dataclass(frozen=True)
class Named:
    """A name and what it says.

    Attributes
    ----------
    model : str
        Without effort and host.
    variant : str
        Effort and host, joined by a comma; empty where there is none.
    """

    model: str
    variant: str


def split_names(names: Iterable[str], known: Collection[str] = ()) -> dict[str, Named]:
    """What each name of a table says, by the rules at the top of this file.

    Parameters
    ----------
    names : iterable of str
        All of one table: a model is told from its variants by its neighbours too.
    known : collection of str
        Normal forms (`gapmodel.sources.joining.names.normalise`) of known models.

    Returns
    -------
    dict
        Name → `Named`.

    Examples
    --------
    >>> found = split_names(["Ash-1 (high)", "Ash-1", "Phi-3-medium", "Ash-1-thinking", "openrouter/a/Ash-1:free"])
    >>> [(named.model, named.variant) for named in found.values()]
    [('Ash-1', 'high'), ('Ash-1', ''), ('Phi-3-medium', ''), ('Ash-1', 'thinking'), ('a/Ash-1', 'openrouter, free')]
    """
    names = list(dict.fromkeys(names))
    bare = _without_footnotes(names)
    plain = {name: _without_host(bare[name][0]) for name in names}
    firm = {name: _firm_tail(base) for name, (base, _) in plain.items()}
    here = {normalise(base) for base, _ in firm.values()}
    run_with_effort = {normalise(base) for base, effort in firm.values() if effort}
    here, known, out = here | set(known), frozenset(known), {}
    for name in names:
        base, effort = firm[name]
        whole = normalise(base)
        shorter, word = _last_word(base)
        # A base model beside a tuned one is another model; beside one run with an effort it is that one without.
        there = run_with_effort if word.casefold() == "base" else here
        if word and whole not in known and normalise(shorter) in there:
            base, effort = shorter, " ".join(filter(None, (word, effort)))
        out[name] = Named(base.rstrip(" ,;|"), ", ".join(filter(None, (effort, *plain[name][1], *bare[name][1]))))
    return out


def identity(name: str) -> str:
    """What two spellings of one model share: the normal form, with the ``organization/`` in front kept."""
    owner, rest = owner_and_name(name.strip())
    return f"{normalise(owner)}/{normalise(rest)}" if owner else normalise(rest)


def effort_in_bracket(name: str) -> tuple[str, str]:
    """Name and reasoning effort of a bracket at the end: ``GPT-5 (high)`` → ``GPT-5``, ``high``; else empty text."""
    found = re.fullmatch(r"(.*\S)\s*[(\[]([^()\[\]]*)[)\]]\s*", name)
    if found is None:
        return name.strip(), ""
    words = [word for word in re.split(r"[\s,;/=:+\-]+", found[2].strip().casefold()) if word]
    return (found[1], found[2].strip()) if words and all(map(_of_effort, words)) else (name.strip(), "")


def _without_footnotes(names: list[str]) -> dict[str, tuple[str, list[str]]]:
    """Of each name what is left without footnote signs and sizes behind it, and these."""
    out = {name: _unsigned(name) for name in names}
    shorter, said = {}, {}
    for name, (base, signs) in out.items():
        if size := _SIZES.fullmatch(base):
            said[name] = size[2]
            inner, more = _unsigned(size[1])
            shorter[name] = inner, [*more, size[2], *signs]
    like = Counter(normalise((shorter.get(name) or out[name])[0]) for name in names)
    for name, (base, parts) in shorter.items():
        if _has_size(base, said[name]) or ("/" in said[name] and like[normalise(base)] == 1):
            out[name] = base, parts
    return out


def _unsigned(name: str) -> tuple[str, list[str]]:
    found = _FOOTNOTE.fullmatch(name.strip())
    return (found[1], [found[2]]) if found else (name, [])


def _has_size(name: str, sizes: str) -> bool:
    """Whether a name has one of the sizes already."""
    words = re.findall(rf"(?<![\w.]){_ONE_SIZE}(?![\w.])", name.casefold().replace("_", "-"))
    return not set(words).isdisjoint(re.split(r"\s*/\s*", sizes.casefold()))


def _of_effort(word: str) -> bool:
    return word in EFFORT_WORDS - {"base"} or (_BUDGET.fullmatch(word) is not None and not word.isdigit())


def _asked(text: str) -> bool:
    """Whether a bracket says how a model was asked: ``FC``, ``5-shot``, ``with tools``, ``N=1``."""
    words = [word for word in re.split(r"[\s,;/:+\-]+", text.strip().casefold()) if word]
    said = [word in _ASKED or re.fullmatch(r"(n|k|pass|maj|cons)[@=]\d+", word) is not None for word in words]
    rest = [word for word, ok in zip(words, said, strict=True) if not ok]
    return any(said) and all(word in EFFORT_WORDS or re.fullmatch(r"\d{1,2}(\.\d)?", word) for word in rest)


def _without_host(name: str) -> tuple[str, list[str]]:
    text, hosts = " ".join(name.split()), []
    setting = _SETTING.search(text)
    if setting:
        text, hosts = text[: setting.start()].strip(), [setting[1].strip()]
    front = text.split("/")
    while len(front) > 1 and front[0].casefold() in _HOST_IN_FRONT:
        hosts.append(front.pop(0))
    if hosts and front[0] == "accounts":  # accounts/fireworks/models/NAME
        front = front[-1:]
    text = "/".join(front)
    served = _SERVED.search(text)
    if served:
        text, hosts = text[: served.start()], [*hosts, served[0].strip("-_ ")]
    found = _TAIL.search(text)
    if found and found[1].strip().casefold() in _HOSTS:
        text, hosts = text[: found.start()].strip(), [*hosts, found[1].strip()]
    bracket = re.fullmatch(r"(.*[^\s(\[])\s*[(\[](?:via |on |@ ?)?([^()\[\]]*)[)\]]", text)
    if bracket and (bracket[2].strip().casefold() in _HOSTS or _asked(bracket[2])):
        text, hosts = bracket[1], [*hosts, bracket[2].strip()]
    return text, hosts


def _joined_mode(name: str) -> tuple[str, str]:
    """Name and mode of ``Ash-1 w/ thinking``; empty text where what is joined is no mode (``Ash-1 with Elm-2``)."""
    found = _JOINED.fullmatch(name)
    if found is None:
        return name, ""
    words = [word for word in re.split(r"[\s,;:\-]+", found["mode"].casefold()) if word]
    if not words or not (all(map(_of_effort, words)) or _asked(found["mode"])):
        return name, ""
    join = {"w/o": "without", "w/": "with", "+": "with"}.get(found["join"].casefold(), found["join"])
    return found["name"], f"{join} {found['mode'].strip()}"


def _firm_tail(name: str) -> tuple[str, str]:
    """Effort that no maker puts into a name: a bracket of it, and tails with a level, a budget or a negation."""
    name = _SWITCH.sub(" ", name)
    base, mode = _joined_mode(name)
    if mode:
        return base, mode
    base, effort = effort_in_bracket(name)
    dated = _DATED.fullmatch(base)
    if dated:
        return dated[1] + dated[3], ", ".join(filter(None, (dated[2], effort)))
    label = _LABEL.fullmatch(base)
    if label:
        return label[1], ", ".join(filter(None, (label[2], effort)))
    parts = re.split(r"([\s_\-:]+)", base)
    keep = len(parts)
    while keep >= 3 and _tail_word(parts[keep - 2], parts[keep - 1]):
        keep -= 2
    tail = parts[keep:]
    words = [word.casefold() for word in tail[1::2]]
    while words and not _firm(words):
        # Words in front that may belong to the name are given back to it.
        keep, words = keep + 2, words[1:]
    tail = parts[keep:]
    said = "".join(tail).strip(" _-:")
    # "DeepSeek V3 with high" has no such words; of a name something must be left.
    if not said or not keep:
        return base, effort
    return "".join(parts[:keep]).rstrip(" ,;|"), " ".join(filter(None, (said, effort)))


def _tail_word(sign: str, word: str) -> bool:
    word = word.casefold()
    if re.fullmatch(r"\d+k", word):
        return True
    return word in EFFORT_WORDS - _BRACKET_ALONE - {"with", "without", "tokens", "mode", "base", "default"}


def _firm(words: list[str]) -> bool:
    first = words[0]
    if first in _LEVELS | _WHOLE:
        return True
    if len(words) == 1:
        return False
    if first == "max":  # makers call models so: Ash-max (thinking)
        return words[1] == "effort"
    if first in {"medium", "none"}:
        return words[1] in {"effort", "thinking", "reasoning"}
    if first in {"thinking", "reasoning", "adaptive", "extended", "non", "no", "think"}:
        return True
    return bool(re.fullmatch(r"\d+k", first)) and words[1] in {"thinking", "reasoning", "budget"}


def _last_word(base: str) -> tuple[str, str]:
    found = re.fullmatch(r"(.*[^\s_\-:])[\s_\-:]+(thinking|reasoning|medium|base|none)", base, re.IGNORECASE)
    return (found[1], found[2]) if found else ("", "")
