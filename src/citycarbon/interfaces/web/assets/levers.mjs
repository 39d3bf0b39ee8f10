/* Levers on the drivers of a projection: each move is answered by the server from draws that it keeps, while one drags. */
import { page, load, draw } from "./charts.mjs";

const given = JSON.parse(document.getElementById("levers").textContent);
const $ = (id) => document.getElementById(id);
const SHOWN = 8;

async function send(address, body, method) {
  const headers = { "content-type": "application/json", "x-form-key": given.form };
  const answer = await fetch(address, { method: method || "POST", credentials: "same-origin", headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const made = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Error(made.errors.map((e) => e.problem + (e.found ? ": " + e.found : "")).join("; "));
  return made;
}

async function start() {
  const steps = await load(given.api);
  const report = await draw(page.parts, load(page.data), { quiet: steps.length > 0 });
  if (!steps.length || !report) return;
  const { el, tr, num, massScale, label, css } = report.kit;
  const asked = new URLSearchParams(location.search);
  const state = { step: steps.includes(asked.get("step")) ? asked.get("step") : steps[0], scenario: asked.get("scenario"), moves: {}, reached: 0, compare: null, compareName: "" };
  let known, answer, other = null, running = false, again = false, fan = null, peak = null;
  const stepName = (name) => label("step:" + name) === "step:" + name ? name : label("step:" + name);
  const name = (driver) => label(driver);
  const percent = (change) => (change > 0 ? "+" : change < 0 ? "−" : "") + num(Math.abs(100 * change), 3) + " %";
  const levers = () => Object.entries(state.moves).filter(([, change]) => change !== 0).map(([driver, change]) => ({ driver, change, reached: state.reached }));

  async function describe() {
    known = await load(given.api + "/" + encodeURIComponent(state.step));
    if (!known.scenarios.includes(state.scenario)) state.scenario = known.scenarios[0];
    const last = known.years[known.years.length - 1];
    if (!known.years.includes(state.reached)) state.reached = known.years.includes(2035) ? 2035 : last;
  }

  function choice(text, values, current, shown, change) {
    return el("label", {}, text + " ", el("select", { on: { change: (event) => change(values.find((v) => String(v) === event.target.value)) } }, values.map((v) => el("option", { value: String(v), selected: v === current }, shown(v)))));
  }
  function choices() {
    const years = known.years.filter((y) => y > known.years[0] && (y % 5 === 0 || y === known.years[known.years.length - 1]));
    $("lever-choices").replaceChildren(...[
      steps.length > 1 ? choice(tr("projection_word"), steps, state.step, stepName, async (v) => { state.step = v; state.moves = {}; await describe(); build(); ask(); }) : null,
      choice(tr("path_word"), known.scenarios, state.scenario, (v) => (v === "projected" ? tr("seen_path") : label(v)), (v) => { state.scenario = v; build(); ask(); }),
      choice(tr("levers_reached"), years, state.reached, String, (v) => { state.reached = v; ask(); }),
    ].filter(Boolean));
  }
  function lever(each) {
    const id = "lever-" + each.driver.replace(/\W+/g, "-");
    const output = el("output", { for: id }, percent(state.moves[each.driver] || 0));
    const input = el("input", { type: "range", id, min: "-60", max: "60", step: "1", value: String(Math.round(100 * (state.moves[each.driver] || 0))), "aria-valuetext": percent(state.moves[each.driver] || 0), disabled: Boolean(each.share_of) });
    input.addEventListener("input", () => {
      state.moves[each.driver] = Number(input.value) / 100;
      output.textContent = percent(state.moves[each.driver]); input.setAttribute("aria-valuetext", output.textContent);
      ask();
    });
    const unit = each.unit === "1" ? "" : " " + report.kit.pretty(each.unit), years = known.years;
    const facts = each.share_of ? tr("levers_share", name(each.share_of)) : years[0] + ": " + num(each.first, 4) + unit + " → " + years[years.length - 1] + ": " + num(each.last, 4) + unit + " · " + tr("levers_weight", num(100 * each.weight_first, 2) + " %", num(100 * each.weight_last, 2) + " %");
    return el("div", { class: "lever" }, el("label", { for: id }, el("span", {}, name(each.driver)), output), input, el("p", { class: "unit" }, facts));
  }
  function build() {
    choices();
    const all = known.levers[state.scenario];
    $("lever-main").replaceChildren(...all.slice(0, SHOWN).map(lever));
    $("lever-rest").replaceChildren(...all.slice(SHOWN).map(lever));
    $("lever-more").hidden = all.length <= SHOWN;
    $("lever-card").setAttribute("aria-busy", "false");
  }

  /* One question at a time; what was moved meanwhile is asked next. */
  async function ask() {
    if (running) { again = true; return; }
    running = true;
    try {
      do {
        again = false;
        answer = await send(given.api + "/" + encodeURIComponent(state.step) + "/answer", { scenario: state.scenario, levers: levers() });
        show();
      } while (again);
      remember();
    } catch (error) { $("lever-said").textContent = error.message; } finally { running = false; }
  }
  function remember() {
    const query = new URLSearchParams(location.search), moves = levers();
    for (const key of ["step", "scenario", "reached", "moves"]) query.delete(key);
    if (moves.length || state.scenario !== known.scenarios[0]) { query.set("step", state.step); query.set("scenario", state.scenario); query.set("reached", state.reached); }
    if (moves.length) query.set("moves", moves.map((m) => m.driver + "~" + m.change).join("!"));
    const text = query.toString();
    history.replaceState(null, "", location.pathname + (text ? "?" + text : "") + location.hash);
  }

  const yearOr = (value) => (value === null || value === undefined ? tr("beyond") : String(Math.round(value)));
  const item = (part, key) => part.outcomes.find((r) => r.item === key) || {};
  function said() {
    const count = levers().length, base = answer.base, moved = answer.moved, now = (part) => { const r = item(part, "peak_year"); return yearOr(r.value) + " (" + yearOr(r.low) + " – " + yearOr(r.high) + ")"; };
    const parts = [tr("levers_base", label(state.scenario) === "projected" ? tr("seen_path") : label(state.scenario), count)];
    parts.push(tr("levers_peak") + ": " + now(base) + (count ? " → " + now(moved) : ""));
    for (const year of [2030, 2035]) {
      const before = item(base, "peak_by_" + year), after = item(moved, "peak_by_" + year);
      if (before.value !== undefined) parts.push(tr("item_peak_by", String(year)) + ": " + num(100 * before.value, 3) + " %" + (count ? " → " + num(100 * after.value, 3) + " %" : ""));
    }
    if (count) { const [scale, unit] = massScale(Math.abs(answer.saved)); parts.push(tr(answer.saved >= 0 ? "levers_saved" : "levers_added", num(Math.abs(answer.saved) / scale, 3) + " " + unit, String(known.years[known.years.length - 1]))); }
    $("lever-said").replaceChildren(...parts.map((text) => el("span", {}, text)));
  }
  function fanOption() {
    const gross = (part) => part.bands.gross, base = gross(answer.base), moved = gross(answer.moved), past = answer.base.past, count = levers().length;
    const top = Math.max(...base.high.map(Math.abs), ...moved.high.map(Math.abs), ...past.value), [scale, unit] = massScale(top);
    const times = [...past.time, ...moved.time], pad = past.time.map(() => null), s = (values) => [...pad, ...values.map((v) => v / scale)];
    const gap = (a, b) => [...pad, ...a.map((v, i) => (b[i] - v) / scale)];
    const band = (stack, low, high, colour, opacity) => [{ type: "line", stack, data: s(low), lineStyle: { opacity: 0 }, symbol: "none", silent: true, tooltip: { show: false } }, { type: "line", stack, data: gap(low, high), lineStyle: { opacity: 0 }, symbol: "none", areaStyle: { color: colour, opacity }, silent: true, tooltip: { show: false } }];
    const names = { base: tr("levers_before"), moved: tr("levers_after"), other: state.compareName, net: tr("levers_net") };
    const line = (key, values, colour, type) => ({ name: names[key], type: "line", data: s(values), symbol: "none", lineStyle: { color: colour, width: 2, type: type || "solid" }, itemStyle: { color: colour }, z: 4 });
    const accent = css("--accent"), faint = css("--faint"), net = answer.moved.bands.net;
    const series = [...band("moved", moved.low, moved.high, accent, 0.16), ...(count ? [line("base", base.value, faint, "dashed")] : []), line("moved", moved.value, accent)];
    if (other) series.push(line("other", other.moved.bands.gross.value, "#a8562f", "solid"));
    if (net) series.push(line("net", net.value, "#3f8f5b", "dotted"));
    if (past.time.length) series.push({ name: tr("seen_word"), type: "line", data: [...past.value.map((v) => v / scale), ...moved.time.map(() => null)], symbol: "circle", symbolSize: 4, lineStyle: { color: css("--ink"), width: 2 }, itemStyle: { color: css("--ink") }, z: 5 });
    const at = item(answer.moved, "peak_year").value, mark = at && times.includes(String(at)) ? { symbol: "none", label: { color: css("--ink"), formatter: tr("peak_word") + " " + at }, lineStyle: { color: css("--ink"), type: "dashed" }, data: [{ xAxis: String(at) }] } : undefined;
    series[count ? 3 : 2].markLine = mark;
    const option = {
      animationDuration: 0, animationDurationUpdate: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 150,
      grid: { left: 8, right: 24, top: 72, bottom: 8, containLabel: true }, textStyle: { color: css("--ink"), fontFamily: css("--sans") },
      legend: { top: 0, left: 0, textStyle: { color: css("--soft") }, itemWidth: 16, itemHeight: 8, data: series.filter((each) => each.name).map((each) => each.name) },
      tooltip: { trigger: "axis", backgroundColor: css("--paper"), borderColor: css("--line"), textStyle: { color: css("--ink") }, valueFormatter: (v) => (v === null || v === undefined ? "—" : num(v, 4) + " " + unit) },
      xAxis: { type: "category", boundaryGap: false, data: times, axisLabel: { color: css("--soft"), hideOverlap: true } },
      yAxis: { type: "value", name: unit + " CO2e", nameTextStyle: { color: css("--soft"), align: "left" }, axisLabel: { color: css("--soft") }, splitLine: { lineStyle: { color: css("--line") } } },
      series,
    };
    const rows = moved.time.map((t, i) => [t, base.value[i] / scale, moved.value[i] / scale, moved.low[i] / scale, moved.high[i] / scale, ...(other ? [other.moved.bands.gross.value[i] / scale] : [])]);
    return [option, [[tr("year"), tr("levers_before") + " " + unit, tr("levers_after"), "5 %", "95 %", ...(other ? [state.compareName] : [])], rows, [1, 2, 3, 4, 5]]];
  }
  function peakOption() {
    const parts = [["base", "levers_before", css("--faint")], ["moved", "levers_after", css("--accent")]], count = levers().length;
    const used = count ? parts : parts.slice(1), all = [...new Set(used.flatMap(([k]) => answer[k].peak.peak_time))].sort((a, b) => (a === "later" ? 1 : b === "later" ? -1 : a < b ? -1 : 1));
    const value = (part, t) => { const i = part.peak_time.indexOf(t); return i < 0 ? 0 : 100 * part.probability[i]; };
    const names = all.map((t) => (t === "later" ? tr("later_word") : t));
    const option = {
      animationDuration: 0, animationDurationUpdate: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 150,
      grid: { left: 8, right: 16, top: 72, bottom: 8, containLabel: true }, textStyle: { color: css("--ink"), fontFamily: css("--sans") },
      legend: { top: 0, left: 0, textStyle: { color: css("--soft") }, itemWidth: 12, itemHeight: 12 },
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, backgroundColor: css("--paper"), borderColor: css("--line"), textStyle: { color: css("--ink") }, valueFormatter: (v) => num(v, 3) + " %" },
      xAxis: { type: "category", data: names, axisLabel: { color: css("--soft"), hideOverlap: true } },
      yAxis: { type: "value", name: tr("chance_of_peak") + " %", nameTextStyle: { color: css("--soft"), align: "left" }, axisLabel: { color: css("--soft") }, splitLine: { lineStyle: { color: css("--line") } } },
      series: used.map(([k, key, colour]) => ({ name: tr(key), type: "bar", barMaxWidth: 22, itemStyle: { color: colour }, data: all.map((t) => value(answer[k].peak, t)) })),
    };
    return [option, [[tr("year"), ...used.map(([, key]) => tr(key) + " %")], all.map((t, i) => [names[i], ...used.map(([k]) => value(answer[k].peak, t))]), [1, 2]]];
  }
  function holder(id, title) {
    const tools = el("div", { class: "card-tools" }), node = el("div", {}, el("div", { class: "card-head sub" }, el("h3", {}, title), tools));
    $(id).replaceChildren(node);
    return { node, tools };
  }
  function show() {
    said();
    const [first, firstTable] = fanOption(), [second, secondTable] = peakOption();
    /* Charts keep their place; their table and export follow the answer. */
    if (!fan) { fan = { table: firstTable }; fan.chart = report.kit.chartBlock(holder("lever-fan", tr("levers_fan")), "levers", first, 380, () => fan.table); peak = { table: secondTable }; peak.chart = report.kit.chartBlock(holder("lever-peak", tr("levers_peaks")), "levers-peak", second, 380, () => peak.table); }
    else { fan.chart.setOption(first, { replaceMerge: ["series"] }); peak.chart.setOption(second, { replaceMerge: ["series"] }); fan.table = firstTable; peak.table = secondTable; }
    $("lever-source").textContent = tr("levers_source", known.draws);
    document.body.dataset.levers = String(levers().length);
  }
  function redraw() { if (fan) { report.kit.forget(fan.chart); report.kit.forget(peak.chart); fan = peak = null; show(); } }

  async function saved() {
    const listed = await load(given.api + "/" + encodeURIComponent(state.step) + "/saved"), box = $("lever-saved");
    const rows = listed.map((each) => el("li", {}, el("strong", {}, each.name), " · " + label(each.scenario) + " · " + tr("levers_count", each.levers.length) + " · " + each.person + " ",
      el("button", { type: "button", class: "ghost", on: { click: () => use(each) } }, tr("levers_use")), " ",
      el("button", { type: "button", class: "ghost", "aria-pressed": String(state.compare === each.id), on: { click: () => compare(each) } }, tr("levers_compare")), " ",
      given.may_save ? el("button", { type: "button", class: "ghost", on: { click: async () => { await send(given.api + "/" + state.step + "/saved/" + each.id, undefined, "DELETE"); saved(); } } }, tr("levers_forget")) : ""));
    const field = el("input", { class: "field", maxlength: "100", "aria-label": tr("levers_name"), placeholder: tr("levers_name") });
    const form = el("form", { class: "mapbar", on: { submit: async (event) => { event.preventDefault(); if (!field.value.trim()) return; try { await send(given.api + "/" + state.step + "/saved", { name: field.value.trim(), scenario: state.scenario, levers: levers() }); field.value = ""; saved(); } catch (error) { $("lever-said").textContent = error.message; } } } }, field, el("button", { class: "ghost", type: "submit" }, tr("levers_save")));
    box.replaceChildren(...(rows.length || given.may_save ? [el("h3", {}, tr("levers_saved_title"))] : []), rows.length ? el("ul", { class: "plain-list" }, rows) : "", given.may_save ? form : "");
  }
  function use(each) {
    state.scenario = each.scenario; state.moves = Object.fromEntries(each.levers.map((l) => [l.driver, l.change]));
    if (each.levers.length) state.reached = each.levers[0].reached;
    build(); ask();
  }
  async function compare(each) {
    const same = state.compare === each.id;
    state.compare = same ? null : each.id; state.compareName = each.name;
    other = same ? null : await send(given.api + "/" + encodeURIComponent(state.step) + "/answer", { scenario: each.scenario, levers: each.levers });
    show(); saved();
  }
  $("lever-reset").addEventListener("click", () => { state.moves = {}; build(); ask(); });
  $("lever-link").addEventListener("click", async () => { try { await navigator.clipboard.writeText(location.href); $("lever-link").textContent = tr("levers_copied"); } catch (error) { $("lever-said").textContent = location.href; } });
  addEventListener("theme", () => setTimeout(redraw, 0));
  if (asked.has("reached")) state.reached = Number(asked.get("reached"));
  for (const pair of (asked.get("moves") || "").split("!")) { const [driver, change] = pair.split("~"); if (driver && isFinite(change)) state.moves[driver] = Math.max(-0.6, Math.min(0.6, Number(change))); }
  await describe(); build(); await ask(); saved();
}
start();
