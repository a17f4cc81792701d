// Shows the change where it is looked at, filters, and hears clicks and keys.
(() => {
  const LINES_AT_ONCE = 1500; // of a file that is drawn unasked: more makes a browser slow
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const files = all(".file");
  const findings = all(".finding[id]");
  const wanted = { severity: "", category: "", state: "", path: "" };
  let current = null;


  // --- The change ----------------------------------------------------------------------------------------------------

  const isSplit = () => root.classList.contains("split");
  const draw = (file) => {
    const hunks = data.files[file.dataset.entry];
    if (!hunks || file.dataset.drawn) return;
    file.dataset.drawn = "yes";
    const table = drawing.table(hunks, all(".finding", file), isSplit());
    table.setAttribute("aria-label", `Change of ${file.dataset.path}`);
    file.querySelector("details").append(table);
  };
  const undraw = (file) => {
    const order = new Map(findings.map((card, index) => [card, index]));
    const cards = all(".finding", file).sort((one, other) => order.get(one) - order.get(other));
    for (const card of cards) card.classList.remove("placed");
    file.querySelector(".cards")?.append(...cards);
    file.querySelector("table.diff").remove();
    drawing.forget();
    delete file.dataset.drawn;
  };
  const isLarge = (file) => {
    const hunks = data.files[file.dataset.entry] || [];
    return hunks.reduce((sum, hunk) => sum + hunk[2].length, 0) > LINES_AT_ONCE;
  };
  const offer = (file) => {
    if (file.dataset.drawn || file.querySelector("button.whole")) return;
    const button = make("button", "whole", "Show the whole change of this file");
    button.type = "button";
    button.addEventListener("click", () => {
      button.remove();
      draw(file);
    });
    file.querySelector("details").append(button);
  };
  const show = (file) => (isLarge(file) ? offer(file) : draw(file));

  // What is near the window is drawn; the rest waits.
  const near = new IntersectionObserver(
    (seen) => {
      for (const { target, isIntersecting } of seen)
        if (isIntersecting && target.querySelector("details").open) show(target);
    },
    { rootMargin: "800px" },
  );
  for (const file of files) {
    near.observe(file);
    file.querySelector("details").addEventListener("toggle", () => {
      near.unobserve(file); // to be observed again: files that are written open are toggled, too
      near.observe(file);
    });
  }

  // --- Where the reader is -------------------------------------------------------------------------------------------

  const isShown = (node) => !node.hidden && !node.closest(".file")?.hidden;
  const stand = (node) => {
    current?.classList.remove("current");
    current = node;
    node.classList.add("current");
  };
  // A click or Tab selects a finding for the next keys.
  addEventListener("focusin", ({ target }) => {
    const card = target.closest(".finding[id]");
    if (card) stand(card);
  });
  const go = (node) => {
    const file = node.closest(".file");
    for (let around = node.parentElement; around; around = around.parentElement)
      if (around.tagName === "DETAILS") around.open = true;
    if (file) {
      file.querySelector("details").open = true;
      show(file);
    }
    stand(node);
    const focused = node.matches(".file") ? node.querySelector("summary") : node;
    focused.focus({ preventScroll: true });
    node.scrollIntoView({ block: "start" });
  };
  const beside = (nodes, by) => {
    const shown = nodes.filter(isShown);
    if (!current) return by > 0 ? shown[0] : shown.at(-1);
    const after = (node) => current.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING;
    const others = shown.filter((node) => node !== current && !node.contains(current));
    return by > 0 ? others.find(after) : others.findLast((node) => !after(node));
  };
  const step = (selector, by) => {
    let next = beside(all(selector), by);
    const file = next?.closest(".file");
    if (!file) return;
    show(file);
    next = beside(all(selector), by); // drawn, its findings stand in the order of their lines
    go(next);
    history.replaceState(null, "", `#${next.id}`);
  };
  const follow = () => {
    const target = byId(location.hash.slice(1));
    if (!target?.matches(".file, .finding")) return;
    if (!isShown(target)) clear();
    go(target);
  };

  // --- Filters -------------------------------------------------------------------------------------------------------

  const matches = (node, path) =>
    ["severity", "category", "state"].every((key) => !wanted[key] || node.dataset[key] === wanted[key]) &&
    path.toLowerCase().includes(wanted.path);
  const links = new Map(all("nav a").map((link) => [link.hash.slice(1), link.parentElement]));
  const others = new Set(all(".others .file"));
  const past = all(".past li[data-state]");
  const filter = () => {
    const narrowed = wanted.severity || wanted.category || wanted.state;
    for (const file of files) {
      const cards = all(".finding", file);
      for (const card of cards) {
        card.hidden = !matches(card, file.dataset.path);
        const row = card.closest("tr");
        if (row) row.hidden = card.hidden;
      }
      const named = file.dataset.path.toLowerCase().includes(wanted.path);
      file.hidden = !(narrowed ? cards.some((card) => !card.hidden) : named);
      const link = links.get(file.id);
      if (!link) continue;
      link.hidden = file.hidden;
      link.querySelector(".why").textContent = cards.filter((card) => !card.hidden).length.toLocaleString("en");
    }
    for (const item of past) item.hidden = !matches(item, item.dataset.path);
    for (const list of all(".past")) {
      list.hidden = all("li[data-state]", list).every((item) => item.hidden);
      if (wanted.state) list.open = !list.hidden;
    }
    tellFound(Boolean(narrowed || wanted.path));
  };
  const tellFound = (isFiltered) => {
    const seen = files.filter((file) => !file.hidden);
    for (const part of all("[data-of]"))
      part.hidden = !seen.some((file) => others.has(file) === (part.dataset.of === "change"));
    const cards = findings.filter(isShown).length;
    const found = cards + past.filter((item) => !item.hidden).length;
    const where = seen.length || !found ? `, ${seen.length} of ${files.length} files` : "";
    byId("found").textContent = isFiltered ? `${found} of ${findings.length + past.length} findings${where}` : "";
    byId("clear").hidden = !isFiltered;
    byId("copy-all").hidden = !cards;
  };
  const FIELDS = { severity: "by-severity", category: "by-category", state: "by-state", path: "by-file" };
  for (const [key, id] of Object.entries(FIELDS))
    byId(id)?.addEventListener("input", (event) => {
      wanted[key] = event.target.value.toLowerCase();
      filter();
    });
  const clear = () => {
    for (const [key, id] of Object.entries(FIELDS)) {
      wanted[key] = "";
      if (byId(id)) byId(id).value = "";
    }
    filter();
  };

  // --- Copying, themes, printing -------------------------------------------------------------------------------------

  const tell = (words) => {
    byId("toast").textContent = words;
    setTimeout(() => (byId("toast").textContent = ""), 2500);
  };
  // A page from a plain http server has no clipboard; there the old command still copies what is selected.
  const copyOld = (text) => {
    const area = make("textarea", "", text);
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done ? Promise.resolve() : Promise.reject(new Error("refused"));
  };
  const copy = (cards) => {
    const text = `${cards.map((card) => data.findings[card.id]).filter(Boolean).join("\n\n---\n\n")}\n`;
    const asked = navigator.clipboard ? navigator.clipboard.writeText(text).catch(() => copyOld(text)) : copyOld(text);
    asked.then(
      () => tell(cards.length === 1 ? "Copied" : `${cards.length} findings copied`),
      () => tell("The browser does not allow this page to use the clipboard"),
    );
  };
  const turn = () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  };
  const split = () => {
    root.classList.toggle("split");
    byId("split")?.setAttribute("aria-pressed", String(isSplit()));
    for (const file of files.filter((one) => one.dataset.drawn)) {
      undraw(file);
      draw(file);
    }
    current?.scrollIntoView({ block: "start" });
  };
  addEventListener("beforeprint", () => {
    for (const file of files)
      if (!file.hidden && file.querySelector(".finding")) {
        file.querySelector("details").open = true;
        show(file);
      }
    for (const past of all(".past")) past.open = true;
  });

  // --- Clicks and keys -----------------------------------------------------------------------------------------------

  const keys = byId("keys");
  const CLICKS = { split, theme: turn, "copy-all": () => copy(findings.filter(isShown)) };
  CLICKS.clear = clear;
  CLICKS.ask = () => keys?.showModal();
  CLICKS.close = () => keys?.close();
  for (const [id, act] of Object.entries(CLICKS)) byId(id)?.addEventListener("click", act);
  for (const button of all("button.copy")) {
    const card = button.closest(".finding");
    button.hidden = !data.findings[card.id];
    button.addEventListener("click", () => copy([card]));
  }
  const KEYS = {
    j: () => step(".finding[id]", 1),
    k: () => step(".finding[id]", -1),
    n: () => step(".file", 1),
    p: () => step(".file", -1),
    o: () => {
      const details = current?.closest(".file")?.querySelector("details");
      if (details) details.open = !details.open;
    },
    c: () => current?.matches(".finding") && isShown(current) && copy([current]),
    s: () => byId("split") && split(),
    t: turn,
    x: clear,
    "/": () => byId("by-file")?.focus(),
    "?": CLICKS.ask,
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || keys?.open) return;
    if (event.target.matches("input, select, textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (!Object.hasOwn(KEYS, event.key)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  addEventListener("hashchange", follow);

  root.classList.add("js");
  if (byId("tools")) byId("tools").hidden = false;
  filter();
  follow();
})();
