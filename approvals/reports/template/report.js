// Draws every figure of the page from the data beside it. Without it the tables still hold every number.
"use strict";
for (const box of document.querySelectorAll(".chart[data-figure]")) {
  const figure = JSON.parse(document.getElementById(box.dataset.figure).textContent);
  Plotly.newPlot(box, figure.data, figure.layout, { displayModeBar: false, responsive: true, showTips: false });
}
window.addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = false;
});
