/* Two inventories side by side: a choice of study and account for each, both totals, sectors, and the reasons of the difference. */
import { page, load, words } from "./charts.mjs";

const $ = (id) => document.getElementById(id);
const KEYS = ["time", "scenario", "basis"];

/* What the drawing kit needs to stand on: one account of no rows. */
function ground(found) {
  const one = (cells) => ({ cells: [cells] }), facts = found.sides[0];
  return {
    meta: { study: "comparison", title: facts.title, summary: facts.title, scopes: facts.scopes, gwp: facts.gwp, scenarios: [], views: [] },
    labels: found.labels, layers: {}, checks: [], citations: {}, shown: {}, heights: {}, origins: [], trace_total: 0,
    totals: { length: 1, columns: { view: one("whole"), scenario: one(""), basis: one(""), time: one(facts.choice.time), value: one(facts.value), place: one(null), sector: one(null), scope: one(null) } },
  };
}

async function start() {
  const strings = await words, box = $("sections");
  if (!page.studies.length) { document.body.dataset.drawn = "0"; return; }
  const asked = new URLSearchParams(location.search), names = page.studies.map((s) => s.id);
  const state = { list: asked.get("list") || "" };
  ["first", "second"].forEach((side, i) => { state[side] = { study: names.includes(asked.get(side)) ? asked.get(side) : names[Math.min(i, names.length - 1)] }; for (const key of KEYS) state[side][key] = asked.get(side + "_" + key) || ""; });
  let report = null, charts = [], latest = 0, last = null;

  async function refresh() {
    const mine = ++latest, query = new URLSearchParams();
    for (const side of ["first", "second"]) { query.set(side, state[side].study); for (const key of KEYS) if (state[side][key]) query.set(side + "_" + key, state[side][key]); }
    if (state.list) query.set("list", state.list);
    try {
      const found = await load(page.api + "?" + query);
      if (mine !== latest) return;
      history.replaceState(null, "", location.pathname + "?" + query);
      last = found; show(found);
      document.body.dataset.drawn = "1";
    } catch (error) {
      if (mine !== latest) return;
      const note = document.createElement("p"); note.className = "problems"; note.setAttribute("role", "alert"); note.textContent = box.dataset.failed + " " + error.message;
      box.replaceChildren(note); document.body.dataset.drawn = "failed";
    }
  }

  function show(found) {
    report = citycarbonReport({ data: ground(found), strings, lang: page.lang, parts: [], sheet: "/sheet" });
    const kit = report.kit, { el, tr, num, massScale, label, word, css } = kit, zh = page.lang === "zh";
    const title = (facts) => facts.title[page.lang], account = (row) => [row.time, word("scenario_", row.scenario), row.basis === "all" ? "" : word("basis_", row.basis)].filter(Boolean).join(" · ");
    const select = (text, values, current, change) => el("label", {}, text + " ", el("select", { on: { change: (event) => change(event.target.value) } }, values.map(([v, shown]) => el("option", { value: v, selected: v === current }, shown))));
    const choice = (side, i) => {
      const facts = found.sides[i], key = (row) => KEYS.map((k) => row[k]).join("\u0000");
      return [
        select(tr(i ? "compare_second" : "compare_first"), page.studies.map((s) => [s.id, s.title[page.lang]]), state[side].study, (v) => { state[side] = { study: v, time: "", scenario: "", basis: "" }; refresh(); }),
        facts.accounts.length > 1 ? select(tr("compare_account"), facts.accounts.map((row) => [key(row), account(row)]), key(facts.choice), (v) => { v.split("\u0000").forEach((word_, n) => { state[side][KEYS[n]] = word_; }); refresh(); }) : null,
      ];
    };
    $("compare-choices").replaceChildren(...[...choice("first", 0), ...choice("second", 1), found.lists.length > 1 ? select(tr("compare_list"), found.lists.map((l) => [l, tr("list_" + l)]), found.list, (v) => { state.list = v; refresh(); }) : null].filter(Boolean));
    const [scale, unit] = massScale(Math.max(...found.sides.map((s) => Math.abs(s.value || 0))));
    const person = (facts) => (facts.people ? tr("per_person") + ": " + num(facts.value / facts.people, 3) + " " + (zh ? "吨/人" : "t/person") : tr("compare_no_people"));
    const figure = (text, value, ...lines) => el("div", { class: "figure still" }, el("span", { class: "label" }, text), el("span", { class: "big" }, value, el("small", {}, unit + " CO2e")), ...lines.map((l) => el("span", { class: "sub" }, l)));
    const gap = found.sides[1].value - found.sides[0].value;
    $("compare-head").replaceChildren(...found.sides.map((facts) => figure(title(facts), num(facts.value / scale), [account(facts.choice), tr("rule_" + facts.scopes), facts.gwp.replace("-", " ")].join(" · "), person(facts))),
      figure(tr("compare_difference"), (gap > 0 ? "+" : gap < 0 ? "−" : "") + num(Math.abs(gap) / scale), found.sides[0].value ? (gap > 0 ? "+" : gap < 0 ? "−" : "") + num(Math.abs((100 * gap) / found.sides[0].value), 3) + " %" : "—"));
    $("compare-notes").replaceChildren(...(found.notes.length ? [el("ul", { class: "notice" }, found.notes.map((n) => el("li", {}, tr("compare_note_" + n))))] : []));
    for (const chart of charts) kit.forget(chart);
    charts = []; box.replaceChildren();
    const name = (row) => row.name[zh ? 1 : 0], sides = [["first", css("--faint")], ["second", css("--accent")]];
    const card = (id, text, note) => { const tools = el("div", { class: "card-tools" }), node = el("section", { class: "card", id }, el("div", { class: "card-head" }, el("h2", {}, text), tools), note ? el("p", { class: "unit" }, note) : null); box.append(node); return { node, tools }; };
    const by = card("by-sector", tr("compare_by_sector"), unit + " CO2e · " + tr("list_" + found.list));
    const legend = found.sides.map((facts, i) => (i ? tr("compare_second") : tr("compare_first")) + " · " + title(facts) + " " + facts.choice.time);
    const option = {
      grid: { left: 8, right: 72, top: 40, bottom: 8, containLabel: true },
      legend: { top: 0, left: 0, textStyle: { color: css("--soft") }, itemWidth: 12, itemHeight: 12, data: legend },
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, backgroundColor: css("--paper"), borderColor: css("--line"), textStyle: { color: css("--ink") }, valueFormatter: (v) => (v === null || v === undefined ? "—" : num(v) + " " + unit) },
      xAxis: { type: "value", axisLabel: { color: css("--soft"), hideOverlap: true }, splitLine: { lineStyle: { color: css("--line") } } },
      yAxis: { type: "category", inverse: true, data: found.rows.map((r) => kit.fold(name(r), kit.narrow() ? 16 : 34)), axisTick: { show: false }, axisLine: { lineStyle: { color: css("--faint") } }, axisLabel: { color: css("--ink"), fontSize: 13 } },
      series: sides.map(([key, colour], i) => ({ name: legend[i], type: "bar", barMaxWidth: 16, itemStyle: { color: colour }, data: found.rows.map((r) => (r[key] === null ? null : r[key] / scale)), label: { show: true, position: "right", color: css("--ink"), formatter: (p) => num(p.value, 3) } })),
    };
    const table = [[tr("code"), tr("sector"), legend[0] + " t CO2e", legend[1] + " t CO2e", tr("compare_difference") + " t CO2e"], found.rows.map((r) => [r.code, name(r), r.first, r.second, (r.second || 0) - (r.first || 0)]), [2, 3, 4]];
    charts.push(kit.chartBlock(by, "sectors", option, 60 + 52 * found.rows.length, table));
    by.node.append(kit.tableNode(table[0].slice(1), table[1].map((r) => r.slice(1).map((c) => (typeof c === "number" ? num(c, 6) : c === null ? "—" : c))), [1, 2, 3]));
    if (found.waterfall.length) kit.waterfall(card("reasons", tr("compare_reasons"), tr("compare_reasons_note")), tr("compare_reasons"), "reasons", found.waterfall);
  }
  addEventListener("theme", () => { if (last) setTimeout(() => show(last), 0); });
  await refresh();
}
start();
