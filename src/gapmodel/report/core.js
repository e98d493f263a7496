/* Text, colours, drawing and downloads. Strings from data reach the page as text nodes, and Plotly only through safe(). */
"use strict";

const page = JSON.parse(document.getElementById("page-data").textContent);
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
  "November", "December"];

/* Plotly reads a few HTML tags, and formulas between dollar signs, in its texts: none may come from data. */
function safe(text) {
  return String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/\$/g, "&#36;");
}

function num(value, digits = 1) {
  if (value === null || !Number.isFinite(value)) return "";
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

function day(iso) {
  const [year, month, date] = iso.split("-").map(Number);
  return `${date} ${MONTHS[month - 1]} ${year}`;
}

function clip(text, length) {
  return text.length <= length ? text : `${text.slice(0, length - 1).trimEnd()}…`;
}

function lagText(lag, censoring) {
  const bound = censoring > 0 ? "at least " : censoring < 0 ? "at most " : "";
  return `${bound}${num(lag)} months`;
}

function element(tag, attributes = {}, children = []) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  for (const child of [].concat(children)) node.append(child);
  return node;
}

/* ---- colours: the page's custom properties, so that figures follow the theme ---- */

const THEMED = ["ink", "muted", "grid", "paper", "leader", "follower", "held", "box"];

function colours(theme) {
  const root = document.documentElement;
  const before = root.getAttribute("data-theme");
  if (theme) root.setAttribute("data-theme", theme);
  const style = getComputedStyle(root);
  const found = Object.fromEntries(THEMED.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  if (theme) before === null ? root.removeAttribute("data-theme") : root.setAttribute("data-theme", before);
  return found;
}

function alpha(hex, opacity) {
  const n = parseInt(hex.slice(1), 16);
  return `rgba(${n >> 16},${(n >> 8) & 255},${n & 255},${opacity})`;
}

const SANS = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

function baseLayout(c) {
  const axis = { color: c.muted, gridcolor: c.grid, zeroline: false, linecolor: c.grid, tickfont: { color: c.ink },
    automargin: false, fixedrange: !CAN_HOVER, tickangle: 0 };
  return {
    font: { family: SANS, size: 12.5, color: c.ink },
    paper_bgcolor: c.paper, plot_bgcolor: c.paper, showlegend: false, dragmode: CAN_HOVER ? "zoom" : false,
    hoverlabel: { bgcolor: c.paper, bordercolor: c.muted, font: { color: c.ink, family: SANS, size: 12.5 }, align: "left" },
    margin: { l: 42, r: 28, t: 24, b: 34 }, hovermode: "closest",
    xaxis: { ...axis, showgrid: false, ticks: "outside", ticklen: 4, tickcolor: c.grid, showline: true },
    yaxis: { ...axis, showline: false },
    annotations: [], shapes: [],
  };
}

const CAN_HOVER = window.matchMedia("(hover: hover) and (pointer: fine)").matches;

/* Unit of the vertical axis, above it: it takes no width from a narrow screen. */
function unitNote(text, c) {
  return { xref: "paper", yref: "paper", x: 0, y: 1, xanchor: "left", yanchor: "bottom", yshift: 5, xshift: -34,
    showarrow: false, text: safe(text), font: { color: c.muted, size: 12 } };
}

/* ---- drawing ---- */

const builders = {};  // name → (context) => {data, layout, height, legend}
const state = { chosen: new Set(page.benchmarks.map((_, k) => k)), clamped: false, month: 12, cutoff: 0, hidden: new Set(),
  mark: "", logit: false, from: "", to: "" };
const drawn = new Set();
let printing = false;

function context(node, overrides = {}) {
  const width = printing ? 660 : Math.max(node.clientWidth, 240);
  return { c: colours(printing ? "light" : null), width, narrow: width < 560, key: node.dataset.key, node, ...overrides };
}

function figureOf(node, overrides) {
  return builders[node.dataset.figure](context(node, overrides));
}

/* Unpacks the drawing library, whose hash the page's policy names, and runs it. */
async function unpack() {
  const packed = Uint8Array.from(atob(document.getElementById("plotly").textContent), (ch) => ch.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const script = element("script");
  script.textContent = await new Response(stream).text();
  document.head.append(script);
}

function draw(node) {
  if (!window.Plotly) return;  // not unpacked yet: what is near is drawn then
  const spec = figureOf(node);
  if (!spec) return;
  const width = printing ? 660 : node.clientWidth;
  node.style.minHeight = `${spec.height}px`;
  const layout = { ...spec.layout, width, height: spec.height };
  Plotly.react(node, spec.data, layout, { displayModeBar: false, responsive: false, doubleClick: "reset" });
  drawn.add(node);
  drawLegend(node, spec.legend || []);
}

function drawLegend(node, entries) {
  const list = node.dataset.key === undefined ? node.parentElement.querySelector(".legend") : document.getElementById("frontier-legend");
  if (!list) return;
  list.replaceChildren(...entries.map((entry) => element("li", {}, [swatch(entry), entry.text])));
}

function swatch({ kind, colour, opacity = 1 }) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const add = (tag, attributes) => {
    const part = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) part.setAttribute(key, value);
    svg.append(part);
  };
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 12", width: 24, height: 12, "aria-hidden": "true" }))
    svg.setAttribute(key, value);
  const stroke = { fill: "none", stroke: colour, "stroke-width": 2 };
  if (kind === "band") add("rect", { x: 1, y: 1, width: 22, height: 10, fill: colour, "fill-opacity": opacity });
  if (["line", "linedot", "linesquare"].includes(kind)) add("line", { x1: 1, x2: 23, y1: 6, y2: 6, ...stroke });
  if (kind === "thick") add("line", { x1: 1, x2: 23, y1: 6, y2: 6, ...stroke, "stroke-width": 5 });
  const dashes = { dash: "5 3", dots: "2 2.5", dashdot: "6 2.5 2 2.5" };
  if (dashes[kind]) add("line", { x1: 1, x2: 23, y1: 6, y2: 6, ...stroke, "stroke-dasharray": dashes[kind] });
  if (kind === "dot" || kind === "linedot") add("circle", { cx: 12, cy: 6, r: 3.5, fill: colour });
  if (kind === "ring") add("circle", { cx: 12, cy: 6, r: 3.5, ...stroke, "stroke-width": 1.5 });
  if (kind === "linesquare") add("rect", { x: 8.5, y: 2.5, width: 7, height: 7, fill: colour });
  if (kind === "diamond") add("path", { d: "M12 1 L17 6 L12 11 L7 6 Z", fill: colour });
  if (kind === "triangle") add("path", { d: "M12 2 L16.5 10 L7.5 10 Z", ...stroke, "stroke-width": 1.5 });
  if (kind === "triangledown") add("path", { d: "M12 10 L16.5 2 L7.5 2 Z", ...stroke, "stroke-width": 1.5 });
  if (kind === "arrow") {
    add("line", { x1: 1, x2: 18, y1: 6, y2: 6, ...stroke, "stroke-width": 1.5 });
    add("path", { d: "M16 2 L23 6 L16 10 Z", fill: colour });
  }
  if (kind === "openarrow") {
    add("line", { x1: 1, x2: 16, y1: 6, y2: 6, ...stroke, "stroke-width": 1.5, "stroke-dasharray": "4 2" });
    add("path", { d: "M16 2 L23 6 L16 10 Z", ...stroke, "stroke-width": 1.5 });
  }
  return svg;
}

function redraw(names) {
  for (const node of drawn) if (!names || names.includes(node.dataset.figure)) draw(node);
}

/* Figures below the fold are drawn when they come near, all of them before printing. */
const nearby = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    nearby.unobserve(entry.target);
    if (!drawn.has(entry.target)) draw(entry.target);
  }
}, { rootMargin: "500px" });

function setPrinting(on) {
  printing = on;
  for (const node of document.querySelectorAll(".plot")) if (!node.closest("[hidden]")) draw(node);
}

/* ---- downloads ---- */

function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = element("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

function fileName(figure, ending) {
  const key = figure.querySelector(".plot")?.dataset.key;
  const words = `${page.run} ${figure.id.replace(/^fig-/, "")}${key === undefined ? "" : ` ${page.benchmarks[key].title}`}`;
  return `${words.replace(/[^\p{L}\p{N}.-]+/gu, "_").slice(0, 100)}.${ending}`;
}

/* Always light, on white, with title and credits, fit for a paper or a slide. */
async function downloadPicture(figure, format) {
  const node = figure.querySelector(".plot");
  const c = colours("light");
  const width = 900;
  const spec = figureOf(node, { c, width, narrow: false });
  const scope = figure.querySelector(".scope")?.textContent;
  const foot = [page.standing, page.answer, scope, `Run ${page.run}.`, ...page.credits].filter(Boolean).join(" ");
  const lines = wrap(foot, 150);
  const legend = spec.legend || [];
  const top = 70 + 21 * Math.ceil(legend.length / 3);
  const bottom = spec.layout.margin.b + 16 + 15 * lines.length;
  const layout = { ...spec.layout, width, height: spec.height + top + bottom - spec.layout.margin.t - spec.layout.margin.b,
    margin: { ...spec.layout.margin, t: top, b: bottom } };
  layout.title = { text: safe(figure.querySelector("h2, h3, h4").textContent), x: 0.02, xanchor: "left", y: 1, yref: "container",
    yanchor: "top", pad: { t: 16 }, font: { size: 17, color: c.ink } };
  layout.annotations = [...layout.annotations,
    { xref: "paper", yref: "paper", x: 0, y: 0, xanchor: "left", yanchor: "top", yshift: -spec.layout.margin.b - 4, showarrow: false, align: "left",
      xshift: 20 - spec.layout.margin.l, text: lines.map(safe).join("<br>"), font: { size: 10.5, color: c.muted } }];
  const keys = legend.map((entry) => legendTrace(entry));
  layout.showlegend = legend.length > 0;
  layout.legend = { orientation: "h", x: 0.01, xref: "container", y: 1, yref: "container", yanchor: "top", xanchor: "left",
    font: { size: 12 }, bgcolor: "rgba(0,0,0,0)", itemwidth: 30 };
  layout.legend.y = 1 - 42 / layout.height;
  const data = [...spec.data.map((trace) => ({ ...trace, showlegend: false })), ...keys];
  const url = await Plotly.toImage({ data, layout }, { format, width, height: layout.height, scale: format === "png" ? 2 : 1 });
  save(blobOf(url), fileName(figure, format));
}

function legendTrace({ kind, colour, opacity = 1, text }) {
  const trace = { x: [null], y: [null], type: "scatter", name: safe(text), showlegend: true, hoverinfo: "skip" };
  const symbols = { dot: "circle", linedot: "circle", ring: "circle-open", linesquare: "square", diamond: "diamond",
    triangle: "triangle-up-open", triangledown: "triangle-down-open", arrow: "triangle-right", openarrow: "triangle-right-open" };
  const lined = ["line", "dash", "dots", "dashdot", "thick", "linedot", "linesquare", "arrow", "openarrow"].includes(kind);
  if (kind === "band") return { ...trace, mode: "markers", marker: { symbol: "square", size: 13, color: alpha(colour, opacity) } };
  trace.mode = lined && symbols[kind] ? "lines+markers" : lined ? "lines" : "markers";
  if (lined) trace.line = { color: colour, width: kind === "thick" ? 5 : 2,
    dash: { dash: "dash", dots: "dot", dashdot: "dashdot", openarrow: "dot" }[kind] || "solid" };
  if (symbols[kind]) trace.marker = { symbol: symbols[kind], color: colour, size: 8 };
  return trace;
}

function wrap(text, length) {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const last = lines[lines.length - 1];
    if (last && last.length + word.length >= length) lines.push(word);
    else lines[lines.length - 1] = last ? `${last} ${word}` : word;
  }
  return lines;
}

/* A data URL as a blob, without a request. */
function blobOf(url) {
  const comma = url.indexOf(",");
  const head = url.slice(5, comma);
  const body = url.slice(comma + 1);
  if (!head.includes(";base64")) return new Blob([decodeURIComponent(body)], { type: head.split(";")[0] });
  const bytes = Uint8Array.from(atob(body), (ch) => ch.charCodeAt(0));
  return new Blob([bytes], { type: head.split(";")[0] });
}

/* The table as it stands, with unrounded numbers where a cell carries them. */
function csvOf(table) {
  const rows = [...table.rows].map((row) => [...row.cells].map(csvCell).join(","));
  return `${rows.join("\n")}\n`;
}

function csvCell(cell) {
  const number = cell.dataset.v !== undefined;
  let text = number ? cell.dataset.v : cell.textContent.trim();
  // A spreadsheet would run text that starts like a formula.
  if (!number && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
