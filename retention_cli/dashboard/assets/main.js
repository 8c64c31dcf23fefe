// Draws the page for what is chosen, and again whenever that changes.

const drawings = new Map(); // element of a drawing -> its instance of ECharts
const waiting = new Set(); // cards to draw when they come into view
let watcher = null;
let drawnWidth = 0; // of the window

async function begin() {
  if (typeof DecompressionStream === "undefined") {
    document.getElementById("facts").textContent = "This browser is too old for the page: it cannot unpack its data.";
    return;
  }
  [DATA, WORDS] = await Promise.all([unpack("data"), unpack("words")]);
  watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting && waiting.has(entry.target)) drawCard(entry.target);
  }, { rootMargin: "200px" });
  if (Object.keys(DATA.grains).length) {
    readState();
    buildSections();
    addEventListener("hashchange", () => { readState(); render(); });
  } else {
    state.lang = (navigator.language || "en").startsWith("de") ? "de" : "en";
  }
  document.getElementById("print").addEventListener("click", () => print());
  for (const button of document.querySelectorAll("[data-language]")) button.addEventListener("click", () => change({ lang: button.dataset.language }));
  const dialog = document.getElementById("dialog");
  dialog.querySelector("button").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    dialog.querySelectorAll(".drawing").forEach(dispose);
    dialog.querySelector(".dialog-body").replaceChildren();
  });
  for (const moment of ["beforeprint", "afterprint"]) addEventListener(moment, () => { [...waiting].forEach(drawCard); drawnWidth = 0; resizeAll(); });
  let timer = null;
  addEventListener("resize", () => { clearTimeout(timer); timer = setTimeout(resizeAll, 120); });
  render();
}

function dispose(box) {
  drawings.get(box)?.dispose();
  drawings.delete(box);
}

// Draw again what is as wide as the window, unless that is how it is drawn already.
function resizeAll() {
  if (innerWidth === drawnWidth) return;
  drawnWidth = innerWidth;
  for (const card of document.querySelectorAll("figure.card")) if (card.querySelector(".drawing")) drawCard(card);
}

function render() {
  const started = performance.now();
  drawnWidth = innerWidth;
  document.documentElement.lang = state.lang;
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = word(node.dataset.word);
  for (const button of document.querySelectorAll("[data-language]")) button.setAttribute("aria-pressed", String(button.dataset.language === state.lang));
  renderHeader();
  if (!Object.keys(DATA.grains).length) {
    document.querySelector("#summary h2").textContent = word("no_orders");
    document.body.dataset.drawn = "all";
    return;
  }
  renderFilters();
  renderSummary();
  renderSections();
  document.body.dataset.took = String(Math.round(performance.now() - started));
}

// --- Header and filters ------------------------------------------------------------------------------

function renderHeader() {
  const { meta } = DATA;
  const shop = meta.shop || word("demo_shop");
  document.title = `${word("title")} – ${shop}`;
  document.querySelector("h1").textContent = shop;
  const flag = document.getElementById("demo-flag");
  flag.hidden = !meta.demo;
  flag.textContent = word("demo_flag");
  const parts = [];
  if (meta.last_order) parts.push(word("last_order", { date: date(meta.last_order) }));
  if (meta.last_order) parts.push(meta.window_days ? word("active_means", { days: meta.window_days }) : word("active_period"));
  document.getElementById("facts").replaceChildren(...parts.map((part) => element("span", {}, part)));
  const built = new Intl.DateTimeFormat(LOCALES[state.lang], { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" }).format(new Date(meta.built_at));
  const text = word("built", { date: `${built} UTC`, id: meta.build_id });
  document.getElementById("facts").append(element("span", {}, text));
  document.getElementById("footer").textContent = text;
}

function renderFilters() {
  const form = document.getElementById("filters");
  const focused = document.activeElement && form.contains(document.activeElement) ? document.activeElement.name || document.activeElement.dataset.grain : null;
  form.setAttribute("aria-label", word("filters"));
  const { starts } = grainData();
  const select = (name, label, options, chosen, take) => element("label", {}, element("span", {}, label),
    element("select", { name, onchange: (event) => take(event.target.value) }, ...options(chosen)));
  const segments = (chosen, none) => {
    const nodes = none ? [element("option", { value: "-1", selected: chosen < 0 }, word("none"))] : [];
    const groups = new Map();
    DATA.segments.forEach(([dimension, value], index) => {
      const option = element("option", { value: String(index), selected: index === chosen }, dimension === "all" ? word("all_customers") : valueName(value));
      if (dimension === "all") { nodes.push(option); return; }
      if (!groups.has(dimension)) { groups.set(dimension, element("optgroup", { label: capital(valueName(dimension)) })); nodes.push(groups.get(dimension)); }
      groups.get(dimension).append(option);
    });
    return nodes;
  };
  const days = (chosen) => starts.map((start, index) => element("option", { value: String(index), selected: index === chosen }, periodName(state.grain, start) + (isRunning(index) ? ` (${word("running_flag")})` : ""))).reverse();
  form.replaceChildren(
    element("div", { class: "grains", role: "group", "aria-label": word("grain") }, ...Object.keys(DATA.grains).map((grain) =>
      element("button", { type: "button", "data-grain": grain, "aria-pressed": String(grain === state.grain), onclick: () => change({ grain }) }, word(`grain_${grain}`)))),
    select("segment", word("segment"), () => segments(state.seg, false), state.seg, (value) => change({ seg: Number(value) })),
    select("beside", word("beside"), () => segments(state.vs, true), state.vs, (value) => change({ vs: Number(value) })),
    select("from", word("from"), days, state.from, (value) => change({ from: Number(value) })),
    select("to", word("to"), days, state.to, (value) => change({ to: Number(value) })),
    select("compare", word("compare"), () => COMPARISONS.map((name) => element("option", { value: name, selected: state.compare === name }, word(`compare_${name}`))), state.compare, (value) => change({ compare: value })),
    element("button", { type: "button", class: "reset", onclick: () => { location.hash = `lang=${state.lang}`; } }, word("reset")),
  );
  if (focused) form.querySelector(`[name="${focused}"], [data-grain="${focused}"]`)?.focus();
}

// --- First screen ------------------------------------------------------------------------------------

function renderSummary() {
  const place = shownPlace();
  const period = periodName(state.grain, grainData().starts[place]);
  const title = shownSegments().map((segment) => word("summary_of", { period: "", segment: segmentName(segment) }).replace(/^, /, "")).join(" · ");
  document.querySelector("#summary h2").replaceChildren(period, element("small", {}, title));
  const box = document.getElementById("sentences");
  box.replaceChildren(...shownSegments().map((segment, index) => element("div", { class: `sentence-list series-${index}` },
    state.vs >= 0 ? element("h3", {}, segmentName(segment)) : null, ...sentences(segment).map((text) => element("p", {}, text)))));
  document.getElementById("cards").replaceChildren(...DATA.figures.map((figure) => figureCard(figure, place)));
  const remarks = [];
  if (isRunning(place)) remarks.push(element("p", { class: "warning" }, word("shown_running", { period })));
  const lost = valueAt("unattributed_orders", state.seg, place);
  if (lost) remarks.push(element("p", { class: "note" }, word("unattributed", { orders: written(lost, "count"), revenue: written(valueAt("unattributed_net_revenue", state.seg, place), "money"), period })));
  const shown = DATA.notes.map(([day, text], index) => ({ day, text, index })).filter(({ day }) => day >= grainData().starts[state.from] && day <= grainData().ends[state.to]);
  if (shown.length) remarks.push(element("div", { class: "dated" }, element("h3", {}, word("notes")), element("ol", {}, ...shown.map(({ day, text, index }) => element("li", { value: String(index + 1) }, `${date(day)}: ${text}`)))));
  document.getElementById("remarks").replaceChildren(...remarks);
  document.getElementById("announcer").textContent = `${period}, ${segmentName(state.seg)}`;
}

function figureCard(figure, place) {
  const card = element("article", { class: "figure", "data-figure": figure.column }, element("h3", { title: formula(figure.column) || undefined }, breakable(figureLabel(figure))));
  shownSegments().forEach((segment, index) => {
    const value = valueAt(figure.column, segment, place);
    const block = element("div", { class: `block series-${index}` });
    if (state.vs >= 0) block.append(element("div", { class: "who" }, segmentName(segment)));
    block.append(element("div", { class: "value" }, written(value, figure.unit)));
    if (value === null) block.append(element("div", { class: "reason" }, missingReason(figure.column, segment, place)));
    const low = valueAt(`${figure.column}_low`, segment, place);
    if (value !== null && low !== null && low !== undefined)
      block.append(element("div", { class: "interval" }, word("interval", { low: written(low, figure.unit), high: written(valueAt(`${figure.column}_high`, segment, place), figure.unit) })));
    if (value !== null && isFew(figure.column, segment, place)) block.append(element("div", { class: "few" }, `◇ ${word("few", { n: denominatorAt(figure.column, segment, place) })}`));
    if (value !== null) {
      const kinds = state.grain === "year" ? ["before"] : ["before", "year"];
      block.append(element("dl", { class: "changes" }, ...kinds.flatMap((kind) => changeRow(figure, segment, place, kind))));
    }
    block.append(sparkline(figure, segment, place, COLOURS[index]));
    card.append(block);
  });
  return card;
}

function changeRow(figure, segment, place, kind) {
  const { change: difference, reason } = isRunning(place) ? { change: null, reason: word("running") } : changeSince(figure, segment, place, grainData()[kind][place]);
  const other = grainData()[kind][place];
  const term_ = element("dt", {}, other < 0 ? word(`compare_${kind}`) : shortName(state.grain, grainData().starts[other]));
  if (difference === null) return [term_, element("dd", { class: "unknown", "data-change": kind, title: reason }, `${DASH} ${reason}`)];
  const level = Math.abs(difference) < 0.0005;
  const good = level || !figure.good ? 0 : Math.sign(difference) * figure.good;
  const verdict = level ? word("unchanged") : good > 0 ? word("better") : word("worse");
  const arrow = level ? "→" : difference > 0 ? "▲" : "▼";
  return [term_, element("dd", { class: `${good > 0 ? "good" : good < 0 ? "bad" : "level"}${state.compare === kind ? " chosen" : ""}`, "data-change": kind },
    element("span", { "aria-hidden": "true" }, `${arrow} `), writtenChange(difference, figure.unit), element("em", {}, ` ${verdict}`))];
}

// A small line of the last periods; only whole ones are joined.
function sparkline(figure, segment, place, colour) {
  const first = Math.max(0, place - 23);
  const points = [];
  for (let at = first; at <= place; at += 1) points.push(isPartial(at) ? null : valueAt(figure.column, segment, at));
  const known = points.filter((value) => value !== null);
  const box = element("div", { class: "spark", "aria-hidden": "true" });
  if (known.length < 2) return element("div", { class: "spark none" }, word("no_course"));
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const x = (index) => (4 + (152 * index) / (points.length - 1)).toFixed(1);
  const y = (value) => (most > least ? 27 - (22 * (value - least)) / (most - least) : 16).toFixed(1);
  let path = "";
  points.forEach((value, index) => { if (value !== null) path += `${path && points[index - 1] !== null ? "L" : "M"}${x(index)} ${y(value)}`; });
  const last = points[points.length - 1];
  box.innerHTML = `<svg viewBox="0 0 160 32" preserveAspectRatio="none"><path d="${path}" fill="none" stroke="${colour}" stroke-width="1.8" vector-effect="non-scaling-stroke"/></svg>` +
    (last === null ? "" : `<i style="left:${(100 * x(points.length - 1)) / 160}%;top:${(100 * y(last)) / 32}%;background:${colour}"></i>`);
  return box;
}

// --- Sections ----------------------------------------------------------------------------------------

function buildSections() {
  const sections = SECTIONS.filter((name) => chartsOf(name).length);
  document.getElementById("contents").replaceChildren(...sections.map((name) => element("a", { href: "#", "data-section": name, onclick: (event) => {
    event.preventDefault(); // the address holds what is chosen
    document.getElementById(`s-${name}`).scrollIntoView({ behavior: "smooth" });
    document.getElementById(`s-${name}`).focus({ preventScroll: true });
  } })));
  document.getElementById("sections").replaceChildren(...sections.map((name) => element("section", { id: `s-${name}`, tabindex: "-1" }, element("h2"),
    element("div", { class: "grid" }, ...chartsOf(name).map((chart) => {
      const button = (action) => element("button", { type: "button", "data-action": action });
      const card = element("figure", { class: `card${chart.wide ? " wide" : ""}`, "data-chart": chart.id },
        element("figcaption", {}, element("div", {}, element("h3", { id: `t-${chart.id}` }), element("p", { class: "formula" })),
          element("div", { class: "actions", role: "group" }, ...(chart.tableOnly || chart.custom ? [] : [button("table")]), button("csv"), ...(chart.tableOnly ? [] : [button("larger")]))),
        element("div", { class: "body" }), element("p", { class: "note" }), ...(chart.help ? [element("details", { class: "help" }, element("summary"), element("div"))] : []));
      card.chart = chart;
      card.addEventListener("click", (event) => {
        const action = event.target.closest("[data-action]")?.dataset.action;
        if (action === "csv") download(`${chart.id}.csv`, csvText(chart.table()));
        if (action === "larger") enlarge(chart);
        if (action === "table") { card.asTable = !card.asTable; drawCard(card); }
      });
      return card;
    })))));
}

function renderSections() {
  for (const link of document.querySelectorAll("#contents a")) link.textContent = word(`s_${link.dataset.section}`);
  document.getElementById("contents").setAttribute("aria-label", word("contents"));
  waiting.clear();
  delete document.body.dataset.drawn;
  for (const section of document.querySelectorAll("#sections section")) section.querySelector("h2").textContent = word(`s_${section.id.slice(2)}`);
  const height = innerHeight;
  for (const card of document.querySelectorAll("figure.card")) {
    labelCard(card);
    watcher.unobserve(card);
    waiting.add(card);
    watcher.observe(card);
  }
  const near = [...waiting].filter((card) => { const box = card.getBoundingClientRect(); return box.top < height && box.bottom > 0; });
  near.forEach(drawCard);
  idle(drawNext);
}

function idle(task) {
  if (window.requestIdleCallback) requestIdleCallback(task, { timeout: 400 });
  else setTimeout(task, 30);
}

// One card at a time between what the reader does, so that the page answers at once.
function drawNext() {
  const next = waiting.values().next().value;
  if (!next) { document.body.dataset.drawn = "all"; return; }
  drawCard(next);
  idle(drawNext);
}

function labelCard(card) {
  const { chart } = card;
  card.querySelector("h3").textContent = breakable(chart.title());
  const unit = { money: DATA.meta.currency, periods: word(`grain_${state.grain}`) }[chart.unit] || "";
  card.querySelector(".formula").textContent = [chart.formula(), unit].filter(Boolean).join(", ");
  card.classList.toggle("empty", isEmpty(chart)); // before anything is drawn, as others then have more room
  card.querySelector(":scope > .note").textContent = chart.note ? chart.note() : "";
  card.setAttribute("aria-labelledby", `t-${chart.id}`);
  for (const button of card.querySelectorAll("[data-action]")) {
    const { action } = button.dataset;
    button.textContent = action === "table" && card.asTable ? word("chart") : word(action);
    button.setAttribute("aria-label", `${button.textContent}: ${chart.title()}`);
  }
  const help = card.querySelector(".help");
  if (help) { help.querySelector("summary").textContent = word("why_churn"); help.querySelector("div").replaceChildren(...churnExample()); }
}

// The example of the documentation, whose numbers a test computes.
function churnExample() {
  const rows = WORDS.churn_example.map((row) => [row.name, ...["orders", "lapses", "verdict"].map((column) => row[column][state.lang])]);
  const link = DATA.meta.docs ? [element("p", {}, element("a", { href: `${DATA.meta.docs}#!/model/model.retention.retention__churn_rate` }, word("churn_docs")))] : [];
  return [element("p", {}, word("how_churn")), htmlTable(plainTable([word("customer"), word("orders_2026"), word("lapses"), word("in_may")], rows), word("why_churn")), element("p", {}, word("churn_result")), ...link];
}

// Is there nothing to show for any of the chosen segments?
function isEmpty(chart) {
  return shownSegments().every((segment) => chart.missing(segment));
}

function drawCard(card) {
  waiting.delete(card);
  labelCard(card);
  const { chart } = card;
  fillBody(card.querySelector(".body"), chart, card.asTable, false);
}

function fillBody(body, chart, asTable, large) {
  if (!chart.panels || chart.tableOnly || asTable) {
    const reason = chart.missing(state.seg);
    if (reason && (state.vs < 0 || chart.tableOnly || chart.missing(state.vs))) {
      body.querySelectorAll(".drawing").forEach(dispose);
      body.replaceChildren(element("p", { class: "nothing" }, chart.id === "rejected" || (chart.section === "future" && reason === modelRefusal()) ? reason : word("nothing", { reason })));
      return;
    }
  }
  if (chart.tableOnly || asTable) {
    body.querySelectorAll(".drawing").forEach(dispose);
    const table = chart.table();
    body.replaceChildren(...(table.rows.length ? [htmlTable(table, chart.title())] : []));
    return;
  }
  if (chart.custom) {
    const scrolled = body.querySelector(".scroll")?.scrollLeft;
    const focused = body.contains(document.activeElement) && document.activeElement.tagName === "BUTTON" ? document.activeElement.textContent : null;
    const draw = chart.custom === "cohorts" ? (segment) => (chart.missing(segment) ? element("p", { class: "nothing" }, word("nothing", { reason: chart.missing(segment) })) : drawCohorts(segment)) : () => (chart.missing() ? element("p", { class: "nothing" }, word("nothing", { reason: chart.missing() })) : drawSegments());
    body.replaceChildren(...(chart.panels ? shownSegments() : [state.seg]).map((segment) => element("div", {}, chart.panels && state.vs >= 0 ? element("h4", {}, segmentName(segment)) : null, draw(segment))));
    if (scrolled) body.querySelector(".scroll").scrollLeft = scrolled;
    if (focused) [...body.querySelectorAll("button")].find((button) => button.textContent === focused)?.focus();
    return;
  }
  const segments = chart.panels ? shownSegments() : [state.seg];
  let panels = [...body.querySelectorAll(":scope > .panel")];
  if (panels.length !== segments.length) {
    body.querySelectorAll(".drawing").forEach(dispose);
    panels = segments.map(() => element("div", { class: "panel" }, element("h4"), element("div", { class: "drawing" + (large ? " large" : ""), role: "img" }), element("p", { class: "nothing" })));
    body.replaceChildren(...panels);
  }
  panels.forEach((panel, index) => {
    const [head, box, nothing] = panel.children;
    head.textContent = chart.panels && segments.length > 1 ? segmentName(segments[index]) : "";
    head.hidden = !head.textContent;
    const reason = chart.panels ? chart.missing(segments[index]) : null;
    nothing.hidden = !reason;
    box.hidden = Boolean(reason);
    if (reason) { nothing.textContent = word("nothing", { reason }); dispose(box); return; }
    box.setAttribute("aria-label", `${chart.title()}. ${chart.describe(segments[index])}`);
    if (!drawings.has(box)) drawings.set(box, echarts.init(box, null, { renderer: "svg" }));
    drawingWidth = box.clientWidth || 600;
    drawings.get(box).resize();
    drawings.get(box).setOption(chart.option(segments[index]), true);
  });
}

function enlarge(chart) {
  const dialog = document.getElementById("dialog");
  dialog.querySelector("h2").textContent = chart.title();
  const body = dialog.querySelector(".dialog-body");
  body.replaceChildren();
  dialog.showModal();
  fillBody(body, chart, false, true);
}

begin();
