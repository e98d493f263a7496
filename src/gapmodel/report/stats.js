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

  /* Mean over the chosen benchmarks, draw by draw: median and ends of the 90 % interval, SD, and how many draws. */
  meanOfDraws(rows, chosen) {
    const used = rows.filter((row, k) => row !== null && chosen.has(k));
    if (!used.length) return null;
    const draws = used[0].map((_, d) => stats.mean(used.map((row) => row[d])));
    const centre = stats.mean(draws);
    const sd = Math.sqrt(stats.mean(draws.map((v) => (v - centre) ** 2)));
    return { shown: [0.5, 0.05, 0.95].map((p) => stats.quantile(draws, p)), sd, n: draws.length };
  },

  /* The rule of gapmodel.analysis.rounding for what is computed here; a test holds the two to each other. */
  roundedEstimate({ shown, sd, n }) {
    const factors = [1.2533141373155001, 2.1131875109690856, 2.1131875109690856];  // quantile against mean, normal law
    const error = sd / Math.sqrt(0.4 * n);
    const ladder = (x) => { const e = Math.floor(Math.log10(x)); return [e, e + 1].flatMap((k) => [1, 2, 5].map((d) => Number(`${d}e${k}`))); };
    return shown.map((value, k) => {
      if (!(sd > 0)) return value.toFixed(1);
      const least = (2 / Math.sqrt(Math.PI)) * error * factors[k] / 0.05;
      const wanted = ladder(least).find((s) => s >= least * (1 - 1e-12));
      const most = Math.max(...ladder(sd).filter((s) => s <= sd * (1 + 1e-12)));
      const step = Math.max(0.1, Math.min(wanted, most));
      const rounded = Number((Math.floor(value / step + 0.5) * step).toFixed(10)) + 0;
      const whole = step === 0.5 && Number.isInteger(rounded);
      return rounded.toFixed(whole ? 0 : Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
    });
  },
};
