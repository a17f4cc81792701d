// Draws the code of a file as a table. All that is a stranger's goes through textContent: no HTML is put together.
"use strict";
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const make = (tag, name, ...children) => {
  const node = document.createElement(tag);
  if (name) node.className = name;
  node.append(...children);
  return node;
};

// `table(hunks, cards, split)` makes a table with the findings in place; `forget()` follows when one was taken away.
const drawing = (() => {
  const MOST_CITED = 1500; // lines of one finding that are marked
  let columns = [];

  // A row is "+text", or ["+text", "3k1 2s"]: lengths and colours.
  const codeOf = (row) => {
    const [text, colours] = typeof row === "string" ? [row, ""] : row;
    const code = make("td", "code");
    let at = 1;
    for (const [, length, colour] of colours.matchAll(/(\d+)(\D)/g)) {
      const part = text.slice(at, at + Number(length));
      code.append(colour === " " ? part : make("span", colour, part));
      at += Number(length);
    }
    code.append(text.slice(at));
    return code;
  };
  const numberOf = (number) => {
    const cell = make("td", "num");
    if (number) cell.dataset.n = number;
    return cell;
  };
  const KINDS = { "+": "add", "-": "del", " ": "" };

  const heading = (first, start, rows) => {
    const signs = rows.map((row) => (typeof row === "string" ? row : row[0])[0]);
    const [old, now] = ["+", "-"].map((other) => signs.filter((sign) => sign !== other).length);
    return `@@ -${first},${old} +${start},${now} @@`;
  };
  const linesOf = function* (hunks) {
    for (const [first, start, rows] of hunks) {
      let [old, now] = [first, start];
      yield { hunk: heading(first, start, rows) };
      for (const row of rows) {
        const kind = (typeof row === "string" ? row : row[0])[0];
        yield { row, kind, left: kind === "+" ? 0 : old++, right: kind === "-" ? 0 : now++ };
      }
    }
  };
  const across = (name, inside) => {
    const cell = make("td", "", inside);
    cell.colSpan = columns.length;
    return make("tr", name, cell);
  };
  const unified = function* (lines) {
    for (const line of lines) {
      if (!line.row) {
        yield [across("hunk", line.hunk)];
        continue;
      }
      const code = (line.code = codeOf(line.row));
      code.dataset.sign = line.kind;
      yield [make("tr", KINDS[line.kind], numberOf(line.left), numberOf(line.right), code), line];
    }
  };
  const halves = (line, number) => {
    if (!line) return [make("td", "num none"), make("td", "code none")];
    const cells = [numberOf(number), (line.code = codeOf(line.row))];
    for (const cell of cells) cell.classList.add(KINDS[line.kind] || "same");
    return cells;
  };
  const sideBySide = function* (lines) {
    let left = [];
    let right = [];
    const flush = function* () {
      for (let at = 0; at < Math.max(left.length, right.length); at++) {
        const [old, now] = [left[at], right[at]];
        const row = make("tr", "", ...halves(old, old?.left), ...halves(now, now?.right));
        yield [row, { left: old?.left, right: now?.right }];
      }
      left = [];
      right = [];
    };
    for (const line of lines) {
      if (line.kind === "-") left.push(line);
      else if (line.kind === "+") right.push(line);
      else {
        yield* flush();
        if (!line.row) yield [across("hunk", line.hunk)];
        else yield [make("tr", "", ...halves(line, line.left), ...halves(line, line.right)), line];
      }
    }
    yield* flush();
  };

  // What differs inside a changed line is marked by ranges, where the browser can: no element is added for it.
  const marks = { "-": "gone", "+": "added" };
  for (const [kind, name] of Object.entries(marks)) {
    marks[kind] = globalThis.Highlight ? new Highlight() : null;
    if (marks[kind]) CSS.highlights.set(name, marks[kind]);
  }
  const pairs = function* (lines) {
    let [gone, added] = [[], []];
    for (const line of [...lines, {}]) {
      if (line.kind === "+") added.push(line);
      else if (line.kind === "-" && !added.length) gone.push(line);
      else {
        yield* gone.slice(0, added.length).map((one, at) => [one, added[at]]);
        [gone, added] = [line.kind === "-" ? [line] : [], []];
      }
    }
  };
  const mark = (line, from, to) => {
    if (from >= to) return;
    const range = new Range();
    for (const node of [...line.code.childNodes].map((child) => child.firstChild || child)) {
      if (from >= 0 && from <= node.length) range.setStart(node, from);
      if (to > 0 && to <= node.length) range.setEnd(node, to);
      [from, to] = [from - node.length, to - node.length];
    }
    marks[line.kind].add(range);
  };
  const compare = (one, other) => {
    const [old, now] = [one.code.textContent, other.code.textContent];
    const most = Math.min(old.length, now.length);
    let [start, end] = [0, 0];
    while (start < most && old[start] === now[start]) start++;
    while (end < most - start && old.at(-1 - end) === now.at(-1 - end)) end++;
    if (2 * (start + end) < Math.max(old.length, now.length)) return; // another line, not a changed one
    mark(one, start, old.length - end);
    mark(other, start, now.length - end);
  };

  // Puts each finding below its last line, and says which lines it means.
  const settle = (rows, cards) => {
    const at = { LEFT: new Map(), RIGHT: new Map() };
    for (const [row, line] of rows) {
      if (line?.left) at.LEFT.set(line.left, row);
      if (line?.right) at.RIGHT.set(line.right, row);
    }
    const ends = new Map();
    for (const card of cards) {
      const known = at[card.dataset.side];
      const row = known.get(Number(card.dataset.line));
      card.classList.toggle("placed", Boolean(row));
      if (!row) continue;
      const last = Number(card.dataset.line);
      for (let number = Math.max(Number(card.dataset.first), last - MOST_CITED); number <= last; number++)
        known.get(number)?.classList.add("cited", card.dataset.side === "LEFT" ? "on-left" : "on-right");
      const said = across("said", card);
      said.hidden = card.hidden;
      (ends.get(row) || row).after(said);
      ends.set(row, said);
    }
  };

  const table = (hunks, cards, split) => {
    columns = split ? ["num", "", "num", ""] : ["num", "num", ""];
    const lines = [...linesOf(hunks)];
    const rows = [...(split ? sideBySide : unified)(lines)];
    const body = make("tbody", "", ...rows.map(([row]) => row));
    settle(rows, cards);
    if (marks["+"]) for (const pair of pairs(lines)) compare(...pair);
    return make("table", "diff", make("colgroup", "", ...columns.map((name) => make("col", name))), body);
  };
  const forget = () => {
    for (const set of Object.values(marks)) for (const range of set || []) if (range.collapsed) set.delete(range);
  };
  return { table, forget };
})();
