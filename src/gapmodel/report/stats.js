/* Numbers that the controls recompute. Pure functions of their arguments. */
"use strict";

const stats = {
  mean(values) {
    return values.reduce((a, b) => a + b, 0) / values.length;
  },

  /* Linear interpolation between order statistics, as numpy.quantile. */
  quantile(values, p) {
    const sorted = Float64Array.from(values).sort();
    const at = p * (sorted.length - 1);
    const low = Math.floor(at);
    const high = Math.min(low + 1, sorted.length - 1);
    return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
  },

  /* Lags of each month over the chosen benchmarks: exact ones, and bounds apart. */
  monthly(lags, chosen, clamped) {
    const rows = lags.months.map((month) => ({ month, exact: [], censored: [] }));
    lags.lag.forEach((raw, k) => {
      if (!chosen.has(lags.b[k])) return;
      const lag = clamped ? Math.max(raw, 0) : raw;
      const row = rows[lags.m[k]];
      if (lags.c[k] === 0) row.exact.push(lag);
      else row.censored.push([lag, lags.c[k], lags.b[k]]);
    });
    for (const row of rows) {
      const v = row.exact;
      row.n = v.length;
      row.mean = v.length ? stats.mean(v) : null;
      [row.minimum, row.q25, row.median, row.q75, row.maximum] =
        v.length ? [0, 0.25, 0.5, 0.75, 1].map((p) => stats.quantile(v, p)) : [null, null, null, null, null];
    }
    return rows;
  },

  /* Median and 90 % equal-tailed interval of the mean over the chosen benchmarks, draw by draw. */
  meanOfDraws(rows, chosen) {
    const used = rows.filter((row, k) => row !== null && chosen.has(k));
    if (!used.length) return null;
    const draws = used[0].map((_, d) => stats.mean(used.map((row) => row[d])));
    return [stats.quantile(draws, 0.5), stats.quantile(draws, 0.05), stats.quantile(draws, 0.95)];
  },
};
