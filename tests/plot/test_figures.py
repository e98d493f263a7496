"""Figures: drawn for normal and extreme inputs, safe with any name, the same bytes every time."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from datetime import date

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gapmodel.lags.panel import compute_lags, panel_table
from gapmodel.lags.published_line import chain_linked_mean, published_baseline
from gapmodel.plot import (
    plain,
    plot_average_trend,
    plot_comparison,
    plot_ecdf_differences,
    plot_forest,
    plot_frontiers,
    plot_monthly_boxes,
    plot_panel,
    plot_zero_probability,
    save_figure,
)
from gapmodel.plot.trend import incomplete_from
from gapmodel.scores.table import validate_scores
from gapmodel.simulation.frontiers import simulate_scores

NASTY = r"$5^{x}$ <script>alert('&')</script> \frac{ a$b --> " + "long " * 20
NOTE = "Credit: $ome data $.\nquick run: not citable"


def make(n_benchmarks=5, *, title="Bench", lower=(), seed=3):
    table, info, _ = simulate_scores(seed=seed, n_benchmarks=n_benchmarks, n_months=24)
    info["title"] = title
    info["category"] = [f"{title} {i % 2}" for i in range(len(info))]
    info["direction"] = ["lower" if b in lower else "higher" for b in info["benchmark"]]
    flip = table["benchmark"].isin(lower)
    table["score"] = table["score"].where(~flip, 100.0 - 100.0 * table["score"])
    scores = validate_scores(table, info, today=date(2029, 1, 1))
    return compute_lags(scores)


@pytest.fixture(scope="module")
def case():
    return make()


def all_censored(panel):
    return panel.assign(censoring=xr.where(panel["observed"], 1, 0).astype(np.int8))


def trend_of(panel, *, months_ahead=12):
    months = pd.DatetimeIndex(panel["month"].to_numpy())
    times = pd.date_range(months[0], months[-1] + pd.DateOffset(months=months_ahead), freq="ME")
    middle = 5.0 - 0.1 * np.arange(len(times))
    return pd.DataFrame({"date": times, "q05": middle - 2.0, "q50": middle, "q95": middle + 2.0})


def lags_of(panel):
    return panel_table(panel).assign(month=lambda table: pd.to_datetime(table["month"]))


def curve_of(n=24, **columns):
    p = np.linspace(0.1, 0.5, n)
    dates = pd.date_range("2026-07-31", periods=n, freq="ME")
    return pd.DataFrame({"date": dates, "probability": p, "mcse": 0.01, **columns})


def forest_table(titles, *, summary=True):
    n = len(titles)
    gap, slope = np.linspace(8.0, -1.0, n), np.linspace(-2.0, 1.0, n)
    table = pd.DataFrame(
        {
            "benchmark": [f"b{k}" for k in range(n)],
            "title": titles,
            "category": ["Agents" if k % 2 else NASTY for k in range(n)],
            "gap_median": gap,
            "gap_lower": gap - 3,
            "gap_upper": gap + 3,
            "gap_lower50": gap - 1,
            "gap_upper50": gap + 1,
            "slope_median": slope,
            "slope_lower": slope - 1,
            "slope_upper": slope + 1,
            "n_months": 12,
            "n_censored": 3,
        }
    )
    if not summary:
        return table
    last = table.iloc[[0, 0, 0]].assign(
        benchmark=["average", "population_mean", "new_benchmark"], category=None, n_months=np.nan
    )
    last["slope_median"] = last["slope_lower"] = last["slope_upper"] = np.nan
    return pd.concat([table, last], ignore_index=True)


def texts(fig):
    return [t.get_text() for t in fig.findobj(mpl.text.Text)]


def every_figure(lags):
    panel = lags.panel
    yield "frontiers", plot_frontiers(lags.frontiers, panel, note=NOTE)
    yield "panel", plot_panel(panel, note=NOTE)
    yield "boxes", plot_monthly_boxes(panel, published_baseline(panel), note=NOTE)
    as_of = panel["month"].to_numpy()[-1]
    yield "trend", plot_average_trend(trend_of(panel), lags_of(panel), as_of=as_of, note=NOTE)
    yield "zero", plot_zero_probability(curve_of(), never=0.5, horizon="2028-06-30", note=NOTE)
    yield "forest", plot_forest(forest_table([NASTY, "GPQA"]), date="2026-07-31", note=NOTE)


def test_every_figure_has_title_units_and_note(tmp_path):
    for name, fig in every_figure(make(title=NASTY)):
        drawn = "\n".join(texts(fig))
        assert "quick run: not citable" in drawn, name
        assert "month" in drawn or "Probability" in drawn, name
        svg = save_figure(fig, tmp_path / name)[1]
        ET.parse(svg)  # well-formed whatever the names
        assert "<script" not in svg.read_text(encoding="utf-8")


def test_dollars_are_not_mathtext(tmp_path):
    lags = make(title=r"$\frac{1}{2}$ and $x^2$")
    for fig in (plot_panel(lags.panel), plot_frontiers(lags.frontiers, lags.panel)):
        for text in fig.findobj(mpl.text.Text):
            assert text._preprocess_math(text.get_text())[1] in (False, "TeX")
        save_figure(fig, tmp_path / "figure")


def test_plain():
    assert plain("a $b$\n c\x00\u202e") == r"a \$b\$ c"
    assert plain(None) == "None"
    assert plain("abc$def", width=5) == "abc\\$…"
    assert plain("one two three four", width=8, lines=2) == "one two\nthree…"
    assert plain("x" * 50, width=10, lines=2) == "x" * 10 + "\n" + "x" * 9 + "…"


@pytest.mark.parametrize("n_arrows", [1, 3])
def test_frontiers_draw_lower_is_better_in_its_own_unit(n_arrows):
    lags = make(lower=("bench-01",))
    frontiers, panel = lags.frontiers, lags.panel
    inferred = plot_frontiers(frontiers, panel, n_arrows=n_arrows)
    stated = plot_frontiers(frontiers, panel, direction={"bench-01": "lower"}, units={"bench-01": "errors"})
    k = list(panel["benchmark"].to_numpy()).index("bench-01")
    for fig in (inferred, stated):
        ax = fig.axes[k]
        assert "lower is better" in ax.get_ylabel()
        drawn = ax.lines[0].get_ydata()
        assert (np.diff(drawn) <= 0).all()
        assert (drawn > 0).all()
    assert "lower" not in inferred.axes[0 if k else 1].get_ylabel()


def test_arrow_spans_the_lag(case):
    frontiers, panel = case.frontiers, case.panel
    name = str(panel["benchmark"].to_numpy()[0])
    ax = plot_frontiers(frontiers, panel.sel(benchmark=[name])).axes[0]
    row = panel.sel(benchmark=name)
    cell = row.isel(month=np.flatnonzero(row["observed"].to_numpy())[-1])
    arrow = next(t for t in ax.texts if t.arrow_patch is not None)
    days = (arrow.xy[0] - arrow.xyann[0]) / np.timedelta64(1, "D")
    assert days == pytest.approx(abs(float(cell["lag"])) * 30.4375, abs=0.51)
    behind = float(cell["lag"]) > 0
    assert arrow.xy[1] == float(cell["follower_level" if behind else "leader_level"])


def test_frontiers_at_the_floor_and_without_lag():
    table = pd.DataFrame(
        {
            "benchmark": "b",
            "model": ["c1", "o1", "c2", "o2"],
            "release_date": ["2025-01-10", "2025-02-10", "2025-03-10", "2025-06-10"],
            "weights": ["closed", "open", "closed", "open"],
            "score": [0.0, 0.0, 0.5, 0.0],
        }
    )
    info = pd.DataFrame({"benchmark": ["b"], "lower_bound": [0.0]})
    scores = validate_scores(table, info, today=date(2029, 1, 1))
    lags = compute_lags(scores, cutoff="2025-07-31")
    frontiers, panel = lags.frontiers, lags.panel
    assert (panel["in_window"] & ~panel["observed"]).any()  # a hatched cell
    plot_frontiers(frontiers, panel)
    plot_frontiers(frontiers, panel.assign(observed=panel["observed"] & False))
    plot_panel(panel)


def test_one_benchmark_and_thirty(case):
    for n in (1, 30):
        lags = make(n)
        panel = lags.panel
        names = panel["benchmark"].to_numpy()
        fig = plot_frontiers(lags.frontiers, panel)
        assert sum(ax.get_visible() for ax in fig.axes) == len(names)
        plot_panel(panel)
        plot_monthly_boxes(panel, published_baseline(panel))


def test_all_censored(case):
    frontiers, panel = case.frontiers, case.panel
    censored = all_censored(panel)
    plot_frontiers(frontiers, censored)
    plot_panel(censored)
    fig = plot_monthly_boxes(censored, published_baseline(censored, censored="keep"))
    assert "taken as lags" in "\n".join(texts(fig))
    plot_average_trend(trend_of(panel), lags_of(censored), as_of="2024-12-31")


def test_boxes_show_the_line_as_given(case):
    panel = case.panel
    baseline = published_baseline(panel)
    for slope, zero in ((-3.0, pd.Timestamp("2026-01-31")), (-0.1, pd.Timestamp("2090-01-31")), (1.0, pd.NaT)):
        lines = baseline.lines.copy()
        lines.loc[lines.index[-1], ["slope_months_per_year", "zero_date"]] = [slope, zero]
        given = type(baseline)(lines, baseline.monthly, baseline.clamped, baseline.censored)
        drawn = "\n".join(texts(plot_monthly_boxes(panel, given)))
        assert ("does not fall to zero" if pd.isna(zero) else f"zero on {zero:%Y-%m-%d}") in drawn


def labelled(fig, words):
    """What is drawn with the marker of a legend's entry."""
    handle = next(h for legend in fig.legends for h in legend.legend_handles if words in h.get_label())
    marker = handle.get_marker()
    return [line for line in fig.axes[0].lines if line.get_marker() == marker]


def test_boxes_draw_the_chain_linked_mean_with_its_breaks(case):
    panel = case.panel
    baseline = published_baseline(panel)
    (line,) = labelled(plot_monthly_boxes(panel, baseline), "composition held")
    assert line.get_linestyle() == "--"
    linked = baseline.monthly["chain_linked"]
    assert line.get_ydata()[1:] == pytest.approx(linked)  # after the break before the first month
    # A month without a value, and one that no benchmark links to the month before.
    cut = baseline.monthly.drop(index=5)
    cut.loc[10, "n_linked"] = 0
    given = type(baseline)(baseline.lines, cut, baseline.clamped, baseline.censored)
    (line,) = labelled(plot_monthly_boxes(panel, given), "composition held")
    pieces = np.ma.clump_unmasked(np.ma.masked_invalid(line.get_ydata()))
    assert [piece.stop - piece.start for piece in pieces] == [5, 4, len(linked) - 10]


def test_trend_draws_the_chain_linked_mean_of_exact_lags(case):
    panel = case.panel
    exact = panel["lag"].where(panel["observed"] & (panel["censoring"] == 0))
    exact = exact.where(exact.count("benchmark") >= 3)  # fewer are no mean
    wanted = chain_linked_mean(exact)[0]
    fig = plot_average_trend(trend_of(panel), lags_of(panel), as_of="2024-12-31")
    drawn = [np.asarray(line.get_ydata(), dtype=float) for line in fig.axes[0].lines]
    finite = wanted[np.isfinite(wanted)]
    assert len(finite) > 3
    (line,) = [y for y in drawn if len(y) > 3 and np.isnan(y[0])][:1]  # it begins with a break
    line = line[np.isfinite(line)]
    assert np.diff(line) == pytest.approx(np.diff(finite))
    assert line[-1] == pytest.approx(float(exact.mean("benchmark").dropna("month")[-1])), "the level is the newest"
    none = plot_average_trend(trend_of(panel), lags_of(all_censored(panel)), as_of="2024-12-31")
    assert "mean of the exact lags" in texts(fig)
    assert "mean of the exact lags" not in texts(none)


def test_trend_draws_bounds_as_arrows_away_from_the_lag(case):
    panel = case.panel
    lags = lags_of(panel).dropna(subset="lag_months").head(3).assign(lag_months=[5.0, 6.0, 7.0], censoring=[1, -1, 0])
    fig = plot_average_trend(trend_of(panel), lags, as_of="2024-12-31")
    heads = {line.get_marker(): float(line.get_ydata()[0]) for line in fig.axes[0].lines if len(line.get_ydata()) == 1}
    assert heads["^"] > 5.0
    assert heads["v"] < 6.0
    assert heads["o"] == 7.0


def test_trend_says_which_months_are_incomplete_and_whether_other_forms_are_drawn(case):
    panel = case.panel
    lags, bands = lags_of(panel), trend_of(panel)
    alone = " ".join(" ".join(texts(plot_average_trend(bands, lags, as_of="2024-12-31"))).split())
    assert "is not drawn: no other runs were given" in alone
    assert f"Pale from {incomplete_from(lags):%Y-%m}" in alone
    assert "is fitted to points and arrows alike" in alone
    other = " ".join(texts(plot_average_trend(bands, lags, as_of="2024-12-31", fitted=False)))
    assert "was not fitted to these lags" in " ".join(other.split())
    both = plot_average_trend(bands, lags, as_of="2024-12-31", forms={"other": bands.assign(q50=bands["q50"] + 1.0)})
    assert "range over 2 variants of the model" in texts(both)
    assert any(patch.get_hatch() for patch in both.axes[0].collections)


@pytest.mark.parametrize("as_of", ["2000-01-31", "2024-06-30", "2099-12-31"])
def test_trend_with_and_without_forecast(case, as_of):
    panel = case.panel
    drawn = texts(plot_average_trend(trend_of(panel), lags_of(panel), as_of=as_of))
    assert any("forecast after" in t for t in drawn) == (as_of != "2099-12-31")


def test_trend_of_one_date(case):
    panel = case.panel
    plot_average_trend(trend_of(panel).head(1), lags_of(panel), as_of="2024-12-31")


@pytest.mark.parametrize("never", [0.0, 0.47, 1.0])
def test_zero_probability(never):
    prior = curve_of().drop(columns="mcse")
    fig = plot_zero_probability(curve_of(sustained=0.05), prior=prior, never=never, horizon="2028-06-30")
    assert f"{never:.2f}" in "\n".join(texts(fig))
    plot_zero_probability(curve_of(1), never=never, horizon="2036-06-30")


def test_zero_probability_has_legend_entries_for_what_can_be_seen():
    def entries(curve):
        fig = plot_zero_probability(curve, never=0.2549, horizon="2028-06-30", never_text="0.25")
        assert "0.25" in "\n".join(texts(fig))
        return [text.get_text() for legend in fig.legends for text in legend.get_texts()]

    curve = curve_of(mcse=0.001, sustained=np.linspace(0.1, 0.5, 24))
    assert entries(curve) == ["posterior: zero reached by the date, and held"]
    seen = entries(curve.assign(mcse=0.02, sustained=curve["sustained"] - 0.05))
    assert seen == ["posterior: zero reached by the date", "± 2 MCSE", "posterior: reached and held"]


def test_the_comparison_shows_the_probability_of_never():
    row = {f"{what}_{end}": 1.0 for what in ("gap", "slope") for end in ("median", "lower", "upper")}
    row |= {"probability_12_months": 0.02, "difference_future": 0.0, "se_future": 1.0, "weight": np.nan, "passed": True}
    table = pd.DataFrame([{"variant": f"v{k}", "probability_never": p, **row} for k, p in enumerate((0.32, 1.0))])
    fig = plot_comparison(table, as_of="2026-07-31")
    drawn = [text.get_text() for text in fig.axes[3].texts]
    assert drawn == ["0.32", "1.00"]
    frame = fig.axes[3].get_window_extent()
    assert all(text.get_window_extent().x1 <= frame.x1 for text in fig.axes[3].texts)
    # No mixture and no weights: no entries for them.
    assert [text.get_text() for legend in fig.legends for text in legend.get_texts()] == ["a variant"]


def test_the_legend_of_ranks_has_what_is_drawn():
    ranks = pd.DataFrame({"quantity": "q", "u": np.linspace(0.01, 0.99, 50)})
    row = {"quantity": "q", "n": 50, "p_value": 0.5, "passed": True}
    for inside, words in ((True, "inside the band"), (False, "outside")):
        fig = plot_ecdf_differences(ranks, pd.DataFrame([{**row, "inside_band": inside}]), title="a test")
        entries = [text.get_text() for legend in fig.legends for text in legend.get_texts()]
        assert entries == [words, "simultaneous band of 95 %"]


@pytest.mark.parametrize("summary", [True, False])
def test_forest(summary):
    for n in (1, 30):
        titles = [f"{NASTY} {k}" for k in range(n)]
        fig = plot_forest(forest_table(titles, summary=summary), date="2026-07-31")
        assert len(fig.axes[0].get_yticks()) == n + 3 * summary
        gaps = fig.axes[0].lines[0].get_xdata()
        assert len(gaps) == n
    only = forest_table(["x"]).query("benchmark == 'average'")
    plot_forest(only, date="2026-07-31")


def test_saved_files_are_the_same_bytes(tmp_path, case):
    frontiers, panel = case.frontiers, case.panel
    fig = plot_frontiers(frontiers, panel)
    first = [p.read_bytes() for p in save_figure(fig, tmp_path / "a" / "fig.v1")]
    again = [p.read_bytes() for p in save_figure(fig, tmp_path / "a" / "fig.v1")]
    redrawn = [p.read_bytes() for p in save_figure(plot_frontiers(frontiers, panel), tmp_path / "b")]
    assert first == again == redrawn
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == ["fig.v1.pdf", "fig.v1.png", "fig.v1.svg"]
    assert b"<dc:date>" not in first[1]
    assert b"CreationDate" not in first[2]
    # TrueType fonts go into the file: journals refuse bitmap fonts (type 3), and text can be searched.
    assert b"/FontFile2" in first[2]
    assert b"/Type3" not in first[2]


def test_failed_save_leaves_the_old_file(tmp_path, monkeypatch, case):
    fig = plot_panel(case.panel)
    png, *_ = save_figure(fig, tmp_path / "fig")
    old = png.read_bytes()

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        save_figure(fig, tmp_path / "fig")
    assert png.read_bytes() == old
    assert len(list(tmp_path.iterdir())) == 3


def test_global_state_is_untouched(case):
    with mpl.rc_context({"font.size": 21.0, "svg.hashsalt": "mine", "text.usetex": False}):
        before = dict(mpl.rcParams)
        plot_panel(case.panel)
        assert dict(mpl.rcParams) == before


def test_pyplot_is_not_imported():
    code = "import sys, gapmodel.plot; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=dict(os.environ), check=False).returncode == 0
