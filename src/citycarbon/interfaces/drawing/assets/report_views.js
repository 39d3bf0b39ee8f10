"use strict";
/* The account through other code lists, and the flows from carriers to end uses. `page` is what report.js lends. */
function citycarbonViews(page) {
  const { DATA, state, tr, el, num, fixed, share, css, card, chartBlock, tableNode, bars, massScale, caption, label, rowsOf, inAccount, fold, narrow, subHead, WHEEL, SCOPES, scopeColour, sectorColour, openTrace, escape, word } = page;
  const VIEWS = rowsOf(DATA.views), CODES = rowsOf(DATA.view_codes), FLOWS = rowsOf(DATA.flows), LEVELS = rowsOf(DATA.reporting_levels);
  const lists = (DATA.meta.views || []).filter((l) => VIEWS.some((r) => r.list === l));
  const order = new Map(CODES.map((r, i) => [r.list + "|" + r.code, i]));
  const codeOf = new Map(CODES.map((r) => [r.list + "|" + r.code, r]));
  const nameOf = (list, code) => { const row = codeOf.get(list + "|" + code); return row ? row[state.lang === "zh" ? "name_zh" : "name_en"] : code; };
  const plain = (code) => code !== "not_mapped" && code.length <= 10 && /\d|^[IVX]+(\.|$)/.test(code);
  const full = (list, code) => (plain(code) ? code + " " : "") + nameOf(list, code);
  const lineOf = (list, code) => { const line = [code]; let row = codeOf.get(list + "|" + code); while (row && row.parent) { line.unshift(row.parent); row = codeOf.get(list + "|" + row.parent); } return line; };
  const title = (list) => tr("list_" + list);

  function views() {
    if (!lists.length) return;
    if (!lists.includes(state.list)) state.list = lists[0];
    const box = card("views", tr("views_title"), "");
    const tabs = el("div", { class: "tabs", role: "tablist" }, lists.map((l) => el("button", { type: "button", class: "ghost", role: "tab", "aria-selected": String(l === state.list), on: { click: () => { state.list = l; const at = window.scrollY; page.render(); window.scrollTo(0, at); } } }, title(l))));
    box.node.append(tabs);
    const rows = VIEWS.filter((r) => r.list === state.list && inAccount(r) && r.value !== null);
    const sums = new Map();
    const add = (code, scope, value) => { if (!sums.has(code)) sums.set(code, {}); const cell = sums.get(code); cell[scope] = (cell[scope] || 0) + value; cell.total = (cell.total || 0) + value; };
    for (const row of rows) for (const code of lineOf(state.list, row.code)) add(code, row.scope, row.value);
    const codes = [...sums.keys()].sort((a, b) => (order.get(state.list + "|" + a) ?? 1e9) - (order.get(state.list + "|" + b) ?? 1e9));
    const roots = codes.filter((c) => lineOf(state.list, c).length === 1);
    const whole = roots.reduce((t, c) => t + sums.get(c).total, 0);
    const [scale, unit] = massScale(Math.max(1e-9, ...roots.map((c) => Math.abs(sums.get(c).total))));
    const used = SCOPES.filter((s) => rows.some((r) => r.scope === s)), split = used.length > 1 ? used : [];
    box.node.append(el("p", { class: "unit" }, unit + " CO2e · " + caption() + " · " + tr("list_note_" + state.list)));
    const drawn = roots.filter((c) => sums.get(c).total !== 0);
    const parts = used.map((s) => ({ name: tr("scope_" + s), colour: scopeColour[s], values: drawn.map((c) => (sums.get(c)[s] || 0) / scale) }));
    const tonnes = (value) => (Math.abs(whole) >= 1e5 ? value.toLocaleString(state.lang === "zh" ? "zh-CN" : "en", { maximumFractionDigits: 0 }) : fixed(value));
    const body = codes.map((c) => { const depth = lineOf(state.list, c).length - 1, cell = sums.get(c); const cells = [el("span", { class: "step", style: "padding-left:" + depth * 16 + "px" }, full(state.list, c)), ...split.map((s) => (cell[s] === undefined ? "" : tonnes(cell[s]))), tonnes(cell.total), share(cell.total, whole)]; return depth === 0 ? { sum: true, cells } : cells; });
    body.push({ sum: true, cells: [tr("total"), ...split.map((s) => tonnes(rows.filter((r) => r.scope === s).reduce((t, r) => t + r.value, 0))), tonnes(whole), "100 %"] });
    const head = [tr("code") + " (t CO2e)", ...split.map((s) => tr("scope_" + s)), tr("total"), tr("share")];
    chartBlock(box, "view-" + state.list, bars(drawn.map((c) => full(state.list, c)), parts, unit), 70 + 34 * drawn.length, [[tr("code"), tr("name"), ...used.map((s) => tr("scope_" + s)), tr("total") + " t CO2e"], codes.map((c) => [c, nameOf(state.list, c), ...used.map((s) => sums.get(c)[s] || 0), sums.get(c).total]), used.map((_, i) => i + 2).concat([used.length + 2])]);
    box.node.append(tableNode(head, body, split.map((_, i) => i + 1).concat([split.length + 1, split.length + 2])));
    levels(box);
  }
  /* What GPC reports: BASIC, BASIC+ and the territorial total, by their own rules. */
  function levels(box) {
    if (state.list !== "gpc") return;
    const mine = ["BASIC", "BASIC+", "territorial"].flatMap((l) => LEVELS.filter((r) => r.level === l && inAccount(r) && r.value !== null));
    if (!mine.length) return;
    subHead(box, tr("levels_title"));
    box.node.append(tableNode([tr("level"), "t CO2e", tr("level_rule")], mine.map((r) => [tr("level_" + r.level), fixed(r.value), tr("level_rule_" + r.level)]), [1]));
  }

  function flows() {
    let rows = FLOWS.filter(inAccount);
    if (!rows.length) return;
    const target = rows[0].list, removed = rows.filter((r) => r.value < 0).reduce((t, r) => t + r.value, 0);
    rows = rows.filter((r) => r.value > 0);
    const [scale, unit] = massScale(rows.reduce((t, r) => t + r.value, 0));
    const total = (key) => { const sums = new Map(); for (const r of rows) sums.set(r[key], (sums.get(r[key]) || 0) + r.value); return [...sums].sort((a, b) => b[1] - a[1]); };
    const keep = (key, count) => new Set(total(key).slice(0, count).map(([k]) => k));
    const carriers = keep("activity", 14), own = keep("sector", 18);
    const OTHER = "\u0000";
    const first = (r) => (carriers.has(r.activity) ? r.activity : OTHER), second = (r) => (own.has(r.sector) ? r.sector : OTHER);
    const third = (r) => { const line = lineOf(target, r.target); return line[Math.min(1, line.length - 1)]; };
    const links = new Map();
    const link = (from, to, value) => { const key = from + "\u0001" + to; links.set(key, (links.get(key) || 0) + value); };
    for (const r of rows) { link("1|" + first(r), "2|" + second(r), r.value); link("2|" + second(r), "3|" + third(r), r.value); }
    const show = (id) => { const code = id.slice(2); if (code === OTHER) return tr("others"); return id[0] === "3" ? nameOf(target, code) : label(code); };
    const names = [...new Set([...links.keys()].flatMap((k) => k.split("\u0001")))];
    const sectorsInOrder = total("sector").map(([k]) => k), targets = [...new Set(names.filter((n) => n[0] === "3"))];
    const colour = (id) => (id[0] === "2" ? sectorColour(id.slice(2) === OTHER ? sectorsInOrder[sectorsInOrder.length - 1] : id.slice(2)) : id[0] === "3" ? WHEEL[targets.indexOf(id) % WHEEL.length] : css("--faint"));
    const box = card("flows", tr("flows_title"), unit + " CO2e · " + caption() + " · " + tr("flows_note", title(target)) + (removed ? " · " + tr("flows_removed", num(-removed / scale) + " " + unit) : ""));
    const count = Math.max(...["1", "2", "3"].map((layer) => names.filter((n) => n[0] === layer).length));
    const width = narrow() ? 14 : 26;
    const option = {
      tooltip: { trigger: "item", backgroundColor: css("--paper"), borderColor: css("--line"), textStyle: { color: css("--ink") }, formatter: (p) => (p.dataType === "edge" ? escape(show(p.data.source)) + " → " + escape(show(p.data.target)) : "<b>" + escape(show(p.name)) + "</b>") + "<br>" + escape(num(p.value) + " " + unit) },
      series: [{ type: "sankey", left: 4, right: narrow() ? 96 : 190, top: 12, bottom: 12, nodeWidth: 14, nodeGap: 10, draggable: false, labelLayout: { hideOverlap: true }, layoutIterations: 48, emphasis: { focus: "adjacency" }, lineStyle: { color: "gradient", opacity: 0.32, curveness: 0.5 },
        label: { color: css("--ink"), fontSize: narrow() ? 11 : 13, formatter: (p) => fold(show(p.name), width) },
        data: names.map((n) => ({ name: n, itemStyle: { color: colour(n), borderWidth: 0 }, depth: Number(n[0]) - 1 })),
        links: [...links].map(([key, value]) => { const [source, goal] = key.split("\u0001"); return { source, target: goal, value: value / scale }; }) }],
    };
    const table = [[tr("activity"), tr("sector"), title(target), "t CO2e"], FLOWS.filter(inAccount).sort((a, b) => b.value - a.value).map((r) => [label(r.activity), label(r.sector), full(target, r.target), r.value]), [3]];
    chartBlock(box, "flows", option, Math.max(320, 60 + 36 * count), table, (p) => { if (p.dataType === "node" && p.name[0] === "2" && p.name.slice(2) !== OTHER) openTrace({ sector: p.name.slice(2) }, label(p.name.slice(2))); });
  }
  /* A comparison of two inventories: what each step adds or takes away, from one total to the other. */
  function waterfall(box, title, key, rows) {
    if (!rows.length || !("start" in rows[0]) || !("end" in rows[0]) || !("step" in rows[0])) return;
    const pairs = [...new Set(rows.map((r) => [r.scenario, r.reference, r.time].join("|")))].slice(0, 6);
    for (const pair of pairs) {
      const mine = rows.filter((r) => [r.scenario, r.reference, r.time].join("|") === pair && (r.value !== 0 || r.category === "all")).sort((a, b) => a.order - b.order);
      const [scale, unit] = massScale(Math.max(...mine.map((r) => Math.max(Math.abs(r.start), Math.abs(r.end)))));
      const whole = (r) => r.category === "all";
      const stepName = (r) => (whole(r) ? word("step_", r.step) : tr("step_" + r.step)) + (whole(r) || r.category === "none" ? "" : " · " + label(r.category));
      const low = Math.min(...mine.map((r) => Math.min(r.start, r.end))), top = Math.max(...mine.map((r) => Math.max(r.start, r.end)));
      /* The totals stand on zero; where steps are small beside them the axis is cut and says so. */
      const steps = mine.filter((r) => !whole(r)), least = Math.min(...steps.map((r) => Math.min(r.start, r.end)), ...mine.filter(whole).map((r) => r.end));
      const round = 10 ** Math.floor(Math.log10(Math.max(1e-9, (top - least) / scale)));
      const cut = steps.length && low >= 0 && top - least < 0.3 * top ? Math.max(0, Math.floor((2 * least - top) / scale / round) * round * scale) : 0;
      subHead(box, title + " · " + pair.split("|")[2] + " · " + unit + " CO2e" + (cut ? " · " + tr("axis_cut") : ""));
      const bar = (r) => [Math.max(cut, Math.min(r.start, r.end)) / scale, Math.max(r.start, r.end) / scale];
      const colour = (r) => (whole(r) ? css("--faint") : r.value > 0 ? "#b5573f" : "#3f8f5b");
      const text = (r) => (whole(r) ? num(r.end / scale, 4) : (r.value > 0 ? "+" : "−") + num(Math.abs(r.value) / scale, 3));
      const option = {
        grid: { left: 8, right: 80, top: 8, bottom: 8, containLabel: true },
        tooltip: { trigger: "item", backgroundColor: css("--paper"), borderColor: css("--line"), textStyle: { color: css("--ink") }, extraCssText: "max-width:420px;white-space:normal", formatter: (p) => escape(mine[p.dataIndex]["explanation_" + (state.lang === "zh" ? "zh" : "en")] || "") },
        xAxis: { type: "value", min: cut / scale, axisLabel: { color: css("--soft"), hideOverlap: true }, splitLine: { lineStyle: { color: css("--line") } } },
        yAxis: { type: "category", inverse: true, data: mine.map((r) => fold(stepName(r), narrow() ? 16 : 32)), axisTick: { show: false }, axisLine: { lineStyle: { color: css("--faint") } }, axisLabel: { color: css("--ink"), fontSize: 13 } },
        series: [
          { type: "bar", stack: "w", silent: true, itemStyle: { color: "transparent" }, data: mine.map((r) => bar(r)[0] - 0), tooltip: { show: false } },
          { type: "bar", stack: "w", barMaxWidth: 24, data: mine.map((r) => ({ value: bar(r)[1] - bar(r)[0], itemStyle: { color: colour(r) } })), label: { show: true, position: "right", color: css("--ink"), formatter: (p) => text(mine[p.dataIndex]) } },
        ],
      };
      const table = [[tr("step"), tr("sector"), "t CO2e", tr("from"), tr("to_total")], mine.map((r) => [whole(r) ? word("step_", r.step) : tr("step_" + r.step), r.category === "all" || r.category === "none" ? "" : label(r.category), r.value, r.start, r.end]), [2, 3, 4]];
      chartBlock(box, key + "-" + pairs.indexOf(pair), option, 40 + 36 * mine.length, table);
    }
  }
  return { views, flows, waterfall };
}
