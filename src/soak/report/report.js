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

// A number as people read it: four significant digits, large and small ones with their power of ten; whole numbers as they are.
const show = value =>
  value === null ? "" : typeof value !== "number" ? value : Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value)
    : Math.abs(value) < 1e-4 || Math.abs(value) >= 1e6 ? String(Number(value.toPrecision(4)).toExponential()).replace("e+", "e")
      : String(Number(value.toPrecision(4)));

// Numbers before texts before what is missing.
const compare = (a, b) => {
  const rank = value => (value === null ? 2 : typeof value === "number" ? 0 : 1);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  return typeof a === "number" ? a - b : a === null ? 0 : String(a).localeCompare(String(b), undefined, { numeric: true });
};

const PAGE = 200; // rows drawn at once
const FEW = 3; // rows of a table that nobody needs to filter
const CHOICES = 30; // a column of text with at most so many values has a list to choose from

// Rows of a table that hold all words and all choices, sorted by a column; `draw` shows them.
// heads: of each column its header, made to sort, or undefined; keys: values that columns are sorted by.
function sortAndFilter(name, { columns, values, rows, of }, { heads, draw, keys = values, choices = true }) {
  const state = { sort: null, down: false, words: [], chosen: new Map() };
  let kept = []; // rows that the filters leave, in their order
  const status = make("p", { class: "soft", role: "status" });
  heads.forEach((head, index) => {
    if (!head) return;
    head.setAttribute("aria-sort", "none");
    head.append(make("button", { type: "button", onclick: () => sort(index) }, ...head.childNodes));
  });

  function sort(index) {
    state.down = state.sort === index && !state.down;
    state.sort = index;
    heads.forEach((head, place) => head?.setAttribute("aria-sort", place !== index ? "none" : state.down ? "descending" : "ascending"));
    update();
  }
  function update() {
    kept = Array.from({ length: rows }, (_, row) => row).filter(row => {
      for (const [index, value] of state.chosen) if (String(values[index][row]) !== value) return false;
      if (!state.words.length) return true;
      const text = values.map(column => (column[row] === null ? "" : `${column[row]} ${show(column[row])}`)).join("\t").toLowerCase();
      return state.words.every(word => text.includes(word));
    });
    if (state.sort !== null) {
      const column = keys[state.sort], sign = state.down ? -1 : 1;
      kept.sort((a, b) => (column[a] === null) - (column[b] === null) || sign * compare(column[a], column[b]) || a - b);
    }
    status.textContent = `${kept.length} of ${rows} rows` + (of > rows ? ` (the first of ${of}; all are in results/tables/${name}.csv)` : "");
    draw(kept);
  }
  const words = make("input", { type: "search", placeholder: "words, all must occur", oninput: event => {
    state.words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    update();
  } });
  const download = make("button", { class: "plain", type: "button", onclick: () => {
    const quote = value => (value === null ? "" : /[",\n\r]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
    const lines = [columns.map(column => quote(column.name)), ...kept.map(row => values.map(column => quote(column[row])))];
    const file = URL.createObjectURL(new Blob([lines.map(line => line.join(",")).join("\n") + "\n"], { type: "text/csv" }));
    make("a", { href: file, download: `${name}.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(file), 1000);
  } }, "Download as CSV");
  const controls = [make("label", {}, "Filter rows", words)];
  if (choices) columns.forEach((column, index) => {
    const known = [...new Set(values[index])].filter(value => value !== null);
    if (column.number || known.length < 2 || known.length > CHOICES || known.some(value => String(value).length > 60)) return;
    const select = make("select", { onchange: event => {
      if (event.target.value) state.chosen.set(index, event.target.value.slice(1));
      else state.chosen.delete(index);
      update();
    } }, make("option", { value: "" }, "all"), ...known.map(value => make("option", { value: `=${value}` }, value)));
    controls.push(make("label", {}, column.name, select));
  });
  update();
  return make("div", { class: "controls" }, ...controls, download, status);
}

// A table of which the page holds the values only.
function drawTable(box, name) {
  const data = read(`table-${name}`), { columns, values } = data;
  const body = make("tbody");
  let kept = [], shown = PAGE;
  const more = make("button", { class: "plain no-print", type: "button", onclick: () => { shown += 5 * PAGE; draw(kept); } }, "Show more rows");
  const heads = columns.map(column => make("th", { scope: "col", class: column.number ? "number" : null }, column.name));
  function draw(rows) {
    kept = rows;
    more.hidden = kept.length <= shown;
    body.replaceChildren(...kept.slice(0, shown).map(row => make("tr", {}, ...columns.map((column, index) => {
      const value = values[index][row];
      const cell = make("td", { class: column.number ? "number" : String(value).length > 60 ? "wrap" : null }, show(value));
      if (typeof value === "number" && show(value) !== String(value)) cell.title = String(value);
      return cell;
    }))));
  }
  const controls = sortAndFilter(name, data, { heads, draw });
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...heads)), body);
  box.replaceChildren(controls, make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Table ${name}` }, table), more);
}

// A table that is written in the page, readable without this script: it sorts within its groups of rows.
function enhanceTable(table) {
  const name = table.parentNode.dataset.name, titles = [...table.tHead.rows[0].cells];
  const groups = [...table.tBodies], lines = groups.flatMap(group => [...group.rows]).filter(line => line.querySelector("td"));
  if (lines.length < 2) return;
  const cell = (line, title) => line.cells[title.cellIndex];
  const data = name === "summary" ? read(`table-${name}`) : {
    columns: titles.map(title => ({ name: title.textContent })), rows: lines.length, of: lines.length,
    values: titles.map(title => lines.map(line => value(cell(line, title).textContent))),
  };
  const heads = data.columns.map(column => titles.find(title => (title.dataset.column || title.textContent) === column.name));
  const keys = data.values.map((column, index) => column.map((text, row) => {
    const sorted = heads[index] && cell(lines[row], heads[index]).dataset.value;
    return sorted === undefined ? text : value(sorted);
  }));
  const draw = kept => {
    lines.forEach(line => { line.hidden = true; });
    for (const row of kept) {
      lines[row].hidden = false;
      lines[row].parentNode.append(lines[row]);
    }
    groups.forEach(group => { group.hidden = lines.every(line => line.hidden || line.parentNode !== group); });
  };
  const controls = sortAndFilter(name, data, { heads, draw, keys, choices: false });
  if (name === "summary" || lines.length > FEW) table.parentNode.before(controls);
}

// The value of a cell: a number if it is written as one, null if there is nothing.
const value = text => (text.trim() === "" ? null : Number.isNaN(Number(text)) ? text : Number(text));

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

// The chart: a plain SVG, drawn anew for each choice. Lengths in pixels.
const shape = (name, attributes = {}, ...children) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};

// Long names in lines of about 20 letters, broken after a sign between words.
const wrapped = text => text.replace(/(.{12,20}?[ _.\-]|.{20})(?=.)/g, "$1\n").split("\n");

function ticks(low, high, log) {
  if (log) {
    const found = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
      for (const factor of [1, 2, 5]) found.push(factor * 10 ** power);
    return found.filter(value => value >= low && value <= high);
  }
  const rough = (high - low) / 5, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(value => value >= rough);
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step / 1e6; value += step) found.push(Number(value.toPrecision(12)));
  return found;
}

function mark(kind, x, y, size, attributes) {
  if (kind === 0) return shape("circle", { cx: x, cy: y, r: size, ...attributes });
  if (kind === 1) return shape("rect", { x: x - size, y: y - size, width: 2 * size, height: 2 * size, ...attributes });
  return shape("path", { d: `M${x} ${y - 1.2 * size}L${x + 1.15 * size} ${y + size}L${x - 1.15 * size} ${y + size}Z`, ...attributes });
}

function drawChart(box, panel, measure, { order, colors, line, log, references }, tell) {
  const kept = row => references || !measure.references.includes(row.algorithm);
  const means = measure.means.filter(kept), points = measure.points.filter(kept);
  const algorithms = measure.algorithms.filter(name => means.some(row => row.algorithm === name));
  const trains = order.filter(name => means.some(row => row.trained_on === name));
  const values = [...means.flatMap(row => [row.low, row.high]), ...points.map(row => row.value)].filter(value => !log || value > 0);
  if (!values.length) { box.replaceChildren(make("p", {}, "There are no positive values to show on a log scale.")); return; }
  const width = Math.max(280, box.clientWidth), left = Math.min(165, width * .45), right = 14, row = 20 * trains.length + 14, top = 26;
  let low = Math.min(...values), high = Math.max(...values);
  const room = log ? 1.08 : .05 * (high - low) || .05 * Math.abs(high) || 1;
  [low, high] = log ? [low / room, high * room] : [low - room, high + room];
  const scale = value => (log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low));
  const x = value => left + (width - left - right) * Math.max(0, Math.min(1, log && value <= 0 ? 0 : scale(value)));
  const bottom = top + row * algorithms.length, height = bottom + 44;
  const svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img" });
  const axis = shape("g", { class: "role-axis-label" });
  let far = -Infinity;
  for (const value of ticks(low, high, log)) {
    const text = show(value), place = x(value);
    svg.append(shape("line", { x1: place, x2: place, y1: top, y2: bottom, stroke: line }));
    if (place - far < 9 * text.length + 12) continue;
    far = place;
    svg.append(shape("text", { x: place, y: bottom + 16, "text-anchor": "middle" }, text));
  }
  svg.append(shape("text", { x: (left + width - right) / 2, y: bottom + 36, "text-anchor": "middle" }, measure.label));
  trains.forEach((name, place) => svg.append(
    mark(order.indexOf(name), left + 8 + 70 * place, 10, 5, { fill: colors[order.indexOf(name)] }),
    shape("text", { x: left + 18 + 70 * place, y: 14 }, name)));
  const tip = (element, text) => {
    element.setAttribute("data-tip", text);
    element.append(shape("title", {}, text));
    for (const event of ["pointerenter", "click"]) element.addEventListener(event, () => tell(text));
    return element;
  };
  algorithms.forEach((algorithm, number) => {
    const middle = top + row * (number + .5), lines = wrapped(algorithm);
    lines.forEach((text, place) => axis.append(shape("text", {
      x: left - 10, y: middle + 4 + 14 * (place - (lines.length - 1) / 2), "text-anchor": "end" }, text)));
    if (number) svg.append(shape("line", { x1: left, x2: width - right, y1: middle - row / 2, y2: middle - row / 2, stroke: line }));
    trains.forEach((train, place) => {
      const y = middle + 20 * (place - (trains.length - 1) / 2), kind = order.indexOf(train), color = colors[kind];
      const own = one => one.algorithm === algorithm && one.trained_on === train;
      for (const mean of means.filter(own)) {
        svg.append(shape("line", { x1: x(mean.low), x2: x(mean.high), y1: y, y2: y, stroke: color, "stroke-width": 2.5 }));
        for (const point of points.filter(own)) svg.append(tip(
          mark(kind, x(point.value), y, 3, { class: "point", fill: "none", stroke: color, "pointer-events": "all" }),
          `${algorithm}, trained on ${train}, fold ${point.test_fold}, seed ${point.seed}: ${measure.label} ${show(point.value)}`));
        svg.append(tip(mark(kind, x(mean.mean), y, 5.5, { class: "mean", fill: color }),
          `${algorithm}, trained on ${train}: mean ${measure.label} ${show(mean.mean)}` + (mean.sd === null ? "" : `, SD ${show(mean.sd)}`) + `, n = ${mean.n}`));
      }
    });
  });
  svg.append(axis);
  svg.setAttribute("aria-label", `${measure.label} on ${panel.test_subset} of ${panel.task}, by algorithm and by what was trained on; the numbers are in the table stats`);
  box.replaceChildren(svg);
}

function prepareChart() {
  const box = document.getElementById("chart");
  if (!box) return;
  const element = name => document.getElementById(`chart-${name}`);
  const data = read("chart-data");
  element("box").hidden = false;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const tell = text => { element("value").textContent = text; };
  const redraw = () => {
    const panel = data.panels[Number(element("panel").value)];
    const measure = panel.measures.find(one => one.label === element("measure").value) || panel.measures[0];
    tell("");
    drawChart(box, panel, measure, {
      order: data.order, colors: dark.matches ? data.dark : data.light, line: dark.matches ? "#3a3f45" : "#d9dce0",
      log: element("log").checked, references: element("references").checked,
    }, tell);
  };
  const choose = () => {
    const measures = data.panels[Number(element("panel").value)].measures, before = element("measure").value;
    element("measure").replaceChildren(...measures.map(one => make("option", { value: one.label }, one.label)));
    if (measures.some(one => one.label === before)) element("measure").value = before;
    redraw();
  };
  element("panel").addEventListener("change", choose);
  for (const name of ["measure", "log", "references"]) element(name).addEventListener("change", redraw);
  dark.addEventListener("change", redraw);
  let width = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; redraw(); } });
  choose();
}

function prepareCopies() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent)
      .then(() => { button.textContent = "Copied"; }, () => { button.textContent = "Not allowed here: select the text instead"; }));
  }
}

document.querySelectorAll("[data-name] > table").forEach(enhanceTable);
prepareTables();
prepareZoom();
prepareChart();
prepareCopies();
