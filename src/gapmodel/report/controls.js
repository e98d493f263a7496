/* Controls: what is chosen, what that changes, and the first drawing of the page. */
"use strict";

const find = (selector) => document.querySelector(selector);
const CHOICE = "#choice?";
let missing = "";
const every = (selector, root = document) => [...root.querySelectorAll(selector)];

/* The chosen benchmarks in words, for every label that is of them. */
function chosenName() {
  const chosen = [...state.chosen].map((k) => page.benchmarks[k].title);
  const category = find("#category").value.slice(1);
  const visibility = find("#visibility").value.slice(1);
  if (chosen.length === page.benchmarks.length) return `all ${chosen.length} benchmarks`;
  if (!chosen.length) return "no benchmark";
  if (chosen.length === 1) return chosen[0];
  const seen = visibility ? ` with ${visibility} questions` : "";
  if (category || visibility) return `the ${chosen.length} benchmarks${category ? ` in ${category}` : ""}${seen}`;
  return chosen.length > 3 ? `${chosen.length} chosen benchmarks` : chosen.join(", ");
}

/* Posterior of the chosen benchmarks at the reported date: the run's own numbers where it has them, else thinned draws. */
function chosenEstimate() {
  const chosen = [...state.chosen];
  if (!chosen.length) return null;
  if (chosen.length === page.benchmarks.length) return { ...page.average, label: "all benchmarks", thinned: false };
  const modelled = chosen.filter((k) => page.benchmarks[k].gap[0] !== null);
  if (modelled.length === 1) {
    const only = page.benchmarks[modelled[0]];
    return { ...only, label: only.title, thinned: false };
  }
  if (!page.draws || !modelled.length) return null;
  const [gap, slope] = [page.draws.gap, page.draws.slope].map((rows) => stats.meanOfDraws(rows, state.chosen));
  const said = { gap: saidOf(gap, "months"), slope: saidOf(slope, "months per year") };
  const inModel = modelled.length === chosen.length ? "" : ` (the ${modelled.length} in the model)`;
  return { gap: gap.shown, slope: slope.shown, said, label: chosenName() + inModel, thinned: true };
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
  sayScopes();
  greyOut();
  every("[data-benchmark]").forEach((card) => { card.hidden = !state.chosen.has(Number(card.dataset.benchmark)); });
  every("#forest-table tbody tr[data-row]").forEach((row) => { row.hidden = !state.chosen.has(Number(row.dataset.row)); });
}

/* Every part says of which benchmarks it is; what the choice does not change turns grey and says why. */
function sayScopes() {
  const all = state.chosen.size === page.benchmarks.length;
  const name = chosenName();
  for (const line of every(".scope")) {
    const { follows, fixed } = line.dataset;
    line.textContent = all ? line.dataset.all : `${follows ? `${follows}: ${name}. ` : ""}${fixed}`;
    line.closest("figure")?.classList.toggle("unmoved", !all && !follows);
  }
  const marked = find("#frontier-mark");
  if (marked) marked.textContent = state.mark ? `Highlighted: ${state.mark.split(":")[1]}.` : "";
  find("#gap-table caption").textContent = `Months; raw means of ${name}`;
  find("#boxes-table caption").textContent = `Months; lags of ${name}`;
  find("#forest-table caption").textContent = `Months, and months per year; rows of ${name}, and over the benchmarks that they name`;
}

/* Controls that would change nothing. */
function greyOut() {
  const signed = page.lags.lag.some((lag, k) => lag < 0 && state.chosen.has(page.lags.b[k]));
  for (const radio of every('input[name="lag"]')) {
    radio.disabled = !signed;
    signed ? radio.removeAttribute("aria-describedby") : radio.setAttribute("aria-describedby", "signs-why");
  }
  find("#signs-why").hidden = signed;
  const near = [...state.chosen].some((k) => nearCeiling(k));
  const logit = find('input[value="logit"]');
  if (!logit.hasAttribute("aria-describedby")) {  // else no benchmark has bounds, which the page says
    logit.disabled = !near && !logit.checked;
    logit.title = near ? "" : "None of these benchmarks nears its ceiling";
  }
  const full = { all: state.chosen.size === page.benchmarks.length, none: !state.chosen.size };
  for (const button of every("[data-choose]")) {
    const off = full[button.dataset.choose];  // it stays in the order of the keys, so that focus is not lost
    button.setAttribute("aria-disabled", String(off));
    off ? button.setAttribute("title", `${button.dataset.choose === "all" ? "All are" : "None is"} chosen`) : button.removeAttribute("title");
  }
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
  const visibility = find("#visibility").value;
  if (category) parts.set("category", category.slice(1));
  if (visibility) parts.set("visibility", visibility.slice(1));
  if (!category && !visibility && state.chosen.size < page.benchmarks.length) parts.set("benchmarks", JSON.stringify([...state.chosen].map((k) => page.benchmarks[k].name)));
  if (state.clamped) parts.set("lags", "clamped");
  if (state.mark) parts.set("mark", state.mark);
  if (state.logit) parts.set("scale", "logit");
  for (const end of ["from", "to"]) if (state[end]) parts.set(end, state[end]);
  if (String(state.month) !== find("#horizon").defaultValue) parts.set("horizon", page.zero.date[state.month]);
  if (page.past && state.cutoff) parts.set("cutoff", page.past.cutoffs[state.cutoff]);
  const kept = parts.toString();
  if (kept || location.hash.startsWith(CHOICE)) history.replaceState(null, "", kept ? CHOICE + kept : "#");
}

/* Takes what the address says; returns in words what this page does not have. */
function takeChoice() {
  if (!location.hash.startsWith(CHOICE)) return "";
  const parts = new URLSearchParams(location.hash.slice(CHOICE.length));
  const unknown = [];
  const boxes = every('input[name="benchmark"]');
  for (const [name, words] of [["category", "the category"], ["visibility", "questions that are"]]) {
    if (parts.get(name) === null) continue;
    if (page.benchmarks.some((b) => b[name] === parts.get(name))) find(`#${name}`).value = `c${parts.get(name)}`;
    else unknown.push(`${words} ${parts.get(name)}`);
  }
  if (parts.has("category") || parts.has("visibility")) {
    boxes.forEach((box) => { box.checked = matches(box.value); });
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
  if (parts.get("scale") === "logit" && !find('input[value="logit"]').disabled) {
    find('input[value="logit"]').checked = true;
    state.logit = true;
  }
  for (const name of ["mark", "from", "to"]) {
    if (!parts.has(name)) continue;
    const select = find(`#${name}`);
    if ([...select.options].some((o) => o.value === parts.get(name))) select.value = state[name] = parts.get(name);
    else unknown.push(name === "mark" ? parts.get(name).replace(":", " ") : `the date ${parts.get(name)}`);
  }
  const month = page.zero.date.indexOf(parts.get("horizon"));
  if (month >= 0) find("#horizon").value = String(month);
  else if (parts.has("horizon")) unknown.push(`the date ${parts.get("horizon")}`);
  if (parts.has("cutoff")) {
    const cutoff = page.past ? page.past.cutoffs.indexOf(parts.get("cutoff")) : -1;
    if (cutoff >= 0) state.cutoff = cutoff;
    else unknown.push(`an answer as of ${parts.get("cutoff")}`);
  }
  return unknown.length ? `The link asks for what this page does not have: ${unknown.join(", ")}. ` : "";
}

function apply() {
  missing = "";
  keepChoice();
  sayChoice();
  writeTables();
  redraw(["gap", "boxes", "forest", "points", "waiting"]);
}

function matches(k) {
  const b = page.benchmarks[k];
  return ["category", "visibility"].every((name) => find(`#${name}`).value === "" || find(`#${name}`).value === `c${b[name]}`);
}

function sayZero() {
  const z = page.zero;
  const k = state.month;
  find("#horizon").setAttribute("aria-valuetext", day(z.date[k]));
  find("#horizon-answer").textContent = `By ${day(z.date[k])}: ${z.said.probability[k]} (Monte Carlo error ${z.mcse[k].toFixed(3)}); ` +
    `reached and held for ${z.sustainedMonths} months ${z.said.sustained[k]}; prior alone ${z.said.prior[k]}.`;
  redraw(["zero"]);
}

function sayPast() {
  if (!page.past) return;
  const slider = find("#cutoff");
  slider.value = String(state.cutoff);
  slider.setAttribute("aria-valuetext", day(page.past.cutoffs[state.cutoff]));
  find("#cutoff-answer").textContent = page.past.said[state.cutoff];
  redraw(["past"]);
}

function setUp() {
  setUpTerms();
  const boxes = every('input[name="benchmark"]');
  const category = find("#category");
  const take = () => { state.chosen = new Set(boxes.filter((b) => b.checked).map((b) => Number(b.value))); apply(); };
  const visibility = find("#visibility");
  const unselect = () => { category.value = visibility.value = ""; };
  boxes.forEach((box) => box.addEventListener("change", () => { unselect(); take(); }));
  for (const select of [category, visibility]) select.addEventListener("change", () => {
    boxes.forEach((box) => { box.checked = matches(box.value); });
    take();
  });
  find("#mark").addEventListener("change", (event) => { state.mark = event.target.value; missing = ""; keepChoice(); sayChoice(); redraw(["frontier"]); });
  every('input[name="scale"]').forEach((radio) => radio.addEventListener("change", () => {
    state.logit = find('input[name="scale"]:checked').value === "logit";
    keepChoice();
    redraw(["frontier"]);
  }));
  for (const end of ["from", "to"]) find(`#${end}`).addEventListener("change", (event) => {
    state[end] = event.target.value;
    if (state.from && state.to && state.from > state.to) {  // the other end gives way
      const other = end === "from" ? "to" : "from";
      find(`#${other}`).value = state[other] = "";
    }
    keepChoice();
    redraw(["gap", "boxes", "frontier", "waiting"]);
  });
  every("[data-choose]").forEach((button) => button.addEventListener("click", () => {
    unselect();
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
  find("#cutoff")?.addEventListener("input", (event) => { state.cutoff = Number(event.target.value); keepChoice(); sayPast(); });
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
  find("#link").addEventListener("click", async () => {
    const done = await navigator.clipboard.writeText(location.href).then(() => true, () => false);
    find("#linked").textContent = done ? "Copied." : "Copy it from the address bar.";
  });
  // A link within the page would put its anchor where the choice is.
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (!link || event.defaultPrevented || !location.hash.startsWith(CHOICE)) return;
    event.preventDefault();
    const target = document.getElementById(link.getAttribute("href").slice(1));
    target.setAttribute("tabindex", "-1");
    target.focus({ preventScroll: true });
    target.scrollIntoView();
  });
  if (window.matchMedia("(max-width: 1099px)").matches) find("nav details").open = false;
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

/* What a term means, beside it: on hover, on focus by keys, and on a tap. Without scripts it leads to the glossary. */
function setUpTerms() {
  const note = element("div", { id: "term-note", role: "tooltip" });
  note.hidden = true;
  document.body.append(note);
  let shown = null;
  const hide = () => {
    note.hidden = true;
    shown?.removeAttribute("aria-describedby");
    shown = null;
  };
  const show = (link) => {
    if (link === shown) return;
    hide();
    shown = link;
    const term = document.getElementById(link.getAttribute("href").slice(1));
    note.replaceChildren(element("strong", {}, term.textContent), `: ${term.nextElementSibling.textContent}`);
    note.hidden = false;
    link.setAttribute("aria-describedby", "term-note");
    const at = link.getClientRects()[0];
    const left = Math.max(8, Math.min(at.left, document.documentElement.clientWidth - note.offsetWidth - 8));
    const below = at.bottom + note.offsetHeight + 8 < window.innerHeight || at.top < note.offsetHeight + 8;
    note.style.left = `${left + window.scrollX}px`;
    note.style.top = `${(below ? at.bottom + 4 : at.top - note.offsetHeight - 4) + window.scrollY}px`;
  };
  const termOf = (event) => event.target.closest?.("a.term");
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse" || note.contains(event.target)) return;
    const link = termOf(event);
    if (link) show(link);
    else if (shown && shown !== document.activeElement) hide();
  });
  document.addEventListener("focusin", (event) => { const link = termOf(event); link ? show(link) : hide(); });
  document.addEventListener("click", (event) => {
    const link = termOf(event);
    if (link) event.preventDefault();
    if (link) show(link);
    else if (!note.contains(event.target)) hide();
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
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
sayPast();
unpack().then(
  () => every(".plot").forEach((node) => nearby.observe(node)),
  () => find("main").prepend(element("p", { class: "banner", role: "note" }, "Figures need a newer browser; all numbers are in the data tables.")),
);
