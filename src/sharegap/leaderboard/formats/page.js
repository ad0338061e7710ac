"use strict";
for (const part of document.querySelectorAll(".scripted")) part.hidden = false;
for (const part of document.querySelectorAll(".unscripted")) part.hidden = true;
// A baseline selected in one study is selected in all studies that have it.
for (const select of document.querySelectorAll("th select")) select.addEventListener("change", () => {
  for (const other of document.querySelectorAll("th select")) {
    if (![...other.options].some((option) => option.value === select.value)) continue;
    other.value = select.value;
    for (const part of other.closest("table").querySelectorAll("[data-against]")) part.hidden = part.dataset.against !== select.value;
  }
});
const dark = matchMedia("(prefers-color-scheme: dark)");
// The layout in the page's colors.
function colored(layout) {
  const style = getComputedStyle(document.documentElement);
  const [text, line] = ["--text", "--line"].map((name) => style.getPropertyValue(name).trim());
  const copy = structuredClone(layout);
  Object.assign(copy, {paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", modebar: {bgcolor: "rgba(0,0,0,0)"}});
  Object.assign(copy.font, {color: text, family: "system-ui, sans-serif"});
  for (const axis of Object.keys(copy).filter((key) => /^[xy]axis/.test(key))) {
    Object.assign(copy[axis], {gridcolor: line, linecolor: line, zerolinecolor: line});
  }
  if (copy.coloraxis) {
    const [lowest, middle, highest] = ["--lowest", "--card", "--highest"].map((name) => style.getPropertyValue(name).trim());
    copy.coloraxis.colorscale = [[0, lowest], [0.5, middle], [1, highest]];
  }
  // On a touch screen, scrolling the page should not zoom into a figure.
  if (matchMedia("(pointer: coarse)").matches) copy.dragmode = false;
  return copy;
}

// The filter hides the rows, traces and labels of a method in all tables and figures.
const boxes = [...document.querySelectorAll(".filter input")];
const plots = new Map([...document.querySelectorAll("script[data-plot]")].map((source) => {
  return [document.getElementById(source.dataset.plot), JSON.parse(source.textContent)];
}));
function draw(plot) {
  const {data, layout} = plots.get(plot);
  const off = new Set(boxes.filter((box) => !box.checked).map((box) => box.dataset.name));
  const filtered = (parts) => parts.map((part) => off.has(part.meta ?? part.name) ? {...part, visible: false} : part);
  const whole = colored({...layout, annotations: filtered(layout.annotations ?? [])});
  Plotly.react(plot, filtered(data), whole, {responsive: true, displaylogo: false, modeBarButtons: [["toImage"]]});
}
// A figure is drawn when it is near the screen: drawing all of them at once takes seconds.
const stale = new Set();
const near = new IntersectionObserver((entries) => {
  for (const {isIntersecting, target} of entries) if (isIntersecting && stale.delete(target)) draw(target);
}, {rootMargin: "50%"});
function redraw() {
  for (const plot of plots.keys()) {
    stale.add(plot);
    near.unobserve(plot); // observing it again reports it again
    near.observe(plot);
  }
}
function apply() {
  const off = new Set(boxes.filter((box) => !box.checked).map((box) => box.value));
  for (const row of document.querySelectorAll("tr[data-method]")) row.hidden = off.has(row.dataset.method);
  redraw();
}
// The URL lists the shown methods, unless all are shown.
function read() {
  if (!location.hash.startsWith("#methods=")) return;
  const shown = new Set(location.hash.slice("#methods=".length).split(","));
  for (const box of boxes) box.checked = shown.has(encodeURIComponent(box.value)) || shown.has(box.value);
}
function save() {
  const shown = boxes.filter((box) => box.checked);
  const hash = shown.length < boxes.length ? "#methods=" + shown.map((box) => encodeURIComponent(box.value)).join(",") : "";
  history.replaceState(null, "", location.href.split("#")[0] + hash);
}
document.querySelector(".filter").addEventListener("click", ({target}) => {
  if (target.dataset.check !== undefined) for (const box of boxes) box.checked = target.dataset.check === "all";
  else if (!boxes.includes(target)) return;
  save();
  apply();
});
addEventListener("hashchange", () => { read(); apply(); });
dark.addEventListener("change", redraw);
addEventListener("beforeprint", () => { for (const plot of stale) draw(plot); stale.clear(); });
read();
apply();
