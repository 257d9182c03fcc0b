// What the pages do with JavaScript beside htmx; without it they show the same, and are loaded again by hand.
"use strict";

const address = location.origin + (document.body.dataset.root || "");

// Commands to be copied name this API's address, which only the browser knows for sure behind proxies.
for (const place of document.querySelectorAll("[data-address]")) place.textContent = address;

// --- live progress: server-sent events with HTML that the server made; their id is the state of the cycle

const RETRY_MS = 30000;

function listen(part) {
  const source = new EventSource(part.dataset.events);
  source.addEventListener("progress", (event) => {
    part.innerHTML = event.data;
    if (event.lastEventId !== part.dataset.state) {
      source.close();
      setTimeout(() => location.reload(), 500 + 2500 * Math.random());
    }
  });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(part), RETRY_MS);
  });
}

for (const part of document.querySelectorAll("[data-events]")) listen(part);

// --- tables that are sorted and filtered in place; what was chosen is in the address after #, to be shared

function valueOf(cell) {
  if (cell === undefined) return null;
  const text = cell.dataset.value ?? cell.firstChild?.textContent?.trim() ?? "";
  const number = Number.parseFloat(text);
  return text === "" ? null : Number.isNaN(number) ? text : number;
}

function compare(a, b) {
  if (a === null || b === null) return (a === null) - (b === null);
  if (typeof a === typeof b) return typeof a === "number" ? a - b : a.localeCompare(b);
  return typeof a === "number" ? -1 : 1;
}

function sortRows(table, column, descending) {
  const headers = [...table.tHead.rows[0].cells];
  headers.forEach((header, index) => {
    if (index === column) header.setAttribute("aria-sort", descending ? "descending" : "ascending");
    else header.removeAttribute("aria-sort");
  });
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => [valueOf(row.cells[column]), row]);
  rows.sort(([a], [b]) => (a === null || b === null || !descending ? compare(a, b) : compare(b, a)));
  body.append(...rows.map(([, row]) => row));
}

function makeSortable(table, remember) {
  [...table.tHead.rows[0].cells].forEach((header, column) => {
    const name = header.dataset.name || header.textContent.trim();
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.setAttribute("aria-label", `Sort by ${name}`);
    button.addEventListener("click", () => {
      const largeFirst = header.dataset.first !== "small";
      const sorted = header.getAttribute("aria-sort");
      const descending = sorted === null ? largeFirst : sorted === "ascending";
      sortRows(table, column, descending);
      remember("sort", `${column}${descending ? "-" : ""}`);
    });
    header.append(button);
  });
}

function makeFilter(form, table, remember) {
  const search = form.querySelector("input[type=search]");
  const boxes = [...form.querySelectorAll("input[type=checkbox][name=badge]")];
  const shown = form.querySelector("output");
  const rows = [...table.tBodies[0].rows];
  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const badges = boxes.filter((box) => box.checked).map((box) => box.value);
    let count = 0;
    for (const row of rows) {
      const text = (row.dataset.search ?? row.textContent).toLowerCase();
      const has = (row.dataset.badges ?? "").split(" ");
      row.hidden = !(words.every((word) => text.includes(word)) && badges.every((badge) => has.includes(badge)));
      count += !row.hidden;
    }
    shown.textContent = `${count} of ${rows.length} shown`;
    remember("q", search.value);
    remember("badges", badges.join(" "));
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", apply);
  form.hidden = false;
  return (wanted) => {
    search.value = wanted.get("q") ?? "";
    const badges = (wanted.get("badges") ?? "").split(" ");
    for (const box of boxes) box.checked = badges.includes(box.value);
    apply();
  };
}

function enhance(part) {
  for (const table of part.querySelectorAll("table[data-sortable]")) {
    const wanted = new URLSearchParams(location.hash.slice(1));
    const remember = (name, value) => {
      const chosen = new URLSearchParams(location.hash.slice(1));
      if (value) chosen.set(name, value);
      else chosen.delete(name);
      history.replaceState(null, "", `${location.pathname}${location.search}${chosen.size ? `#${chosen}` : ""}`);
    };
    makeSortable(table, remember);
    const form = table.id && document.querySelector(`form[data-filter="${CSS.escape(table.id)}"]`);
    const refill = form ? makeFilter(form, table, remember) : () => {};
    const sort = /^(\d+)(-?)$/.exec(wanted.get("sort") ?? "");
    if (sort && Number(sort[1]) < table.tHead.rows[0].cells.length) sortRows(table, Number(sort[1]), sort[2] === "-");
    if (wanted.has("q") || wanted.has("badges")) refill(wanted);
  }
}

enhance(document);
// What htmx has put there anew, such as the tables of the operator's page, gets its buttons, too.
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) enhance(event.detail.elt);
});
// Nothing is replaced under the hands of somebody who types, or goes through it with the keyboard.
document.addEventListener("htmx:beforeRequest", (event) => {
  const trigger = event.detail.elt.getAttribute("hx-trigger") ?? "";
  if (trigger.startsWith("every") && event.detail.elt.contains(document.activeElement)) event.preventDefault();
});
