// Options of ECharts for the few kinds of charts there are.

const COLOURS = ["#0b63a5", "#c8500a"]; // blue and vermilion, told apart by all readers
const INK = "#1d2733", FAINT = "#5b6673", GRID = "#e3e8ee", YEAR = "#7a8591";
const STACK = { gain: ["#0b63a5", "#69b2e4"], loss: "#c8500a" };
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif';

let drawingWidth = 600; // of the drawing that is being made, in pixels

// A legend that does not fit in one row takes more room above the plot.
function legendHeight(names) {
  let rows = 1, taken = 0;
  for (const one of names) {
    const width = 46 + 7.2 * (one.name || one).length;
    if (taken && taken + width > drawingWidth - 16) [rows, taken] = [rows + 1, 0];
    taken += width;
  }
  return 16 + 20 * rows;
}

// Names on the vertical axis, values to the right: long names never overlap.
function acrossPage(option) {
  const values = option.yAxis;
  option.yAxis = { ...option.xAxis, inverse: true, axisLabel: { color: INK, fontSize: 12, interval: 0, width: drawingWidth < 340 ? 104 : 130, overflow: "break", lineHeight: 13 } };
  option.xAxis = { ...values, splitNumber: drawingWidth < 420 ? 2 : 4, axisLabel: { ...values.axisLabel, hideOverlap: true } };
  option.tooltip.axisPointer = { type: "shadow" };
  return option;
}

// Shares that are none or near all have an axis to 100 %, and not beyond.
function isToWhole(series, unit) {
  if (unit !== "rate") return false;
  const values = series.flatMap((one) => one.data).map((item) => (Array.isArray(item) ? item[1] : item !== null && typeof item === "object" ? item.value : item)).filter((value) => typeof value === "number");
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return least >= 0 && (most === 0 || (most > 0.8 && most <= 1));
}

function base(option, unit, { legend = true, noZero = false } = {}) {
  if (!noZero && isToWhole(option.series, unit)) option = { ...option, min: 0, max: 1, step: 0.25 };
  return {
    animation: false, textStyle: { fontFamily: FONT, fontSize: 12, color: INK },
    grid: { left: 8, right: 16, top: legend ? legendHeight(option.legendData || []) + 4 : 16, bottom: 6, containLabel: true },
    legend: legend ? { top: 0, left: 0, itemWidth: 18, itemHeight: 9, itemGap: 14, textStyle: { fontSize: 12, color: INK }, data: option.legendData } : undefined,
    tooltip: {
      trigger: "axis", confine: true, appendTo: undefined, axisPointer: { type: "line", lineStyle: { color: FAINT, type: "dashed" } },
      backgroundColor: "#ffffff", borderColor: "#c4ccd5", textStyle: { color: INK, fontSize: 13 }, formatter: option.tip,
      extraCssText: "max-width:340px;white-space:normal;box-shadow:0 4px 16px #0002",
    },
    xAxis: { type: "category", data: option.names, axisLine: { lineStyle: { color: "#9aa5b1" } }, axisTick: { show: false },
      axisLabel: { color: FAINT, fontSize: 12, hideOverlap: true, interval: option.every, ...option.labels }, name: option.xName, nameLocation: "middle", nameGap: 26, nameTextStyle: { color: FAINT, fontSize: 12 } },
    yAxis: { type: "value", scale: noZero, min: option.min, max: option.max, splitNumber: 4, minInterval: unit === "count" || unit === "periods" ? 1 : undefined, interval: option.step, splitLine: { lineStyle: { color: GRID } },
      axisLine: { show: false }, axisTick: { show: false }, axisLabel: { color: FAINT, fontSize: 12, formatter: (value) => tick(value, unit, noZero) } },
    series: option.series,
  };
}

function tipLine(colour, name, value) {
  return `<div class="tip"><i style="background:${colour}"></i>${escapeText(name)} <b>${escapeText(value)}</b></div>`;
}

// Dated notes as numbered lines at the period that holds their date.
function noteMarks(places) {
  const data = places.map((place, index) => ({ xAxis: index, label: { formatter: notesAt(place).map((note) => note.number).join(", ") } }))
    .filter((mark) => mark.label.formatter);
  return data.length ? { silent: true, symbol: "none", lineStyle: { color: FAINT, type: "dotted", width: 1.5 }, label: { color: INK, fontSize: 12, position: "insideEndTop", rotate: 0 }, data } : undefined;
}

function notesAt(place) {
  const { starts, ends } = grainData();
  return DATA.notes.map(([day, text], index) => ({ day, text, number: index + 1 }))
    .filter(({ day }) => day >= starts[place] && day <= ends[place]);
}

// Lines of one or more columns; with one column also last year, the segment beside and intervals.
function lines(spec) {
  const places = shownPlaces();
  const grain = grainData();
  const single = spec.columns.length === 1;
  const entries = single
    ? shownSegments().map((segment, index) => ({ column: spec.columns[0], segment, colour: COLOURS[index], name: segmentName(segment) }))
    : spec.columns.map((column, index) => ({ column, segment: spec.segment ?? state.seg, colour: ["#0b63a5", "#c8500a", "#00795c"][index], name: capital(term(column)) }));
  const series = [];
  const legendData = [];
  for (const entry of entries) {
    const at = (place) => valueAt(entry.column, entry.segment, place);
    const low = grain.columns[`${entry.column}_low`] ? (place) => valueAt(`${entry.column}_low`, entry.segment, place) : null;
    const high = low && ((place) => valueAt(`${entry.column}_high`, entry.segment, place));
    if (low && single) {
      const stack = `band ${entry.segment}`;
      const edge = { type: "line", stack, stackStrategy: "all", symbol: "none", silent: true, lineStyle: { opacity: 0 }, tooltip: { show: false } };
      series.push({ ...edge, name: `${stack} low`, data: places.map((place) => (at(place) === null || !isWhole(place, entry.column) ? null : low(place))) });
      series.push({ ...edge, name: `${stack} width`, areaStyle: { color: entry.colour, opacity: 0.15 },
        data: places.map((place) => (at(place) === null || !isWhole(place, entry.column) ? null : high(place) - low(place))) });
    }
    legendData.push({ name: entry.name, icon: "roundRect" });
    series.push({
      type: "line", name: entry.name, color: entry.colour, lineStyle: { width: 2.2, color: entry.colour, type: entry.segment === state.vs && single ? [6, 3] : "solid" },
      showAllSymbol: true, markLine: entry === entries[0] ? noteMarks(places) : undefined,
      data: places.map((place) => {
        if (!isWhole(place, entry.column)) return null;
        const few = isFew(entry.column, entry.segment, place);
        return { value: at(place), symbol: few ? "diamond" : "circle", symbolSize: few ? 11 : places.length > 40 ? 3 : 5,
          itemStyle: few ? { color: "#ffffff", borderColor: entry.colour, borderWidth: 2 } : { color: entry.colour } };
      }),
    });
    series.push({
      type: "scatter", name: entry.name, color: entry.colour, symbolSize: 9, itemStyle: { color: "#ffffff", borderColor: entry.colour, borderWidth: 2 },
      data: places.map((place) => (isWhole(place, entry.column) ? null : at(place))),
    });
  }
  if (single && state.compare === "year" && state.grain !== "year") {
    legendData.push({ name: word("last_year"), icon: "roundRect" });
    series.push({ type: "line", name: word("last_year"), symbol: "none", color: YEAR, lineStyle: { width: 1.6, type: "dotted", color: YEAR },
      data: places.map((place) => (grain.year[place] >= 0 && isWhole(grain.year[place], spec.columns[0]) ? valueAt(spec.columns[0], state.seg, grain.year[place]) : null)) });
  }
  const tip = (points) => {
    const place = places[points[0].dataIndex];
    let html = tipHead(place, spec.columns[0]);
    for (const entry of entries) {
      const value = valueAt(entry.column, entry.segment, place);
      html += tipLine(entry.colour, entry.name, value === null ? `${DASH} (${missingReason(entry.column, entry.segment, place)})` : written(value, spec.unit));
      if (value !== null) html += details(entry.column, entry.segment, place, spec.unit, single);
    }
    if (single) html += `<div class="formula">${escapeText(spec.formula())}</div>`;
    return html + tipNotes(place);
  };
  return base({ names: places.map((place) => shortName(state.grain, grain.starts[place])), series, legendData, tip, ...spec.axis }, spec.unit,
    { legend: legendData.length > 1 || !spec.quiet, noZero: Boolean(spec.noZero) });
}

function tipHead(place, column = "") {
  const flag = isRunning(place) ? word("running") : isPartial(place) ? word("partial") : isEarly(place, column) ? word("early") : "";
  return `<div class="tip-head">${escapeText(periodName(state.grain, grainData().starts[place]))}${flag ? ` <em>${escapeText(flag)}</em>` : ""}</div>`;
}

function tipNotes(place) {
  return notesAt(place).map(({ number: n, text }) => `<div class="formula">${n}. ${escapeText(text)}</div>`).join("");
}

// Interval, few customers and change against the chosen comparison, below a value in a tooltip.
function details(column, segment, place, unit, full) {
  const parts = [];
  const low = valueAt(`${column}_low`, segment, place);
  if (full && low !== null && low !== undefined)
    parts.push(word("interval", { low: written(low, unit), high: written(valueAt(`${column}_high`, segment, place), unit) }));
  if (isFew(column, segment, place)) parts.push(word("few", { n: denominatorAt(column, segment, place) }));
  if (full && state.compare !== "none" && !isRunning(place)) {
    const { change: difference } = changeSince({ column, unit }, segment, place, comparedPlace(place));
    if (difference !== null) parts.push(`${writtenChange(difference, unit)} ${word("against", { period: periodName(state.grain, grainData().starts[comparedPlace(place)]) })}`);
  }
  return detailLines(parts);
}

function detailLines(parts) {
  return parts.map((part) => `<div class="detail">${escapeText(part)}</div>`).join("");
}

// Stacked bars a period; columns in `down` count below zero.
function bars(spec, segment) {
  const places = shownPlaces();
  const down = spec.down || [];
  let ups = 0;
  const colours = spec.columns.map((column) => (down.includes(column) ? STACK.loss : STACK.gain[ups++]));
  const series = spec.columns.map((column, index) => ({
    type: "bar", stack: "all", name: capital(term(column)), color: colours[index], barMaxWidth: 34, markLine: index ? undefined : noteMarks(places),
    data: places.map((place) => {
      const value = valueAt(column, segment, place);
      return { value: value === null ? null : down.includes(column) ? -value : value,
        itemStyle: isRunning(place) || isPartial(place) ? { opacity: 0.45, borderColor: colours[index], borderWidth: 1, borderType: "dashed" } : {} };
    }),
  }));
  const tip = (points) => {
    const place = places[points[0].dataIndex];
    return tipHead(place) + spec.columns.map((column, index) => {
      const value = valueAt(column, segment, place);
      const text = value === null ? DASH : written(value, spec.unit);
      return tipLine(colours[index], capital(term(column)), down.includes(column) && value ? `−${text}` : text);
    }).join("") + tipNotes(place);
  };
  const option = base({ names: places.map((place) => shortName(state.grain, grainData().starts[place])), series, tip, legendData: series.map((one) => one.name) }, spec.unit);
  option.yAxis.axisLabel.formatter = (value) => tick(spec.down ? Math.abs(value) : value, spec.unit);
  return option;
}

// A waterfall: steps = [{name, value, total}] where a total stands on zero.
function waterfall(steps, unit) {
  let level = 0;
  const floors = [], heights = [];
  for (const step of steps) {
    const from = step.total ? 0 : level;
    const to = step.total ? step.value : level + step.value;
    level = to;
    const crosses = Math.min(from, to) < 0;
    floors.push(crosses ? 0 : Math.min(from, to));
    heights.push({
      value: crosses ? to - from : Math.abs(to - from), itemStyle: { color: step.total ? "#48566a" : step.value >= 0 ? STACK.gain[0] : STACK.loss },
      label: { show: true, position: "right", fontSize: 12, color: INK, formatter: (step.total || step.value < 0 ? "" : "+") + tickLong(step.value, unit) },
    });
  }
  const tip = (points) => {
    const step = steps[points[0].dataIndex];
    return `<div class="tip-head">${escapeText(step.name)}</div>${tipLine(step.total ? "#48566a" : step.value >= 0 ? STACK.gain[0] : STACK.loss, "", written(step.value, unit))}`;
  };
  const option = base({
    names: steps.map((step) => step.name), tip,
    series: [{ type: "bar", stack: "w", silent: true, itemStyle: { color: "transparent" }, data: floors, tooltip: { show: false } }, { type: "bar", stack: "w", barMaxWidth: 26, data: heights }],
  }, unit, { legend: false });
  option.grid.right = 64; // room for the numbers beside the bars
  return acrossPage(option);
}

function tickLong(value, unit) {
  return unit === "money" ? number(value, decimals(0)) : written(value, unit);
}

// Bars side by side, or lines, over categories: groups = [{name, values, details: lines of a tooltip}].
function grouped(names, groups, unit, { across = false, asLines = false } = {}) {
  const shape = asLines ? { type: "line", symbol: "circle", symbolSize: 5, showAllSymbol: true } : { type: "bar", barMaxWidth: 30 };
  const colours = [COLOURS[0], "#69b2e4", "#c8500a", "#00795c", YEAR];
  const series = groups.map((group, index) => ({ ...shape, name: group.name, color: colours[index % colours.length], data: group.values }));
  const tip = (points) => `<div class="tip-head">${escapeText(points[0].axisValueLabel)}</div>` +
    groups.map((group, index) => tipLine(series[index].color, group.name, written(group.values[points[0].dataIndex], group.unit || unit)) + detailLines(group.details?.[points[0].dataIndex] || [])).join("");
  const option = base({ names, series, tip, legendData: series.map((one) => one.name) }, unit, { legend: groups.length > 1 });
  return across ? acrossPage(option) : option;
}

// Lines over numbers such as ages or days: curves = [{name, points: [[x, y]], colour, step, band}].
function curves(list, unit, xName) {
  const series = [];
  for (const curve of list) {
    if (curve.band) {
      const edge = { type: "line", stack: `band ${curve.name}`, stackStrategy: "all", step: curve.step ? "end" : false, symbol: "none", silent: true, lineStyle: { opacity: 0 } };
      series.push({ ...edge, name: `low ${curve.name}`, data: curve.band.map(([x, low]) => [x, low]) });
      series.push({ ...edge, name: `width ${curve.name}`, areaStyle: { color: curve.colour, opacity: 0.15 }, data: curve.band.map(([x, low, high]) => [x, high - low]) });
    }
    series.push({ type: "line", name: curve.name, color: curve.colour, step: curve.step ? "end" : false, symbol: curve.dots ? "circle" : "none", symbolSize: 5, lineStyle: { width: 2.2, type: curve.dashed ? [6, 3] : "solid" }, data: curve.points,
      markLine: curve.mark ? { silent: true, symbol: "none", lineStyle: { color: FAINT, type: "dashed" }, label: { formatter: curve.mark.text, color: INK, fontSize: 12, position: "insideEndTop", rotate: 0, align: curve.mark.late ? "right" : "left", padding: [0, 6, 0, 6] }, data: [{ xAxis: curve.mark.x }] } : undefined });
  }
  const names = list.map((curve) => curve.name);
  const tip = (points) => {
    const x = points[0].axisValue;
    return `<div class="tip-head">${escapeText(capital(xName))} ${escapeText(number(x, { maximumFractionDigits: 0 }))}</div>` + list.map((curve) => {
      const before = curve.points.filter(([at]) => (curve.step ? at <= x : at === x));
      return before.length ? tipLine(curve.colour, curve.name, written(before[before.length - 1][1], unit)) : "";
    }).join("");
  };
  const option = base({ series, tip, legendData: names.map((name) => ({ name, icon: "roundRect" })), xName, min: 0 }, unit);
  option.xAxis = { ...option.xAxis, type: "value", min: 0, max: Math.max(...list.map((curve) => (curve.points.length ? curve.points[curve.points.length - 1][0] : 0)), 1), data: undefined, splitLine: { show: false }, minInterval: 1,
    axisLabel: { color: FAINT, fontSize: 12, hideOverlap: true, showMaxLabel: false, formatter: (value) => number(value, { maximumFractionDigits: 0 }) } };
  option.grid.bottom = 30;
  return option;
}
