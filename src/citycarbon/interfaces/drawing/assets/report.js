"use strict";
/* Draws a result: charts, tables, and a trace of every number to rows, factors and sources. The report calls it with nothing, and
   it reads the data of its own page. A page of the workbench gives `data`, `strings`, `lang`, the `parts` that it wants, and
   `trace`, which asks for the rows behind a number. */
function citycarbonReport(setup) {
  const DATA = setup.data || JSON.parse(document.getElementById("data").textContent);
  const STRINGS = setup.strings || JSON.parse(document.getElementById("strings").textContent);
  const $ = (id) => document.getElementById(id);

  /* ---- tables ------------------------------------------------------------------------------------------------ */
  function rowsOf(table) {
    if (!table) return [];
    const names = Object.keys(table.columns), rows = new Array(table.length);
    for (let i = 0; i < table.length; i++) rows[i] = {};
    for (const name of names) {
      const column = table.columns[name];
      for (let i = 0; i < table.length; i++) rows[i][name] = column.cells ? column.cells[i] : column.words[column.codes[i]];
    }
    return rows;
  }
  const T = {};
  for (const name of ["totals", "uncertainty", "intensities", "denominators", "maps", "trace", "factors", "methods"]) T[name] = rowsOf(DATA[name]);
  const FACTOR = Object.fromEntries(T.factors.map((row) => [row.factor_id, row]));
  const METHOD = Object.fromEntries(T.methods.map((row) => [row.method, row]));

  /* ---- language and numbers ----------------------------------------------------------------------------------- */
  let store = {};
  try { store = window.localStorage; } catch (error) { store = {}; }
  const stated = new URLSearchParams(location.search).get("lang") || (location.hash === "#en" ? "en" : location.hash === "#zh" ? "zh" : "");
  const state = {
    lang: setup.lang || stated || store.citycarbon_lang || ((navigator.language || "").toLowerCase().startsWith("zh") ? "zh" : "en"),
    dark: store.citycarbon_theme ? store.citycarbon_theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches,
    account: 0, time: null, list: null, layer: null, classes: "quantile", per: "total", opacity: 0.85, tables: {},
  };
  const tr = (key, ...values) => {
    const text = STRINGS[state.lang][key];
    return (text === undefined ? key : text).replace(/\{(\d)\}/g, (_, i) => values[i]);
  };
  const has = (key) => STRINGS[state.lang][key] !== undefined;
  const label = (code) => (code === null || code === undefined ? "—" : DATA.labels[code] ? DATA.labels[code][state.lang === "zh" ? 1 : 0] : String(code));
  const word = (prefix, code) => (has(prefix + code) ? tr(prefix + code) : code);
  /* A figure that rounds to nothing bears no sign. */
  const unsigned = (text) => (/^-[0.,]*( %)?$/.test(text) ? text.slice(1) : text);
  function num(value, digits) {
    if (value === null || value === undefined || !isFinite(value)) return "—";
    digits = digits || 4;
    const size = Math.abs(value);
    if (size !== 0 && (size >= 1e12 || size < 1e-4)) return value.toExponential(digits - 1);
    const whole = size >= 1 ? Math.floor(Math.log10(size)) + 1 : 0;
    return unsigned(value.toLocaleString(state.lang === "zh" ? "zh-CN" : "en", { minimumFractionDigits: 0, maximumFractionDigits: Math.max(0, Math.min(8, digits - whole)) }));
  }
  const fixed = (value) => (value === null || value === undefined ? "—" : unsigned(value.toLocaleString(state.lang === "zh" ? "zh-CN" : "en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })));
  const share = (value, whole) => (whole ? unsigned(((100 * value) / whole).toFixed(1) + " %") : "—");
  /* One scale for a whole chart, chosen by its largest figure. */
  function massScale(largest) {
    const size = Math.abs(largest);
    if (state.lang === "zh") return size >= 1e8 ? [1e8, "亿吨"] : size >= 1e4 ? [1e4, "万吨"] : size >= 1 || size === 0 ? [1, "吨"] : [1e-3, "千克"];
    return size >= 1e6 ? [1e6, "Mt"] : size >= 1e4 ? [1e3, "kt"] : size >= 1 || size === 0 ? [1, "t"] : [1e-3, "kg"];
  }
  const mass = (value) => { if (value === null || value === undefined) return "—"; const [s, u] = massScale(value); return num(value / s) + " " + u; };
  const pretty = (unit) => String(unit || "").replace(/\^2/g, "²").replace(/\^3/g, "³").replace(/\bpercent\b/, "%");
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  /* ---- colours: one per sector and scope on every chart ------------------------------------------------------------ */
  const WHEEL = ["#4477aa", "#cc6677", "#ddaa33", "#228833", "#88ccee", "#aa4499", "#999933", "#66557a", "#ee8866", "#44aa99", "#7a5c3e", "#a3b18a"];
  const sectors = [...new Set(T.totals.filter((r) => r.view === "sector").map((r) => r.sector))].sort();
  const sectorColour = (code) => (/^(sink|Eg)/.test(code) ? "#3f8f5b" : WHEEL[sectors.indexOf(code) % WHEEL.length]);
  const SCOPES = ["1", "2", "3", "biogenic", "sink"];
  const scopeColour = { 1: "#1f5a7a", 2: "#5b9bc0", 3: "#b9cfdc", biogenic: "#c9b98f", sink: "#3f8f5b" };
  const RAMP = ["#faccfa", "#fdb09c", "#d0923b", "#828231", "#4d734d", "#1c5460", "#011959"];
  const ramp = (n) => { const out = []; for (let i = 0; i < n; i++) out.push(RAMP[Math.round((i * (RAMP.length - 1)) / Math.max(1, n - 1))]); return out; };

  /* ---- accounts: a scenario on a basis ----------------------------------------------------------------------------- */
  const accounts = [];
  for (const row of T.totals.filter((r) => r.view === "whole")) {
    let found = accounts.find((a) => a.scenario === row.scenario && a.basis === row.basis);
    if (!found) accounts.push((found = { scenario: row.scenario, basis: row.basis, times: [] }));
    found.times.push(row.time);
  }
  const account = () => accounts[state.account];
  const rank = (a) => { const order = DATA.meta.scenarios || []; const at = order.indexOf(a.scenario); return at < 0 ? order.length : at; };
  accounts.sort((a, b) => rank(a) - rank(b));
  const accountName = (a) => [word("scenario_", a.scenario), word("basis_", a.basis)].filter(Boolean).join(" · ");
  const inAccount = (r) => r.scenario === account().scenario && (r.basis === account().basis || r.basis === "all") && (state.time === null || r.time === state.time);
  const view = (name) => T.totals.filter((r) => r.view === name && inAccount(r));
  function sumBy(rows, key) {
    const sums = new Map();
    for (const row of rows) { const k = typeof key === "function" ? key(row) : row[key]; if (row.value !== null) sums.set(k, (sums.get(k) || 0) + row.value); else if (!sums.has(k)) sums.set(k, null); }
    return sums;
  }
  const yearText = () => (state.time !== null ? state.time : account().times.length > 1 ? account().times[0] + "–" + account().times[account().times.length - 1] : account().times[0]);
  const caption = () => [yearText(), accountName(account()), tr("rule_" + DATA.meta.scopes), DATA.meta.gwp.replace("-", " ")].filter(Boolean).join(" · ");

  /* ---- small dom helper: text is always text, never markup --------------------------------------------------------------- */
  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key === "on") for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
      else if (key === "class") node.className = value;
      else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
    }
    for (const child of children.flat()) if (child !== null && child !== undefined) node.append(child.nodeType ? child : document.createTextNode(child));
    return node;
  }
  const escape = (text) => String(text).replace(/[&<>"']/g, (m) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[m]);
  const numberButton = (text, filter, title) => el("button", { class: "num", type: "button", on: { click: () => openTrace(filter, title) } }, text);

  /* ---- trace panel ------------------------------------------------------------------------------------------------------ */
  function openTrace(filter, title) {
    if (setup.trace) {
      const a = account(), asked = Object.assign({ scenario: a.scenario, basis: a.basis }, state.time === null ? {} : { time: state.time }, filter);
      return setup.trace(asked, title, { caption: caption(), el, tr, num, mass, traceCard: traceOf });
    }
    const matching = T.trace.filter((r) => inAccount(r) && Object.entries(filter).every(([k, v]) => r[k] === v));
    const body = $("panel-body");
    $("panel-title").textContent = title;
    body.replaceChildren();
    const whole = matching.reduce((sum, r) => sum + (r.gas === "CO2e" && r.value !== null ? r.value : 0), 0);
    body.append(el("p", { class: "unit" }, tr("trace") + " · " + caption()), el("p", {}, el("strong", {}, mass(whole) + " CO2e"), " · " + matching.length + " × " + tr("rows")));
    for (const row of matching.slice(0, 60)) body.append(traceCard(row));
    if (matching.length > 60) body.append(el("p", { class: "unit" }, tr("more_rows", matching.length - 60)));
    if (DATA.trace_total > T.trace.length) body.append(el("p", { class: "unit" }, tr("trace_cut", T.trace.length, DATA.trace_total)));
    $("panel").hidden = false;
    $("panel-close").focus();
  }
  /* A row that was asked for later brings its factors, methods and sources. */
  function traceOf(row, factors, methods, citations) {
    Object.assign(FACTOR, factors); Object.assign(METHOD, methods); Object.assign(DATA.citations, citations);
    return traceCard(row);
  }
  function traceCard(row) {
    const parts = (row.factor_id || "").replace(/@[\d.]+$/, "").split("*").filter(Boolean).map((id) => FACTOR[id]).filter(Boolean);
    const list = el("dl");
    const add = (name, ...value) => list.append(el("dt", {}, name), el("dd", {}, ...value));
    add(tr("activity"), label(row.activity) + (row.amount !== null && row.amount !== undefined ? " · " + num(row.amount, 8) + " " + row.amount_unit : ""));
    if (row.energy !== null) add(tr("heat"), num(row.energy, 6) + " GJ" + (row.standard_coal !== null ? " · " + num(row.standard_coal, 6) + " tce" : ""));
    for (const factor of parts) {
      const span = factor.valid_from || factor.valid_to ? " · " + (factor.valid_from || "…") + "–" + (factor.valid_to || "…") : "";
      add(word("quantity_", factor.quantity), num(factor.value, 7) + (factor.unit === "1" ? "" : " " + pretty(factor.unit)) + (factor.gas ? " " + factor.gas : "") + " · " + factor.region + span, el("br"), (DATA.citations[factor.source] || factor.source || "") + " [" + factor.edition + "] · " + (factor.quality || ""), factor.note ? el("br") : "", factor.note || "");
    }
    if (row.rule) add(tr("rule"), row.rule);
    if (row.sd !== null) add(tr("sd"), "± " + mass(row.sd));
    if (row.quality) add(tr("quality"), row.quality);
    const source = /^(.*):(\d+)$/.exec(row.provenance_id || "");
    if (source) add(tr("source"), tr("row_of", source[2], source[1]));
    if (row.method) add(tr("method"), row.method + (METHOD[row.method] ? " v" + METHOD[row.method].method_version : ""));
    const card = el("div", { class: "trace" }, el("div", { class: "head" }, el("span", {}, label(row.place) + " · " + label(row.sector) + " · " + row.time), el("span", {}, row.value === null ? row.notation : mass(row.value) + " " + row.gas)), list);
    if (METHOD[row.method] && METHOD[row.method].equation) card.append(el("div", { class: "formula" }, METHOD[row.method].equation, filledIn(row, parts)));
    return card;
  }
  /* The formula with its numbers: amount times each part of the factor; carbon becomes CO2 by 44/12. */
  function filledIn(row, parts) {
    const margins = parts.some((f) => /_margin$/.test(f.quantity));
    if (!parts.length || margins || row.amount === null || row.amount === undefined) return null;
    const terms = parts.map((f) => num(f.value, 7) + (f.unit === "1" ? "" : " " + pretty(f.unit)));
    if (parts.some((f) => f.quantity === "carbon_content")) terms.push("44/12");
    return el("div", {}, [num(row.amount, 8) + " " + pretty(row.amount_unit), ...terms].join(" × ") + " → " + mass(row.value));
  }
  function closePanel() { if ($("panel")) $("panel").hidden = true; }

  /* ---- cards, charts, exports --------------------------------------------------------------------------------------------- */
  const charts = [];
  function forget(chart) { const at = charts.indexOf(chart); if (at >= 0) charts.splice(at, 1); chart.dispose(); }
  function save(name, blob) { const link = el("a", { href: URL.createObjectURL(blob), download: name }); document.body.append(link); link.click(); link.remove(); setTimeout(() => URL.revokeObjectURL(link.href), 2000); }
  function toCsv(head, rows) {
    const cell = (value) => { let text = value === null || value === undefined ? "" : String(value); if (typeof value !== "number" && /^[=+\-@\t\r]/.test(text)) text = "'" + text; return /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text; };
    return "\ufeff" + [head, ...rows].map((r) => r.map(cell).join(",")).join("\r\n") + "\r\n";
  }
  function card(id, title, unit) {
    const tools = el("div", { class: "card-tools" });
    const node = el("section", { class: "card", id: id }, el("div", { class: "card-head" }, el("h2", {}, title), tools), unit ? el("p", { class: "unit" }, unit) : null);
    $("sections").append(node);
    return { node, tools };
  }
  /* A second heading inside a card takes the tools of the chart under it. */
  function subHead(box, title) { box.tools = el("div", { class: "card-tools" }); box.node.append(el("div", { class: "card-head sub" }, el("h3", {}, title), box.tools)); }
  function tableName(text) { return state.lang === "zh" ? text.replace(/^table text /, "正文 ").replace(/^table /, "表 ") : text.replace(/^table text /, "text, section "); }
  function tableNode(head, rows, numeric) {
    const cls = (i) => (numeric.includes(i) ? "n" : "");
    return el("div", { class: "scroll", tabindex: "0" }, el("table", {}, el("thead", {}, el("tr", {}, head.map((h, i) => el("th", { class: cls(i), scope: "col" }, h)))), el("tbody", {}, rows.map((r) => el("tr", { class: r.sum ? "sum" : null }, (r.cells || r).map((c, i) => el("td", { class: cls(i), "data-head": typeof head[i] === "string" ? head[i] : null }, c)))))));
  }
  /* A chart with its table, its export and its note; `table` gives [head, rows, numeric columns]. */
  function chartBlock(holder, key, option, height, table, click) {
    const shown = el("div", { class: "chart", role: "img", "aria-label": key, style: "height:" + height + "px" });
    const alternative = el("div", { hidden: true });
    holder.node.append(shown, alternative);
    const chart = echarts.init(shown, null, { renderer: "canvas" });
    chart.setOption(Object.assign({ animation: !matchMedia("(prefers-reduced-motion: reduce)").matches, animationDuration: 200, textStyle: { fontFamily: css("--sans") || "sans-serif", color: css("--ink") }, aria: { enabled: true } }, option));
    if (click) chart.on("click", click);
    charts.push(chart);
    const now = () => (typeof table === "function" ? table() : table);
    const toggle = el("button", { class: "ghost", type: "button", "aria-pressed": "false" }, tr("as_table"));
    toggle.addEventListener("click", () => {
      const table_now = alternative.hidden;
      const [head, rows, numeric] = now();
      if (table_now) alternative.replaceChildren(tableNode(head, rows.map((r) => r.map((c) => (typeof c === "number" ? num(c, 6) : c))), numeric));
      alternative.hidden = !table_now; shown.hidden = table_now; shown.style.display = table_now ? "none" : "";
      toggle.setAttribute("aria-pressed", String(table_now)); toggle.textContent = table_now ? tr("as_chart") : tr("as_table");
      if (!table_now) chart.resize();
    });
    const csv = el("button", { class: "ghost", type: "button", on: { click: () => { const [head, rows] = now(); save(DATA.meta.study + "-" + key + ".csv", new Blob([toCsv(head, rows)], { type: "text/csv" })); } } }, tr("export_csv"));
    const png = el("button", { class: "ghost", type: "button", on: { click: () => fetchPng(chart, key) } }, tr("export_png"));
    const svg = el("button", { class: "ghost", type: "button", on: { click: () => save(DATA.meta.study + "-" + key + ".svg", new Blob([svgOf(chart)], { type: "image/svg+xml" })) } }, tr("export_svg"));
    holder.tools.append(toggle, csv, ...(setup.sheet ? [sheetButton(key, now, holder)] : []), png, svg);
    return chart;
  }
  /* The same drawing as vectors, made without a place on the page. */
  function svgOf(chart) {
    const made = echarts.init(null, null, { renderer: "svg", ssr: true, width: chart.getWidth(), height: chart.getHeight() });
    made.setOption(Object.assign({}, chart.getOption(), { animation: false, backgroundColor: css("--paper") }));
    const text = made.renderToSVGString();
    made.dispose();
    return text;
  }
  /* A workbook needs the server, which knows how to write one; what is drawn and what is said above it go along. */
  function sheetButton(key, now, holder) {
    return el("button", { class: "ghost", type: "button", on: { click: async (event) => {
      const [head, rows] = now(), button = event.target, heading = holder.node.querySelector("h2, h3"), unit = holder.node.querySelector(".unit");
      button.disabled = true;
      try {
        const answer = await fetch(setup.sheet, { method: "POST", credentials: "same-origin", headers: { "content-type": "application/json" }, body: JSON.stringify({ name: DATA.meta.study + "-" + key, title: heading ? heading.textContent : key, note: (unit ? unit.textContent + " · " : "") + caption(), head: head.map(String), rows }) });
        if (!answer.ok) throw new Error(answer.status + " " + answer.statusText);
        save(DATA.meta.study + "-" + key + ".xlsx", await answer.blob());
      } catch (error) { button.textContent = error.message; } finally { button.disabled = false; }
    } } }, tr("export_xlsx"));
  }
  function fetchPng(chart, key) {
    const url = chart.getDataURL({ pixelRatio: 2, backgroundColor: css("--paper") });
    const bytes = atob(url.split(",")[1]), array = new Uint8Array(bytes.length);
    for (let i = 0; i < bytes.length; i++) array[i] = bytes.charCodeAt(i);
    save(DATA.meta.study + "-" + key + ".png", new Blob([array], { type: "image/png" }));
  }
  const axisText = () => ({ color: css("--soft"), fontSize: 13 });
  const narrow = () => window.innerWidth < 760;
  function fold(text, width) { text = String(text); const wide = [...text].reduce((n, c) => n + (c.charCodeAt(0) > 255 ? 2 : 1), 0); if (wide <= width) return text; let n = 0, out = ""; for (const c of text) { n += c.charCodeAt(0) > 255 ? 2 : 1; if (n > width - 1) break; out += c; } return out + "…"; }
  /* Horizontal stacked bars: names top to bottom, one series a part, total with its interval at the end. */
  function bars(names, parts, unit, whiskers) {
    const ink = css("--ink"), line = css("--line");
    const totals = names.map((_, i) => parts.reduce((sum, p) => sum + (p.values[i] || 0), 0));
    const series = parts.map((p) => ({ name: p.name, type: "bar", stack: "all", barMaxWidth: 26, data: p.values.map((v) => (v === 0 ? null : v)), itemStyle: { color: p.colour }, emphasis: { focus: "series" } }));
    series.push({ name: "Σ", type: "scatter", symbolSize: 0.1, silent: true, tooltip: { show: false }, data: totals.map((t, i) => [Math.max(t, parts.reduce((s, p) => s + Math.max(0, p.values[i] || 0), 0), whiskers && whiskers[i] ? whiskers[i][1] : -Infinity), i]), label: { show: true, position: "right", distance: 8, color: ink, fontSize: 13, formatter: (p) => num(totals[p.dataIndex], 3) }, itemStyle: { color: "transparent" } });
    if (whiskers && whiskers.some(Boolean)) series.push({ name: tr("interval"), type: "custom", silent: true, z: 5, data: whiskers.map((w, i) => (w ? [w[0], w[1], i] : null)).filter(Boolean), encode: { x: [0, 1], y: 2 }, renderItem: (params, api) => { const low = api.coord([api.value(0), api.value(2)]), high = api.coord([api.value(1), api.value(2)]), h = 5, style = { stroke: css("--band"), lineWidth: 1.5, fill: null }; return { type: "group", children: [[low[0], low[1], high[0], high[1]], [low[0], low[1] - h, low[0], low[1] + h], [high[0], high[1] - h, high[0], high[1] + h]].map((s) => ({ type: "line", shape: { x1: s[0], y1: s[1], x2: s[2], y2: s[3] }, style })) }; } });
    return {
      grid: { left: 8, right: 64, top: parts.length > 1 ? 40 : 8, bottom: 8, containLabel: true },
      legend: parts.length > 1 ? { top: 0, left: 0, type: "scroll", data: parts.map((p) => p.name), textStyle: { color: css("--soft") }, itemWidth: 12, itemHeight: 12 } : undefined,
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, backgroundColor: css("--paper"), borderColor: line, textStyle: { color: ink }, valueFormatter: (v) => (v === null || v === undefined ? "—" : num(v) + " " + unit) },
      xAxis: { type: "value", axisLabel: Object.assign(axisText(), { hideOverlap: true }), splitLine: { lineStyle: { color: line } } },
      yAxis: { type: "category", inverse: true, data: names.map((n) => fold(n, narrow() ? 16 : 34)), axisTick: { show: false }, axisLine: { lineStyle: { color: css("--faint") } }, axisLabel: Object.assign(axisText(), { color: ink }) },
      series,
    };
  }

  /* ---- sections -------------------------------------------------------------------------------------------------------------- */
  function headline() {
    const box = $("headline"); if (!box) return;
    box.replaceChildren();
    const whole = view("whole");
    const value = whole.reduce((s, r) => s + (r.value || 0), 0);
    const [scale, unit] = massScale(value);
    const mc = T.uncertainty.find((r) => r.sector === "total" && inAccount(r) && whole.length === 1);
    const sd = whole.length === 1 ? whole[0].sd : null;
    let sub = caption();
    const lines = [];
    if (mc && mc.p95 > mc.p05) lines.push(tr("interval") + ": " + num(mc.p05 / scale) + " – " + num(mc.p95 / scale) + " " + unit);
    else if (sd) lines.push("± " + num(sd / scale) + " " + unit + " (" + tr("sd") + ")");
    if (whole.length === 1 && sd) lines.push(tr("coverage", Math.round(100 * (whole[0].sd_coverage || 0))));
    else if (!sd) lines.push(tr("not_stated"));
    const missing = whole.reduce((s, r) => s + (r.without_number || 0), 0);
    if (missing) lines.push(tr("no_number", missing));
    const first = el("button", { type: "button", class: "figure wide", on: { click: () => openTrace({}, tr("total")) } }, el("span", { class: "label" }, tr("total")), el("span", { class: "big" }, num(value / scale), el("small", {}, unit + " CO2e")), el("span", { class: "sub" }, sub), ...lines.map((l) => el("span", { class: "sub" }, l)));
    box.append(first);
    for (const measure of ["population", "floor_area"]) {
      const people = T.denominators.filter((d) => d.measure === measure);
      const rows = T.totals.filter((r) => r.view === "place" && inAccount(r));
      const pairs = rows.map((r) => [r, people.find((d) => d.place === r.place && d.time === r.time.slice(0, 4))]).filter((p) => p[1] && p[0].value !== null);
      if (!pairs.length) continue;
      const top = pairs.reduce((s, p) => s + p[0].value, 0), below = pairs.reduce((s, p) => s + p[1].value, 0);
      const per = measure === "population" ? [top / below, (state.lang === "zh" ? "吨/" : "t per ") + (state.lang === "zh" ? "人" : "person")] : [(1000 * top) / below, state.lang === "zh" ? "千克/m²" : "kg per m²"];
      const where = new Set(pairs.map((p) => p[0].place)), all = new Set(rows.map((r) => r.place));
      box.append(el("div", { class: "figure", style: "cursor:default" }, el("span", { class: "label" }, tr(measure === "population" ? "per_person" : "per_area")), el("span", { class: "big" }, num(per[0], 3), el("small", {}, per[1])), el("span", { class: "sub" }, yearText() + " · " + num(below, 6) + " " + (measure === "population" ? (state.lang === "zh" ? "人" : "people") : "m²")), where.size < all.size ? el("span", { class: "sub" }, where.size + " / " + all.size + " " + tr("places").toLowerCase()) : null));
    }
    const kinds = { misfit: 0, caveat: 0, note: 0, ok: 0 };
    for (const check of DATA.checks) kinds[check.severity]++;
    box.append(el("a", { class: "figure", href: "#checks", style: "text-decoration:none;color:inherit" }, el("span", { class: "label" }, tr("checks")), el("span", { class: "big" }, String(kinds.misfit + kinds.caveat)), el("span", { class: "sub" }, tr("misfits_found", kinds.misfit, kinds.caveat, kinds.note, kinds.ok))));
  }
  function structure() {
    const rows = view("sector_scope");
    const sums = [...sumBy(view("sector"), "sector")].filter(([, v]) => v !== null).sort((a, b) => b[1] - a[1]);
    if (!sums.length) return;
    const [scale, unit] = massScale(Math.max(...sums.map((s) => Math.abs(s[1]))));
    const box = card("structure", tr("structure_title"), (state.lang === "zh" ? unit : unit) + " CO2e · " + caption());
    const names = sums.map(([code]) => code);
    const used = SCOPES.filter((s) => rows.some((r) => r.scope === s));
    const parts = used.map((s) => ({ name: tr("scope_" + s), colour: scopeColour[s], values: names.map((n) => rows.filter((r) => r.sector === n && r.scope === s).reduce((t, r) => t + (r.value || 0), 0) / scale) }));
    const single = view("whole").length === 1;
    const whiskers = names.map((n) => { const u = single && T.uncertainty.find((r) => r.sector === n && inAccount(r)); return u && u.p95 > u.p05 ? [u.p05 / scale, u.p95 / scale] : null; });
    const head = [tr("sector"), ...used.map((s) => tr("scope_" + s)), tr("total"), unit];
    chartBlock(box, "structure", bars(names.map(label), parts, unit, whiskers), 60 + 38 * names.length, [head.slice(0, -1), names.map((n, i) => [label(n), ...parts.map((p) => p.values[i]), sums[i][1] / scale]), head.map((_, i) => i).slice(1, -1)], (p) => { const code = names[p.dataIndex]; if (code) openTrace({ sector: code }, label(code)); });
    const whole = sums.reduce((t, s) => t + s[1], 0);
    const body = sums.map(([code, v]) => [label(code), ...used.map((s) => { const cell = rows.filter((r) => r.sector === code && r.scope === s); return cell.length ? numberButton(fixed(cell.reduce((t, r) => t + (r.value || 0), 0)), { sector: code, scope: s }, label(code) + " · " + tr("scope_" + s)) : ""; }), numberButton(fixed(v), { sector: code }, label(code)), share(v, whole)]);
    body.push({ sum: true, cells: [tr("total"), ...used.map((s) => fixed(rows.filter((r) => r.scope === s).reduce((t, r) => t + (r.value || 0), 0))), numberButton(fixed(whole), {}, tr("total")), "100 %"] });
    box.node.append(el("p", { class: "source" }, tr("click")), tableNode([tr("sector") + " (t CO2e)", ...used.map((s) => tr("scope_" + s)), tr("total"), tr("share")], body, used.map((_, i) => i + 1).concat([used.length + 1, used.length + 2])));
  }
  function places() {
    const rows = view("place_sector");
    let sums = [...sumBy(view("place"), "place")].filter(([, v]) => v !== null).sort((a, b) => b[1] - a[1]);
    if (sums.length < 2) return;
    const count = sums.length; if (count > 30) sums = sums.slice(0, 15);
    const [scale, unit] = massScale(Math.max(...sums.map((s) => Math.abs(s[1]))));
    const box = card("places", tr("places_title"), unit + " CO2e · " + caption() + (count > 30 ? " · " + tr("largest", count) : ""));
    const names = sums.map((s) => s[0]), used = sectors.filter((s) => rows.some((r) => r.sector === s && names.includes(r.place)));
    const parts = used.map((s) => ({ name: label(s), colour: sectorColour(s), values: names.map((n) => rows.filter((r) => r.place === n && r.sector === s).reduce((t, r) => t + (r.value || 0), 0) / scale) }));
    chartBlock(box, "places", bars(names.map(label), parts, unit), 60 + 34 * names.length, [[tr("place"), ...used.map(label), tr("total")], names.map((n, i) => [label(n), ...parts.map((p) => p.values[i]), sums[i][1] / scale]), used.map((_, i) => i + 1).concat([used.length + 1])], (p) => { const code = names[p.dataIndex], part = used[p.seriesIndex]; if (code) openTrace(part ? { place: code, sector: part } : { place: code }, label(code) + (part ? " · " + label(part) : "")); });
    if (count <= 30) box.node.append(tableNode([tr("place") + " (t CO2e)", tr("total")], sums.map(([code, v]) => [label(code), numberButton(v.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 3 }), { place: code }, label(code))]), [1]));
  }
  function intensity() {
    const mine = T.intensities.filter((r) => inAccount(r) && r.sector !== "total" && r.value !== null);
    const measures = ["population", "floor_area"].filter((m) => mine.some((r) => r.measure === m));
    if (!measures.length) return;
    const box = card("per", tr("per"), caption());
    for (const measure of measures) {
      const rows = mine.filter((r) => r.measure === measure), factor = measure === "population" ? 1 : 1000;
      const unit = measure === "population" ? (state.lang === "zh" ? "吨/人" : "t/person") : state.lang === "zh" ? "千克/m²" : "kg/m²";
      const sums = [...sumBy(rows, "place")].sort((a, b) => b[1] - a[1]).slice(0, 30), names = sums.map((s) => s[0]);
      const used = sectors.filter((s) => rows.some((r) => r.sector === s));
      const parts = used.map((s) => ({ name: label(s), colour: sectorColour(s), values: names.map((n) => rows.filter((r) => r.place === n && r.sector === s).reduce((t, r) => t + factor * r.value, 0)) }));
      subHead(box, tr(measure === "population" ? "per_person" : "per_area") + " · " + unit);
      chartBlock(box, "per-" + measure, bars(names.map(label), parts, unit), 60 + 34 * names.length, [[tr("place"), ...used.map(label), tr("total") + " " + unit], names.map((n, i) => [label(n), ...parts.map((p) => p.values[i]), factor * sums[i][1]]), used.map((_, i) => i + 1).concat([used.length + 1])], (p) => { const code = names[p.dataIndex]; if (code) openTrace({ place: code }, label(code)); });
    }
  }
  function overTime() {
    if (account().times.length < 2) return;
    const a = account(), rows = T.totals.filter((r) => r.view === "place" && r.scenario === a.scenario && r.basis === a.basis);
    const codes = [...new Set(rows.map((r) => r.place))], few = codes.length <= 12;
    const [scale, unit] = massScale(Math.max(...T.totals.filter((r) => r.view === "whole" && r.scenario === a.scenario && r.basis === a.basis).map((r) => r.value || 0)));
    const box = card("time", tr("time_title"), unit + " CO2e · " + [accountName(a), tr("rule_" + DATA.meta.scopes), DATA.meta.gwp].join(" · "));
    const kinds = few ? codes : sectors, field = few ? "place" : "sector";
    const data = T.totals.filter((r) => r.view === field && r.scenario === a.scenario && r.basis === a.basis);
    const value = (k, t) => data.filter((r) => r[field] === k && r.time === t).reduce((s, r) => s + (r.value || 0), 0) / scale;
    const used = kinds.filter((k) => data.some((r) => r[field] === k));
    const option = { grid: { left: 8, right: 24, top: 40, bottom: 8, containLabel: true }, legend: { top: 0, left: 0, type: "scroll", textStyle: { color: css("--soft") }, itemWidth: 12, itemHeight: 12 }, tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, backgroundColor: css("--paper"), borderColor: css("--line"), textStyle: { color: css("--ink") }, valueFormatter: (v) => num(v) + " " + unit }, xAxis: { type: "category", data: a.times, axisLabel: axisText() }, yAxis: { type: "value", axisLabel: axisText(), splitLine: { lineStyle: { color: css("--line") } } }, series: used.map((k, i) => ({ name: label(k), type: "bar", stack: "all", barMaxWidth: 48, itemStyle: { color: few ? WHEEL[i % WHEEL.length] : sectorColour(k) }, data: a.times.map((t) => value(k, t)) })) };
    chartBlock(box, "time", option, 340, [[tr("year"), ...used.map(label)], a.times.map((t) => [t, ...used.map((k) => value(k, t))]), used.map((_, i) => i + 1)]);
  }

  /* Fisher's natural breaks by dynamic programming, on at most 400 quantiles of the values. */
  function naturalBreaks(numbers, n) {
    const v = numbers.length <= 400 ? numbers : Array.from({ length: 400 }, (_, i) => numbers[Math.round((i * (numbers.length - 1)) / 399)]);
    const m = v.length, s1 = [0], s2 = [0];
    v.forEach((x, i) => { s1.push(s1[i] + x); s2.push(s2[i] + x * x); });
    const cost = (a, b) => s2[b] - s2[a] - (s1[b] - s1[a]) ** 2 / (b - a);
    let best = Array.from({ length: m + 1 }, (_, b) => (b ? cost(0, b) : 0)); const cuts = [];
    for (let k = 2; k <= n; k++) {
      const next = new Array(m + 1).fill(Infinity), cut = new Array(m + 1).fill(0);
      for (let b = k; b <= m; b++) for (let a = k - 1; a < b; a++) { const c = best[a] + cost(a, b); if (c < next[b]) { next[b] = c; cut[b] = a; } }
      cuts.push(cut); best = next;
    }
    const found = [v[m - 1]];
    for (let k = cuts.length - 1, b = m; k >= 0; k--) { b = cuts[k][b]; found.unshift(v[b - 1]); }
    return [v[0], ...found];
  }

  /* ---- map -------------------------------------------------------------------------------------------------------------------- */
  function mapSection() {
    /* A layer with more shapes than a page can carry is drawn by the workbench and in map files only; a check says so. */
    const layers = [...new Set(T.maps.map((r) => r.layer))].filter((l) => DATA.layers[l]);
    if (!layers.length) return;
    if (!layers.includes(state.layer)) state.layer = layers[0];
    const box = card("map", tr("map_title"), "");
    const note = el("p", { class: "unit" }), bar = el("div", { class: "mapbar" }), holder = el("div", { class: "chart", role: "img", "aria-label": tr("map_title") }), legend = el("div", { class: "legend" });
    const choose = (values, current, change) => el("select", { on: { change: (e) => change(e.target.value) } }, values.map(([v, text]) => el("option", { value: v, selected: v === current }, text)));
    const slider = el("input", { type: "range", min: "20", max: "100", value: String(100 * state.opacity), "aria-label": tr("opacity"), on: { input: (e) => { state.opacity = e.target.value / 100; draw(); } } });
    bar.append(layers.length > 1 ? el("label", {}, tr("layer") + " ", choose(layers.map((l) => [l, label("layer:" + l) === "layer:" + l ? l : label("layer:" + l)]), state.layer, (v) => { state.layer = v; draw(true); })) : "", el("label", {}, tr("classes") + " ", choose([["quantile", tr("quantile")], ["natural", tr("natural")], ["equal", tr("equal")]], state.classes, (v) => { state.classes = v; draw(); })), el("label", {}, tr("opacity") + " ", slider), DATA.layers[state.layer].features.some((f) => f.properties.area_ha) ? el("label", {}, tr("map_measure") + " ", choose([["total", tr("map_total")], ["area", tr("map_per_area")]], state.per, (v) => { state.per = v; draw(); })) : "", el("span", {}, tr("datum")));
    box.node.append(note, bar, holder, legend);
    const chart = echarts.init(holder, null, { renderer: "canvas" });
    charts.push(chart);
    chart.on("click", (p) => { if (p.data && p.data.place) openTrace({ place: p.data.place }, label(p.data.place)); });
    const png = el("button", { class: "ghost", type: "button", on: { click: () => fetchPng(chart, "map") } }, tr("export_png"));
    const csv = el("button", { class: "ghost", type: "button", on: { click: () => save(DATA.meta.study + "-map.csv", new Blob([toCsv(["place", "class", "t_co2e"], current().map((d) => [d.place, d.kind, d.value]))], { type: "text/csv" })) } }, tr("export_csv"));
    box.tools.append(csv, png);
    function current() {
      const values = sumBy(T.maps.filter((r) => r.layer === state.layer && inAccount(r)), "place");
      const per = (f) => (state.per === "area" && f.properties.area_ha ? f.properties.area_ha : 1);
      return DATA.layers[state.layer].features.map((f) => ({ place: f.properties.place, kind: f.properties.class || "", value: values.has(f.properties.place) ? values.get(f.properties.place) / per(f) : null }));
    }
    function draw(fresh) {
      const layer = DATA.layers[state.layer], features = layer.features, rows = current();
      const numbers = rows.map((r) => r.value).filter((v) => v !== null && v > 0).sort((a, b) => a - b);
      const n = Math.min(6, Math.max(1, new Set(numbers).size)), breaks = [];
      if (state.classes === "natural") breaks.push(...naturalBreaks(numbers, n));
      else for (let i = 0; i <= n; i++) breaks.push(state.classes === "equal" ? (numbers[numbers.length - 1] * i) / n : numbers[Math.min(numbers.length - 1, Math.round((i * (numbers.length - 1)) / n))]);
      const perArea = state.per === "area" && features.some((f) => f.properties.area_ha);
      const [scale, plain] = massScale(numbers[numbers.length - 1] || 0), colours = ramp(n), unit = plain + (perArea ? "/" + tr("hectare") : "");
      const palette = state.dark ? colours.slice().reverse() : colours;
      const classOf = (v) => { let c = 0; while (c < n - 1 && v > breaks[c + 1]) c++; return c; };
      const zero = state.dark ? "#2a3439" : "#e3e8ea";
      const name = "map-" + state.layer;
      if (!echarts.getMap(name)) echarts.registerMap(name, { type: "FeatureCollection", features: features.map((f) => ({ type: "Feature", geometry: f.geometry, properties: { name: f.properties.place } })) });
      note.textContent = unit.replace("/", " CO2e/") + (perArea ? "" : " CO2e") + " · " + caption() + " · " + tr("classes") + ": " + tr(state.classes);
      const regions = rows.map((r) => ({ name: r.place, place: r.place, kind: r.kind, value: r.value, itemStyle: { areaColor: r.value === null ? "transparent" : r.value <= 0 ? zero : palette[classOf(r.value)], opacity: state.opacity, borderColor: r.value === null ? css("--line") : features.length > 500 ? "transparent" : css("--paper"), borderWidth: r.value === null ? 0.5 : features.length > 500 ? 0 : 1 } }));
      const bounds = features.reduce((b, f) => { const walk = (c) => (typeof c[0] === "number" ? ((b[0] = Math.min(b[0], c[0])), (b[1] = Math.min(b[1], c[1])), (b[2] = Math.max(b[2], c[0])), (b[3] = Math.max(b[3], c[1]))) : c.forEach(walk)); walk(f.geometry.coordinates); return b; }, [180, 90, -180, -90]);
      const aspect = Math.cos((((bounds[1] + bounds[3]) / 2) * Math.PI) / 180), ratio = ((bounds[2] - bounds[0]) * aspect) / (bounds[3] - bounds[1] || 1);
      holder.style.height = Math.round(Math.min(640, Math.max(280, holder.clientWidth / ratio))) + "px";
      chart.resize();
      chart.setOption({
        animation: false, textStyle: { fontFamily: css("--sans"), color: css("--ink") },
        tooltip: { trigger: "item", backgroundColor: css("--paper"), borderColor: css("--line"), textStyle: { color: css("--ink") }, formatter: (p) => ("<b>" + escape(label(p.name)) + "</b><br>" + (p.data && p.data.kind ? escape(label(p.data.kind)) + "<br>" : "") + (p.data && p.data.value !== null && p.data.value !== undefined ? escape(mass(p.data.value)) + " CO2e" + (perArea ? "/" + tr("hectare") : "") : escape(tr("nodata")))) },
        series: [{ type: "map", map: name, left: 8, right: 8, top: 8, bottom: 8, roam: true, aspectScale: aspect, scaleLimit: { min: 0.8, max: 30 }, selectedMode: false, label: { show: features.length <= 12, color: css("--ink"), textBorderColor: css("--paper"), textBorderWidth: 2, formatter: (p) => label(p.name) }, emphasis: { label: { show: features.length <= 12 }, itemStyle: { areaColor: css("--accent") } }, data: regions }],
      }, true);
      legend.replaceChildren(...palette.map((colour, i) => el("span", {}, el("i", { style: "background:" + colour }), num(breaks[i] / scale, 3) + " – " + num(breaks[i + 1] / scale, 3) + " " + unit)), el("span", {}, el("i", { style: "background:" + zero }), tr("zero")), el("span", {}, el("i", { class: "none" }), tr("nodata")), el("span", { class: "key" }, [unit.replace("/", " CO2e/") + (perArea ? "" : " CO2e"), yearText(), tr("classes") + " " + tr(state.classes), tr("datum_word") + " " + tr("datum")].filter(Boolean).join(" · ")));
      if (fresh) closePanel();
    }
    draw();
  }

  /* ---- text sections ----------------------------------------------------------------------------------------------------------- */
  function compare() {
    const rows = DATA.checks.filter((c) => /^computed against/.test(c.id) && c.value !== null && c.expected !== null);
    if (!rows.length) return;
    const groups = [...new Set(rows.map((r) => r.id + "|" + r.unit))];
    const box = card("compare", tr("compare"), "");
    for (const group of groups) {
      const mine = rows.filter((r) => r.id + "|" + r.unit === group), title = mine[0].id.replace(/^computed against /, "").split(": ");
      subHead(box, tableName(title[0]) + " · " + label(title[1]) + " · " + pretty(mine[0].unit));
      const names = mine.map((r) => label(r.place));
      const option = bars(names, [], mine[0].unit);
      option.legend = { top: 0, left: 0, textStyle: { color: css("--soft") }, itemWidth: 12, itemHeight: 12, data: [tr("printed"), tr("computed")] };
      option.grid.top = 40;
      option.series = [["printed", "expected", css("--faint")], ["computed", "value", css("--accent")]].map(([k, f, colour]) => ({ name: tr(k), type: "bar", barMaxWidth: 16, itemStyle: { color: colour }, data: mine.map((r) => r[f]), label: { show: true, position: "right", color: css("--ink"), formatter: (p) => num(p.value, 4) } }));
      chartBlock(box, "compare-" + groups.indexOf(group), option, 60 + 52 * names.length, [[tr("place"), tr("printed"), tr("computed")], mine.map((r) => [label(r.place), r.expected, r.value]), [1, 2]]);
    }
  }
  function checks() {
    const box = card("checks", tr("checks"), "");
    const text = (c) => c[state.lang];
    const line = (c) => [el("span", { class: "tag " + c.severity }, tr(c.severity === "note" ? "note_kind" : c.severity)), c.place ? label(c.place) : "", checkName(c.id), c.value === null ? "" : num(c.value, 5) + (c.unit && c.unit !== "1" ? " " + pretty(c.unit) : ""), c.expected === null ? "" : num(c.expected, 5), text(c)];
    const head = [tr("severity"), tr("place"), tr("check"), tr("computed"), tr("printed"), tr("finding")];
    const order = { misfit: 0, caveat: 1, note: 2, ok: 3 };
    const open = DATA.checks.filter((c) => c.severity !== "ok").sort((a, b) => order[a.severity] - order[b.severity]), fine = DATA.checks.filter((c) => c.severity === "ok");
    box.node.append(tableNode(head, open.map(line), [3, 4]));
    if (fine.length) box.node.append(el("details", {}, el("summary", {}, tr("show_ok", fine.length)), tableNode(head, fine.map(line), [3, 4])));
    const rows = DATA.checks.map((c) => [c.severity, c.place, c.id, c.value, c.expected, c.tolerance, c.unit, c.en, c.zh]);
    box.tools.append(el("button", { class: "ghost", type: "button", on: { click: () => save(DATA.meta.study + "-checks.csv", new Blob([toCsv(["severity", "place", "check", "value", "expected", "tolerance", "unit", "en", "zh"], rows)], { type: "text/csv" })) } }, tr("export_csv")));
  }
  const CHECKS = { conservation: ["Parts add to the whole", "分项之和等于总量"], "study.caveat": ["Known gap", "已知缺口"], "factor.recalled": ["Factors from memory", "凭记忆录入的因子"], "factor.recalled_share": ["Share that rests on memory", "凭记忆数值所占份额"], "factor.year": ["Factor of another year", "其他年份的因子"], "factor.sector": ["Sector of another list", "其他代码表的部门"], "factor.region_fallback": ["Factor of a coarser region", "更大区域的因子"], "layer.left_out": ["Layer that is not drawn here", "未在此绘制的图层"], notation: ["Rows without a number", "没有数值的行"], biogenic: ["Biogenic CO2", "生物源 CO2"], "double.generation": ["Generation counted again", "发电重复计入"], "factor.override": ["Own factors", "自有因子"] };
  function checkName(id) {
    const shown = /^view\.residual\.(.*)$/.exec(id); if (shown) return tr("residual_of") + " " + tr("list_" + shown[1]);
    const known = CHECKS[id] || (id.startsWith("conservation") ? CHECKS.conservation : null); if (known) return known[state.lang === "zh" ? 1 : 0];
    const cut = id.indexOf(": "), head = cut < 0 ? id : id.slice(0, cut), item = cut < 0 ? "" : id.slice(cut + 2);
    const zh = state.lang === "zh";
    let name = label(head);
    if (has("check_" + head)) name = tr("check_" + head);
    if (zh) name = name.replace(/^sum of table (.*)$/, "表 $1 分项之和").replace(/^computed against table (.*)$/, (_, t) => "计算值对照" + tableName("table " + t));
    const parts = item.split(" ");
    if (has("check_" + head)) return name + (item ? (zh ? "：" : ": ") + (item === "all" ? tr("all_word") : parts.map((w) => (/^[IVX]+(\.\d)+$/.test(w) ? w : label(w))).join(" ")) : "");
    return item && !DATA.labels[head] ? name + (zh ? "：" : ": ") + (item === "total" ? tr("total") : label(item)) : item && (DATA.labels[item] || item === "total") ? name + (zh ? "：" : ": ") + (item === "total" ? tr("total") : label(item)) : name;
  }
  function factors() {
    const box = card("factors", tr("factors"), "");
    const rows = T.factors.map((f) => [label(f.activity), f.quantity, f.gas || "", f.region, (f.valid_from || "…") + "–" + (f.valid_to || "…"), num(f.value, 7), f.unit, f.quality || "", el("span", {}, DATA.citations[f.source] || f.source || "", f.note ? el("br") : "", f.note || "")]);
    box.node.append(tableNode([tr("activity"), tr("quantity"), tr("gas"), tr("region"), tr("valid"), tr("value") === "" ? "" : tr("factor"), "", tr("quality"), tr("source")], rows, [5]));
    box.tools.append(el("button", { class: "ghost", type: "button", on: { click: () => save(DATA.meta.study + "-factors.csv", new Blob([toCsv(Object.keys(T.factors[0] || {}), T.factors.map((f) => Object.values(f)))], { type: "text/csv" })) } }, tr("export_csv")));
  }
  function inputs() {
    const box = card("inputs", tr("inputs"), "");
    box.node.append(tableNode([tr("method"), tr("version"), tr("equation")], T.methods.map((m) => [m.method, String(m.method_version || ""), m.equation || ""]), []));
    box.node.append(el("div", { style: "height:16px" }), tableNode([tr("file"), tr("count"), tr("encoding"), tr("sha")], DATA.origins.map((o) => [o.name + (o.sheet ? " · " + o.sheet : ""), String(o.rows), [o.encoding, o.note].filter(Boolean).join(" · "), o.sha256.slice(0, 16) + "…"]), [1]));
  }
  function further() {
    const names = Object.keys(DATA.shown);
    if (!names.length) return;
    const box = card("tables", tr("tables"), "");
    for (const name of names) {
      const rows = rowsOf(DATA.shown[name]); if (!rows.length) continue;
      const hidden = ["provenance_id", "factor_id", "error_group", "explanation_" + (state.lang === "zh" ? "en" : "zh"), "rule"];
      const head = Object.keys(rows[0]).filter((h) => !hidden.includes(h) && rows.some((r) => r[h] !== null)), numeric = head.map((h, i) => (typeof rows.find((r) => r[h] !== null)[h] === "number" ? i : -1)).filter((i) => i >= 0);
      const cell = (r, h) => { const v = r[h]; return v === null ? "" : h === "place" && v === "all" ? tr("all_word") : typeof v === "number" ? num(v, 6) : ["place", "sector", "activity", "target", "item"].includes(h) ? label(v) : String(v); };
      emissionChart(box, name, rows);
      other.waterfall(box, stepName(name), "step-" + name, rows);
      box.node.append(el("details", {}, el("summary", {}, stepName(name) + " (" + num(DATA.heights[name], 9) + ")"), tableNode(head, rows.slice(0, 500).map((r) => head.map((h) => cell(r, h))), numeric), DATA.heights[name] > 500 ? el("p", { class: "source" }, tr("more_in_xlsx", DATA.heights[name] - 500)) : ""));
    }
  }

  /* A further table of emissions by few places (land-use classes, formula terms) is drawn as well. */
  const stepName = (name) => (DATA.labels["step:" + name] ? label("step:" + name) : name);
  const TONNES = { kg: 1e-3, t: 1, kt: 1e3, Mt: 1e6, Gt: 1e9 };
  function emissionChart(box, name, rows) {
    if (!("gas" in rows[0]) || !("value" in rows[0]) || !("place" in rows[0]) || rows[0].measure !== undefined) return;
    /* Masses are drawn in tonnes, whatever unit the table has; several gases, years or alternatives are no one bar. */
    if (rows.some((r) => TONNES[r.unit] === undefined) || ["gas", "time", "scenario", "basis"].some((k) => new Set(rows.map((r) => r[k])).size > 1)) return;
    rows = rows.map((r) => Object.assign({}, r, { value: r.value === null ? null : r.value * TONNES[r.unit] }));
    const sums = [...sumBy(rows, "place")].filter(([, v]) => v !== null).sort((a, b) => b[1] - a[1]);
    if (sums.length < 2 || sums.length > 20) return;
    const [scale, unit] = massScale(Math.max(...sums.map((s) => Math.abs(s[1])))), names = sums.map((s) => s[0]);
    const used = [...new Set(rows.map((r) => r.sector))];
    const parts = used.map((s, i) => ({ name: label(s), colour: sectors.includes(s) ? sectorColour(s) : WHEEL[i % WHEEL.length], values: names.map((n) => rows.filter((r) => r.place === n && r.sector === s).reduce((t, r) => t + (r.value || 0), 0) / scale) }));
    subHead(box, stepName(name) + " · " + unit + " " + rows[0].gas);
    chartBlock(box, "step-" + name, bars(names.map(label), parts, unit), 60 + 34 * names.length, [[tr("place"), ...used.map(label), tr("total") + " " + unit], names.map((n, i) => [label(n), ...parts.map((p) => p.values[i]), sums[i][1] / scale]), used.map((_, i) => i + 1).concat([used.length + 1])]);
  }

  const other = citycarbonViews({ DATA, state, tr, el, num, fixed, share, css, card, chartBlock, tableNode, bars, massScale, caption, label, rowsOf, inAccount, fold, narrow, subHead, WHEEL, SCOPES, scopeColour, sectorColour, openTrace, escape, word, render: () => render() });

  const decide = citycarbonDecide({ DATA, state, tr, el, num, css, card, chartBlock, tableNode, massScale, label, rowsOf, fold, narrow, subHead, WHEEL, escape, word, stepName, forget, account, openTrace, totals: T.totals });

  /* ---- the page ------------------------------------------------------------------------------------------------------------------ */
  function choices() {
    const box = $("choices"); if (!box) return;
    box.replaceChildren();
    if (accounts.length > 1) accounts.forEach((a, i) => box.append(el("button", { class: "ghost", type: "button", "aria-pressed": String(i === state.account), on: { click: () => { state.account = i; state.time = null; render(); } } }, accountName(a))));
    const times = account().times;
    if (times.length > 1) box.append(el("select", { class: "ghost", "aria-label": tr("year"), on: { change: (e) => { state.time = e.target.value || null; render(); } } }, el("option", { value: "" }, tr("all_years")), times.map((t) => el("option", { value: t, selected: t === state.time }, t))));
  }
  const PARTS = { structure, trend: decide.trend, views: other.views, flows: other.flows, places, per: intensity, time: overTime, drivers: decide.drivers, future: decide.future, backtest: decide.backTest, elements: decide.elements, map: mapSection, compare, checks, factors, inputs, tables: further };
  function render() {
    while (charts.length) charts.pop().dispose();
    closePanel();
    if (!setup.lang) frame();
    $("sections").replaceChildren();
    choices(); headline();
    for (const name of setup.parts || Object.keys(PARTS).filter((p) => p !== "trend")) PARTS[name]();
    if ($("nav")) $("nav").replaceChildren(...[...$("sections").children].map((s) => el("a", { href: "#" + s.id }, tr(s.id.startsWith("backtest") ? "backtest" : s.id))));
    if (setup.drawn) setup.drawn($("sections").childNodes.length, { time: state.time, account: state.account });
  }
  /* What stands around the sections on a page of its own. */
  function frame() {
    document.documentElement.lang = state.lang === "zh" ? "zh-CN" : "en";
    document.documentElement.dataset.theme = state.dark ? "dark" : "light";
    $("language").textContent = tr("language"); $("theme").title = tr("theme");
    document.title = DATA.meta.title[state.lang] + " · citycarbon";
    $("title").textContent = DATA.meta.title[state.lang]; $("summary").textContent = DATA.meta.summary[state.lang];
    $("foot").textContent = tr("made_by", DATA.meta.citycarbon);
  }
  if (!setup.lang) {
    $("language").addEventListener("click", () => { state.lang = state.lang === "zh" ? "en" : "zh"; try { store.citycarbon_lang = state.lang; } catch (e) { /* storage may be closed */ } render(); });
    $("theme").addEventListener("click", () => { state.dark = !state.dark; try { store.citycarbon_theme = state.dark ? "dark" : "light"; } catch (e) { /* storage may be closed */ } render(); });
    $("panel-close").addEventListener("click", closePanel);
    document.addEventListener("keydown", (e) => { if (e.key === "Escape") closePanel(); });
  }
  let width = window.innerWidth, timer = 0;
  window.addEventListener("resize", () => { clearTimeout(timer); timer = setTimeout(() => { if (window.innerWidth !== width) { width = window.innerWidth; charts.forEach((c) => c.resize()); } }, 120); });
  /* An inventory of several years opens at its last one. */
  if (DATA.meta.yearly && account().times.length > 1) state.time = account().times[account().times.length - 1];
  if (setup.account !== undefined && accounts[setup.account]) state.account = setup.account;
  if (setup.time !== undefined && account().times.includes(setup.time)) state.time = setup.time;
  render();
  const kit = { el, tr, num, massScale, mass, label, css, word, has, share, pretty, fold, narrow, chartBlock, tableNode, save, toCsv, forget, naturalBreaks, ramp, traceOf, waterfall: other.waterfall, WHEEL, meta: DATA.meta };
  return { kit, redraw: (dark) => { state.dark = dark; render(); }, state };
}
