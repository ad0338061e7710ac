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
// The filter hides the rows, marks and labels of a method in all tables and figures.
const boxes = [...document.querySelectorAll(".filter input")];
function apply() {
  const off = new Set(boxes.filter((box) => !box.checked).map((box) => box.value));
  // An SVG element has no property `hidden`.
  for (const part of document.querySelectorAll("[data-method]")) part.toggleAttribute("hidden", off.has(part.dataset.method));
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
read();
apply();
