"""The blocks of ``docs/latent.md``, for `update_readme.py`."""

from readme_tables import REFERENCE, markdown, read_csv, read_json
from studies.latent_recovery import SIZES

from gapmodel.analysis.sentences import headline, slope_sentence, zero_long


def answer() -> str:
    """What the model of the scores says, and whether its posterior passed."""
    if not (REFERENCE / "latent_frontier" / "summary.json").is_file():
        return "No full run is committed yet: `scripts/reference_runs.sh` makes it."
    s = read_json("latent_frontier/summary.json")
    checks = s["diagnostics"]
    sampler = read_json("latent_frontier/manifest.json")["sampler"]
    return (
        f"{headline(s)} {slope_sentence(s)} {zero_long(s)} Checks "
        f"{'passed' if checks['passed'] else 'NOT passed'} with {sampler['chains']} chains of {sampler['draws']} "
        f"draws: R-hat at most {checks['rhat_max']:.3f}, bulk ESS at least {checks['ess_bulk_min']:.0f}, "
        f"{checks['divergences']} divergences."
    )


def evaluation() -> str:
    """Capability against the published index, held-out scores, and calibration by benchmark."""
    s = read_json("latent/summary.json")
    index = s["index"]
    rows = [
        [name, method, str(row["n"]), f"{row['rmse']:.3f}", f"{row['covered90']:.0%}", f"{row['mean_log_density']:.2f}"]
        for name in ("a tenth at random", "later models")
        for method, row in s[name].items()
    ]
    head = ["held out", "predicted by", "scores", "RMSE of the score", "90 % intervals covered", "mean log density"]
    calibration = read_csv("latent/calibration.csv")
    sampler, checks = s["sampler"], s["diagnostics"]
    state = "passed the gate" if checks["passed"] else f"did not pass the gate (R-hat up to {checks['rhat_max']:.2f})"
    low, high = calibration["covered90"].min(), calibration["covered90"].max()
    return (
        f"From fits of {sampler['chains']} chains of {sampler['draws']} draws, of which the first {state}. "
        f"Capability of {index['models']} models against the {index['name']} of Epoch AI: linear correlation "
        f"{index['pearson']:.3f}, rank correlation {index['spearman']:.3f}. The 90 % intervals of replicated scores "
        f"cover {low:.0%} to {high:.0%} by benchmark (of the scores that were fitted). Held-out scores, with the line "
        f"through the index that has itself seen them:\n\n{markdown(head, rows, left=2)}"
    )


def decomposition() -> str:
    """Progress of both frontiers and the two parts of the lag's change."""
    table = read_csv("latent/decomposition.csv")
    names = {
        "leader_progress": "closed progress",
        "follower_progress": "open progress",
        "lag_by_follower": "lag by open pace",
        "lag_by_leader": "lag by ground",
        "lag_change": "change of lag",
    }
    rows = []
    for period, part in table.assign(period=table["start"] + " to " + table["end"]).groupby("period", sort=True):
        of = part.set_index("quantity").to_dict("index")
        cells = [f"{of[k]['median']:+.1f} ({of[k]['lower']:.1f} to {of[k]['upper']:.1f})" for k in names]
        rows.append([str(period), *cells])
    return markdown(["period (months)", *names.values()], rows, left=1)


def recovery() -> str:
    """Coverage of the lag path on simulated tables."""
    head = ["tables", "lag", "n", "path covered", "last month", "slope", "bias", "width", "R-hat at most"]
    rows = []
    for size in SIZES:
        path = f"check_latent/{size}/table.csv"
        for row in read_csv(path).to_dict("records") if (REFERENCE / path).is_file() else []:
            shares = [f"{row[f'{k}_coverage']:.2f}" for k in ("path", "end", "slope")]
            if row["scenario"] == "all":
                shares = [f"{v} ± {row[f'{k}_se']:.2f}" for v, k in zip(shares, ("path", "end", "slope"), strict=True)]
            numbers = [f"{row['path_bias']:+.2f}", f"{row['path_width']:.1f}", f"{row['rhat_max']:.2f}"]
            rows.append([f"`{size}`", str(row["scenario"]), str(row["n"]), *shares, *numbers])
    return markdown(head, rows, left=2)


def forecasts() -> str:
    """Lags 3, 6 and 12 months ahead, beside the default and the baselines."""
    table = read_csv("latent/lag_skill.csv")
    rows = [
        [
            {"benchmark": "a benchmark's lag", "average": "the average"}[str(r.target)],
            str(r.horizon),
            f"`{r.method!s}`" if r.method in ("latent_frontier", "shared_shock") else str(r.method).replace("_", " "),
            f"{r.n}",
            f"{r.crps:.2f} ± {r.crps_se:.2f}",
            f"{r.covered90:.0%}",
        ]
        for r in table.itertuples()
    ]
    worst = read_csv("latent/lag_forecasts.csv").groupby("cutoff")["rhat"].first()
    late = worst[worst > 1.01]
    head = ["forecast", "months ahead", "by", "cells", "CRPS (months)", "90 % intervals covered"]
    note = f"R-hat was above 1.01 at {len(late)} of {len(worst)} cutoffs, up to {worst.max():.2f}."
    return f"{markdown(head, rows, left=1)}\n\n{note}"


def categories() -> str:
    """Lag by category at the last month."""
    table = read_csv("latent/categories.csv")
    rows = [
        [str(r.category), str(r.n_benchmarks), f"{r.median:.1f} ({r.lower:.1f} to {r.upper:.1f})", f"{r.shortest:.2f}"]
        for r in table.itertuples()
    ]
    return markdown(["category", "benchmarks", "lag (months)", "P(shortest)"], rows, left=1)
