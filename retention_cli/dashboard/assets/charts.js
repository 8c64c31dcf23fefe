// Every chart and table of the page: what it shows, how it is drawn, and its rows as a table.

// A chart over the periods. Its table holds every shown segment and column, bounds included.
function overTime(id, section, columns, unit, more = {}) {
  const single = columns.length === 1;
  return {
    id, section, unit, columns, panels: !single,
    title: () => metricLabel(columns[0]), formula: () => (single ? formula(columns[0]) : ""),
    note: () => word(grainData().columns[`${columns[0]}_low`] && single ? "legend_marks" : "legend_hollow"),
    option(segment) { return lines({ columns, unit, segment, formula: this.formula.bind(this), noZero: more.noZero, axis: more.axis }); },
    missing: (segment) => periodsMissing(columns, segment),
    describe: (segment) => describePeriods(columns[0], segment, unit),
    table: () => periodTable(columns, unit),
    ...more,
  };
}

function periodsMissing(columns, segment) {
  const some = shownPlaces().some((place) => columns.some((column) => valueAt(column, segment, place) !== null));
  return some ? null : missingReason(columns[0], segment, shownPlace());
}

function describePeriods(column, segment, unit) {
  const grain = grainData();
  const known = shownPlaces().filter((place) => valueAt(column, segment, place) !== null);
  if (!known.length) return missingReason(column, segment, shownPlace());
  const at = (place) => `${periodName(state.grain, grain.starts[place])}: ${written(valueAt(column, segment, place), unit)}${isRunning(place) ? ` (${word("running")})` : ""}`;
  return `${segmentName(segment)}. ${at(known[0])}; ${at(known[known.length - 1])}.`;
}

function periodTable(columns, unit) {
  const grain = grainData();
  const places = shownPlaces();
  const cells = [];
  for (const segment of shownSegments())
    for (const column of columns) {
      const prefix = shownSegments().length > 1 ? `${segmentName(segment)}: ` : "";
      cells.push({ head: prefix + capital(column in DATA.metrics ? metricLabel(column) : term(column)), column, segment });
      if (grain.columns[`${column}_low`]) {
        cells.push({ head: prefix + word("low"), column: `${column}_low`, segment });
        cells.push({ head: prefix + word("high"), column: `${column}_high`, segment });
      }
    }
  return {
    head: [word("period"), word("state"), ...cells.map((cell) => capital(cell.head))],
    rows: places.map((place) => [
      { raw: grain.starts[place], text: periodName(state.grain, grain.starts[place]) },
      stateText(place),
      ...cells.map(({ column, segment }) => {
        const value = valueAt(column, segment, place);
        return value === null ? { raw: "", text: DASH, title: missingReason(column.replace(/_(low|high)$/, ""), segment, place) } : { raw: value, text: written(value, unit) };
      }),
    ]),
  };
}

function stateText(place) {
  if (isRunning(place)) return word("running_flag");
  if (isPartial(place)) return word("partial");
  return grainData().warm_up[place] ? word("warm_up") : word("complete");
}

function plainTable(head, rows) {
  return { head, rows };
}

function cell(value, unit, title) {
  return { raw: value ?? "", text: written(value, unit), number: true, title };
}

// The columns of a waterfall of the shown period: [column, sign, is a total].
function steps(list, segment) {
  const place = shownPlace();
  return list.map(([column, sign, total]) => ({ name: capital(term(column.replace("_customers", ""))), value: sign * (valueAt(column, segment, place) ?? 0) || 0, total: Boolean(total), column }));
}

const MOVEMENT = [["opening_customers", 1, true], ["new_customers", 1], ["reactivated_customers", 1], ["lost_customers", -1], ["closing_customers", 1, true]];
const BRIDGE = [["previous_revenue", 1, true], ["new_revenue", 1], ["reactivated_revenue", 1], ["expansion_revenue", 1], ["contraction_revenue", -1], ["churned_revenue", -1], ["adjustment_revenue", 1], ["current_revenue", 1, true]];

const MARGIN = [["net_revenue", 1, true], ["cost_of_goods", -1], ["contribution_margin_1", 1, true], ["variable_cost", -1], ["contribution_margin_2", 1, true], ["acquisition_cost", -1], ["retention_cost", -1], ["contribution_margin_3", 1, true]];

// Levels that are not known and costs that are not recorded are left out of the picture; the note says why.
function marginSteps(segment) {
  return steps(MARGIN.filter(([column]) => valueAt(column, segment, shownPlace()) !== null && !(column === "variable_cost" && !valueAt(column, segment, shownPlace()))), segment);
}

function marginText(segment) {
  const reasons = ["margin_reason", "margin_not_recorded"].map((column) => reasonOf(column, segment, shownPlace())).filter(Boolean);
  return reasons.length ? `${segmentName(segment)}: ${reasons.map(reasonText).join("; ")}.` : "";
}

function predictedText(segment) {
  const value = valueAt("predicted_clv_per_customer", segment, shownPlace());
  const text = value === null ? word("predicted_none", { reason: missingReason("predicted_clv_per_customer", segment, shownPlace()) }) : word("predicted_from_now", { value: written(value, "money") });
  return state.vs >= 0 ? `${segmentName(segment)}: ${text}` : text;
}

function steppedChart(id, section, list, unit) {
  return {
    id, section, unit, panels: true,
    title: () => word(`c_${id}`, { period: periodName(state.grain, grainData().starts[shownPlace()]) }), formula: () => word(`n_${id}`),
    option: (segment) => waterfall(steps(list, segment), unit),
    missing: (segment) => (list.every(([column]) => valueAt(column, segment, shownPlace()) === null) ? word("no_value") : null),
    describe: (segment) => steps(list, segment).map((step) => `${step.name} ${written(step.value, unit)}`).join(", "),
    table: () => plainTable(["", ...shownSegments().map(segmentName)], list.map(([column, sign]) => [
      capital(term(column)), ...shownSegments().map((segment) => cell(sign * (valueAt(column, segment, shownPlace()) ?? 0), unit))])),
  };
}

function stackedChart(id, section, columns, unit, down) {
  return {
    id, section, unit, panels: true, title: () => word(`c_${id}`), formula: () => word(`n_${id}`),
    option: (segment) => bars({ columns, unit, down }, segment), missing: (segment) => barsMissing(columns, segment),
    describe: (segment) => columns.map((column) => `${capital(term(column))}: ${describePeriods(column, segment, unit)}`).join(" "),
    table: () => periodTable(columns, unit), note: () => "",
  };
}

// A column of the windows over the cohorts of the chosen grain, a line a window; young cohorts are left out.
function cohortTrend(id, section, column, unit) {
  const rows = (segment) => rowsOf("repurchase_windows", segment).filter((row) => row.cohort_grain === state.grain);
  const starts = () => shownPlaces().map((place) => grainData().starts[place]);
  const days = (segment) => [...new Set(rows(segment).map((row) => row.window_days))].sort((a, b) => a - b);
  const at = (segment, start, day) => rows(segment).find((row) => row.cohort_start === start && row.window_days === day && row.is_complete);
  return {
    id, section, unit, relation: "repurchase_windows", panels: true, title: () => word(`c_${id}`), formula: () => word(`n_${id}`),
    missing(segment) { return rows(segment).some((row) => row.is_complete && row[column] !== null) ? null : reasonText(rows(segment)[0]?.reason || "") || word("no_data"); },
    option: (segment) => grouped(starts().map((start) => shortName(state.grain, start)),
      days(segment).map((day) => ({ name: `${day} ${word("days")}`, values: starts().map((start) => at(segment, start, day)?.[column] ?? null),
        details: column === "repurchase_rate" ? starts().map((start) => sureness(at(segment, start, day))) : [] })), unit, { asLines: true }),
    describe(segment) {
      const known = rows(segment).filter((row) => row.is_complete && row[column] !== null).sort((a, b) => (a.cohort_start < b.cohort_start ? -1 : 1));
      const last = known[known.length - 1];
      return last ? `${periodName(state.grain, last.cohort_start)}, ${last.window_days} ${word("days")}: ${written(last[column], unit)}` : word("no_data");
    },
    table() {
      const columns = [["cohort_customers", "count"], ["mature_customers", "count"], ["repurchase_rate", "rate"], ["net_revenue_per_customer", "money"], ["margin_per_customer", "money"], ["customer_acquisition_cost", "money"], ["ltv_to_cac", "number"], ["payback_day", "count"]];
      const inRange = new Set(starts());
      return plainTable([word("cohort"), word("days"), capital(term("segment")), ...columns.map(([name]) => capital(term(name)))], shownSegments().flatMap((segment) =>
        rows(segment).filter((row) => inRange.has(row.cohort_start)).map((row) => [{ raw: row.cohort_start, text: periodName(state.grain, row.cohort_start) }, row.window_days, segmentName(segment), ...columns.map(([name, as]) => cell(row[name], as, row.reason ? reasonText(row.reason) : undefined))])));
    },
  };
}

// How sure the repurchase rate of a window is: its interval, and whether few customers are behind it.
function sureness(row) {
  if (!row || row.repurchase_rate === null) return [];
  const interval = word("interval", { low: written(row.repurchase_rate_low, "rate"), high: written(row.repurchase_rate_high, "rate") });
  return row.mature_customers < FEW ? [interval, word("few", { n: row.mature_customers })] : [interval];
}

function barsMissing(columns, segment) {
  const found = shownPlaces().some((place) => columns.some((column) => valueAt(column, segment, place)));
  return found ? null : columns[0].includes("cost") ? missingReason("customer_acquisition_cost", segment, shownPlace()) : word("no_data");
}

function npsColumns(segment) {
  const touchpoints = DATA.scores[state.grain] || {};
  const count = grainData().starts.length;
  const at = (touchpoint, name, place) => touchpoints[touchpoint][name][segment * count + place];
  return { names: Object.keys(touchpoints).sort((a, b) => (b === "all") - (a === "all")), at };
}

const CHARTS = [
  overTime("churn", "keep", ["churn_rate"], "rate", { wide: true, help: true }),
  { ...steppedChart("waterfall", "keep", MOVEMENT, "count"), help: true },
  { ...stackedChart("movement", "keep", ["new_customers", "reactivated_customers", "lost_customers"], "count", ["lost_customers"]), help: true },
  overTime("rates", "keep", ["retention_rate", "retention_rate_simple", "retention_rate_net_of_new"], "rate", {
    title: () => word("c_rates"), formula: () => word(state.grain === "year" ? "n_rates_year" : "n_rates"), noZero: true }),
  overTime("closing", "keep", ["closing_customers"], "count", { title: () => word("c_closing"), formula: () => word("n_closing") }),
  overTime("repeat", "again", ["repeat_customer_rate"], "rate"),
  overTime("returning", "again", ["returning_customer_rate"], "rate"),
  overTime("lifetime_repeat", "again", ["lifetime_repeat_rate"], "rate"),
  overTime("frequency", "again", ["purchase_frequency"], "number", { noZero: true }),
  {
    id: "windows", section: "again", unit: "rate", relation: "repurchase_windows", title: () => word("c_windows"), formula: () => word("n_windows"),
    rows: (segment) => rowsOf("repurchase_windows", segment).filter((row) => row.cohort_grain === "all"),
    missing() { return this.rows(state.seg).some((row) => row.repurchase_rate !== null) ? null : word("no_data"); },
    option() {
      const days = [...new Set(shownSegments().flatMap((segment) => this.rows(segment).map((row) => row.window_days)))].sort((a, b) => a - b);
      const at = (segment, day) => this.rows(segment).find((row) => row.window_days === day);
      return grouped(days.map((day) => `${day} ${word("days")}`), shownSegments().map((segment) => ({ name: segmentName(segment), values: days.map((day) => at(segment, day)?.repurchase_rate ?? null), details: days.map((day) => sureness(at(segment, day))) })), "rate");
    },
    describe() { return this.rows(state.seg).map((row) => `${row.window_days}: ${written(row.repurchase_rate, "rate")}`).join(", "); },
    table() {
      const columns = [["mature_customers", "count"], ["repurchase_rate", "rate"], ["repurchase_rate_low", "rate"], ["repurchase_rate_high", "rate"], ["net_revenue_per_customer", "money"], ["margin_per_customer", "money"], ["ltv_to_cac", "number"], ["payback_day", "count"]];
      return plainTable([word("days"), capital(term("segment")), ...columns.map(([name]) => capital(term(name)))], shownSegments().flatMap((segment) => this.rows(segment).map((row) => [row.window_days, segmentName(segment), ...columns.map(([name, unit]) => cell(row[name], unit, row.reason ? reasonText(row.reason) : undefined))])));
    },
  },
  cohortTrend("windows_trend", "again", "repurchase_rate", "rate"),
  {
    id: "first_orders", section: "again", relation: "first_orders", tableOnly: true, wide: true, title: () => word("c_first_orders"), formula: () => word("n_first_orders"),
    missing: () => (rowsOf("first_orders").length ? null : word("no_data")),
    table() {
      const rows = rowsOf("first_orders");
      const days = [...new Set(rows.map((row) => row.window_days))].sort((a, b) => a - b);
      const sure = days.reduce((best, day) => (Math.abs(day - 90) < Math.abs(best - 90) ? day : best));
      const kinds = rows.filter((row) => row.window_days === days[0]);
      const at = (kind, day) => rows.find((row) => row.segment_dimension === kind.segment_dimension && row.segment_value === kind.segment_value && row.window_days === day);
      const interval = (row) => (row.repurchase_rate === null ? "" : `${written(row.repurchase_rate_low, "rate")} – ${written(row.repurchase_rate_high, "rate")}`);
      return plainTable([capital(word("first_order")), "", capital(term("customers")), ...days.map((day) => `${day} ${word("days")}`), word("interval_by", { days: sure }), `${capital(term("margin_per_customer"))}, ${days[days.length - 1]} ${word("days")}`],
        kinds.map((kind) => [capital(valueName(kind.segment_dimension)), valueName(kind.segment_value), cell(kind.cohort_customers, "count"), ...days.map((day) => cell(at(kind, day).repurchase_rate, "rate")), interval(at(kind, sure)), cell(at(kind, days[days.length - 1]).margin_per_customer, "money")]));
    },
  },
  {
    id: "ladder", section: "again", unit: "rate", relation: "order_ladder", panels: true, title: () => word("c_ladder"), formula: () => word("n_ladder"),
    rows: (segment) => rowsOf("order_ladder", segment).filter((row) => row.order_number <= 8),
    missing(segment) { return this.rows(segment).length ? null : word("no_data"); },
    option(segment) {
      const rows = this.rows(segment);
      return grouped(rows.map((row) => `${row.order_number} → ${row.order_number + 1}`), ["continuation_rate", "continuation_rate_90_days", "continuation_rate_365_days"].map((name) => ({ name: capital(term(name)), values: rows.map((row) => row[name]) })), "rate");
    },
    describe(segment) { return this.rows(segment).map((row) => `${row.order_number}: ${written(row.continuation_rate, "rate")}`).join(", "); },
    table() {
      const columns = [["customers", "count"], ["continuation_rate", "rate"], ["continuation_rate_90_days", "rate"], ["continuation_rate_365_days", "rate"], ["median_days_to_next", "count"], ["average_order_value", "money"]];
      return plainTable([capital(term("order_number")), capital(term("segment")), ...columns.map(([name]) => capital(term(name)))], shownSegments().flatMap((segment) => this.rows(segment).map((row) => [row.order_number, segmentName(segment), ...columns.map(([name, unit]) => cell(row[name], unit))])));
    },
  },
  {
    id: "gaps", section: "again", tableOnly: true, wide: true, title: () => word("c_gaps"), formula: () => word("n_gaps"), missing: () => (rowsOf("order_gaps").some((row) => row.kind === "window") ? null : word("no_data")),
    table: () => plainTable([capital(term("window")), capital(term("longer_gap_share")), capital(term("returned_share")), ""],
      rowsOf("order_gaps").filter((row) => row.kind === "window").sort((a, b) => a.days - b.days).map((row) => [cell(row.days, "count"), cell(row.longer_gap_share, "rate"), cell(row.returned_share, "rate"), row.is_window_in_use ? `◀ ${term("in_use")}` : ""])),
  },
  overTime("revenue", "revenue", ["net_revenue"], "money", { title: () => word("c_revenue"), formula: () => word("n_revenue") }),
  steppedChart("bridge", "revenue", BRIDGE, "money"),
  stackedChart("orders", "revenue", ["first_orders", "later_orders"], "count"),
  {
    ...steppedChart("margin", "revenue", MARGIN, "money"),
    missing: (segment) => (valueAt("contribution_margin_1", segment, shownPlace()) === null ? missingReason("contribution_margin_1", segment, shownPlace()) : null),
    option: (segment) => waterfall(marginSteps(segment), "money"),
    describe: (segment) => marginSteps(segment).map((step) => `${step.name} ${written(step.value, "money")}`).join(", "),
    note: () => shownSegments().map(marginText).filter(Boolean).join(" "),
    table: () => plainTable(["", ...shownSegments().map(segmentName)], MARGIN.map(([column, sign]) => [
      capital(term(column)), ...shownSegments().map((segment) => { const value = valueAt(column, segment, shownPlace()); return cell(value === null ? null : sign * value, "money"); })])),
  },
  overTime("order_value", "revenue", ["average_order_value"], "money", { noZero: true }),
  overTime("kept", "revenue", ["net_revenue_retention", "gross_revenue_retention"], "rate", { title: () => word("c_kept"), formula: () => `NRR = ${formula("net_revenue_retention")}; GRR = ${formula("gross_revenue_retention")}` }),
  overTime("returning_revenue", "revenue", ["returning_revenue_share"], "rate"),
  {
    id: "cohorts", section: "cohorts", wide: true, custom: "cohorts", panels: true, title: () => word("c_cohorts"), formula: () => word("n_cohorts"),
    missing: (segment) => (cohortsOf(segment).length ? null : word("no_data")), table: () => cohortTable(state.seg),
  },
  {
    id: "ltv", section: "cohorts", unit: "money", title: () => word("c_ltv"), formula: () => word("n_ltv"), missing: () => (ltvCurves()[0].points.length ? null : word("no_data")),
    option: () => curves(ltvCurves(), "money", word("age")),
    describe: () => ltvCurves().map((curve) => `${curve.name}: ${written(curve.points[curve.points.length - 1]?.[1], "money")}`).join("; "),
    table: () => pointsTable(ltvCurves(), word("age"), "money"),
  },
  {
    id: "survival", section: "cohorts", unit: "rate", title: () => word("c_survival"),
    formula: () => (DATA.meta.window_days ? word("n_survival", { days: DATA.meta.window_days }) : word("n_survival_plain")),
    note: () => shownSegments().map((segment) => `${segmentName(segment)}: ${medianText(segment)}`).join("; "),
    missing: () => (DATA.survival[state.seg].day ? null : word("no_data")),
    option: () => curves(survivalCurves(), "rate", word("day")),
    describe() { return this.note(); },
    table: () => pointsTable(survivalCurves(), word("day"), "rate"),
  },
  overTime("clv", "value", ["clv_365_days", "margin_clv_365_days", "net_clv"], "money", { title: () => word("c_clv"), formula: () => word("n_clv"), note: () => shownSegments().map(predictedText).join(" ") }),
  overTime("published_clv", "value", ["formula_clv", "survival_clv"], "money", { title: () => word("c_published_clv"), formula: () => word("n_published_clv") }),
  overTime("customer_value", "value", ["customer_value"], "money", { noZero: true }),
  {
    id: "rfm", section: "value", unit: "rate", panels: true, title: () => word("c_rfm"), formula: () => word("n_rfm"),
    rows: (segment) => rowsOf("rfm_segments", segment).sort((a, b) => b.revenue_share - a.revenue_share), missing(segment) { return this.rows(segment).length ? null : word("no_data"); },
    option(segment) {
      const rows = this.rows(segment);
      return grouped(rows.map((row) => capital(valueName(row.rfm_segment))), ["customer_share", "revenue_share"].map((name) => ({ name: capital(word(name)), values: rows.map((row) => row[name]) })), "rate", { across: true });
    },
    describe(segment) { return this.rows(segment).map((row) => `${valueName(row.rfm_segment)}: ${written(row.revenue_share, "rate")}`).join(", "); },
    table() {
      return plainTable(["", capital(term("segment")), capital(term("customers")), capital(word("customer_share")), capital(term("net_revenue")), capital(word("revenue_share"))],
        shownSegments().flatMap((segment) => this.rows(segment).map((row) => [capital(valueName(row.rfm_segment)), segmentName(segment), cell(row.customers, "count"), cell(row.customer_share, "rate"), cell(row.net_revenue, "money"), cell(row.revenue_share, "rate")])));
    },
  },
  {
    id: "concentration", section: "value", unit: "rate", title: () => word("c_concentration"), formula: () => word("n_concentration"),
    rows: (segment) => rowsOf("revenue_concentration", segment).sort((a, b) => a.decile - b.decile), missing() { return this.rows(state.seg).length ? null : word("no_data"); },
    option() {
      return grouped(Array.from({ length: 10 }, (_, index) => String(index + 1)), shownSegments().map((segment) => ({ name: segmentName(segment), values: Array.from({ length: 10 }, (_, index) => this.rows(segment).find((row) => row.decile === index + 1)?.revenue_share ?? null) })), "rate");
    },
    describe() { return this.rows(state.seg).map((row) => `${row.decile}: ${written(row.revenue_share, "rate")}`).join(", "); },
    table() {
      return plainTable(["", capital(term("segment")), capital(term("customers")), capital(word("revenue_share")), capital(word("cumulative_share"))],
        shownSegments().flatMap((segment) => this.rows(segment).map((row) => [word("tenth", { n: row.decile }), segmentName(segment), cell(row.customers, "count"), cell(row.revenue_share, "rate"), cell(row.cumulative_revenue_share, "rate")])));
    },
  },
  overTime("acquired", "acquisition", ["acquired_customers"], "count", { title: () => word("c_acquired"), formula: () => word("n_acquired") }),
  overTime("cac", "acquisition", ["customer_acquisition_cost"], "money"),
  stackedChart("cost", "acquisition", ["acquisition_cost", "retention_cost"], "money"),
  overTime("payback", "acquisition", ["payback_periods"], "periods"),
  overTime("clv_to_cac", "acquisition", ["clv_to_cac"], "number"),
  cohortTrend("ltv_trend", "acquisition", "ltv_to_cac", "number"),
  overTime("roi", "acquisition", ["return_on_investment"], "rate"),
  overTime("referral", "acquisition", ["referral_rate"], "rate"),
  {
    id: "nps", section: "acquisition", wide: true, tableOnly: true, panels: false, title: () => word("c_nps"), formula: () => word("n_nps"),
    missing() { const { names, at } = npsColumns(state.seg); return names.some((name) => shownPlaces().some((place) => at(name, "responses", place))) ? null : word("no_data"); },
    table() {
      const { names, at } = npsColumns(state.seg);
      return plainTable([word("period"), ...names.flatMap((name) => [capital(name === "all" ? word("all_touchpoints") : valueName(name)), capital(term("responses"))])], shownPlaces().slice(-13).reverse().map((place) => [
        periodName(state.grain, grainData().starts[place]), ...names.flatMap((name) => [cell(at(name, "net_promoter_score", place), "points", at(name, "responses", place) ? undefined : word("no_of", { what: term("responses") })), cell(at(name, "responses", place), "count")])]));
    },
  },
  {
    id: "compared", section: "segments", wide: true, custom: "segments", title: () => word("c_compared", { period: periodName(state.grain, grainData().starts[shownPlace()]) }),
    formula: () => word("n_compared"), missing: () => (DATA.segments.length > 1 ? null : word("no_data")), table: () => segmentTable(),
    note: () => Object.entries(DATA.left_out).map(([dimension, n]) => word("n_left_out", { n, dimension: valueName(dimension) })).join(" "),
  },
  forecastChart("forecast", false),
  forecastChart("forecast_check", true),
  {
    id: "calibration", section: "future", unit: "count", relation: "clv_calibration", title: () => word("c_calibration"), formula: () => word("n_calibration"), missing: () => (rowsOf("clv_calibration").length ? null : word("no_data")),
    option: () => grouped(rowsOf("clv_calibration").map((row) => String(row.tenth)), ["expected", "actual"].map((name) => ({ name: capital(word(name)), values: rowsOf("clv_calibration").map((row) => row[`${name}_purchases`]) })), "count"),
    describe: () => rowsOf("clv_calibration").map((row) => `${row.tenth}: ${written(row.expected_purchases, "count")} / ${written(row.actual_purchases, "count")}`).join(", "),
    table: () => plainTable(["", capital(term("customers")), capital(word("expected")), capital(word("actual"))], rowsOf("clv_calibration").map((row) => [word("tenth", { n: row.tenth }), cell(row.customers, "count"), cell(row.expected_purchases, "number"), cell(row.actual_purchases, "count")])),
  },
  {
    id: "audiences", section: "future", relation: "audiences", tableOnly: true, wide: true, title: () => word("c_audiences"), formula: () => word("n_audiences"), missing: () => (rowsOf("audiences").length ? null : word("no_data")),
    table: () => plainTable([capital(word("audience")), capital(word("audience_who")), capital(term("customers")), capital(word("value"))], rowsOf("audiences").map((row) => [capital(valueName(row.audience)), word(`audience_${row.audience}`), cell(row.customers, "count"), cell(row.value, "money")])),
  },
  {
    id: "model", section: "future", relation: "clv_model", tableOnly: true, title: () => word("c_model"), formula: () => word("n_model"), note: () => modelText(),
    missing: () => (purchaseModel() ? modelRefusal() || null : word("no_data")),
    table: () => {
      const row = purchaseModel();
      const measures = [["mean_absolute_error", "number"], ["root_mean_squared_error", "number"], ["brier_score", "number"], ["spearman_correlation", "number"], ["normalised_gini", "number"], ["top_tenth_share", "rate"]];
      return plainTable([word("quality_item"), MODELS[row.model], capital(word("rate_baseline")), capital(word("mean_baseline"))],
        measures.filter(([name]) => row[name] !== undefined && row[name] !== null).map(([name, unit]) => [capital(word(name)), ...["", "rate_baseline_", "mean_baseline_"].map((whose) => cell(row[whose + name] ?? null, unit, (row[whose + name] ?? null) === null ? word("all_equal") : undefined))]));
    },
  },
  {
    id: "quality", section: "trust", wide: true, tableOnly: true, title: () => word("c_quality"), formula: () => word("n_quality"), missing: () => null,
    note: () => (DATA.restatements ? word("restated", { n: number(DATA.restatements, decimals(0)) }) : ""),
    table: () => {
      const columns = [["raw", "count"], ["accepted", "count"], ["rejected", "count"], ["duplicates_dropped", "count"], ["unattributed", "count"], ["raw_amount", "money"], ["rejected_amount", "money"]];
      return plainTable([capital(term("input")), ...columns.map(([name]) => capital(term(name)))], rowsOf("data_quality").filter((row) => row.raw).map((row) => [capital(valueName(row.input)), ...columns.map(([name, unit]) => cell(unit === "money" && /customers|survey|rates/.test(row.input) ? null : row[name], unit))]));
    },
  },
  {
    id: "rejected", section: "trust", tableOnly: true, title: () => word("c_rejected"), formula: () => word("n_rejected"), missing: () => (rowsOf("rejected").length ? null : word("none_rejected")),
    table: () => plainTable(["input", "reason", "records"].map((name) => capital(term(name))), rowsOf("rejected").map((row) => [capital(valueName(row.input)), reasonText(row.reason), cell(row.records, "count")])),
  },
];
const SECTIONS = ["keep", "again", "revenue", "cohorts", "value", "acquisition", "segments", "future", "trust"];

function chartsOf(section) {
  return CHARTS.filter((chart) => chart.section === section && (!chart.relation || DATA[chart.relation]));
}

function ltvCurves() {
  const list = shownSegments().map((segment, index) => {
    const cohorts = cohortsOf(segment);
    const oldest = Math.max(0, ...cohorts.map((cohort) => cohort.complete));
    const points = Array.from({ length: oldest }, (_, age) => [age, cohortAverage(cohorts, "value", age)]).filter(([, value]) => value !== null);
    return { name: `${segmentName(segment)}, ${word("average")}`, points, colour: COLOURS[index], dots: points.length < 40 };
  });
  const chosen = cohortsOf(state.seg).find((cohort) => grainData().starts[cohort.start] === state.cohort);
  if (chosen) list.push({ name: periodName(state.grain, state.cohort), colour: "#00795c", dots: chosen.complete < 40, dashed: true, points: Array.from({ length: chosen.complete }, (_, age) => [age, cohortCell(chosen, "value", age)]) });
  return list;
}

function survivalCurves() {
  return shownSegments().filter((segment) => DATA.survival[segment].day).map((segment, index) => {
    const curve = DATA.survival[segment];
    const start = curve.day[0] === 0 ? [] : [[0, 1, 1]];
    const days = curve.day.map((day, at) => [day, curve.survival_low[at] ?? curve.survival[at], curve.survival_high[at] ?? curve.survival[at]]);
    const median = rowsOf("survival_lifetimes", segment)[0]?.median_lifetime_days;
    return {
      name: segmentName(segment), colour: COLOURS[index], step: true, band: [...start, ...days], points: [...start.map(([x, y]) => [x, y]), ...curve.day.map((day, at) => [day, curve.survival[at]])],
      mark: median && index === 0 ? { x: median, late: median > curve.day[curve.day.length - 1] / 2, text: word("median_days", { n: number(median, decimals(0)) }) } : undefined,
    };
  });
}

function medianText(segment) {
  const median = rowsOf("survival_lifetimes", segment)[0]?.median_lifetime_days;
  return median ? word("median_days", { n: number(median, decimals(0)) }) : word("median_open");
}

function pointsTable(list, xName, unit) {
  const places = [...new Set(list.flatMap((curve) => curve.points.map(([x]) => x)))].sort((a, b) => a - b);
  const maps = list.map((curve) => new Map(curve.points));
  return plainTable([capital(xName), ...list.map((curve) => curve.name)], places.map((x) => [cell(x, "count"), ...maps.map((map) => cell(map.get(x) ?? null, unit))]));
}

// Months ahead, or those of the hold-out beside what happened in them.
function forecastChart(id, isHoldout) {
  const rows = () => rowsOf("forecast").filter((row) => Boolean(row.is_holdout) === isHoldout).sort((a, b) => (a.month_start < b.month_start ? -1 : 1));
  const month = (row) => date(row.month_start, { month: "long", year: "numeric" });
  const columns = [["expected_revenue", "money"], ["expected_revenue_low", "money"], ["expected_revenue_high", "money"], ["actual_revenue", "money"], ["expected_orders", "count"], ["actual_orders", "count"], ["expected_buyers", "count"], ["actual_buyers", "count"]].filter(([name]) => isHoldout || !name.startsWith("actual"));
  const head = (name) => (name.endsWith("_low") ? word("low") : name.endsWith("_high") ? word("high") : `${term({ revenue: "net_revenue", orders: "orders", buyers: "ordering_customers" }[name.split("_")[1]])}, ${word(name.split("_")[0])}`);
  return {
    id, section: "future", relation: "forecast", formula: () => word(`n_${id}`),
    get unit() { return forecastTotal(rows())[1]; },
    title: () => word(isHoldout || forecastTotal(rows())[0] === "revenue" ? `c_${id}` : "c_forecast_orders"),
    missing: () => (rows().length ? null : modelRefusal() || word("no_data")),
    option: () => forecastOption(rows(), isHoldout),
    note: () => [rows().some((row, index, all) => isPartialMonth(all, index)) ? word("legend_part_of_month") : "", isHoldout ? holdoutMonthsText() : ""].filter(Boolean).join(" "),
    describe() {
      const [total, unit] = forecastTotal(rows());
      return rows().map((row) => `${month(row)}: ${written(row[`expected_${total}`], unit)}${isHoldout ? `, ${word("actual")} ${written(row[`actual_${total}`], unit)}` : ""}`).join("; ");
    },
    table: () => plainTable([word("period"), ...columns.map(([name]) => capital(head(name)))], rows().map((row) => [{ raw: row.month_start.slice(0, 7), text: month(row) }, ...columns.map(([name, unit]) => cell(row[name], unit))])),
  };
}

// The data end within a month, which is divided between what happened and what is ahead; so is the first one checked.
function isPartialMonth(rows, index) {
  if (index > 0 && index < rows.length - 1) return false;
  const next = new Date(Date.parse(DATA.meta.last_order) + 864e5);
  return next.getUTCDate() !== 1;
}

// What is drawn of a forecast: revenue, or orders where no order value is predicted.
function forecastTotal(rows) {
  return rows.some((row) => row.expected_revenue !== null) ? ["revenue", "money"] : ["orders", "count"];
}

function forecastOption(rows, isHoldout) {
  const [total, unit] = forecastTotal(rows);
  const [expected, actual] = [`expected_${total}`, `actual_${total}`];
  const names = rows.map((row) => date(row.month_start, { month: "short", year: "2-digit" }));
  const edge = { type: "line", stack: "band", stackStrategy: "all", symbol: "none", silent: true, lineStyle: { opacity: 0 }, tooltip: { show: false } };
  const whole = (name) => rows.map((row, index) => (isPartialMonth(rows, index) ? null : row[name]));
  const low = whole(`${expected}_low`), high = whole(`${expected}_high`);
  const hollow = { type: "scatter", name: capital(word("expected")), color: COLOURS[0], symbolSize: 9, itemStyle: { color: "#ffffff", borderColor: COLOURS[0], borderWidth: 2 } };
  const tip = (points) => {
    const row = rows[points[0].dataIndex];
    return `<div class="tip-head">${escapeText(names[points[0].dataIndex])}</div>${tipLine(COLOURS[0], word("expected"), `${written(row[expected], unit)} (${written(row[`${expected}_low`], unit)} – ${written(row[`${expected}_high`], unit)})`)}${isHoldout ? tipLine(COLOURS[1], word("actual"), written(row[actual], unit)) : ""}`;
  };
  const list = [
    { ...edge, name: "low", data: low },
    { ...edge, name: "width", areaStyle: { color: COLOURS[0], opacity: 0.15 }, data: low.map((from, index) => (from === null ? null : high[index] - from)) },
    { type: "line", name: capital(word("expected")), color: COLOURS[0], symbol: "circle", symbolSize: 5, showAllSymbol: true, lineStyle: { width: 2.2 }, data: whole(expected) },
    { ...hollow, data: rows.map((row, index) => (isPartialMonth(rows, index) ? row[expected] : null)) },
  ];
  if (isHoldout) list.push({ type: "scatter", name: capital(word("actual")), color: COLOURS[1], symbol: "diamond", symbolSize: 10, data: rows.map((row) => row[actual]) });
  return base({ names, tip, legendData: [capital(word("expected")), ...(isHoldout ? [capital(word("actual"))] : [])], series: list }, unit);
}

const MODELS = { bg_nbd: "BG/NBD", mbg_nbd: "MBG/NBD" };

// The model of purchases that is used; the first one where none is.
function purchaseModel() {
  const rows = rowsOf("clv_model").filter((row) => row.model in MODELS);
  return rows.find((row) => row.is_used) || rows[0];
}

function modelRefusal() {
  const row = purchaseModel();
  return row && row.refused_reason ? word("model_refused", { reason: reasonText(row.refused_reason) }) : "";
}

function holdoutMonthsText() {
  const row = purchaseModel();
  return row && row.holdout_months ? word("holdout_months", { n: row.holdout_months_in_interval, all: row.holdout_months }) : "";
}

function modelText() {
  const row = purchaseModel();
  if (!row || row.refused_reason) return "";
  const parts = [];
  if (row.holdout_actual) parts.push(word("model_holdout", { weeks: number(row.holdout_weeks, decimals(0)), expected: number(row.holdout_expected, decimals(0)), actual: number(row.holdout_actual, decimals(0)), error: writtenChange(row.holdout_expected / row.holdout_actual - 1, "count") }));
  const beats = row.beats_baseline;
  parts.push(word(beats === undefined || beats === null ? "beats_unknown" : beats ? "beats_yes" : "beats_no") + ".");
  return parts.join(" ");
}
