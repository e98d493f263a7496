/* One builder per figure: from the page's data, the state of the controls, the colours and the width. */
"use strict";

function dateRange(first, last, share = 0.02) {
  const [a, b] = [Date.parse(first), Date.parse(last)];
  const pad = Math.max((b - a) * share, 15 * 864e5);
  return [new Date(a - pad).toISOString().slice(0, 10), new Date(b + pad).toISOString().slice(0, 10)];
}

/* The dates in view: those chosen, else those of the data. */
function inView(range) {
  const pad = 10 * 864e5;
  const iso = (day, by) => new Date(Date.parse(day) + by).toISOString().slice(0, 10);
  return [state.from ? iso(state.from, -pad - 30 * 864e5) : range[0], state.to ? iso(state.to, pad) : range[1]];
}

function band(x, low, high, fill) {
  return { type: "scatter", mode: "lines", x: [...x, ...[...x].reverse()], y: [...high, ...[...low].reverse()],
    fill: "toself", fillcolor: fill, line: { width: 0 }, hoverinfo: "skip" };
}

function vertical(x, colour, dash = "dot") {
  return { type: "line", x0: x, x1: x, yref: "paper", y0: 0, y1: 1, line: { color: colour, width: 1, dash } };
}

function zeroLine(c) {
  return { type: "line", xref: "paper", x0: 0, x1: 1, y0: 0, y1: 0, line: { color: c.ink, width: 1 }, layer: "below" };
}

/* ---- the average gap over time ---- */

builders.gap = ({ c, narrow }) => {
  const layout = baseLayout(c);
  const data = [];
  const bands = page.bands;
  const rows = stats.monthly(page.lags, state.chosen, state.clamped).filter((row) => row.n > 0);
  const all = state.chosen.size === page.benchmarks.length;
  const legend = [];
  const tone = all ? c.leader : c.muted;  // grey: what the choice does not change
  const whole = `all ${page.benchmarks.length} benchmarks`;
  if (bands) {
    const split = bands.date.filter((d) => d <= page.asOf).length;
    for (const [from, to, ahead] of [[0, split, false], [Math.max(split - 1, 0), bands.date.length, true]]) {
      if (to - from < 2) continue;
      const x = bands.date.slice(from, to);
      for (const [low, high, opacity] of [["q05", "q95", 0.16], ["q10", "q90", 0.16], ["q25", "q75", 0.24]])
        data.push(band(x, bands[low].slice(from, to), bands[high].slice(from, to), alpha(tone, ahead ? opacity / 2 : opacity)));
      data.push({ type: "scatter", mode: "lines", x, y: bands.q50.slice(from, to), hoverinfo: "text",
        line: { color: tone, width: 2.2, dash: ahead ? "dash" : "solid" },
        hovertext: x.map((d, k) => `${day(d)}${ahead ? ", extended" : ""}<br>median ${bands.said[from + k][0]}` +
          `<br>50 %: ${bands.said[from + k][1]}<br>90 %: ${bands.said[from + k][2]}`) });
    }
    legend.push({ kind: "line", colour: tone, text: `posterior median, ${whole}` },
      { kind: "band", colour: tone, opacity: 0.48, text: "50 %" }, { kind: "band", colour: tone, opacity: 0.3, text: "80 %" },
      { kind: "band", colour: tone, opacity: 0.16, text: "90 % interval" });
    layout.shapes.push(vertical(page.asOf, c.muted));
    layout.annotations.push({ x: page.asOf, xref: "x", y: 1, yref: "paper", xanchor: "left", yanchor: "top", xshift: 4,
      showarrow: false, text: narrow ? "extended" : "extended after the data", font: { color: c.muted, size: 12 } });
  }
  data.push({ type: "scatter", mode: "markers", x: rows.map((r) => r.month), y: rows.map((r) => r.mean), hoverinfo: "text",
    marker: { symbol: "circle-open", color: c.ink, size: 6.5, line: { width: 1.2 } },
    hovertext: rows.map((r) => `${day(r.month)}<br>raw mean ${num(r.mean)} months<br>of ${r.n} exact lags, ${safe(chosenName())}`) });
  legend.push({ kind: "ring", colour: c.ink, text: `raw monthly mean${all ? "" : `, ${chosenName()}`}${state.clamped ? ", negative lags set to zero" : ""}` });
  const line = page.baseline;
  data.push({ type: "scatter", mode: "lines", x: line.x, y: line.y, line: { color: all ? c.follower : c.muted, width: 2, dash: all ? "solid" : "dot" }, hoverinfo: "text",
    hovertext: line.x.map((d, k) => `published straight line, ${whole}<br>${day(d)}: ${num(line.y[k])} months`) });
  legend.push({ kind: all ? "line" : "dots", colour: all ? c.follower : c.muted, text: `published straight line${all ? "" : `, ${whole}`}, no uncertainty` });
  const estimate = chosenEstimate();
  if (!bands || !all) {
    if (estimate) {
      const [mid, low, high] = estimate.gap;
      data.push({ type: "scatter", mode: "markers", x: [page.asOf], y: [mid], hoverinfo: "text",
        error_y: { type: "data", symmetric: false, array: [high - mid], arrayminus: [mid - low], color: c.held, thickness: 2.4, width: 5 },
        marker: { color: c.held, size: 9, symbol: "diamond" },
        hovertext: [`${day(page.asOf)}, ${safe(estimate.label)}<br>${estimate.said.gap}`] });
      legend.push({ kind: "diamond", colour: c.held, text: `posterior of ${estimate.label}, 90 % interval` });
    }
  }
  layout.shapes.push(zeroLine(c));
  layout.annotations.push(unitNote(`months, ${page.follower} behind ${page.leader}`, c));
  const dates = [...(bands ? bands.date : []), ...page.lags.months].sort();
  layout.xaxis.range = inView(dateRange(dates[0], dates[dates.length - 1]));
  layout.xaxis.type = "date";
  layout.yaxis.rangemode = "tozero";
  return { data, layout, height: narrow ? 340 : 430, legend };
};

/* ---- the answer as it stood at a past cutoff ---- */

builders.past = ({ c, narrow }) => {
  const layout = baseLayout(c);
  const p = page.past;
  const at = p.cutoffs[state.cutoff];
  const ahead = p.ahead[state.cutoff];
  const one = ahead.month.length === 1;  // a band of one month would be no wider than a line
  const data = [band(ahead.month, ahead.q05, ahead.q95, alpha(c.leader, 0.18)), band(ahead.month, ahead.q25, ahead.q75, alpha(c.leader, 0.26)),
    { type: "scatter", mode: one ? "markers" : "lines", x: ahead.month, y: ahead.q50, line: { color: c.leader, width: 2.2 }, hoverinfo: "text",
      marker: { color: c.leader, size: 7 }, error_y: { visible: one, type: "data", symmetric: false, array: ahead.q95.map((v, k) => v - ahead.q50[k]),
        arrayminus: ahead.q05.map((v, k) => ahead.q50[k] - v), color: c.leader, thickness: 2, width: 4 },
      hovertext: ahead.month.map((d, k) => `${day(d)}, forecast<br>median ${num(ahead.q50[k])} months<br>90 %: ${num(ahead.q05[k])} to ${num(ahead.q95[k])}`) }];
  const legend = one ? [{ kind: "linedot", colour: c.leader, text: "forecast then, 90 % interval" }] : [{ kind: "line", colour: c.leader, text: "forecast then" }, { kind: "band", colour: c.leader, opacity: 0.44, text: "50 %" },
    { kind: "band", colour: c.leader, opacity: 0.18, text: "90 %" }];
  if (page.bands) {
    const past = page.bands.date.map((d, k) => [d, page.bands.q50[k]]).filter(([d]) => d <= page.asOf);
    data.push({ type: "scatter", mode: "lines", x: past.map((v) => v[0]), y: past.map((v) => v[1]), hoverinfo: "skip", line: { color: c.muted, width: 2, dash: "dot" } });
    legend.push({ kind: "dots", colour: c.muted, text: "average trend, this run" });
  }
  data.push({ type: "scatter", mode: "markers", x: ahead.month, y: ahead.outcome, hoverinfo: "text", marker: { symbol: "circle-open", color: c.ink, size: 7, line: { width: 1.4 } },
    hovertext: ahead.month.map((d, k) => `${day(d)}, came<br>average lag ${num(ahead.outcome[k])} months`) });
  legend.push({ kind: "ring", colour: c.ink, text: "average lag that came" });
  const told = p.gap.map((gap, k) => ({ gap, date: p.cutoffs[k], now: k === state.cutoff })).filter((row) => row.gap);
  for (const now of [false, true]) {
    const rows = told.filter((row) => row.now === now);
    data.push({ type: "scatter", mode: "markers", x: rows.map((r) => r.date), y: rows.map((r) => r.gap[0]), hoverinfo: "text",
      error_y: { type: "data", symmetric: false, array: rows.map((r) => r.gap[2] - r.gap[0]), arrayminus: rows.map((r) => r.gap[0] - r.gap[1]),
        color: now ? c.follower : alpha(c.muted, 0.55), thickness: now ? 2.4 : 1, width: now ? 5 : 0 },
      marker: { symbol: "diamond", size: now ? 10 : 5, color: now ? c.follower : alpha(c.muted, 0.55) },
      hovertext: rows.map((r) => `gap as of ${day(r.date)}<br>${num(r.gap[0])} months, 90 %: ${num(r.gap[1])} to ${num(r.gap[2])}`) });
  }
  if (told.length) legend.push({ kind: "diamond", colour: c.follower, text: "gap said then, 90 % interval" });
  if (told.length > 1) legend.push({ kind: "diamond", colour: c.muted, text: "at the other cutoffs" });
  layout.shapes.push(zeroLine(c), vertical(at, c.muted));
  layout.annotations.push(unitNote(`months, ${page.follower} behind ${page.leader}`, c));
  layout.xaxis.type = "date";
  const dates = [...p.cutoffs, ...p.ahead.flatMap((a) => a.month)].sort();
  layout.xaxis.range = dateRange(dates[0], dates[dates.length - 1]);
  // One scale for all cutoffs, so that they can be compared.
  layout.yaxis.range = paddedRange([...p.ahead.flatMap((a) => [...a.q05, ...a.q95, ...a.outcome]), ...told.flatMap((r) => r.gap)]);
  return { data, layout, height: narrow ? 340 : 400, legend };
};

/* ---- P(zero by date) ---- */

builders.zero = ({ c, narrow }) => {
  const layout = baseLayout(c);
  const z = page.zero;
  const at = z.date[state.month];
  const bar = narrow ? 0.88 : 0.93;
  const close = (low, high) => low.every((p, k) => Math.abs(p - high[k]) < 0.007);  // less than the width of a line
  const certain = close(z.mcse.map(() => 0), z.mcse.map((e) => 2 * e));
  const same = close(z.sustained, z.probability);
  const text = z.date.map((d, k) => `by ${day(d)}<br>posterior ${z.said.probability[k]}<br>held ${z.sustainedMonths} months ` +
    `${z.said.sustained[k]}<br>prior alone ${z.said.prior[k]}`);
  const data = [
    band(z.date, z.probability.map((p, k) => Math.max(p - 2 * z.mcse[k], 0)),
      z.probability.map((p, k) => Math.min(p + 2 * z.mcse[k], 1)), alpha(c.leader, 0.28)),
    { type: "scatter", mode: "lines", x: z.date, y: z.prior, line: { color: c.muted, width: 1.8, dash: "dash" }, hoverinfo: "skip" },
    { type: "scatter", mode: "lines", x: z.date, y: same ? [] : z.sustained, line: { color: c.held, width: 1.8, dash: "dash" }, hoverinfo: "skip" },
    { type: "scatter", mode: "lines", x: z.date, y: z.probability, line: { color: c.leader, width: 2.4 }, hoverinfo: "text", hovertext: text },
    { type: "scatter", mode: "markers", x: [at], y: [z.probability[state.month]], marker: { color: c.leader, size: 10 }, hoverinfo: "skip" },
    { type: "bar", x: ["never"], y: [z.never], base: [1 - z.never], xaxis: "x2", yaxis: "y", width: 0.9, hoverinfo: "text",
      marker: { color: alpha(c.muted, 0.3), line: { color: c.muted, width: 1 }, pattern: { shape: "/", fgcolor: c.muted, size: 7 } },
      hovertext: [`not by ${day(z.horizon)}: ${z.said.never}`] },
  ];
  layout.shapes.push({ ...vertical(at, c.ink, "solid"), opacity: 0.5 });
  layout.yaxis = { ...layout.yaxis, range: [0, 1.02], tickformat: ".1f", dtick: 0.2 };
  layout.xaxis = { ...layout.xaxis, type: "date", range: [z.date[0], z.date[z.date.length - 1]], domain: [0, bar - 0.04] };
  layout.xaxis2 = { ...layout.yaxis, range: [-0.5, 0.5], domain: [bar, 1], anchor: "y", showticklabels: false, showgrid: false,
    tickformat: "", fixedrange: true, type: "category" };
  delete layout.xaxis2.dtick;
  layout.annotations.push(unitNote("probability", c), { xref: "paper", yref: "paper", x: 1, y: 1, xanchor: "right", yanchor: "bottom",
    yshift: 5, showarrow: false, text: `not by ${z.horizon.slice(0, 4)}: ${z.said.never}`, font: { size: 12, color: c.ink } });
  const legend = [{ kind: "line", colour: c.leader, text: `zero reached by the date${same ? `; held for ${z.sustainedMonths} months, the same line` : ""}` },
    ...(certain ? [] : [{ kind: "band", colour: c.leader, opacity: 0.28, text: "± 2 Monte Carlo errors" }]),
    ...(same ? [] : [{ kind: "dash", colour: c.held, text: `reached and held for ${z.sustainedMonths} months` }]),
    { kind: "dash", colour: c.muted, text: "prior alone" },
    { kind: "band", colour: c.muted, opacity: 0.4, text: "not within the horizon" }];
  return { data, layout, height: narrow ? 320 : 380, legend };
};

/* ---- monthly boxes ---- */

builders.boxes = ({ c, narrow }) => {
  const layout = baseLayout(c);
  const rows = stats.monthly(page.lags, state.chosen, state.clamped);
  const seen = rows.filter((r) => r.n > 0);
  const pick = (key) => seen.map((r) => r[key]);
  const data = [{
    type: "box", x: pick("month"), q1: pick("q25"), median: pick("median"), q3: pick("q75"), lowerfence: pick("minimum"),
    upperfence: pick("maximum"), fillcolor: alpha(c.leader, 0.22), line: { color: c.leader, width: 1.2 }, hoverinfo: "skip",
    width: 20 * 864e5, whiskerwidth: 0.4,
  }];
  for (const [code, symbol] of [[1, "triangle-up-open"], [-1, "triangle-down-open"]]) {
    const points = rows.flatMap((r) => r.censored.filter((v) => v[1] === code).map((v) => [r.month, ...v]));
    data.push({ type: "scatter", mode: "markers", x: points.map((p) => p[0]), y: points.map((p) => p[1]), hoverinfo: "text",
      marker: { symbol, color: c.muted, size: narrow ? 5 : 6.5, line: { width: 1 } },
      hovertext: points.map((p) => `${safe(page.benchmarks[p[3]].title)}<br>${day(p[0])}: ${lagText(p[1], p[2])}`) });
  }
  data.push({ type: "scatter", mode: "lines+markers", x: pick("month"), y: pick("mean"), line: { color: c.ink, width: 1.4 },
    marker: { color: c.ink, size: 5 }, hoverinfo: "text",
    hovertext: seen.map((r) => `${day(r.month)}, ${r.n} exact lags<br>mean ${num(r.mean)}, median ${num(r.median)}` +
      `<br>quartiles ${num(r.q25)} to ${num(r.q75)}<br>extremes ${num(r.minimum)} to ${num(r.maximum)}`) });
  layout.shapes.push(zeroLine(c));
  layout.annotations.push(unitNote("lag in months", c));
  layout.xaxis.type = "date";
  const months = page.lags.months;
  layout.xaxis.range = inView(dateRange(months[0], months[months.length - 1]));
  const legend = [{ kind: "band", colour: c.leader, opacity: 0.3, text: "quartiles and median; whiskers: extremes" },
    { kind: "linedot", colour: c.ink, text: "mean of exact lags" },
    { kind: "triangle", colour: c.muted, text: "censored: up, at least; down, at most" }];
  return { data, layout, height: narrow ? 340 : 420, legend };
};

/* ---- the two frontiers of one benchmark ---- */

/* Whether a best score is in the upper fifth of the range of its benchmark. */
function nearCeiling(k) {
  const { floor, ceiling } = page.benchmarks[k];
  if (floor === null || ceiling === null) return false;
  const f = page.frontiers[k];
  return [...f.leader, ...f.follower].some((r) => (r[1] - floor) / (ceiling - floor) > 0.8);
}

const LOGIT_TICKS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99];

/* Level → place on the axis, and the axis itself. Shares of 0 and 1 are drawn at half a per cent from the ends. */
function levelScale(key, levels) {
  const { floor, ceiling } = page.benchmarks[key];
  const pad = (low, high) => { const p = 0.08 * (high - low) || 0.05; return [low - p, high + p]; };
  if (!state.logit || !nearCeiling(key)) return { at: (v) => v, axis: { range: pad(Math.min(...levels), Math.max(...levels)), nticks: 6 } };
  const at = (v) => { const p = Math.min(Math.max((v - floor) / (ceiling - floor), 0.005), 0.995); return Math.log(p / (1 - p)); };
  const of = (p) => floor + p * (ceiling - floor);
  const range = pad(Math.min(...levels.map(at)), Math.max(...levels.map(at)));
  const seen = LOGIT_TICKS.filter((p) => at(of(p)) >= range[0] && at(of(p)) <= range[1]);
  const ticks = seen.filter((p, k) => seen.length < 7 || k % 2 === (seen.length - 1) % 2);
  return { at, logit: true, axis: { range, tickmode: "array", tickvals: ticks.map((p) => at(of(p))), ticktext: ticks.map((p) => String(Number(of(p).toPrecision(3)))) } };
}

function isMarked(model) {
  if (!state.mark || !page.makers[model]) return false;
  const [kind, name] = [state.mark.slice(0, state.mark.indexOf(":")), state.mark.slice(state.mark.indexOf(":") + 1)];
  const [labs, country] = page.makers[model];
  return kind === "country" ? country === name : labs.split(",").map((lab) => lab.trim()).includes(name);
}

/* Names at records, newest first and those of the highlighted before others; one that would lie on another is left out. */
function nameRecords(layout, records, { width, height, range, place, c }) {
  const box = { left: layout.margin.l, right: width - layout.margin.r, top: layout.margin.t };
  box.bottom = box.top + (height - layout.margin.t - layout.margin.b) * 0.9;
  const [from, to] = range.map((d) => Date.parse(d));
  const px = (date) => box.left + ((Date.parse(date) - from) / (to - from)) * (box.right - box.left);
  const [low, high] = place.axis.range;
  const py = (level) => box.bottom - ((place.at(level) - low) / (high - low)) * (box.bottom - box.top);
  const taken = records.map((r) => ({ l: px(r.date) - 4, r: px(r.date) + 4, t: py(r.level) - 4, b: py(r.level) + 4 }));
  const ranked = [...records].sort((a, b) => (b.marked - a.marked) || (a.date < b.date ? 1 : -1));
  let named = 0;
  for (const r of ranked) {
    if (named >= (width < 380 ? 5 : 7) && !r.marked) break;
    const text = clip(r.model, 24);
    const [x, y, w] = [px(r.date), py(r.level), text.length * (r.marked ? 7.2 : 6.3) + 4];
    if (x < box.left || x > box.right) continue;
    const spots = [["right", -6, r.above ? -9 : 9], ["left", 6, r.above ? -9 : 9], ["right", -6, r.above ? 9 : -9], ["left", 6, r.above ? 9 : -9]];
    for (const [anchor, dx, dy] of spots) {
      const l = anchor === "left" ? x + dx : x + dx - w;
      const at = { l, r: l + w, t: y + dy - 7, b: y + dy + 7 };
      if (at.l < 2 || at.r > width - 2 || at.t < 0 || at.b > box.bottom) continue;
      if (taken.some((o) => at.l < o.r && o.l < at.r && at.t < o.b && o.t < at.b)) continue;
      taken.push(at);
      named += 1;
      layout.annotations.push({ x: r.date, y: place.at(r.level), xanchor: anchor, yanchor: "middle", xshift: dx, yshift: -dy, showarrow: false,
        text: r.marked ? `<b>${safe(text)}</b>` : safe(text), font: { size: 11, color: r.marked || !state.mark ? c.ink : c.muted } });
      break;
    }
  }
}

builders.frontier = ({ c, key, width }) => {
  const layout = baseLayout(c);
  const f = page.frontiers[key];
  const data = [];
  const height = 290;
  const place = levelScale(key, [...f.leader, ...f.follower].map((r) => r[1]));
  const lagAt = new Map(f.arrows.filter((a) => !a[5]).map((a) => [a[1], lagText(a[3], a[4])]));
  for (const censored of [false, true]) {
    const arrows = f.arrows.filter((a) => (a[4] !== 0) === censored);
    const join = (pick) => arrows.flatMap((a) => [...pick(a), null]);
    data.push({ type: "scatter", mode: "lines", x: join((a) => [a[0], a[1]]), y: join((a) => [place.at(a[2]), place.at(a[2])]), hoverinfo: "skip",
      line: { color: alpha(c.ink, 0.7), width: 1.2, dash: censored ? "dot" : "solid" } });
    data.push({ type: "scatter", mode: "markers", x: arrows.map((a) => a[1]), y: arrows.map((a) => place.at(a[2])),
      hoverinfo: arrows.map((a) => (a[5] ? "text" : "skip")), marker: { color: c.ink, symbol: censored ? "triangle-right-open" : "triangle-right", size: 9, line: { width: 1.2 } },
      hovertext: arrows.map((a) => `month-end ${day(a[1])}<br>lag ${lagText(a[3], a[4])}`) });
  }
  const named = [];
  for (const [records, colour, symbol, group] of [[f.leader, c.leader, "circle", page.leader], [f.follower, c.follower, "square", page.follower]]) {
    if (!records.length) continue;
    const last = records[records.length - 1];
    const marked = records.map((r) => isMarked(r[2]));
    named.push(...records.map((r, k) => ({ date: r[0], level: r[1], model: r[2], marked: marked[k], above: records === f.leader })));
    data.push({ type: "scatter", mode: "lines", x: [...records.map((r) => r[0]), f.end > last[0] ? f.end : last[0]],
      y: [...records.map((r) => place.at(r[1])), place.at(last[1])], line: { shape: "hv", color: state.mark ? alpha(colour, 0.55) : colour, width: 1.8 }, hoverinfo: "skip" });
    data.push({ type: "scatter", mode: "markers", x: records.map((r) => r[0]), y: records.map((r) => place.at(r[1])), hoverinfo: "text",
      marker: { color: marked.map((m) => (m ? c.held : colour)), symbol, size: marked.map((m) => (m ? 11 : 6.5)), opacity: marked.map((m) => (m || !state.mark ? 1 : 0.5)) },
      hovertext: records.map((r) => `${safe(r[2])}${page.makers[r[2]] ? `, ${safe(page.makers[r[2]][0])}` : ""}<br>${safe(group)}, ${day(r[0])}<br>score ${Number(r[1].toPrecision(4))}` +
        (records === f.follower && lagAt.has(r[0]) ? `<br>lag ${lagAt.get(r[0])}` : "")) });
  }
  const ticks = f.months;
  data.push({ type: "scatter", mode: "markers", x: ticks.map((m) => m[0]), y: ticks.map(() => 0), yaxis: "y2", hoverinfo: "text",
    marker: { symbol: ticks.map((m) => (m[2] === 0 ? "line-ns-open" : "circle-open")), size: 6,
      color: ticks.map((m) => (m[2] === 0 ? c.muted : c.ink)), line: { width: 1.2 } },
    hovertext: ticks.map((m) => `month-end ${day(m[0])}<br>lag ${lagText(m[1], m[2])}`) });
  layout.margin = { l: 44, r: 28, t: 12, b: 30 };
  layout.yaxis = { ...layout.yaxis, ...place.axis, domain: [0.1, 1] };
  layout.yaxis2 = { visible: false, domain: [0, 0.06], range: [-1, 1], fixedrange: true };
  layout.xaxis = { ...layout.xaxis, type: "date", nticks: width < 380 ? 4 : 5, anchor: "y2" };
  const first = [...f.leader, ...f.follower].map((r) => r[0]).sort()[0] || f.months[0][0];
  layout.xaxis.range = inView(dateRange(first, f.end, 0.03));
  nameRecords(layout, named, { width, height, range: layout.xaxis.range, place, c });
  const legend = [{ kind: "linedot", colour: c.leader, text: page.leader }, { kind: "linesquare", colour: c.follower, text: page.follower },
    { kind: "arrow", colour: c.ink, text: "lag" }, { kind: "openarrow", colour: c.ink, text: "censored lag" },
    ...(state.mark ? [{ kind: "dot", colour: c.held, text: `of ${state.mark.slice(state.mark.indexOf(":") + 1)}` }] : []),
    ...(place.logit ? [{ kind: "band", colour: c.grid, text: "logit scale near the ceiling" }] : [])];
  return { data, layout, height, legend };
};

/* ---- best scores of both groups, and the waiting times of records ---- */

builders.points = (at) => {
  const { c, narrow } = at;
  const share = (k, level) => { const { floor, ceiling } = page.benchmarks[k]; return floor === null || ceiling === null ? null : (level - floor) / (ceiling - floor); };
  const rows = page.measures.scores.filter((r) => state.chosen.has(r.b) && share(r.b, r.leader[0]) !== null)
    .map((r) => ({ ...r, label: page.benchmarks[r.b].title, x: [r.follower, r.leader].map((s) => share(r.b, s[0])) }))
    .sort((a, b) => (b.x[1] - b.x[0]) - (a.x[1] - a.x[0]));
  const pair = rows.map((r) => ({ label: r.label, none: null }));
  const spec = intervalRows(at, pair, [{ key: "none", title: "best score, share of the benchmark's range", hover: () => "", axis: { range: [-0.03, 1.06], tickformat: ".0%" } }]);
  spec.data = [{ type: "scatter", mode: "lines", x: rows.flatMap((r) => [...r.x, null]), y: rows.flatMap((_, k) => [k, k, null]), hoverinfo: "skip",
    line: { color: c.muted, width: 1.4 } }];
  for (const [pick, which, colour, symbol, group] of [[0, "follower", c.follower, "square", page.follower], [1, "leader", c.leader, "circle", page.leader]]) {
    spec.data.push({ type: "scatter", mode: "markers", x: rows.map((r) => r.x[pick]), y: rows.map((_, k) => k), marker: { color: colour, size: 9, symbol }, hoverinfo: "text",
      hovertext: rows.map((r) => `${safe(r.label)}, ${day(r.date)}<br>${safe(group)}: ${safe(r[which][1])} ${Number(r[which][0].toPrecision(4))}<br>difference ${num(r.difference, 3)}` +
        (r.noise === null ? "" : ` ± ${num(r.noise, 3)}${r.within ? ", within the noise" : ""}`)) });
  }
  const known = rows.map((r, k) => [r, k]).filter(([r]) => r.noise !== null);
  spec.data.push({ type: "scatter", mode: "markers", x: known.map(([r]) => (r.x[0] + r.x[1]) / 2), y: known.map(([, k]) => k + (narrow ? 0.22 : 0.28)), hoverinfo: "skip",
    marker: { size: 0.1, color: c.ink }, error_x: { type: "data", array: known.map(([r]) => {
      const { floor, ceiling } = page.benchmarks[r.b];
      return r.noise / (ceiling - floor) / 2;
    }), color: c.held, thickness: 3, width: 0 } });
  spec.legend = [{ kind: "dot", colour: c.leader, text: `best ${page.leader}` }, { kind: "linesquare", colour: c.follower, text: `best ${page.follower}` },
    { kind: "thick", colour: c.held, text: "noise: a shorter difference is within it" }];
  return spec;
};

builders.waiting = ({ c, narrow }) => {
  const layout = baseLayout(c);
  const rows = page.measures.waiting.filter((r) => state.chosen.has(r[0]));
  const data = [];
  const kinds = [[0, "circle", c.leader, "matched after"], [1, "triangle-up-open", c.ink, "not matched yet, or older than known: at least"], [-1, "triangle-down-open", c.muted, "at most"]];
  const legend = [];
  for (const [code, symbol, colour, words] of kinds) {
    const mine = rows.filter((r) => r[3] === code);
    if (!mine.length) continue;
    data.push({ type: "scatter", mode: "markers", x: mine.map((r) => r[1]), y: mine.map((r) => r[2]), hoverinfo: "text",
      marker: { symbol, color: colour, size: code === 0 ? 7 : 8, line: { width: 1.2 }, opacity: code === 0 ? 0.75 : 1 },
      hovertext: mine.map((r) => `${safe(r[4])}, ${day(r[1])}<br>${safe(page.benchmarks[r[0]].title)}<br>${words} ${num(r[2])} months${r[5] ? `, on ${day(r[5])}` : ""}`) });
    legend.push({ kind: { 0: "dot", 1: "triangle", "-1": "triangledown" }[code], colour, text: code ? `${words} so long` : "matched" });
  }
  const all = state.chosen.size === page.benchmarks.length;
  const median = page.measures.median;
  if (all && median !== null) {
    layout.shapes.push({ type: "line", xref: "paper", x0: 0, x1: 1, y0: median, y1: median, line: { color: c.follower, width: 1.6, dash: "dash" } });
    legend.push({ kind: "dash", colour: c.follower, text: "half were matched by then" });
  }
  layout.shapes.push(zeroLine(c));
  layout.annotations.push(unitNote("months from record to match", c));
  layout.xaxis.type = "date";
  const dates = rows.map((r) => r[1]).sort();
  if (dates.length) layout.xaxis.range = inView(dateRange(dates[0], page.asOf));
  layout.xaxis.title = { text: `date of the ${page.leader} record`, font: { size: 12, color: c.muted }, standoff: 6 };
  layout.yaxis.rangemode = "tozero";
  layout.margin.b = 46;
  return { data, layout, height: narrow ? 340 : 400, legend };
};

/* ---- rows of intervals: benchmarks, variants, specifications ---- */

function intervalRows({ c, width, narrow }, rows, panels) {
  const layout = baseLayout(c);
  const step = narrow ? 40 : 23;
  const height = rows.length * step + 66;
  const longest = Math.max(...rows.map((r) => Math.min(r.label.length, 44)), 4);
  const left = narrow ? 10 : Math.min(longest * 7 + 24, width * 0.42);
  layout.margin = { l: left, r: 16, t: 8, b: 46 };
  layout.yaxis = { ...layout.yaxis, range: [rows.length - 0.4, -0.6 - (narrow ? 0.25 : 0)], showticklabels: false, showgrid: false, fixedrange: true };
  const data = [];
  const gutter = narrow ? 0.1 : 0.06;
  const share = (1 - gutter * (panels.length - 1)) / panels.length;
  panels.forEach((panel, p) => {
    const suffix = p ? String(p + 1) : "";
    const used = rows.map((row, k) => ({ row, k, v: row[panel.key] })).filter(({ v }) => v && v[0] !== null);
    for (const [strong, colour] of [[false, c.leader], [true, c.follower], ["grey", c.muted], ["chosen", c.held]]) {
      const mine = used.filter(({ row }) => (row.strong || false) === strong);
      if (!mine.length && strong) continue;
      const segments = (low, high) => ({ x: mine.flatMap(({ v }) => [v[low], v[high], null]), y: mine.flatMap(({ k }) => [k, k, null]) });
      const common = { type: "scatter", xaxis: `x${suffix}`, hoverinfo: "skip" };
      data.push({ ...common, mode: "lines", ...segments(1, 2), line: { color: colour, width: 1.5 } });
      if (panel.inner) data.push({ ...common, mode: "lines", line: { color: colour, width: 5 },
        x: mine.flatMap(({ v }) => (v.length > 3 ? [v[3], v[4], null] : [])), y: mine.flatMap(({ v, k }) => (v.length > 3 ? [k, k, null] : [])) });
      data.push({ ...common, mode: "markers", x: mine.map(({ v }) => v[0]), y: mine.map(({ k }) => k), hoverinfo: "text",
        marker: { color: colour, size: 8, symbol: strong ? "diamond" : "circle", line: { color: c.paper, width: 1 } },
        hovertext: mine.map(({ row, v }) => `${safe(row.label)}<br>${panel.hover(v, row)}`) });
    }
    const start = p * (share + gutter);
    layout[`xaxis${suffix}`] = { ...baseLayout(c).xaxis, domain: [start, start + share], showgrid: true, anchor: "y", range: paddedRange(used.flatMap(({ v }) => v)),
      nticks: Math.max(4, Math.floor((share * (width - left)) / 50)),
      title: { text: panel.title, font: { size: 12, color: c.muted }, standoff: 6 }, ...(panel.axis || {}) };
    layout.shapes.push({ type: "line", xref: `x${suffix}`, yref: "paper", x0: 0, x1: 0, y0: 0, y1: 1, line: { color: c.ink, width: 1 }, layer: "below" });
  });
  rows.forEach((row, k) => {
    const room = narrow ? Math.floor(width / 7.2) : 44;
    layout.annotations.push({ xref: "paper", x: 0, y: k, xanchor: narrow ? "left" : "right", yanchor: narrow ? "bottom" : "middle",
      xshift: narrow ? 0 : -10, yshift: narrow ? 7 : 0, showarrow: false, font: { size: 12, color: c.ink },
      text: row.strong ? `<b>${safe(clip(row.label, room))}</b>` : safe(clip(row.label, room)) });
  });
  return { data, layout, height };
}

/* Zero is always in view, and no interval touches the frame. */
function paddedRange(values) {
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const pad = 0.05 * (high - low) || 1;
  return [low - pad, high + pad];
}

builders.forest = (at) => {
  const rows = page.benchmarks.map((b, k) => ({ ...b, label: b.title, k }))
    .filter((row) => state.chosen.has(row.k) && row.gap[0] !== null).sort((a, b) => b.gap[0] - a.gap[0]);
  const all = state.chosen.size === page.benchmarks.length;
  const estimate = all ? null : chosenEstimate();
  if (estimate && estimate.thinned) rows.push({ ...estimate, label: `average of ${estimate.label}`, strong: "chosen" });
  for (const row of page.summaryRows) rows.push({ ...row, strong: all || "grey" });
  const spec = intervalRows(at, rows, [
    { key: "gap", title: "gap, months", inner: true, hover: (_, row) => row.said.gap },
    { key: "slope", title: "slope, months per year", hover: (_, row) => row.said.slope },
  ]);
  spec.legend = [{ kind: "linedot", colour: at.c.leader, text: "a benchmark: median, 90 % interval" },
    { kind: "thick", colour: at.c.leader, text: "50 % interval" }, ...(estimate && estimate.thinned ? [{ kind: "diamond", colour: at.c.held, text: `average of ${estimate.label}` }] : []),
    { kind: "diamond", colour: all ? at.c.follower : at.c.muted, text: all ? "over benchmarks" : "over benchmarks, not changed by the choice" }];
  return spec;
};

builders.variants = (at) => {
  const rows = page.variants.map((v, k) => ({ ...v, k, strong: v.label === "stacked", label: v.label + (v.passed ? "" : " †"),
    p: [v.probability, v.probability, v.probability],
    elpd: v.elpd[0] === null ? null : [v.elpd[0], v.elpd[0] - v.elpd[1], v.elpd[0] + v.elpd[1]] }))
    .filter((row) => !state.hidden.has(row.k));
  const panels = [{ key: "gap", title: "gap, months", hover: (_, row) => row.said.gap },
    { key: "slope", title: "slope, months per year", hover: (_, row) => row.said.slope }];
  if (!at.narrow) {
    panels.push({ key: "p", title: "P(zero in 12 months)", hover: (_, row) => row.said.probability, axis: { range: [-0.03, 1.03], nticks: 3 } });
    if (rows.some((row) => row.elpd)) panels.push({ key: "elpd", title: "elpd, months ahead", hover: (v) => `${num(v[0])} ± ${num(v[0] - v[1])}` });
  }
  const spec = intervalRows(at, rows, panels);
  spec.legend = [{ kind: "linedot", colour: at.c.leader, text: "a variant: median, 90 % interval" },
    { kind: "diamond", colour: at.c.follower, text: "mixture of all" }];
  return spec;
};

builders.multiverse = ({ c, narrow }) => {
  const layout = baseLayout(c);
  const rows = page.multiverse;
  const x = rows.map((_, k) => k + 1);
  const data = [
    { type: "scatter", mode: "lines", x: x.flatMap((k) => [k, k, null]), y: rows.flatMap((r) => [r[1], r[2], null]), hoverinfo: "skip",
      line: { color: alpha(c.leader, 0.55), width: rows.length > 60 ? 1 : 2 } },
    { type: "scatter", mode: "markers", x, y: rows.map((r) => r[0]), marker: { color: c.leader, size: 5 }, hoverinfo: "text",
      hovertext: rows.map((_, k) => `specification ${k + 1}<br>${page.multiverseSaid[k]}`) }];
  layout.shapes.push(zeroLine(c));
  layout.annotations.push(unitNote("average gap, months", c));
  layout.xaxis.title = { text: "specifications in order of their gap", font: { size: 12, color: c.muted }, standoff: 6 };
  layout.margin.b = 46;
  return { data, layout, height: narrow ? 300 : 360, legend: [{ kind: "linedot", colour: c.leader, text: "median, 90 % interval" }] };
};

builders.skill = ({ c, narrow }) => {
  const layout = baseLayout(c);
  const names = Object.keys(page.skill.lines);
  const tones = [c.leader, c.follower, c.held, c.ink, c.muted];
  const dashes = ["solid", "dash", "dot", "dashdot"];
  const legend = [];
  const data = names.map((name, k) => {
    const colour = tones[k % tones.length];
    legend.push({ kind: ["linedot", "dash", "dots", "dashdot"][Math.floor(k / tones.length) % dashes.length], colour, text: name });
    return { type: "scatter", mode: "lines+markers", x: page.skill.lines[name].map((p) => p[0]), y: page.skill.lines[name].map((p) => p[1]),
      line: { color: colour, width: 2, dash: dashes[Math.floor(k / tones.length) % dashes.length] }, marker: { size: 6 }, hoverinfo: "text",
      hovertext: page.skill.lines[name].map((p) => `${safe(name)}<br>${p[0]} months ahead: CRPS ${num(p[1], 2)}`) };
  });
  layout.annotations.push(unitNote("CRPS in months, lower is better", c));
  layout.xaxis.title = { text: "months ahead", font: { size: 12, color: c.muted }, standoff: 6 };
  layout.yaxis.rangemode = "tozero";
  layout.margin.b = 46;
  return { data, layout, height: narrow ? 300 : 360, legend };
};
