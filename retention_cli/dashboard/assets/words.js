// Words, numbers and dates in the language of the page.

let DATA = null; // what the marts say
let WORDS = null; // every word, in both languages
const LOCALES = { en: "en-GB", de: "de-DE" };
const DASH = "–";

async function unpack(id) {
  const text = atob(document.getElementById(id).textContent.trim());
  const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

function fill(text, parameters) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in parameters ? parameters[name] : whole));
}

function word(name, parameters = {}) {
  return fill(WORDS.words[name][state.lang], parameters);
}

// A name of a column as people say it; unknown ones without their underscores.
function term(name) {
  return WORDS.terms[name] ? WORDS.terms[name][state.lang] : name.replaceAll("_", " ");
}

// A value of a segment or of another column: ours are translated, the shop's own stay as they are.
function valueName(value) {
  return WORDS.values[value] ? WORDS.values[value][state.lang] : value;
}

function metricLabel(name) {
  const metric = DATA.metrics[name];
  return capital(metric ? metric[`label_${state.lang}`] : term(name));
}

function formula(name) {
  const metric = DATA.metrics[name];
  if (!metric) return "";
  if (name === "payback_periods" && state.lang === "de")
    return "erste Periode, in der die kumulierte Marge der gewonnenen Kunden die Akquisitionskosten deckt";
  return metric.formula.replace(/[a-z]+(_[a-z]+)+|\b(orders|responses|promoters|detractors|clv)\b/g, term)
    .replaceAll(" / ", " ÷ ").replaceAll(" * ", " × ").replaceAll(" - ", " − ");
}

// The marts' reason, clause by clause, in the language of the page.
function reasonText(text) {
  if (state.lang === "en") return text;
  return text.split("; ").map((clause) => {
    const found = WORDS.reasons.find(([pattern]) => new RegExp(pattern).test(clause));
    return found ? clause.replace(new RegExp(found[0]), found[1]) : clause;
  }).join("; ");
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const formats = new Map();
function number(value, options) {
  const key = state.lang + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(LOCALES[state.lang], options));
  return formats.get(key).format(value).replace("-", "−");
}

function decimals(digits) {
  return { minimumFractionDigits: digits, maximumFractionDigits: digits };
}

// A value in its unit, as a sentence or a table says it.
function written(value, unit) {
  if (value === null || value === undefined) return DASH;
  switch (unit) {
    case "rate": return number(value, { style: "percent", ...decimals(1) });
    case "money": return money(value, Math.abs(value) >= 10000 ? 0 : 2);
    case "count": return number(value, decimals(0));
    case "points": return number(100 * value, decimals(0)) + " " + word("points");
    case "periods": return periodsText(value);
    default: return number(value, decimals(2));
  }
}

function money(value, digits) {
  const code = DATA.meta.currency;
  const text = number(value, decimals(digits));
  return code ? `${text}\u00a0${code}` : text;
}

function periodsText(value) {
  if (value === 0) return word(`same_${state.grain}`);
  return value === 1 ? word(`one_${state.grain}`) : word(`unit_${state.grain}`, { n: number(value, decimals(0)) });
}

// A change in the unit of the figure: points for rates, percent for all others.
function writtenChange(change, unit, sign = true) {
  const plus = sign ? { signDisplay: "exceptZero" } : {};
  if (unit === "rate") return number(100 * change, { ...decimals(1), ...plus }) + "\u00a0" + word("points");
  if (unit === "periods") return number(change, { ...decimals(0), ...plus });
  return number(change, { style: "percent", ...decimals(1), ...plus });
}

// A short form for axes; small numbers from an axis without zero have as many decimals as one another.
function tick(value, unit, close = false) {
  if (unit === "rate") return number(value, { style: "percent", maximumFractionDigits: 1 });
  if (unit === "points") return number(100 * value, { maximumFractionDigits: 0 });
  return number(value, close && unit === "number" ? decimals(2) : { maximumFractionDigits: 2 });
}

// German compounds are longer than a narrow card: say where they may break.
function breakable(text) {
  return state.lang === "de" ? text.replace(/(ungs|ions|[Kk]unden|samt|zeit)(?=[a-zäöü]{4})/g, "$1\u00ad") : text;
}

function date(day, options = { day: "numeric", month: "long", year: "numeric" }) {
  return new Intl.DateTimeFormat(LOCALES[state.lang], { ...options, timeZone: "UTC" }).format(new Date(day));
}

// The year of a quarter or a year and the quarter's number. Fiscal years are named by the year they end in.
function yearAndQuarter(start) {
  const [year, month] = start.split("-").map(Number);
  const first = DATA.fiscal_month;
  return { year: year + (first > 1 && month >= first ? 1 : 0), n: Math.floor(((month - first + 12) % 12) / 3) + 1 };
}

function periodName(grain, start) {
  const fiscal = DATA.fiscal_month > 1 ? "fiscal_" : "";
  if (grain === "month") return date(start, { month: "long", year: "numeric" });
  if (grain === "week") return word("week_of", { date: date(start, { day: "numeric", month: "short", year: "numeric" }) });
  if (grain === "quarter") return word(`${fiscal}quarter_name`, yearAndQuarter(start));
  return fiscal ? word("fiscal_year_name", yearAndQuarter(start)) : start.slice(0, 4);
}

function shortName(grain, start) {
  if (grain === "month") return date(start, { month: "short", year: "2-digit" });
  if (grain === "week") return date(start, { day: "numeric", month: "short", year: "2-digit" });
  const { year, n } = yearAndQuarter(start);
  const short = DATA.fiscal_month > 1 ? word("fiscal_year_name", { year: String(year).slice(2) }) : String(year);
  if (grain === "year") return short;
  return DATA.fiscal_month > 1 ? `${short} Q${n}` : `Q${n} ${short.slice(2)}`;
}

function segmentName(place) {
  const [dimension, value] = DATA.segments[place];
  return dimension === "all" ? word("all_customers") : `${valueName(dimension)}: ${valueName(value)}`;
}

function escapeText(text) {
  return String(text).replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
