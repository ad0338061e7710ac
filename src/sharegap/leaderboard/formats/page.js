// The data are packed: the differences to every baseline are many.
const packed = Uint8Array.from(atob(document.getElementById("data").textContent), (letter) => letter.charCodeAt(0));
const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
const data = await new Response(unpacked).json();
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const boxes = $$(".chooser input");
const matrix = $("table.matrix");
// By this sign the better comes first.
const SIGNS = {score: (study) => data.higher[study] ? -1 : 1, gap: () => 1, closed: () => -1};

// What is shown is in the address, so that it can be linked: ?show=gap&baseline=hard&sort=mnist1d&method=none&method=hard
let state;
function read() {
  const query = new URLSearchParams(location.search);
  const known = (name, names, otherwise) => names.includes(query.get(name)) ? query.get(name) : otherwise;
  state = {
    show: known("show", Object.keys(data.measures), "score"),
    baseline: known("baseline", data.methods, data.baseline),
    sort: query.get("sort") ?? "",
    reversed: query.get("order") === "reversed",
    methods: query.has("method") ? new Set(query.getAll("method")) : null,
  };
}
function save() {
  const query = new URLSearchParams();
  if (state.show !== "score") query.set("show", state.show);
  if (state.baseline !== data.baseline) query.set("baseline", state.baseline);
  if (state.sort) query.set("sort", state.sort);
  if (state.reversed) query.set("order", "reversed");
  if (state.methods) for (const method of state.methods.size ? state.methods : [""]) query.append("method", method);
  const search = query.size ? `?${query}` : "";
  history.replaceState(null, "", location.pathname + search + location.hash);
}

function make(tag, text, className = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = className;
  return element;
}
const markClass = (mark) => ({"▲": "better", "▼": "worse"})[mark[0]] ?? "";
// The baseline may have no finished run yet.
const difference = (study, method) => data.against[data.methods.indexOf(state.baseline)]?.[study]?.[method];

function fillMatrix() {
  for (const row of $$("tbody tr", matrix)) {
    const method = data.methods.indexOf(row.dataset.method);
    $$("td[data-study]", row).forEach((cell) => {
      const study = data.studies.indexOf(cell.dataset.study);
      const link = $("a", cell);
      const [, text, half] = data.values[state.show][study][method];
      const [mark] = difference(study, method) ?? [""];
      link.replaceChildren(text);
      if (half) link.append(" ", make("small", `±${half}`));
      if (state.show === "score") link.append(make("b", mark, `mark ${markClass(mark)}`));
      // A gap never stands without its score.
      if (state.show !== "score") link.append(make("i", `score ${data.values.score[study][method][1]}`));
    });
  }
  const measure = data.measures[state.show];
  $("#shown").textContent = measure[0].toUpperCase() + measure.slice(1);
  $("#reference").textContent = state.show === "closed" ? data.baseline : state.baseline;
}

function sortValue(row, key) {
  const study = data.studies.indexOf(key);
  if (study >= 0) {
    const cell = data.values[state.show][study][data.methods.indexOf(row.dataset.method)];
    return cell?.[0] == null ? null : SIGNS[state.show](study) * cell[0];
  }
  const column = headings.findIndex((button) => button.dataset.sort === key);
  const text = row.cells[column].firstChild.textContent;
  return key === "method" ? text : Number.isNaN(parseFloat(text)) ? null : parseFloat(text);
}
const headings = $$("button[data-sort]", matrix);
const original = $$("tbody tr", matrix);
function sortMatrix() {
  const rows = [...original];
  if (headings.some((button) => button.dataset.sort === state.sort)) {
    const values = new Map(rows.map((row) => [row, sortValue(row, state.sort)]));
    const direction = state.reversed ? -1 : 1;
    rows.sort((a, b) => {
      const [x, y] = [values.get(a), values.get(b)];
      if (x === null || y === null) return (x === null) - (y === null); // what is missing stands last
      return direction * (typeof x === "string" ? x.localeCompare(y) : x - y);
    });
  }
  $("tbody", matrix).append(...rows);
  for (const button of headings) {
    const ends = state.reversed ? "descending" : "ascending";
    if (button.dataset.sort === state.sort) button.parentElement.setAttribute("aria-sort", ends);
    else button.parentElement.removeAttribute("aria-sort");
  }
}

// The differences in the tables of the studies that are open.
function fillDifferences(root) {
  for (const table of $$("table[data-study]", root)) {
    const study = data.studies.indexOf(table.dataset.study);
    const heading = $("th[data-against]", table);
    if (heading) heading.textContent = `vs. ${state.baseline}`;
    for (const cell of $$("td[data-difference]", table)) {
      const method = data.methods.indexOf(cell.parentElement.dataset.method);
      const [mark, value, interval, p] = difference(study, method) ?? ["", "—", "", ""];
      cell.replaceChildren(mark ? make("b", `${mark} ${value}`, markClass(mark)) : value);
      if (interval) cell.append(make("i", interval));
      if (p) cell.append(make("i", `p ${p}`));
    }
  }
}
function hideMethods(root) {
  for (const part of $$("[data-method]", root)) {
    part.toggleAttribute("hidden", Boolean(state.methods) && !state.methods.has(part.dataset.method));
  }
}
function apply() {
  $("#measure").value = state.show;
  $("#baseline").value = state.baseline;
  for (const box of boxes) box.checked = !state.methods || state.methods.has(box.value);
  fillMatrix();
  sortMatrix();
  fillDifferences(document);
  hideMethods(document);
  const shown = boxes.filter((box) => box.checked).length;
  $("#status").textContent = shown ? "" : "No method is shown: choose some under “methods”.";
  $(".chooser summary").textContent = shown < boxes.length ? `methods: ${shown} of ${boxes.length}` : "methods";
}
function change(changes) {
  Object.assign(state, changes);
  save();
  apply();
}

// What a part holds is made when it is opened: a page of many studies is there at once.
function fill(part) {
  const source = $(":scope > noscript", part);
  if (!source) return;
  source.insertAdjacentHTML("beforebegin", source.textContent);
  source.remove();
  fillDifferences(part);
  hideMethods(part);
  for (const table of $$("table", part)) offerTable(table);
  for (const figure of $$("figure", part)) offerPicture(figure);
}
function openTarget() {
  let id = location.hash.slice(1);
  try { id = decodeURIComponent(id); } catch { /* a % that encodes nothing is taken as it stands */ }
  const target = document.getElementById(id);
  if (!target?.matches("details.part")) return;
  target.open = true;
  fill(target);
  target.scrollIntoView();
}

// Tables as text. A cell has a value, then its interval and its p-value, and perhaps a mark.
function readCell(cell) {
  const intervals = $$("i", cell).map((part) => part.textContent);
  const mark = $(".better, .worse", cell)?.textContent.match(/[▲▼]\*?/)?.[0] ?? "";
  const copy = cell.cloneNode(true);
  for (const part of $$("i, small", copy)) part.remove();
  const half = $("small", cell)?.textContent ?? "";
  return {value: copy.textContent.replace(/[▲▼]\*?/, "").trim(), details: [half, ...intervals].filter(Boolean), mark};
}
function readTable(table) {
  const visible = (row) => !row.hidden;
  const head = $$("thead tr", table).at(-1);
  const grouped = $$("thead tr", table).length > 1 ? [...$$("thead tr", table)[0].cells].filter((cell) => cell.rowSpan > 1) : [];
  const names = [...grouped, ...head.cells].map((cell) => ($("button", cell) ?? cell).textContent.trim());
  return {names, rows: $$("tbody tr", table).filter(visible).map((row) => [...row.cells].map(readCell))};
}
const join = ({value, details, mark}) => [value, ...details, mark].filter(Boolean).join(" ");
const quote = (text) => {
  const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text; // no formula in a spreadsheet
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};
function toCsv({names, rows}) {
  const plain = (text) => text.replaceAll("−", "-").replace(/^\+/, "");
  const width = names.map((_, i) => Math.max(0, ...rows.map((row) => row[i].details.length)));
  const marked = names.map((_, i) => rows.some((row) => row[i].mark));
  const head = names.flatMap((name, i) => {
    const details = Array.from({length: width[i]}, (_, j) => `${name} ${["interval", "p"][j] ?? j}`);
    return [name, ...details, ...(marked[i] ? [`${name} mark`] : [])];
  });
  const lines = rows.map((row) => row.flatMap(({value, details, mark}, i) => {
    const padded = Array.from({length: width[i]}, (_, j) => plain(details[j] ?? ""));
    return [plain(value), ...padded, ...(marked[i] ? [mark] : [])];
  }));
  return [head, ...lines].map((line) => line.map(quote).join(",")).join("\n") + "\n";
}
function toMarkdown({names, rows}) {
  const escape = (text) => text.replace(/[\\`*_<|]/g, "\\$&").replaceAll("](", "]\\(");
  const lines = [names, names.map((_, i) => i ? "---:" : "---"), ...rows.map((row) => row.map((cell) => escape(join(cell))))];
  return lines.map((line) => `| ${line.join(" | ")} |`).join("\n") + "\n";
}
const LATEX = {
  "\\": "\\textbackslash{}", "&": "\\&", "%": "\\%", $: "\\$", "#": "\\#", _: "\\_", "{": "\\{", "}": "\\}", "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}", "−": "$-$", "±": "$\\pm$", "▲": "$\\blacktriangle$", "▼": "$\\blacktriangledown$", "≤": "$\\le$", "≥": "$\\ge$",
  "∞": "$\\infty$", "—": "---", "Δ": "$\\Delta$", "↑": "$\\uparrow$", "↓": "$\\downarrow$", "λ": "$\\lambda$", "ρ": "$\\rho$", "²": "$^2$",
};
function toLatex({names, rows}) {
  const escape = (text) => [...text].map((letter) => LATEX[letter] ?? letter).join("");
  const line = (texts) => `${texts.map(escape).join(" & ")} \\\\`;
  const body = rows.map((row) => line(row.map(join)));
  const parts = [`% needs booktabs and amssymb`, `\\begin{tabular}{l${"r".repeat(names.length - 1)}}`, "\\toprule", line(names), "\\midrule"];
  return [...parts, ...body, "\\bottomrule", "\\end{tabular}", ""].join("\n");
}
const FORMATS = {CSV: [toCsv, "csv"], Markdown: [toMarkdown, "md"], LaTeX: [toLatex, "tex"]};
function download(text, name, type = "text/plain") {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], {type}));
  link.download = name.replace(/[^\w.-]+/g, "-");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
function button(text, label, act) {
  const element = make("button", text);
  element.type = "button";
  element.setAttribute("aria-label", label);
  element.addEventListener("click", () => act(element));
  return element;
}
async function copy(text, source) {
  const before = source.textContent;
  try {
    await navigator.clipboard.writeText(text);
    source.textContent = "copied";
  } catch {
    source.textContent = "not allowed here: download it";
  }
  setTimeout(() => { source.textContent = before; }, 2000);
}
function offerTable(table) {
  const bar = make("div", "", "export");
  const title = (table.closest(".scroll")?.getAttribute("aria-label") ?? $("caption", table).textContent).trim();
  for (const [name, [format, ending]] of Object.entries(FORMATS)) {
    bar.append(button(`copy ${name}`, `copy as ${name}: ${title}`, (source) => copy(format(readTable(table)), source)));
    bar.append(button("↓", `download as ${name}: ${title}`, () => download(format(readTable(table)), `${title}.${ending}`)));
  }
  (table.closest(".scroll") ?? table).after(bar);
}
function offerPicture(figure) {
  const svg = $("svg", figure);
  if (!svg) return;
  const title = svg.getAttribute("aria-label");
  const bar = make("div", "", "export");
  bar.append(button("download SVG", `download as SVG: ${title}`, () => {
    download(new XMLSerializer().serializeToString(svg), `${title}.svg`, "image/svg+xml");
  }));
  figure.append(bar);
}

$("#measure").addEventListener("change", ({target}) => change({show: target.value}));
$("#baseline").addEventListener("change", ({target}) => change({baseline: target.value}));
$(".chooser").addEventListener("click", ({target}) => {
  if (target.dataset.check === undefined && !boxes.includes(target)) return;
  if (target.dataset.check !== undefined) for (const box of boxes) box.checked = target.dataset.check === "all";
  const shown = boxes.filter((box) => box.checked).map((box) => box.value);
  change({methods: shown.length < boxes.length ? new Set(shown) : null});
});
for (const heading of headings) heading.addEventListener("click", () => {
  const {sort} = heading.dataset;
  change({sort, reversed: state.sort === sort && !state.reversed});
});
for (const part of $$("details.part")) {
  part.open = false;
  part.addEventListener("toggle", () => { if (part.open) fill(part); });
}
for (const part of $$(".scripted")) part.hidden = false;
for (const table of $$("main > section table")) offerTable(table);
for (const figure of $$("main > section figure")) offerPicture(figure);
addEventListener("hashchange", openTarget);
addEventListener("popstate", () => { read(); apply(); });
addEventListener("beforeprint", () => { for (const part of $$("details.part")) { part.open = true; fill(part); } });
read();
apply();
openTarget();
