// What a reader would find wrong with the page as it is drawn now: a list of texts, empty where it is fine.
() => {
  const faults = [];
  const visible = (node) => node.getClientRects().length > 0 && getComputedStyle(node).visibility !== "hidden";
  const short = (text) => text.trim().replace(/\s+/g, " ").slice(0, 60);
  const shown = [...document.querySelectorAll("main figure.card, main article.figure")].filter(visible);
  const nameOf = (card) => card.dataset.chart || card.dataset.figure;

  if (document.documentElement.scrollWidth > innerWidth) faults.push(`the page is ${document.documentElement.scrollWidth} wide`);

  // Texts of a drawing on top of one another, or outside of it.
  for (const svg of document.querySelectorAll(".drawing svg")) {
    if (!visible(svg)) continue;
    const where = nameOf(svg.closest(".card"));
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim()).map((text) => [text.textContent, text.getBoundingClientRect()]);
    texts.forEach(([text, box], index) => {
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1) faults.push(`${where}: clipped: ${text}`);
      for (const [other, second] of texts.slice(index + 1))
        if (Math.min(box.right, second.right) - Math.max(box.left, second.left) > 2 && Math.min(box.bottom, second.bottom) - Math.max(box.top, second.top) > 4)
          faults.push(`${where}: ${text} is on ${other}`);
    });
  }

  // Texts that do not fit into their box.
  for (const node of document.querySelectorAll("h1, h2, h3, h4, .value, .interval, .reason, dd, dt, button, .formula, .note, .nothing"))
    if (visible(node) && !node.closest(".scroll, dialog, .visually-hidden") && node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== "inline")
      faults.push(`does not fit: ${short(node.textContent)}`);

  // Small or pale texts.
  const light = (colour) => {
    const [r, g, b] = colour.map((part) => { const share = part / 255; return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const parts = (text) => (text.match(/[\d.]+/g) || []).map(Number);
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const [r, g, b, alpha = 1] = parts(getComputedStyle(at).backgroundColor);
      if (alpha > 0 && r !== undefined) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const pale = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !visible(node) || node.closest("script, style, option, .visually-hidden, .skip, [hidden], dialog")) continue;
    const style = getComputedStyle(node);
    const drawn = node.closest("svg");
    const [a, b] = [light(parts(drawn ? style.fill : style.color).slice(0, 3)), light(ground(drawn ? drawn.parentElement : node))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) pale.add(`contrast ${contrast.toFixed(1)}: ${short(walker.currentNode.textContent)}`);
    if (parseFloat(style.fontSize) < 12 && !matchMedia("print").matches) pale.add(`${style.fontSize}: ${short(walker.currentNode.textContent)}`);
  }
  faults.push(...pale);

  // Rows of cards that are not filled.
  for (const grid of document.querySelectorAll("#cards, .grid")) {
    if (!visible(grid) || !grid.children.length) continue;
    const frame = grid.getBoundingClientRect();
    const rows = new Map();
    for (const card of grid.children) { const box = card.getBoundingClientRect(); rows.set(Math.round(box.top), [...(rows.get(Math.round(box.top)) || []), box]); }
    for (const boxes of rows.values()) {
      const free = frame.width - boxes.reduce((sum, box) => sum + box.width, 0) - 14 * (boxes.length - 1);
      if (free > 100) faults.push(`${Math.round(free)} px are empty in a row of ${grid.id || grid.parentElement.id}`);
    }
  }

  // Empty stretches inside of a card.
  for (const card of shown) {
    const frame = card.getBoundingClientRect();
    const spans = [];
    const inside = document.createTreeWalker(card, NodeFilter.SHOW_TEXT);
    while (inside.nextNode()) {
      if (!inside.currentNode.textContent.trim() || !visible(inside.currentNode.parentElement)) continue;
      const range = document.createRange();
      range.selectNodeContents(inside.currentNode);
      for (const box of range.getClientRects()) spans.push([box.top, box.bottom]);
    }
    for (const node of card.querySelectorAll(".drawing svg, .spark svg, button, select, td")) if (visible(node)) { const box = node.getBoundingClientRect(); spans.push([box.top, box.bottom]); }
    spans.sort((a, b) => a[0] - b[0]);
    let end = frame.top;
    for (const [top, bottom] of [...spans, [frame.bottom, frame.bottom]]) {
      if (top - end > 100) faults.push(`${nameOf(card)}: ${Math.round(top - end)} px are empty`);
      end = Math.max(end, bottom);
    }
  }

  // Drawings: something is drawn, on one axis, between its ticks; and each place answers when pointed at.
  for (const [box, drawing] of drawings) {
    if (!visible(box)) continue;
    const { chart } = box.closest(".card");
    const option = drawing.getOption();
    const values = option.series.flatMap((series) => series.data.map((item) => (item !== null && typeof item === "object" && !Array.isArray(item) ? item.value : item)));
    if (!values.some((value) => value !== null && value !== undefined && !Number.isNaN(value))) faults.push(`${chart.id}: nothing is drawn`);
    if (option.yAxis.length !== 1 || option.yAxis[0].position === "right") faults.push(`${chart.id}: more than one axis`);
    const axis = drawing.getModel().getComponent(option.yAxis[0].type === "value" ? "yAxis" : "xAxis").axis;
    const ticks = axis.scale.getTicks().map((tick) => tick.value);
    const plain = option.series.filter((series) => !series.stack).flatMap((series) => series.data).map((item) => (Array.isArray(item) ? item[1] : item !== null && typeof item === "object" ? item.value : item)).filter((value) => typeof value === "number");
    if (plain.some((value) => value < ticks[0] - 1e-9 || value > ticks[ticks.length - 1] + 1e-9)) faults.push(`${chart.id}: a value is outside of ${ticks[0]} to ${ticks[ticks.length - 1]}`);
    if (ticks.length < 2) faults.push(`${chart.id}: one tick`);
  }
  for (const segment of shownSegments())
    for (const card of shown.filter((one) => one.chart && one.chart.option && one.querySelector(".drawing svg"))) {
      if (card.chart.missing(segment)) continue;
      const option = card.chart.option(segment);
      const names = option.xAxis.data || option.yAxis.data;
      const places = names ? names.map((name, index) => [{ dataIndex: index, axisValueLabel: name }]) : option.series.flatMap((series) => series.data.map(([x]) => [{ dataIndex: 0, axisValue: x }]));
      for (const points of places) {
        const tip = option.tooltip.formatter(points).replace(/<div class="tip-head">.*?<\/div>/, "").replace(/<[^>]*>/g, " ");
        if (!/\d|–|same|gleich/.test(tip) || /undefined|NaN|null/.test(tip)) { faults.push(`${card.chart.id}: no value at ${JSON.stringify(points)}: ${short(tip)}`); break; }
      }
    }
  if (/undefined|NaN|\{\w+\}/.test(document.querySelector("main").innerText)) faults.push(`unfinished text: ${document.querySelector("main").innerText.match(/.{0,40}(undefined|NaN|\{\w+\}).{0,20}/)[0]}`);
  return faults;
}
