/* Controls: what is chosen, what that changes, and the first drawing of the page. */
"use strict";

const find = (selector) => document.querySelector(selector);
const CHOICE = "#choice?";
let missing = "";
const every = (selector, root = document) => [...root.querySelectorAll(selector)];

/* Posterior of the chosen benchmarks at the reported date: the run's own numbers where it has them, else thinned draws. */
function chosenEstimate() {
  const chosen = [...state.chosen];
  if (!chosen.length) return null;
  if (chosen.length === page.benchmarks.length) return { ...page.average, label: "all benchmarks", thinned: false };
  const modelled = chosen.filter((k) => page.benchmarks[k].gap[0] !== null);
  if (modelled.length === 1) {
    const only = page.benchmarks[modelled[0]];
    return { ...only, label: "the chosen benchmark", thinned: false };
  }
  if (!page.draws || !modelled.length) return null;
  const [gap, slope] = [page.draws.gap, page.draws.slope].map((rows) => stats.meanOfDraws(rows, state.chosen));
  const said = { gap: saidOf(gap, "months"), slope: saidOf(slope, "months per year") };
  return { gap: gap.shown, slope: slope.shown, said, label: `the ${modelled.length} chosen benchmarks`, thinned: true };
}

function saidOf(draws, unit) {
  const [mid, low, high] = stats.roundedEstimate(draws).map((text) => text.replace("-", "−"));
  return `${mid} ${mid === "1" || mid === "1.0" ? unit.replace("months", "month") : unit} (90 % interval ${low} to ${high})`;
}

function sayChoice() {
  const out = find("#choice");
  const n = state.chosen.size;
  const estimate = chosenEstimate();
  let text;
  if (!n) text = "No benchmark is chosen.";
  else if (!estimate) {
    text = `${n} of ${page.benchmarks.length} benchmarks. ` + (page.draws
      ? "None of them is in the model: there is no posterior of their gap."
      : "This run kept no draws, so the posterior of a choice of several benchmarks cannot be computed here; " +
        "raw means, boxes, frontiers and the forest follow the choice.");
  } else {
    const which = n === page.benchmarks.length ? `All ${n} benchmarks` : `${n} of ${page.benchmarks.length} benchmarks`;
    text = `${which}: gap ${estimate.said.gap}, slope ${estimate.said.slope} on ${day(page.asOf)}` +
      (estimate.thinned ? `, from ${page.draws.kept.toLocaleString("en")} of ${page.draws.n.toLocaleString("en")} draws.` : ".");
  }
  out.textContent = missing + text;
  every("[data-benchmark]").forEach((card) => { card.hidden = !state.chosen.has(Number(card.dataset.benchmark)); });
  every("#forest-table tbody tr[data-row]").forEach((row) => { row.hidden = !state.chosen.has(Number(row.dataset.row)); });
}

function cell(value, digits) {
  const td = element("td", value === null ? { class: "n" } : { class: "n", "data-v": String(Number(value.toPrecision(6))) });
  td.textContent = digits === 0 ? String(value) : num(value, digits);
  return td;
}

function writeTables() {
  const rows = stats.monthly(page.lags, state.chosen, state.clamped);
  const byMonth = new Map(rows.map((row) => [row.month, row]));
  for (const tr of every("#gap-table tbody tr")) {
    const row = byMonth.get(tr.dataset.month);
    if (!row) continue;
    for (const td of every("[data-raw]", tr)) {
      const fresh = cell(row[td.dataset.raw], td.dataset.raw === "n" ? 0 : 2);
      fresh.dataset.raw = td.dataset.raw;
      td.replaceWith(fresh);
    }
  }
  const body = find("#boxes-table tbody");
  body.replaceChildren(...rows.map((row) => element("tr", {}, [
    element("th", { scope: "row" }, row.month), cell(row.n, 0), cell(row.censored.length, 0),
    ...["mean", "median", "q25", "q75", "minimum", "maximum"].map((key) => cell(row[key], 2))])));
}

/* The choice is in the address, by names and dates, so that reload, back and a copied link keep it. */
function keepChoice() {
  const parts = new URLSearchParams();
  const category = find("#category").value;
  if (category) parts.set("category", category.slice(1));
  else if (state.chosen.size < page.benchmarks.length) parts.set("benchmarks", JSON.stringify([...state.chosen].map((k) => page.benchmarks[k].name)));
  if (state.clamped) parts.set("lags", "clamped");
  if (String(state.month) !== find("#horizon").defaultValue) parts.set("horizon", page.zero.date[state.month]);
  const kept = parts.toString();
  if (kept || location.hash.startsWith(CHOICE)) history.replaceState(null, "", kept ? CHOICE + kept : "#");
}

/* Takes what the address says; returns in words what this page does not have. */
function takeChoice() {
  if (!location.hash.startsWith(CHOICE)) return "";
  const parts = new URLSearchParams(location.hash.slice(CHOICE.length));
  const unknown = [];
  const boxes = every('input[name="benchmark"]');
  const category = parts.get("category");
  if (category !== null) {
    if (page.benchmarks.some((b) => b.category === category)) {
      find("#category").value = `c${category}`;
      boxes.forEach((box) => { box.checked = page.benchmarks[box.value].category === category; });
    } else unknown.push(`the category ${category}`);
  } else if (parts.has("benchmarks")) {
    let names = [];
    try { names = [].concat(JSON.parse(parts.get("benchmarks"))).map(String); } catch (error) { unknown.push("its benchmarks"); }
    const known = page.benchmarks.map((b) => b.name);
    unknown.push(...names.filter((name) => !known.includes(name)));
    if (names.some((name) => known.includes(name))) boxes.forEach((box) => { box.checked = names.includes(known[box.value]); });
  }
  state.chosen = new Set(boxes.filter((b) => b.checked).map((b) => Number(b.value)));
  if (parts.get("lags") === "clamped") {
    find('input[name="lag"][value="clamped"]').checked = true;
    state.clamped = true;
  }
  const month = page.zero.date.indexOf(parts.get("horizon"));
  if (month >= 0) find("#horizon").value = String(month);
  else if (parts.has("horizon")) unknown.push(`the date ${parts.get("horizon")}`);
  return unknown.length ? `The link asks for what this page does not have: ${unknown.join(", ")}. ` : "";
}

function apply() {
  missing = "";
  keepChoice();
  sayChoice();
  writeTables();
  redraw(["gap", "boxes", "forest"]);
}

function sayZero() {
  const z = page.zero;
  const k = state.month;
  find("#horizon").setAttribute("aria-valuetext", day(z.date[k]));
  find("#horizon-answer").textContent = `By ${day(z.date[k])}: ${z.said.probability[k]} (Monte Carlo error ${z.mcse[k].toFixed(3)}); ` +
    `reached and held for ${z.sustainedMonths} months ${z.said.sustained[k]}; prior alone ${z.said.prior[k]}.`;
  redraw(["zero"]);
}

function setUp() {
  const boxes = every('input[name="benchmark"]');
  const category = find("#category");
  const take = () => { state.chosen = new Set(boxes.filter((b) => b.checked).map((b) => Number(b.value))); apply(); };
  boxes.forEach((box) => box.addEventListener("change", () => { category.value = ""; take(); }));
  category.addEventListener("change", () => {
    boxes.forEach((box) => { box.checked = category.value === "" || page.benchmarks[box.value].category === category.value.slice(1); });
    take();
  });
  every("[data-choose]").forEach((button) => button.addEventListener("click", () => {
    category.value = "";
    boxes.forEach((box) => { box.checked = button.dataset.choose === "all"; });
    take();
  }));
  every('input[name="lag"]').forEach((radio) => radio.addEventListener("change", () => {
    state.clamped = find('input[name="lag"]:checked').value === "clamped";
    apply();
  }));
  const slider = find("#horizon");
  missing = takeChoice();
  slider.addEventListener("input", () => { state.month = Number(slider.value); keepChoice(); sayZero(); });
  state.month = Number(slider.value);
  every('input[name="variant"]').forEach((box) => box.addEventListener("change", () => {
    const row = find(`#variants-table tr[data-variant="${box.value}"]`);
    box.checked ? state.hidden.delete(Number(box.value)) : state.hidden.add(Number(box.value));
    row.hidden = !box.checked;
    redraw(["variants"]);
  }));
  every("[data-download]").forEach((button) => button.addEventListener("click", () => {
    const figure = button.closest("figure, [data-table]");
    if (button.dataset.download !== "csv") return downloadPicture(figure, button.dataset.download);
    const table = figure.querySelector("table");
    return save(new Blob([csvOf(table)], { type: "text/csv" }), fileName(figure, "csv"));
  }));
  every("[data-copy]").forEach((button) => button.addEventListener("click", () => copy(button)));
  find("#theme").addEventListener("click", () => {
    const dark = !isDark();
    document.documentElement.setAttribute("data-theme", dark ? "dark" : "light");
    sayTheme();
    redraw();
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { sayTheme(); redraw(); });
  sayTheme();
  window.addEventListener("beforeprint", () => setPrinting(true));
  window.addEventListener("afterprint", () => setPrinting(false));
  window.addEventListener("hashchange", () => { if (location.hash.startsWith(CHOICE)) location.reload(); });
  let width = window.innerWidth;
  let waiting;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;  // a phone's address bar changes the height alone
    width = window.innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(() => redraw(), 120);
  });
}

function isDark() {
  const forced = document.documentElement.getAttribute("data-theme");
  return forced ? forced === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
}

function sayTheme() {
  find("#theme").textContent = isDark() ? "Light page" : "Dark page";
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  let done = false;
  try {
    await navigator.clipboard.writeText(source.textContent);
    done = true;
  } catch (error) {  // an old browser, or a page that may not write: mark the text, so that a key copies it
    const range = document.createRange();
    range.selectNodeContents(source);
    window.getSelection().removeAllRanges();
    window.getSelection().addRange(range);
  }
  find("#copied").textContent = done ? "Copied." : "Marked: copy it with your keyboard.";
}

document.documentElement.classList.add("js");
setUp();
sayChoice();
writeTables();
sayZero();
every(".plot").forEach((node) => nearby.observe(node));
