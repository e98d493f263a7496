"""Every sentence of the answer, in one catalogue; languages have the same keys.

Templates are filled with plain text. What comes from data is escaped later, for the target of the whole sentence.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from gapmodel.analysis.rounding import RoundedDate, RoundedEstimate, RoundedNumber
from gapmodel.errors import UnknownNameError, nearest

__all__ = ["CATALOGUE", "LANGUAGES", "Wording", "watermarked"]

#: Few events less or more probable than these can be checked, so they are worded as bounds.
_BOUNDS = (0.05, 0.95)

_SOURCE = "model {model}, data {data}, seed {seed}"
_SOURCE_ZH = "模型 {model}，数据 {data}，随机种子 {seed}"

CATALOGUE: dict[str, dict[str, str]] = {
    "en": {
        "date": "{day} {month} {year}",
        "period.1": "{month} {year}",
        "period.3": "quarter {part} of {year}",
        "period.6": "half {part} of {year}",
        "period.12": "{year}",
        "period.years": "{year} to {last}",
        "never": "not within the horizon",
        "below": "below {bound}",
        "above": "above {bound}",
        "months": "{value} months",
        "months.one": "{value} month",
        "rate": "{value} months per year",
        "rate.one": "{value} month per year",
        "count": "{value}",
        "benchmarks": "{n} benchmarks",
        "benchmarks.one": "{n} benchmark",
        "interval": "{lower} to {upper}",
        "interval.both": "{lower} ahead to {upper} behind",
        "interval.behind": "{lower} to {upper} behind",
        "interval.ahead": "{lower} to {upper} ahead",
        "headline": "On {date} {follower} models were {place} ({prob} % interval {interval}); {verdict}.",
        "place.behind": "about {size} behind {leader} ones",
        "place.ahead": "about {size} ahead of {leader} ones",
        "place.level": "about level with {leader} ones",
        "verdict.behind.closing": "the gap is closing",
        "verdict.behind.opening": "the gap is widening",
        "verdict.behind.not settled": "whether the gap is closing is not settled",
        "verdict.ahead.closing": "the lead is growing",
        "verdict.ahead.opening": "the lead is shrinking",
        "verdict.ahead.not settled": "whether the lead is growing is not settled",
        "verdict.either.closing": "who leads is unsettled; {follower} models are gaining",
        "verdict.either.opening": "who leads is unsettled; {follower} models are slipping",
        "verdict.either.not settled": "who leads is not settled, nor the trend",
        "estimand": "The gap is the average over {benchmarks}: how long before that day the best {leader} score first "
        "reached the level of the best {follower} score.",
        "estimand.all": " All of them are still run.",
        "estimand.some": " Those that are no longer run count too; over the {n} still run it is {estimate}.",
        "estimand.none": " None of them is still run.",
        "estimand.population": " In the mean of all benchmarks of this kind it is {estimate}.",
        "edge": "Of {benchmarks} {n} are still run, through {day}.",
        "edge.revised": " In replays of these data the lag of a month was {short} months shorter when seen again 1 "
        "month later, {long} when 6 months later, as more models had been run by then.",
        "edge.unknown": " How much the newest months of these data are revised is not known: `gapmodel revisions`.",
        "slope": "Over the 12 months before, the gap changed by {unit} ({prob} % interval {interval}; below zero means "
        "that {follower} models gain).",
        "zero.short": "The probability that the gap reaches zero by {day} is {value} ({forms}prior alone: {prior}); "
        "that it does not by {horizon}, {never} ({never_forms}prior alone: {prior_never}).{unknown}",
        "zero.long": "The probability that the average trend is at or below zero at some month-end is {chances}; that "
        "it is at none up to the horizon, {horizon}, {never} ({never_forms}prior alone: {prior_never}). So the date "
        "of zero has no mean; its median is {median}. Late dates rest on the form of the trend: another form gives "
        "other probabilities.{unknown}",
        "zero.chance": "{value} by {day} ({forms}prior alone: {prior})",
        "zero.forms": "{low} to {high} over {n} variants; ",
        "zero.forms.unknown": " What other forms of the trend say on these data is not known: compare them.",
        "full.estimate": "{unit} ({prob} % interval {interval})",
        "full.zero": "{value} (not by {horizon}: {never})",
        "full.never": "{value} (horizon {horizon})",
        "full.baseline": "{unit} (straight line, no uncertainty)",
        "behind": "behind",
        "ahead": "ahead of",
        "sign.gap": "; below zero means ahead",
        "gap.average": f"{{headline}} (Average of {{benchmarks}}; {_SOURCE}.)",
        "gap.still_run": "As of {date}, {follower} models were {size} {direction} {leader} models on the average of "
        "the {still} benchmarks still run, out of {n} "
        f"({{prob}} % interval {{interval}} months{{sign}}; {_SOURCE}).",
        "gap.population": "As of {date}, {follower} models were {size} {direction} {leader} models in the mean of all "
        "benchmarks of which the {n} in the data are taken as a sample "
        f"({{prob}} % interval {{interval}} months{{sign}}; {_SOURCE}).",
        "gap.new_benchmark": "On one more benchmark of the same kind, {follower} models would have been {size} "
        f"{{direction}} {{leader}} models as of {{date}} ({{prob}} % interval {{interval}} months{{sign}}; {_SOURCE}).",
        "gap.benchmark": "As of {date}, {follower} models were {size} {direction} {leader} models on {title} "
        "({prob} % interval {interval} months{sign}; fitted together with {others} other benchmarks; "
        f"{_SOURCE}).",
        "slope.average": "Over the 12 months to {date}, the average gap of {follower} models behind {leader} models "
        f"changed by {{unit}} ({{prob}} % interval {{interval}}; below zero means that it closes; {_SOURCE}).",
        "slope.still_run": "Over the 12 months to {date}, the average gap of {follower} models behind {leader} models "
        "on the {still} benchmarks still run, out of {n}, "
        f"changed by {{unit}} ({{prob}} % interval {{interval}}; below zero means that it closes; {_SOURCE}).",
        "slope.population": "Over the 12 months to {date}, the mean gap of {follower} models behind {leader} models in "
        "the population of benchmarks "
        f"changed by {{unit}} ({{prob}} % interval {{interval}}; below zero means that it closes; {_SOURCE}).",
        "slope.benchmark": "Over the 12 months to {date}, the gap of {follower} models behind {leader} models on "
        "{title} "
        f"changed by {{unit}} ({{prob}} % interval {{interval}}; below zero means that it closes; {_SOURCE}).",
        "zero.by": "The probability that the average gap of {follower} models behind {leader} models over {n} "
        "benchmarks reaches zero by {day} is {value}; the probability that it does not by the horizon, {horizon}, is "
        f"{{never}}. {{range}} (As of {{date}}; {_SOURCE}.)",
        "zero.never": "The probability that the average gap of {follower} models behind {leader} models over {n} "
        "benchmarks does not reach zero by the horizon, {horizon}, is {value}. {range} "
        f"(As of {{date}}; {_SOURCE}.)",
        "zero.already": "The probability that the average gap of {follower} models behind {leader} models over {n} "
        "benchmarks was at or below zero on {date} is {value}; the probability that it does not reach zero by the "
        f"horizon, {{horizon}}, is {{never}}. {{range}} ({_SOURCE}.)",
        "zero.date": "The date by which the average gap of {follower} models behind {leader} models over {n} "
        "benchmarks has reached zero with probability {prob} is {value}; the probability that it does not reach zero "
        f"by the horizon, {{horizon}}, is {{never}}. {{range}} (As of {{date}}; {_SOURCE}.)",
        "zero.prior": "Before any data are seen, the model {model} gives a probability of {value} that the average gap "
        "reaches zero by {day}, and of {never} that it does not by the horizon, {horizon}.",
        "range.none": "Other variants of the model were not compared.",
        "range.one": "Of {total} variants compared, {passed} passed the checks, which gives no range.",
        "range": "Over the {passed} variants compared, it runs from {low} to {high}, and not by the horizon from "
        "{never_low} to {never_high}.",
        "range.never": "Over the {passed} variants compared, it runs from {low} to {high}.",
        "range.failed": " Variants that failed their checks are left out: {failed} of {total}.",
        "baseline.slope": "A straight line through the mean of the monthly lags changes by {unit} (the published "
        "method: ordinary least squares, months taken as independent, no uncertainty; it is a comparison, not an "
        "estimate; data {data}).",
        "baseline.zero_date": "A straight line through the mean of the monthly lags reaches zero: {value} (the "
        "published method: ordinary least squares, no uncertainty and no mass at never; it is a comparison, not an "
        "estimate; data {data}).",
        "baseline.never": "at no later date",
        "data.benchmarks": "The analysis uses {value} benchmarks (data {data}, as of {date}).",
        "data.models": "The analysis uses {value} models (data {data}, as of {date}).",
        "data.scores": "The analysis uses {value} scores (data {data}, as of {date}).",
        "data.as_of": "The analysis describes {value} (data {data}).",
        "draft": "{text} [DRAFT]",
        "draft.sentence": "[DRAFT, not citable] {text}",
    },
    "zh": {
        "date": "{year} 年 {number} 月 {day} 日",
        "period.1": "{year} 年 {number} 月",
        "period.3": "{year} 年第 {part} 季度",
        "period.6": "{year} 年第 {part} 个半年",
        "period.12": "{year} 年",
        "period.years": "{year} 至 {last} 年",
        "never": "期限内未达到",
        "below": "低于 {bound}",
        "above": "高于 {bound}",
        "months": "{value} 个月",
        "months.one": "{value} 个月",
        "rate": "每年 {value} 个月",
        "rate.one": "每年 {value} 个月",
        "count": "{value}",
        "benchmarks": "{n} 个基准测试",
        "benchmarks.one": "{n} 个基准测试",
        "interval": "{lower} 至 {upper}",
        "interval.both": "领先 {lower} 至落后 {upper}",
        "interval.behind": "落后 {lower} 至 {upper}",
        "interval.ahead": "领先 {lower} 至 {upper}",
        "headline": "{date}，{follower} 模型{place}（{prob} % 区间 {interval}）；{verdict}。",
        "place.behind": "约落后 {leader} 模型 {size}",
        "place.ahead": "约领先 {leader} 模型 {size}",
        "place.level": "与 {leader} 模型大致持平",
        "verdict.behind.closing": "差距正在缩小",
        "verdict.behind.opening": "差距正在扩大",
        "verdict.behind.not settled": "差距是否在缩小尚无定论",
        "verdict.ahead.closing": "领先正在扩大",
        "verdict.ahead.opening": "领先正在缩小",
        "verdict.ahead.not settled": "领先是否在扩大尚无定论",
        "verdict.either.closing": "孰先孰后尚无定论；{follower} 模型正在追赶",
        "verdict.either.opening": "孰先孰后尚无定论；{follower} 模型正在退后",
        "verdict.either.not settled": "孰先孰后及其走势均无定论",
        "estimand": "差距是 {benchmarks}的平均：{leader} 模型的最高分首次达到 {follower} 模型当日最高分的水平，"
        "是在该日之前多久。",
        "estimand.all": "它们都仍在使用。",
        "estimand.some": "其中不再使用的也计入；仍在使用的 {n} 个的平均为{estimate}。",
        "estimand.none": "它们都不再使用。",
        "estimand.population": "同类基准测试总体的均值为{estimate}。",
        "edge": "{benchmarks}中有 {n} 个仍在使用，截至 {day}。",
        "edge.revised": "在这些数据的历史重放中，一个月的差距在 1 个月后再看平均短 {short} 个月，在 6 个月后再看"
        "平均短 {long} 个月，因为届时已评测了更多模型。",
        "edge.unknown": "这些数据的最近几个月会修订多少尚不清楚：见 `gapmodel revisions`。",
        "slope": "此前 12 个月中，差距的变化为{unit}（{prob} % 区间 {interval}；负值表示 {follower} 模型在追赶）。",
        "zero.short": "差距在 {day} 之前归零的概率为 {value}（{forms}仅先验：{prior}）；至 {horizon} 仍未归零的"
        "概率为 {never}（{never_forms}仅先验：{prior_never}）。{unknown}",
        "zero.long": "平均走势在某个月末不大于零的概率为 {chances}；至期限 {horizon} 始终大于零的概率为 {never}"
        "（{never_forms}仅先验：{prior_never}）。因此归零日期没有均值；其中位数：{median}。较远的日期取决于走势的形式，"
        "换一种形式概率即不同。{unknown}",
        "zero.chance": "{day} 之前 {value}（{forms}仅先验：{prior}）",
        "zero.forms": "{n} 个变体中为 {low} 至 {high}；",
        "zero.forms.unknown": "其他走势形式在这些数据上的结果未知：请比较。",
        "full.estimate": "{unit}（{prob} % 区间 {interval}）",
        "full.zero": "{value}（至 {horizon} 仍未达到：{never}）",
        "full.never": "{value}（期限 {horizon}）",
        "full.baseline": "{unit}（直线拟合，无不确定度）",
        "behind": "落后于",
        "ahead": "领先于",
        "sign.gap": "；负值表示领先",
        "gap.average": f"{{headline}}（{{benchmarks}}的平均；{_SOURCE_ZH}。）",
        "gap.still_run": "截至 {date}，在 {n} 个基准测试中仍在使用的 {still} 个的平均上，{follower} 模型"
        f"{{direction}} {{leader}} 模型 {{size}}（{{prob}} % 区间 {{interval}} 个月{{sign}}；{_SOURCE_ZH}）。",
        "gap.population": "截至 {date}，就数据中 {n} 个基准测试所代表的基准测试总体的均值而言，{follower} 模型"
        f"{{direction}} {{leader}} 模型 {{size}}（{{prob}} % 区间 {{interval}} 个月{{sign}}；{_SOURCE_ZH}）。",
        "gap.new_benchmark": "截至 {date}，在另一个同类的基准测试上，{follower} 模型预计{direction} {leader} 模型 "
        "{size}"
        f"（{{prob}} % 区间 {{interval}} 个月{{sign}}；{_SOURCE_ZH}）。",
        "gap.benchmark": "截至 {date}，在 {title} 上，{follower} 模型{direction} {leader} 模型 {size}"
        f"（{{prob}} % 区间 {{interval}} 个月{{sign}}；与另外 {{others}} 个基准测试一同拟合；{_SOURCE_ZH}）。",
        "slope.average": "在截至 {date} 的 12 个月中，{follower} 模型落后于 {leader} 模型的平均差距的变化为{unit}"
        f"（{{prob}} % 区间 {{interval}}；负值表示差距缩小；{_SOURCE_ZH}）。",
        "slope.still_run": "在截至 {date} 的 12 个月中，在 {n} 个基准测试中仍在使用的 {still} 个上，{follower} 模型"
        f"落后于 {{leader}} 模型的平均差距的变化为{{unit}}"
        f"（{{prob}} % 区间 {{interval}}；负值表示差距缩小；{_SOURCE_ZH}）。",
        "slope.population": "在截至 {date} 的 12 个月中，就基准测试总体的均值而言，{follower} 模型落后于 {leader} "
        f"模型的差距的变化为{{unit}}（{{prob}} % 区间 {{interval}}；负值表示差距缩小；{_SOURCE_ZH}）。",
        "slope.benchmark": "在截至 {date} 的 12 个月中，在 {title} 上，{follower} 模型落后于 {leader} 模型的差距的"
        f"变化为{{unit}}（{{prob}} % 区间 {{interval}}；负值表示差距缩小；{_SOURCE_ZH}）。",
        "zero.by": "{follower} 模型落后于 {leader} 模型的平均差距（{n} 个基准测试）在 {day} 之前归零的概率为 {value}；"
        "至期限 {horizon} 仍未归零的概率为 {never}。{range}"
        f"（截至 {{date}}；{_SOURCE_ZH}。）",
        "zero.never": "{follower} 模型落后于 {leader} 模型的平均差距（{n} 个基准测试）至期限 {horizon} 仍未归零的"
        f"概率为 {{value}}。{{range}}（截至 {{date}}；{_SOURCE_ZH}。）",
        "zero.already": "{follower} 模型落后于 {leader} 模型的平均差距（{n} 个基准测试）在 {date} 已不大于零的概率为 "
        f"{{value}}；至期限 {{horizon}} 仍未归零的概率为 {{never}}。{{range}}（{_SOURCE_ZH}。）",
        "zero.date": "{follower} 模型落后于 {leader} 模型的平均差距（{n} 个基准测试）以概率 {prob} 归零的时间：{value}"
        f"（期限 {{horizon}}）；至期限仍未归零的概率为 {{never}}。{{range}}（截至 {{date}}；{_SOURCE_ZH}。）",
        "zero.prior": "在看到任何数据之前，模型 {model} 给出平均差距在 {day} 之前归零的概率为 {value}，"
        "至期限 {horizon} 仍未归零的概率为 {never}。",
        "range.none": "未与其他模型变体比较。",
        "range.one": "所比较的 {total} 个变体中有 {passed} 个通过检验，无法给出范围。",
        "range": "在所比较的 {passed} 个变体中，该值为 {low} 至 {high}，"
        "期限内未归零的概率为 {never_low} 至 {never_high}。",
        "range.never": "在所比较的 {passed} 个变体中，该值为 {low} 至 {high}。",
        "range.failed": "未通过检验的变体不计：{total} 个中的 {failed} 个。",
        "baseline.slope": "对每月滞后的均值所拟合的直线，其变化为{unit}（已发表的方法：普通最小二乘法，各月视为独立，"
        "无不确定度；仅供比较，不是估计；数据 {data}）。",
        "baseline.zero_date": "对每月滞后的均值所拟合的直线归零的时间：{value}（已发表的方法：普通最小二乘法，"
        "无不确定度，也不计永不归零的可能；仅供比较，不是估计；数据 {data}）。",
        "baseline.never": "以后不再归零",
        "data.benchmarks": "本分析使用 {value} 个基准测试（数据 {data}，截至 {date}）。",
        "data.models": "本分析使用 {value} 个模型（数据 {data}，截至 {date}）。",
        "data.scores": "本分析使用 {value} 个分数（数据 {data}，截至 {date}）。",
        "data.as_of": "本分析描述 {value} 的情况（数据 {data}）。",
        "draft": "{text}【草稿】",
        "draft.sentence": "【草稿，不可引用】{text}",
    },
}
LANGUAGES = tuple(CATALOGUE)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


class Wording:
    """The catalogue in one language."""

    def __init__(self, language: str = "en") -> None:
        if language not in CATALOGUE:
            hint = nearest(language, LANGUAGES) or f": choose {' or '.join(LANGUAGES)}"
            raise UnknownNameError(f"unknown language '{language}'{hint}")
        self.language = language
        self._templates = CATALOGUE[language]

    def __call__(self, key: str, **values: Any) -> str:
        """Fill the template `key`."""
        return self._templates[key].format(**values)

    def date(self, iso: str) -> str:
        """A day in words."""
        day = pd.Timestamp(iso)
        return self("date", day=day.day, month=_MONTHS[day.month - 1], number=day.month, year=day.year)

    def period(self, date: RoundedDate) -> str:
        """The calendar period of a date in words."""
        if date.period is None:
            return self("never")
        first, last = date.period
        key = f"period.{date.months}" if date.months <= 12 else "period.years"
        part = (first.month - 1) // date.months + 1
        month = _MONTHS[first.month - 1]
        return self(key, month=month, number=first.month, part=part, year=first.year, last=last.year)

    def with_unit(self, kind: str, number: RoundedNumber) -> str:
        """A number with its unit, `kind` being ``months`` or ``rate``."""
        one = number.text in ("1", "−1")
        return self(f"{kind}.one" if one else kind, value=number.text)

    def benchmarks(self, n: int) -> str:
        """A number of benchmarks."""
        return self("benchmarks.one" if n == 1 else "benchmarks", n=n)

    def estimate(self, kind: str, estimate: RoundedEstimate) -> str:
        """Median with unit and interval, `kind` as in `with_unit`."""
        between = self("interval", lower=estimate.lower.text, upper=estimate.upper.text)
        unit = self.with_unit(kind, estimate.value)
        return self("full.estimate", unit=unit, prob=f"{100 * estimate.prob:g}", interval=between)

    def probability(self, number: RoundedNumber, *, supported: bool = False) -> str:
        """A probability: a bound below 0.05 and above 0.95, and never 0 or 1.

        Parameters
        ----------
        number : RoundedNumber
        supported : bool
            A backtest supports finer ones: what would round to 0 or 1 alone is a bound.
        """
        low, high = _BOUNDS
        if not supported and number.value < low:
            return self("below", bound=f"{low:g}")
        if not supported and number.value > high:
            return self("above", bound=f"{high:g}")
        if number.rounded <= 0.0:
            return self("below", bound=f"{number.step:g}")
        if number.rounded >= 1.0:
            return self("above", bound=f"{1 - number.step:g}")
        return number.text


def watermarked(texts: dict[str, str], words: Wording, draft: bool) -> dict[str, str]:
    """The texts of a claim, each marked where it is a draft."""
    if not draft:
        return texts
    return {k: words("draft.sentence" if k == "sentence" else "draft", text=t) for k, t in texts.items()}
