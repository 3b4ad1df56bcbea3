"use strict";
// Tables that sort and filter, figures that zoom, and the chart. No request leaves this page.
const read = id => JSON.parse(document.getElementById(id).textContent);
const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
};

// A number as people read it: four significant digits; whole numbers as they are.
const show = value =>
  value === null ? "" : typeof value !== "number" ? value : Number.isInteger(value) ? String(value)
    : Math.abs(value) < 1e-4 ? value.toExponential(2) : String(Number(value.toPrecision(4)));

// Numbers before texts before what is missing.
const compare = (a, b) => {
  const rank = value => (value === null ? 2 : typeof value === "number" ? 0 : 1);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  return typeof a === "number" ? a - b : a === null ? 0 : String(a).localeCompare(String(b), undefined, { numeric: true });
};

const PAGE = 200; // rows drawn at once
const CHOICES = 30; // a column of text with at most so many values has a list to choose from

function drawTable(box, name) {
  const { columns, values, rows, of } = read(`table-${name}`);
  const state = { sort: null, down: false, words: [], chosen: new Map(), shown: PAGE };
  const body = make("tbody");
  const status = make("p", { class: "soft", role: "status" });
  const more = make("button", { class: "plain no-print", type: "button", onclick: () => { state.shown += 5 * PAGE; draw(); } }, "Show more rows");
  const heads = columns.map((column, index) =>
    make("th", { scope: "col", class: column.number ? "number" : null, "aria-sort": "none" },
      make("button", { type: "button", onclick: () => sort(index) }, column.name)));

  function sort(index) {
    state.down = state.sort === index && !state.down;
    state.sort = index;
    heads.forEach((head, place) => head.setAttribute("aria-sort", place !== index ? "none" : state.down ? "descending" : "ascending"));
    draw();
  }
  function draw() {
    let kept = Array.from({ length: rows }, (_, row) => row).filter(row => {
      for (const [index, value] of state.chosen) if (String(values[index][row]) !== value) return false;
      if (!state.words.length) return true;
      const text = values.map(column => (column[row] === null ? "" : `${column[row]} ${show(column[row])}`)).join("\t").toLowerCase();
      return state.words.every(word => text.includes(word));
    });
    if (state.sort !== null) {
      const column = values[state.sort], sign = state.down ? -1 : 1;
      kept.sort((a, b) => (column[a] === null) - (column[b] === null) || sign * compare(column[a], column[b]) || a - b);
    }
    status.textContent = `${kept.length} of ${rows} rows` + (of > rows ? ` (the first of ${of}; all are in results/tables/${name}.csv)` : "");
    more.hidden = kept.length <= state.shown;
    body.replaceChildren(...kept.slice(0, state.shown).map(row => make("tr", {}, ...columns.map((column, index) => {
      const value = values[index][row];
      const cell = make("td", { class: column.number ? "number" : String(value).length > 60 ? "wrap" : null }, show(value));
      if (typeof value === "number" && show(value) !== String(value)) cell.title = String(value);
      return cell;
    }))));
  }
  const words = make("input", { type: "search", placeholder: "words, all must occur", oninput: event => {
    state.words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    draw();
  } });
  const controls = [make("label", {}, "Filter rows", words)];
  columns.forEach((column, index) => {
    const known = [...new Set(values[index])].filter(value => value !== null);
    if (column.number || known.length < 2 || known.length > CHOICES || known.some(value => String(value).length > 60)) return;
    const select = make("select", { onchange: event => {
      if (event.target.value) state.chosen.set(index, event.target.value.slice(1));
      else state.chosen.delete(index);
      draw();
    } }, make("option", { value: "" }, "all"), ...known.map(value => make("option", { value: `=${value}` }, value)));
    controls.push(make("label", {}, column.name, select));
  });
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...heads)), body);
  const scroll = make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Table ${name}` }, table);
  box.replaceChildren(make("div", { class: "controls" }, ...controls), status, scroll, more);
  draw();
}

function prepareTables() {
  for (const details of document.querySelectorAll("details[data-table]")) {
    const fill = () => {
      if (details.open && !details.dataset.drawn) {
        details.dataset.drawn = "yes";
        drawTable(details.querySelector("div"), details.dataset.table);
      }
    };
    details.addEventListener("toggle", fill);
    fill();
  }
}

function prepareZoom() {
  const dialog = document.getElementById("zoom");
  const image = dialog.querySelector("img"), view = dialog.querySelector(".view");
  let scale = 1;
  const apply = () => { image.style.width = `${Math.round(image.naturalWidth * scale)}px`; };
  const fit = () => {
    scale = Math.min(1, view.clientWidth / image.naturalWidth, view.clientHeight / image.naturalHeight);
    scale = Math.max(scale, Math.min(1, view.clientWidth / image.naturalWidth));
    apply();
  };
  const act = {
    fit, real: () => { scale = 1; apply(); }, larger: () => { scale = Math.min(6, scale * 1.4); apply(); },
    smaller: () => { scale = Math.max(.1, scale / 1.4); apply(); }, close: () => dialog.close(),
  };
  for (const button of dialog.querySelectorAll("button")) button.addEventListener("click", act[button.dataset.act]);
  dialog.addEventListener("keydown", event => {
    const does = { "+": "larger", "=": "larger", "-": "smaller", "0": "fit", "1": "real" }[event.key];
    if (does) act[does]();
  });
  for (const button of document.querySelectorAll("figure button")) {
    button.addEventListener("click", () => {
      const source = button.querySelector("img");
      image.src = source.src;
      image.alt = source.alt;
      dialog.querySelector("strong").textContent = button.closest("figure").dataset.title;
      dialog.showModal();
      image.decode().then(fit, fit);
      view.focus();
    });
  }
}

function chartSpec(panel, { order, ...palette }, dark) {
  const colors = dark ? palette.dark : palette.light;
  const ink = dark ? "#ececec" : "#1b1b1b", line = dark ? "#3a3f45" : "#d9dce0";
  const algorithms = panel.algorithms;
  const lines = algorithms.length * new Set(panel.means.map(row => row.trained_on)).size;
  const trained = { field: "trained_on", type: "nominal", sort: order, scale: { domain: order, range: colors }, title: "trained on" };
  // Long names in lines of about 20 letters, broken after a sign between words.
  const wrapped = "split(replace(datum.label, regexp('(.{12,20}?[ _.-]|.{20})(?=.)', 'g'), '$1\\n'), '\\n')";
  const y = { field: "algorithm", type: "nominal", sort: algorithms, title: null, axis: { labelLimit: 0, labelExpr: wrapped, grid: false } };
  const offset = { field: "trained_on", type: "nominal", sort: order, scale: { domain: order } };
  const x = (field, more = {}) => ({ field, type: "quantitative", title: panel.label, scale: { zero: false, nice: true }, ...more });
  const shape = { field: "trained_on", type: "nominal", sort: order, scale: { domain: order, range: ["circle", "square", "triangle-up"] }, title: "trained on" };
  const number = { type: "quantitative", format: ".4~g" };
  return {
    background: null,
    width: "container",
    height: 20 * lines + 20,
    autosize: { type: "fit-x", contains: "padding" },
    config: {
      font: "system-ui, sans-serif",
      axis: { labelColor: ink, titleColor: ink, gridColor: line, domainColor: line, tickColor: line, labelFontSize: 12, titleFontSize: 12 },
      legend: { labelColor: ink, titleColor: ink, orient: "top", labelFontSize: 12, titleFontSize: 12 },
      view: { stroke: line },
    },
    encoding: { y, yOffset: offset, color: trained },
    layer: [
      {
        data: { values: panel.means },
        mark: { type: "rule", strokeWidth: 2.5 },
        encoding: { x: x("low"), x2: { field: "high" } },
      },
      {
        data: { values: panel.points },
        mark: { type: "point", filled: false, size: 34, opacity: .75 },
        encoding: {
          x: x("value"), shape,
          tooltip: [
            { field: "algorithm" }, { field: "trained_on", title: "trained on" }, { field: "test_fold", title: "fold" },
            { field: "seed" }, { field: "value", title: panel.label, ...number },
          ],
        },
      },
      {
        data: { values: panel.means },
        mark: { type: "point", filled: true, size: 95, opacity: 1 },
        encoding: {
          x: x("mean"), shape,
          tooltip: [
            { field: "algorithm" }, { field: "trained_on", title: "trained on" },
            { field: "mean", title: `mean ${panel.label}`, ...number }, { field: "sd", title: "SD", ...number }, { field: "n" },
          ],
        },
      },
    ],
  };
}

function prepareChart() {
  const box = document.getElementById("chart");
  if (!box) return;
  const data = read("chart-data");
  const choice = document.getElementById("chart-panel");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let view = null;
  const draw = async () => {
    const panel = data.panels[Number(choice.value)];
    if (view) view.finalize();
    // ast: expressions are interpreted, so that the page needs no eval; styles are in style.css, whose hash the policy has.
    view = await vegaEmbed(box, chartSpec(panel, data, dark.matches), { actions: false, renderer: "svg", ast: true, defaultStyle: false, tooltip: { disableDefaultStyle: true }, mode: "vega-lite" });
    box.querySelector("svg")?.setAttribute("aria-label",
      `${panel.label} on ${panel.test_subset} of ${panel.task}, by algorithm and by what was trained on; the numbers are in the table stats`);
  };
  choice.addEventListener("change", draw);
  dark.addEventListener("change", draw);
  draw();
}

prepareTables();
prepareZoom();
prepareChart();
