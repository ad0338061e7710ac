"use strict";
for (const part of document.querySelectorAll(".scripted")) part.hidden = false;
for (const part of document.querySelectorAll(".unscripted")) part.hidden = true;
// A baseline that is chosen in one study is shown in all that have it.
for (const choice of document.querySelectorAll("th select")) choice.addEventListener("change", () => {
  for (const other of document.querySelectorAll("th select")) {
    if (![...other.options].some((option) => option.value === choice.value)) continue;
    other.value = choice.value;
    for (const part of other.closest("table").querySelectorAll("[data-against]")) part.hidden = part.dataset.against !== choice.value;
  }
});
const dark = matchMedia("(prefers-color-scheme: dark)");
// The layout in the page's colours.
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
  // A finger that scrolls the page should not zoom into the picture instead.
  if (matchMedia("(pointer: coarse)").matches) copy.dragmode = false;
  return copy;
}

// The filter: a method that is switched off has no rows in any table and no traces and names in any picture.
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
// A picture is drawn when it comes near the screen: all of them at once take seconds.
const stale = new Set();
const near = new IntersectionObserver((entries) => {
  for (const {isIntersecting, target} of entries) if (isIntersecting && stale.delete(target)) draw(target);
}, {rootMargin: "50%"});
function redraw() {
  for (const plot of plots.keys()) {
    stale.add(plot);
    near.unobserve(plot); // observed anew, it is reported anew
    near.observe(plot);
  }
}
function apply() {
  const off = new Set(boxes.filter((box) => !box.checked).map((box) => box.value));
  for (const row of document.querySelectorAll("tr[data-method]")) row.hidden = off.has(row.dataset.method);
  redraw();
}
// The address holds the methods that are shown, unless all are.
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
