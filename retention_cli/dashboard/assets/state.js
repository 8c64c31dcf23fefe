// What is chosen, kept in the address so that a link shows the same page.

const state = {
  lang: "en", grain: "", seg: 0, vs: -1, from: 0, to: 0, compare: "year", cohort: "", measure: "ordering",
};
const SHOWN_AT_FIRST = { week: 53, month: 25, quarter: 12, year: 10 };
const COMPARISONS = ["before", "year", "none"];
const MEASURES = ["ordering", "active", "after", "value"];

function grainData() {
  return DATA.grains[state.grain];
}

function segmentCode(place) {
  const [dimension, value] = DATA.segments[place];
  return dimension === "all" ? "all" : `${dimension}:${value}`;
}

function segmentPlace(code, otherwise) {
  const place = DATA.segments.findIndex((_, index) => segmentCode(index) === code);
  return place < 0 ? otherwise : place;
}

// The place of the period that holds a day; the nearest one where none does.
function placeOf(day) {
  const { starts } = grainData();
  let place = 0;
  while (place + 1 < starts.length && starts[place + 1] <= day) place += 1;
  return place;
}

function readState() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const language = asked.get("lang") || (navigator.language || "en").slice(0, 2);
  state.lang = language === "de" ? "de" : "en";
  const grains = Object.keys(DATA.grains);
  state.grain = grains.includes(asked.get("grain")) ? asked.get("grain") : grains[0];
  state.seg = segmentPlace(asked.get("segment"), 0);
  state.vs = segmentPlace(asked.get("beside"), -1);
  if (state.vs === state.seg) state.vs = -1;
  const last = grainData().starts.length - 1;
  state.to = asked.get("to") ? placeOf(asked.get("to")) : last;
  state.from = asked.get("from") ? placeOf(asked.get("from")) : Math.max(0, last - SHOWN_AT_FIRST[state.grain] + 1);
  if (state.from > state.to) [state.from, state.to] = [state.to, state.from];
  state.compare = COMPARISONS.includes(asked.get("compare")) ? asked.get("compare") : "year";
  state.measure = MEASURES.includes(asked.get("measure")) ? asked.get("measure") : "ordering";
  state.cohort = asked.get("cohort") || "";
}

function address() {
  const { starts } = grainData();
  const parts = new URLSearchParams({ lang: state.lang, grain: state.grain, segment: segmentCode(state.seg) });
  if (state.vs >= 0) parts.set("beside", segmentCode(state.vs));
  parts.set("from", starts[state.from]);
  if (state.to < starts.length - 1) parts.set("to", starts[state.to]);
  parts.set("compare", state.compare);
  if (state.measure !== "ordering") parts.set("measure", state.measure);
  if (state.cohort) parts.set("cohort", state.cohort);
  return `#${parts}`;
}

function change(changes) {
  if (changes.grain && changes.grain !== state.grain) {
    // Keep the dates: the new periods that hold the old first and last day.
    const old = grainData();
    const [first, last] = [old.starts[state.from], old.ends[state.to]];
    const whole = state.from === Math.max(0, old.starts.length - SHOWN_AT_FIRST[state.grain]) && state.to === old.starts.length - 1;
    state.grain = changes.grain;
    const count = grainData().starts.length;
    changes.to = whole ? count - 1 : placeOf(last);
    changes.from = whole ? Math.max(0, count - SHOWN_AT_FIRST[state.grain]) : placeOf(first);
    changes.cohort = "";
  }
  Object.assign(state, changes);
  if (state.from > state.to) [state.from, state.to] = [state.to, state.from];
  if (state.vs === state.seg) state.vs = -1;
  history.replaceState(null, "", address());
  render();
}

// The segments that are shown: the chosen one, and the one beside it.
function shownSegments() {
  return state.vs >= 0 ? [state.seg, state.vs] : [state.seg];
}
