"""The core of gapmodel once more, written from the pages in docs/ alone: lags, log density and crossing date.

Nothing here imports gapmodel. Plain and slow on purpose, so that it can be read beside docs/lag.md and
docs/statistics.md: lags by a scan of the table at every month-end, the density as one dense multivariate normal.
"""

import numpy as np
import pandas as pd
from scipy import special, stats

DAYS_PER_MONTH = 365.25 / 12


def month_end(day: pd.Timestamp, months_later: int = 0) -> pd.Timestamp:
    """The last day of the month that is so many months after the month of a day."""
    return (day.to_period("M") + months_later).to_timestamp(how="end").normalize()


def months_between(later: pd.Timestamp, earlier: pd.Timestamp) -> float:
    """Days between, in months of 30.4375 days."""
    return (later - earlier).days / DAYS_PER_MONTH


# --- lags ------------------------------------------------------------------------------------------------------------


def entries(scores: pd.DataFrame, about: pd.Series) -> pd.DataFrame:
    """Rows of one benchmark as day, leader or follower, level (more is better; at the floor: below every other)."""
    sign = -1.0 if about.get("direction", "higher") == "lower" else 1.0
    is_open = scores["weights"] == "open"
    day = pd.to_datetime(scores["release_date"])
    if "weights_date" in scores:
        day = pd.to_datetime(scores["weights_date"]).where(is_open).fillna(day)
    level = sign * scores["score"].astype(float)
    floor = about.get("lower_bound", np.nan)
    if pd.notna(floor):
        level = level.where(level > sign * floor, -np.inf)
    return pd.DataFrame(
        {"day": day.to_numpy("datetime64[D]"), "follower": is_open.to_numpy(), "level": level.to_numpy()}
    )


class Group:
    """What is known of one group by a day: frontier, first day on record, and that of the first level."""

    def __init__(self, days: np.ndarray, levels: np.ndarray) -> None:
        above = levels > -np.inf
        self.days, self.levels = days[above], levels[above]
        self.frontier = self.levels.max() if above.any() else -np.inf
        self.first_level = self.days.min() if above.any() else None
        self.was_lower = bool(above.any() and days.min() < self.first_level)


def lag_at(days: np.ndarray, is_follower: np.ndarray, levels: np.ndarray, t: np.datetime64) -> dict:
    """The lag at one day: in days, with the censoring, who is ahead, and the level that the other stands at."""
    leader, follower = (
        Group(days[k], levels[k]) for k in ((days <= t) & (is_follower == who) for who in (False, True))
    )
    if follower.frontier <= leader.frontier:
        side, ahead, behind = 1, leader, follower
        reached = ahead.days[ahead.levels >= behind.frontier]
    else:
        side, ahead, behind = -1, follower, leader
        reached = ahead.days[ahead.levels > behind.frontier]
    if ahead.frontier == -np.inf:  # both at the floor
        return {"days": np.nan, "censoring": 0, "side": 0, "level": -np.inf}
    dated = reached.min()
    # Having been seen at the floor before dates the first level alone, and no level below the floor.
    exact = dated > ahead.first_level or (ahead.was_lower and behind.frontier > -np.inf)
    days = side * (t - dated).astype(float)
    return {"days": days, "censoring": 0 if exact else side, "side": side, "level": behind.frontier}


def lag_panel(
    scores: pd.DataFrame, benchmarks: pd.DataFrame, taken_on: pd.Timestamp | None = None, grace_months: int = 1
) -> pd.DataFrame:
    """One row per benchmark and month-end of its window; `stretch` is one value for each stretch."""
    about = benchmarks.set_index("benchmark")
    tables = {
        name: entries(rows, about.loc[name] if name in about.index else pd.Series())
        for name, rows in scores.groupby("benchmark")
    }
    if taken_on is None:
        grid_end = month_end(pd.to_datetime(scores["release_date"]).max())
        if "weights_date" in scores:
            grid_end = max(grid_end, month_end(pd.to_datetime(scores["weights_date"]).fillna(pd.Timestamp(0)).max()))
    else:
        grid_end = max(m for m in (month_end(taken_on), month_end(taken_on, -1)) if m <= taken_on)
        tables = {name: rows[rows["day"] <= taken_on] for name, rows in tables.items()}
    panel = []
    for name, rows in tables.items():
        if rows["follower"].nunique() < 2 or (rows["level"] == -np.inf).all():
            continue
        first, last = (rows.groupby("follower")["day"].agg(which) for which in ("min", "max"))
        months = pd.date_range(month_end(first.max()), min(month_end(last.min(), grace_months), grid_end), freq="ME")
        if len(months) < 2:
            continue
        columns = [rows[c].to_numpy() for c in ("day", "follower", "level")]
        columns[0] = columns[0].astype("datetime64[D]")
        for t in months:
            lag = lag_at(*columns, t.to_datetime64().astype("datetime64[D]"))
            since = {"since_leader": months_between(t, first[False]), "since_follower": months_between(t, first[True])}
            stretch = (name, lag["side"], lag["level"])
            panel.append({"benchmark": name, "month": t, "stretch": stretch, **lag, **since})
    columns = ["benchmark", "month", "stretch", "days", "censoring", "side", "level", "since_leader", "since_follower"]
    return pd.DataFrame(panel, columns=columns).assign(lag=lambda p: p["days"].astype(float) / DAYS_PER_MONTH)


def start_up(panel: pd.DataFrame, new_months: float = 3, both_months: float = 6) -> pd.DataFrame:
    """The rows that are fitted: lags that the start-up dates become bounds, and the first months are left out."""
    both = panel[["since_leader", "since_follower"]].min(axis=1)
    kept = panel[(both >= both_months) & panel["lag"].notna()].copy()
    after = kept["since_leader"].where(kept["side"] == 1, kept["since_follower"]) - new_months
    early = (kept["censoring"] == 0) & (kept["lag"].abs() > after)
    kept["lag"] = kept["lag"].where(~early, kept["side"] * after)
    kept["censoring"] = kept["censoring"].where(~early, kept["side"])
    return kept


def middle(panel: pd.DataFrame) -> pd.Timestamp:
    """The day from which time is counted."""
    first, last = panel["month"].min(), panel["month"].max()
    return first + pd.Timedelta(days=(last - first).days // 2)


# --- log density -----------------------------------------------------------------------------------------------------

POSITIVE = {
    "intercept_sd": stats.halfnorm(scale=5),
    "slope_sd": stats.halfnorm(scale=1.5),
    "trend_sd": stats.halfnorm(scale=3),
    "trend_length": stats.lognorm(s=0.8, scale=18),
    "shock_sd": stats.halfnorm(scale=2),
    "shock_length": stats.lognorm(s=0.5, scale=3),
    "error_sd": stats.halfnorm(scale=4),
    "error_length": stats.lognorm(s=0.6, scale=5),
}
REAL = {"intercept_population": stats.norm(8, 5)}
KNOTS = -6.25 + 0.5 * np.arange(46)  # years


def log_density(theta: dict[str, float], z: dict, fitted: pd.DataFrame, reference: pd.Timestamp) -> float:
    """Log prior and likelihood with lines, trend and shock integrated out, in the coordinates that the sampler moves.

    `theta` holds the hyperparameters in their own units, `z` a real number for each censored stretch.
    """
    total = sum(prior.logpdf(theta[name]) for name, prior in REAL.items())
    total += sum(prior.logpdf(theta[name]) + np.log(theta[name]) for name, prior in POSITIVE.items())  # log scale
    total += sum(np.log(4) + special.log_expit(value) for value in z.values())  # Jacobian of xi
    y, mean, covariance = normal_law(theta, z, fitted, reference)
    distance = (y - mean) @ np.linalg.solve(covariance, y - mean)
    return float(total - 0.5 * (distance + np.linalg.slogdet(2 * np.pi * covariance).logabsdet))


def years(month: pd.Series, reference: pd.Timestamp) -> np.ndarray:
    """Time as the model has it."""
    return ((month - reference) / pd.Timedelta(days=365.25)).to_numpy()


def shared_path(slope: np.ndarray, x: np.ndarray) -> np.ndarray:
    """g at times x of slopes with the knots last, months."""
    return slope @ weights(x)


def weights(x: np.ndarray) -> np.ndarray:
    """w_k(x), shape (knot, time), years."""

    def within(z: np.ndarray) -> np.ndarray:
        return np.minimum(np.maximum(z - KNOTS[:, None], 0), 0.5)

    return within(np.asarray(x)[None, :]) - within(np.zeros((1, 1)))


def path_covariance(theta: dict, x: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Covariance of g at two sets of times, months squared."""
    steps = np.abs(np.subtract.outer(np.arange(len(KNOTS)), np.arange(len(KNOTS))))
    slopes = theta["trend_sd"] ** 2 * np.exp(-6 * steps / theta["trend_length"])
    return weights(x).T @ slopes @ weights(other)


def normal_law(theta: dict[str, float], z: dict, fitted: pd.DataFrame, reference: pd.Timestamp) -> tuple:
    """Lags with those that are bounds filled in, and mean and covariance of their normal distribution."""
    bounded = fitted["censoring"].to_numpy() != 0
    beyond = [4 * np.logaddexp(0, z[k]) if b else 0.0 for k, b in zip(fitted["stretch"], bounded, strict=True)]
    y = (fitted["lag"] + fitted["censoring"] * beyond).to_numpy(dtype=float)
    x = years(fitted["month"], reference)
    apart = np.abs(x[:, None] - x[None, :]) * 12  # months of 30.4375 days
    same = fitted["benchmark"].to_numpy()[:, None] == fitted["benchmark"].to_numpy()[None, :]
    covariance = theta["shock_sd"] ** 2 * np.exp(-apart / theta["shock_length"]) + same * (
        theta["intercept_sd"] ** 2
        + theta["slope_sd"] ** 2 * np.outer(x, x)
        + theta["error_sd"] ** 2 * np.exp(-apart / theta["error_length"])
    )
    mean = np.full(len(x), theta["intercept_population"])
    return y, mean, covariance + path_covariance(theta, x, x)


# --- answers ---------------------------------------------------------------------------------------------------------


def average_gap(
    intercept: np.ndarray, slope: np.ndarray, path: np.ndarray, days: np.ndarray, reference: pd.Timestamp
) -> np.ndarray:
    """A(d) of each draw on each day, shape (draw, day), from lines (draw, benchmark) and slopes of g (draw, knot)."""
    x = years(pd.Series(days), reference)
    return (intercept[:, :, None] + slope[:, :, None] * x).mean(axis=1) + shared_path(path, x)


def crossing_days(gap: np.ndarray, days: np.ndarray, horizon: int, lasting: int = 0) -> np.ndarray:
    """T of each draw in days, infinite where it is not within the horizon.

    `gap` has the average gap at month-ends (draw, month), `days` these month-ends in days from the first, and `lasting`
    is for how many months more it must stay at or below zero.
    """
    result = np.full(len(gap), np.inf)
    for i, path in enumerate(gap):
        hits = [k for k in range(horizon + 1) if (path[k : k + lasting + 1] <= 0).all()]
        if hits:
            k, before = hits[0], hits[0] - 1
            share = path[before] / (path[before] - path[k])
            result[i] = days[before] + share * (days[k] - days[before]) if k else 0.0
    return result


def trend_given(theta: dict[str, float], z: dict, fitted: pd.DataFrame, reference: pd.Timestamp, days: list) -> tuple:
    """Mean and covariance of A on some days, given hyperparameters and lags, lines, trend and shock integrated out."""
    names = sorted(fitted["benchmark"].unique())
    x, at = years(fitted["month"], reference), years(pd.Series(days), reference)
    between = theta["intercept_sd"] ** 2 + theta["slope_sd"] ** 2 * np.outer(at, x)  # a line with itself
    cross = between / len(names) + path_covariance(theta, at, x)
    own = (theta["intercept_sd"] ** 2 + theta["slope_sd"] ** 2 * np.outer(at, at)) / len(names)
    own = own + path_covariance(theta, at, at)
    y, mean, covariance = normal_law(theta, z, fitted, reference)
    share = np.linalg.solve(covariance, cross.T).T
    return theta["intercept_population"] + share @ (y - mean), own - share @ cross.T


def shares_at_zero(mean: np.ndarray, covariance: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """P(A has been at or below zero by each of some days), where A is normal, from independent draws."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0))
    normal = np.random.default_rng(seed).standard_normal((draws, len(mean)))
    return (np.minimum.accumulate(mean + normal @ root.T, axis=1) <= 0).mean(axis=0)
