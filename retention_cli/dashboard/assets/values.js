// Values of the marts for what is chosen, what they are compared with, and why one is missing.

const FEW = 30; // customers below which a rate is marked
// Clauses of the marts' reasons that explain a missing value of these columns.
const WHY = {
  customer_acquisition_cost: /^(no costs|no acquisition|costs are not|nobody was acquired)/,
  return_on_investment: /^(no costs|no acquisition|costs are not|nobody was acquired|cost of an order|acquisition cost is zero)/,
  payback_periods: /^(no costs|no acquisition|costs are not|nobody was acquired|cost of an order|acquisition cost is)/,
  clv_to_cac: /^(no costs|no acquisition|costs are not|nobody was acquired|nobody is 365|acquisition cost is zero)/,
  referral_rate: /^(no customer record|nobody was acquired)/,
  contribution_margin_1: /^cost of goods/,
  contribution_margin_2: /^cost of/,
  contribution_margin_3: /^(cost|no cost)/,
  formula_clv: /^(warm-up|nobody|no opening|the period)/,
  survival_clv: /^(warm-up|nobody ordered|the period)/,
  net_clv: /^(costs of|cost of an order|nobody was acquired|no (cost|costs) )/,
  clv_365_days: /^nobody is 365/,
  margin_clv_365_days: /^(nobody is 365|cost of an order)/,
  predicted_clv_per_customer: /^no model/,
};
const REASON_OF = Object.fromEntries([
  ...["formula_clv", "survival_clv", "net_clv", "clv_365_days", "margin_clv_365_days", "predicted_clv_per_customer"].map((column) => [column, "value_reason"]),
  ...["contribution_margin_1", "contribution_margin_2", "contribution_margin_3"].map((column) => [column, "margin_reason"]),
]);

// The marts' text of a packed column of reasons, "" where there is none.
function reasonOf(column, segment, place) {
  const index = valueAt(column, segment, place);
  return index === null || index === undefined ? "" : grainData().reasons[index];
}

function valueAt(column, segment, place) {
  const grain = grainData();
  if (place < 0 || !grain.columns[column]) return null;
  return grain.columns[column][segment * grain.starts.length + place];
}

function shownPlaces() {
  return Array.from({ length: state.to - state.from + 1 }, (_, index) => state.from + index);
}

// The first period of the data may have begun before the data did.
function isPartial(place) {
  return grainData().starts[place] < DATA.meta.first_order && place === placeOf(DATA.meta.first_order);
}

function isRunning(place) {
  return !grainData().complete[place];
}

// Right after the warm-up hardly anybody could be lost yet, so what rests on losses misleads.
function isEarly(place, column) {
  const { warm_up } = grainData();
  return /churn|clv|retention_rate/.test(column) && place > 0 && warm_up[place - 1] === 1 && !warm_up[place];
}

function isWhole(place, column = "") {
  return !isRunning(place) && !isPartial(place) && !isEarly(place, column);
}

function denominatorOf(column) {
  const metric = DATA.metrics[column];
  return metric ? metric.denominator : null;
}

function denominatorAt(column, segment, place) {
  const name = denominatorOf(column);
  return name && grainData().columns[name] ? valueAt(name, segment, place) : null;
}

function isFew(column, segment, place) {
  const customers = denominatorAt(column, segment, place);
  return grainData().columns[`${column}_low`] !== undefined && customers !== null && customers > 0 && customers < FEW;
}

// The last complete period of the range; the running one where none is complete.
function shownPlace() {
  for (let place = state.to; place >= state.from; place -= 1) if (!isRunning(place)) return place;
  return state.to;
}

// Why a value is missing, in words.
function missingReason(column, segment, place) {
  if (place < 0) return word("not_before");
  const grain = grainData();
  const clauses = WHY[column];
  const reason = clauses ? reasonOf(REASON_OF[column] || "acquisition_reason", segment, place) : "";
  const fitting = reason.split("; ").filter((clause) => reason && clauses.test(clause));
  if (fitting.length) return reasonText(fitting.join("; "));
  if (grain.warm_up[place] && /churn|retention_rate|quick/.test(column)) return word("warm_up");
  const name = denominatorOf(column);
  if (name && !valueAt(name.split(" ")[0], segment, place)) return word("no_of", { what: term(name) });
  return word("no_value");
}

// A figure's change since another period: {change, reason}; one of them is null.
function changeSince(figure, segment, place, other) {
  if (other < 0) return { change: null, reason: word("not_before") };
  const now = valueAt(figure.column, segment, place);
  const then = valueAt(figure.column, segment, other);
  if (now === null) return { change: null, reason: missingReason(figure.column, segment, place) };
  if (isEarly(other, figure.column)) return { change: null, reason: word("early") };
  if (isPartial(other)) return { change: null, reason: word("partial_then") };
  if (then === null) return { change: null, reason: word("not_known_then") };
  if (["rate", "points", "periods"].includes(figure.unit)) return { change: now - then, reason: null };
  if (then <= 0) return { change: null, reason: word("not_known_then") };
  return { change: now / then - 1, reason: null };
}

function figureOf(column) {
  return DATA.figures.find((figure) => figure.column === column);
}

function figureLabel(figure) {
  return figure[`label_${state.lang}`] || metricLabel(figure.column);
}

function comparedPlace(place) {
  return state.compare === "none" ? -1 : grainData()[state.compare][place];
}

// --- Sentences ---------------------------------------------------------------------------------------

// ", 0.4 points above April 2026": a change in words; "" where there is none.
function against(figure, segment, place, other, joint) {
  const { change: difference } = changeSince(figure, segment, place, other);
  if (difference === null) return "";
  const period = periodName(state.grain, grainData().starts[other]);
  const text = writtenChange(Math.abs(difference), figure.unit, false);
  const level = Math.abs(difference) < 0.0005;
  return joint + word(level ? "level" : difference > 0 ? "above" : "below", { change: text, period });
}

function comparisonWords(figure, segment, place) {
  const grain = grainData();
  const before = against(figure, segment, place, grain.before[place], ", ");
  const year = grain.year[place] === grain.before[place] ? "" :
    against(figure, segment, place, grain.year[place], before ? word("and") : ", ");
  return { before, year };
}

function sentences(segment) {
  const place = shownPlace();
  const period = periodName(state.grain, grainData().starts[place]);
  const count = (name) => written(valueAt(name, segment, place), "count");
  const churn = valueAt("churn_rate", segment, place);
  const revenue = written(valueAt("net_revenue", segment, place), "money");
  const share = valueAt("returning_revenue_share", segment, place);
  const revenueWords = { value: revenue, ...comparisonWords(figureOf("net_revenue"), segment, place) };
  return [
    churn === null
      ? word("sentence_churn_unknown", { period, reason: missingReason("churn_rate", segment, place) })
      : word("sentence_churn", { value: written(churn, "rate"), period, ...comparisonWords(figureOf("churn_rate"), segment, place) }),
    share === null
      ? word("sentence_revenue_alone", revenueWords)
      : word("sentence_revenue", { ...revenueWords, share: written(share, "rate") }),
    word("sentence_customers", {
      opening: count("opening_customers"), lost: count("lost_customers"), new: count("new_customers"),
      reactivated: count("reactivated_customers"), closing: count("closing_customers"),
    }),
  ];
}

// --- Tables of columns -------------------------------------------------------------------------------

const tableRows = new Map();
// Rows of a table that was packed by column, those of one segment where it has segments.
function rowsOf(name, segment = null) {
  const table = DATA[name];
  if (!table) return [];
  if (!tableRows.has(name)) {
    const columns = Object.keys(table);
    tableRows.set(name, table[columns[0]].map((_, index) => Object.fromEntries(columns.map((column) => [column, table[column][index]]))));
  }
  return tableRows.get(name).filter((row) => segment === null || !table.segment || row.segment === segment);
}

// --- Cohorts -----------------------------------------------------------------------------------------

const cohortCache = new Map();
// The cohorts of a segment: {start, customers, complete, values: {measure: [by age]}}.
function cohortsOf(segment) {
  const key = `${state.grain} ${segment}`;
  if (cohortCache.has(key)) return cohortCache.get(key);
  const packed = (DATA.cohorts[state.grain] || [])[segment] || {};
  const cohorts = [];
  let first = 0;
  (packed.start || []).forEach((start, index) => {
    const last = first + packed.ages[index];
    const customers = packed.customers[index];
    let cents = 0;
    cohorts.push({
      start, customers, complete: packed.complete[index],
      counts: {
        ordering: packed.ordering.slice(first, last), active: packed.active.slice(first, last),
        after: packed.after.slice(first, last),
        value: packed.cents.slice(first, last).map((step) => (cents += step) / 100),
      },
      ltv_to_cac: packed.ltv_to_cac ? packed.ltv_to_cac[index] : undefined,
      is_paid_back: packed.is_paid_back ? packed.is_paid_back[index] : undefined,
    });
    first = last;
  });
  cohortCache.set(key, cohorts);
  return cohorts;
}

// A cell of a cohort, null where that age is not over for all of it.
function cohortCell(cohort, measure, age) {
  return age < cohort.complete ? cohort.counts[measure][age] / cohort.customers : null;
}

// The average over cohorts for which the age is over, weighted by customers.
function cohortAverage(cohorts, measure, age) {
  const over = cohorts.filter((cohort) => age < cohort.complete);
  const customers = over.reduce((sum, cohort) => sum + cohort.customers, 0);
  return customers ? over.reduce((sum, cohort) => sum + cohort.counts[measure][age], 0) / customers : null;
}
