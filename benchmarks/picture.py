"""The results as one figure: a panel per section, of those that have been run."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.profile_section import STAGES
from benchmarks.sampling_section import ONE_CLOCK, rate
from gapmodel.plot.style import FOLLOWER, INK, LEADER, MUTED, finish, sheet, styled

__all__ = ["picture"]


def picture(results: dict[str, dict[str, Any]]) -> Figure:
    """Lag engine by rows, ESS per second by sampler, growth by benchmarks, refits."""
    panels = [(name, _PANELS[name]) for name in _PANELS if name in results]
    with styled():
        fig = sheet(3.6 * min(len(panels), 2), 2.9 * ((len(panels) + 1) // 2) + 0.4)
        axes = fig.subplots((len(panels) + 1) // 2, min(len(panels), 2), squeeze=False).ravel()
        for ax, (name, draw) in zip(axes, panels, strict=False):
            draw(ax, results[name])
        for ax in axes[len(panels) :]:
            ax.set_axis_off()
        kinds = {name: "full" if results[name]["about"]["full"] else "small" for name, _ in panels}
        machine = results[panels[0][0]]["about"]["setting"]
        note = f"{machine['processor']}, {machine['cores']} cores; " + ", ".join(f"{n}: {k}" for n, k in kinds.items())
        return finish(fig, title="Speed", note=note)


def _lags(ax: Axes, found: dict[str, Any]) -> None:
    curve = found["curve"]
    rows = [c["rows"] for c in curve]
    ax.loglog(rows, [c["read"] + c["lags"] for c in curve], "o-", ms=3, color=LEADER)
    ax.loglog(rows, [c["lags"] for c in curve], "o--", ms=3, color=LEADER)
    peer = found["rows"][0]["peer"]
    ax.loglog([rows[-1]], [peer], "s", ms=5, color=FOLLOWER)
    for y, text in (
        (curve[-1]["read"] + curve[-1]["lags"], "CSV → lags"),
        (curve[-1]["lags"], "lags"),
        (peer, "lags, pandas"),
    ):
        ax.annotate(text, (rows[-1], y), (-6, 0), textcoords="offset points", ha="right", va="bottom", color=INK)
    ax.set(xlabel="scores", ylabel="seconds", title="lag engine")
    ax.set_ylim(top=2.5 * peer)


def _sampling(ax: Axes, found: dict[str, Any]) -> None:
    cases = found["cases"]
    at = {name: len(cases) - 1 - k for k, name in enumerate(cases)}
    for label, colour, alone in (("sampling alone", LEADER, True), ("with compilation", MUTED, False)):
        shown = [name for name in cases if not (alone and name in ONE_CLOCK)]
        rates = [rate(cases[name], whole=not alone) for name in shown]
        ax.plot(rates, [at[name] for name in shown], "o", ms=6, color=colour, label=label)
    ax.set_xscale("log")
    words = {
        "nutpie": "as fitted",
        "plain": "plain form, nutpie",
        "pymc": "plain form, PyMC",
        "numpyro": "plain form, numpyro",
    }
    ax.set_yticks(list(at.values()), [words.get(name, name) for name in at])
    ax.set_ylim(-0.9, len(cases) - 0.4)
    ax.grid(axis="y")
    ax.set(xlabel="smallest bulk ESS per second", title="effective draws of hyperparameters")
    ax.legend(loc="lower right", ncols=2)


def _refit(ax: Axes, found: dict[str, Any]) -> None:
    case = found["case"]
    words = {
        "first": "first fit",
        "scratch": "from scratch, cached code",
        "warm": "warm refit",
        "alone": "sampling alone",
    }
    at = list(range(len(words)))[::-1]
    ax.barh(at, [case[name] for name in words], height=0.6, color=[MUTED, MUTED, LEADER, MUTED])
    ax.set_yticks(at, list(words.values()))
    ax.set(xlabel="seconds", title="refitting")


def _growth(ax: Axes, found: dict[str, Any]) -> None:
    curve = found["curve"]
    n = [c["benchmarks"] for c in curve]
    ax.loglog(n, [c["sample"] for c in curve], "o-", ms=3, color=LEADER, label="sampling")
    ax.loglog(n, [c["compile"] for c in curve], "o--", ms=3, color=MUTED, label="compilation")
    ax.loglog(n, [c["lags"] for c in curve], "o:", ms=3, color=FOLLOWER, label="scores → model data")
    ax.legend(loc="best")
    ax.set_xticks(n, [str(k) for k in n])
    ax.minorticks_off()
    ax.set(xlabel="benchmarks x 36 months", ylabel="seconds", title="growth")


def _backtest(ax: Axes, found: dict[str, Any]) -> None:
    words = {
        "from scratch": found["scratch"]["seconds"],
        "1 worker": found["times"]["1"],
        "2 workers": found["times"]["2"],
    }
    at = list(range(len(words)))[::-1]
    ax.barh(at, list(words.values()), height=0.6, color=[MUTED, LEADER, LEADER])
    ax.set_yticks(at, list(words))
    ax.set(xlabel="seconds", title="backtest")


def _profile(ax: Axes, found: dict[str, Any]) -> None:
    """Stages from the first at the top; memory as a number beside the bar."""
    cases = found["cases"]
    shown = [stage for stage in STAGES if any(case["seconds"].get(stage, 0.0) >= 0.2 for case in cases.values())]
    at = {stage: len(shown) - 1 - k for k, stage in enumerate(shown)}
    for (name, case), colour, side in zip(cases.items(), (MUTED, LEADER), (0.2, -0.2), strict=True):
        taken = [case["seconds"].get(stage, 0.0) for stage in shown]
        places = [at[stage] + side for stage in shown]
        ax.barh(places, taken, height=0.38, color=colour, label=f"{name}, {case['whole']:.0f} s")
        for stage, place, value in zip(shown, places, taken, strict=True):
            held = case["gb"].get(stage)
            if held:
                ax.annotate(
                    f"{held:.1f} GB", (value, place), (2, 0), textcoords="offset points", va="center", fontsize=5
                )
    ax.set_yticks(list(at.values()), list(at))
    ax.margins(x=0.15)
    ax.set(xlabel="seconds", title="gapmodel run, by stage")
    ax.legend(loc="lower right")


_PANELS = {
    "profile": _profile,
    "lags": _lags,
    "sampling": _sampling,
    "refit": _refit,
    "growth": _growth,
    "backtest": _backtest,
}
