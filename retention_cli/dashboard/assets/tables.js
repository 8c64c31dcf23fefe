// Tables: those beside charts, the heat map of cohorts, the comparison of segments, and CSV.

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function textOf(value) {
  return value !== null && typeof value === "object" ? value.text : String(value ?? "");
}

function isNumber(rows, index) {
  return index > 0 && rows.some((row) => row[index] !== null && typeof row[index] === "object" && typeof row[index].raw === "number");
}

function htmlTable({ head, rows }, caption) {
  const table = element("table", {}, element("caption", { class: "visually-hidden" }, caption),
    element("thead", {}, element("tr", {}, ...head.map((text, index) => element("th", { scope: "col", class: isNumber(rows, index) ? "number" : undefined }, breakable(capital(text)))))));
  const body = element("tbody");
  for (const row of rows)
    body.append(element("tr", {}, ...row.map((value, index) =>
      index === 0 ? element("th", { scope: "row" }, textOf(value))
        : element("td", { class: isNumber(rows, index) ? "number" : undefined, title: value?.title }, textOf(value)))));
  table.append(body);
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, table);
}

function csvText({ head, rows }) {
  const quoted = (value) => {
    const raw = value !== null && typeof value === "object" ? value.raw : value ?? "";
    let text = String(raw);
    if (typeof raw === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`; // a spreadsheet runs no formula of ours
    return /[",\n;]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [head, ...rows].map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
}

function download(name, text) {
  const link = element("a", { href: URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// --- Cohorts -----------------------------------------------------------------------------------------

const COHORTS_SHOWN = 26, AGES_SHOWN = 25;

function shownCohorts(segment) {
  return cohortsOf(segment).filter((cohort) => cohort.start >= state.from && cohort.start <= state.to);
}

function cohortUnit() {
  return state.measure === "value" ? "money" : "rate";
}

function cohortTable(segment) {
  const cohorts = shownCohorts(segment);
  const ages = Math.max(0, ...cohorts.map((cohort) => cohort.complete));
  const every = Array.from({ length: ages }, (_, age) => age);
  return plainTable([word("cohort"), word("customers_column"), ...every.map(String)], cohorts.map((cohort) => [
    { raw: grainData().starts[cohort.start], text: periodName(state.grain, grainData().starts[cohort.start]) }, cell(cohort.customers, "count"),
    ...every.map((age) => { const value = cohortCell(cohort, state.measure, age); return { raw: value ?? "", text: value === null ? "" : written(value, cohortUnit()), number: true }; })]));
}

function heatColour(share) {
  const mix = (from, to) => Math.round(from + (to - from) * share);
  return { background: `rgb(${mix(240, 8)},${mix(246, 72)},${mix(252, 130)})`, color: share > 0.715 ? "#ffffff" : "#000000" };
}

function cohortText(value) {
  return state.measure === "value" ? number(value, decimals(0)) : number(100 * value, decimals(0));
}

function drawCohorts(segment) {
  const all = shownCohorts(segment);
  const cohorts = all.slice(-COHORTS_SHOWN);
  const ages = Math.min(AGES_SHOWN, Math.max(1, ...cohorts.map((cohort) => cohort.complete)));
  const first = state.measure === "value" ? 0 : 1; // everybody bought at age 0
  const every = Array.from({ length: Math.max(0, ages - first) }, (_, index) => index + first);
  const values = cohorts.flatMap((cohort) => every.map((age) => cohortCell(cohort, state.measure, age))).filter((value) => value !== null);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const paint = (value) => heatColour(most > least ? (value - least) / (most - least) : 0.4);
  const withCost = cohorts.some((cohort) => cohort.ltv_to_cac !== undefined);
  const costCells = (cohort) => (withCost ? [element("td", { class: "number cost" }, written(cohort.ltv_to_cac ?? null, "number")), element("td", { class: "cost" }, cohort.is_paid_back === null || cohort.is_paid_back === undefined ? DASH : word(cohort.is_paid_back ? "yes" : "no"))] : []);
  const valueCell = (value, label, few) => {
    const node = element("td", { class: "heat" });
    if (value === null) return node;
    node.textContent = cohortText(value) + (few ? "◇" : "");
    node.title = `${label}: ${written(value, cohortUnit())}${few ? ` (${word("few_title")})` : ""}`;
    Object.assign(node.style, paint(value));
    return node;
  };
  const table = element("table", { class: "heatmap" }, element("caption", { class: "visually-hidden" }, word("c_cohorts")),
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, word("cohort")), element("th", { scope: "col", class: "number" }, word("customers_column")),
      ...(withCost ? [element("th", { scope: "col", class: "number cost" }, word("m_ltv_to_cac")), element("th", { scope: "col", class: "cost" }, capital(word("m_paid_back")))] : []),
      ...every.map((age) => element("th", { scope: "col", class: "heat" }, String(age))))));
  const body = element("tbody");
  for (const cohort of cohorts) {
    const start = grainData().starts[cohort.start];
    const name = periodName(state.grain, start);
    const follow = () => change({ cohort: state.cohort === start ? "" : start });
    body.append(element("tr", { class: state.cohort === start ? "chosen" : undefined, onclick: follow },
      element("th", { scope: "row" }, element("button", { type: "button", "aria-pressed": String(state.cohort === start) }, name)),
      element("td", { class: "number" }, number(cohort.customers, decimals(0))), ...costCells(cohort),
      ...every.map((age) => valueCell(cohortCell(cohort, state.measure, age), `${name}, ${word("age")} ${age}`, cohort.customers < FEW))));
  }
  const average = element("tr", { class: "average" }, element("th", { scope: "row" }, word("average")),
    element("td", { class: "number" }, number(cohorts.reduce((sum, cohort) => sum + cohort.customers, 0), decimals(0))), ...(withCost ? [element("td", { class: "cost" }), element("td", { class: "cost" })] : []),
    ...every.map((age) => valueCell(cohortAverage(cohorts, state.measure, age), `${word("average")}, ${word("age")} ${age}`, false)));
  body.append(average);
  table.append(body);
  const unit = state.measure === "value" ? DATA.meta.currency : "%";
  const chooser = element("label", { class: "measure" }, `${word("measure")} `, element("select", { onchange: (event) => change({ measure: event.target.value }) },
    ...MEASURES.map((name) => element("option", { value: name, selected: state.measure === name }, word(`m_${name}`)))), ` ${unit}`);
  const cut = all.length > cohorts.length ? element("p", { class: "note" }, word("n_cohorts_cut", { shown: cohorts.length, all: all.length, ages })) : null;
  return element("div", {}, chooser, element("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": word("c_cohorts") }, table), cut);
}

// --- Segments ----------------------------------------------------------------------------------------

const COMPARED = [["closing_customers", "count"], ["net_revenue", "money"], ["orders", "count"], ["churn_rate", "rate"], ["repeat_customer_rate", "rate"], ["average_order_value", "money"], ["customer_acquisition_cost", "money"], ["acquired_customers", "count"]];

function comparedLabel(column) {
  const figure = figureOf(column);
  return figure ? figureLabel(figure) : metricLabel(column);
}

function segmentTable() {
  const place = shownPlace();
  return plainTable([capital(term("segment")), ...COMPARED.map(([column]) => comparedLabel(column))],
    DATA.segments.map((_, segment) => [segmentName(segment), ...COMPARED.map(([column, unit]) => {
      const value = valueAt(column, segment, place);
      return value === null ? { raw: "", text: DASH, title: missingReason(column, segment, place) } : cell(value, unit);
    })]));
}

function drawSegments() {
  const place = shownPlace();
  const most = {};
  const table = element("table", { class: "compared" }, element("caption", { class: "visually-hidden" }, word("s_segments")),
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, capital(term("segment"))), ...COMPARED.map(([column]) => element("th", { scope: "col", class: "number" }, breakable(comparedLabel(column)))))));
  for (const [column] of COMPARED) most[column] = Math.max(...DATA.segments.map((segment, index) => (segment[0] === "all" ? 0 : valueAt(column, index, place) ?? 0)));
  let dimension = "all", body = element("tbody");
  DATA.segments.forEach((segment, index) => {
    if (segment[0] !== dimension) {
      table.append(body);
      dimension = segment[0];
      body = element("tbody", {}, element("tr", { class: "dimension" }, element("th", { colspan: String(COMPARED.length + 1), scope: "rowgroup" }, capital(valueName(dimension)))));
    }
    const name = dimension === "all" ? capital(word("all_customers")) : valueName(segment[1]);
    body.append(element("tr", { class: shownSegments().includes(index) ? "chosen" : undefined, onclick: () => change({ seg: index }) },
      element("th", { scope: "row" }, element("button", { type: "button", "aria-pressed": String(state.seg === index) }, name)),
      ...COMPARED.map(([column, unit]) => {
        const value = valueAt(column, index, place);
        if (value === null) return element("td", { class: "number", title: missingReason(column, index, place) }, DASH);
        const few = isFew(column, index, place);
        const low = valueAt(`${column}_low`, index, place);
        const title = low === null || low === undefined ? undefined : word("interval", { low: written(low, unit), high: written(valueAt(`${column}_high`, index, place), unit) });
        const node = element("td", { class: "number bar", title }, written(value, unit) + (few ? " ◇" : ""));
        if (dimension !== "all" && most[column] > 0) node.style.setProperty("--share", `${Math.max(0, (100 * value) / most[column])}%`);
        return node;
      })));
  });
  table.append(body);
  return element("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": word("s_segments") }, table);
}
