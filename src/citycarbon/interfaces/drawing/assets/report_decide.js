"use strict";
/* What drove the change and where it goes: effects, decoupling, back-tests, fans, peaks. `page` is what report.js lends. */
function citycarbonDecide(page) {
  const { DATA, state, tr, el, num, css, card, chartBlock, tableNode, massScale, label, rowsOf, fold, narrow, subHead, WHEEL, escape, word, stepName } = page;
  const TONNES = { kg: 1e-3, t: 1, kt: 1e3, Mt: 1e6, Gt: 1e9 };
  const tables = Object.entries(DATA.shown).map(([name, table]) => [name, rowsOf(table)]).filter(([, rows]) => rows.length);
  const withColumns = (...wanted) => tables.filter(([, rows]) => wanted.every((c) => c in rows[0]));
  const uniq = (values) => [...new Set(values)];
  const chosen = {};
  const measureName = (code) => (DATA.labels[code] ? label(code) : word("measure_", code));
  const placeName = (code) => (code === "all" ? tr("all_word") : label(code));
  const factorName = (code) => (DATA.labels[code] ? label(code) : String(code).split(" / ").map(measureName).join(" / "));
  const modelName = (code) => word("model_", code);
  const percent = (value) => (value === null || value === undefined ? "—" : (100 * value < 0.05 && value > 0 ? "<0.1" : num(100 * value, 2)) + " %");
  /* One scale and unit for a chart: masses in t, kt, Mt or 吨, 万吨, 亿吨; anything else as it stands. */
  function scaleOf(unit, largest) {
    if (TONNES[unit] === undefined) return [1, unit === "1" ? "" : unit];
    const [scale, word_] = massScale(largest * TONNES[unit]);
    return [scale / TONNES[unit], word_];
  }
  function choose(key, values, name, change, show) {
    if (!values.includes(chosen[key])) chosen[key] = values[0];
    if (values.length < 2) return null;
    return el("label", {}, name + " ", el("select", { on: { change: (e) => { chosen[key] = values.find((v) => String(v) === e.target.value); change(); } } }, values.map((v) => el("option", { value: String(v), selected: v === chosen[key] }, show ? show(v) : String(v)))));
  }
  /* A card whose charts are drawn again when a choice changes. */
  function block(box, draw) {
    const holder = el("div", {});
    box.node.append(holder);
    const made = [];
    const again = () => {
      while (made.length) page.forget(made.pop());
      holder.replaceChildren();
      draw({ node: holder, tools: null }, again, (...rest) => made.push(chartBlock(...rest)));
    };
    again();
  }
  const ink = () => ({ color: css("--ink") }), soft = () => ({ color: css("--soft"), fontSize: 13, hideOverlap: true });
  const tip = (more) => Object.assign({ backgroundColor: css("--paper"), borderColor: css("--line"), textStyle: ink() }, more);
  const head = (box, text) => { box.tools = el("div", { class: "card-tools" }); box.node.append(el("div", { class: "card-head sub" }, el("h3", {}, text), box.tools)); };

  /* ---- effects ------------------------------------------------------------------------------------------------ */
  function drivers() {
    const found = withColumns("factor", "start", "end", "time_from", "order"), decoupled = withColumns("elasticity", "state");
    if (!found.length && !decoupled.length) return;
    const box = card("drivers", tr("drivers_title"), tr("drivers_note"));
    for (const [name, rows] of found) {
      const between = "reference" in rows[0] && rows[0].reference !== null && rows[0].reference !== undefined;
      block(box, (holder, again, chart) => effects(holder, again, chart, name, rows, between));
    }
    for (const [name, rows] of decoupled) states(box, name, rows);
  }
  function effects(box, again, chart, name, rows, between) {
    const whole = rows.filter((r) => !r.part_of);
    const places = uniq(whole.map((r) => r.place));
    const key = "effect-" + name;
    head(box, stepName(name));
    const period = (r) => (between ? r.time : r.time_from + "–" + r.time);
    const bar = el("div", { class: "mapbar" }, choose(key, places, tr("place"), again, placeName));
    box.node.append(bar);
    const mine = whole.filter((r) => r.place === chosen[key]);
    const periods = uniq(mine.map(period));
    const factors = uniq(mine.filter((r) => r.factor !== "total").sort((a, b) => a.order - b.order).map((r) => r.factor));
    const [scale, unit] = scaleOf(mine[0].unit, Math.max(...mine.map((r) => Math.max(Math.abs(r.start), Math.abs(r.end)))));
    if (periods.length > 1 && !between) {
      const value = (f, p) => { const r = mine.find((x) => x.factor === f && period(x) === p); return r ? r.value / scale : null; };
      const option = {
        grid: { left: 8, right: 24, top: 64, bottom: 8, containLabel: true },
        legend: { top: 0, left: 0, type: "scroll", textStyle: { color: css("--soft") }, itemWidth: 12, itemHeight: 12 },
        tooltip: tip({ trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: (v) => (v === null || v === undefined ? "—" : num(v, 4) + " " + unit) }),
        xAxis: { type: "category", data: periods, axisLabel: Object.assign(soft(), { interval: 0, rotate: narrow() ? 60 : periods.length > 8 ? 30 : 0 }), axisLine: { onZero: true, lineStyle: { color: css("--faint") } } },
        yAxis: { type: "value", name: unit, nameTextStyle: { color: css("--soft"), align: "left" }, axisLabel: soft(), splitLine: { lineStyle: { color: css("--line") } } },
        series: [...factors.map((f, i) => ({ name: factorName(f), type: "bar", stack: "all", barMaxWidth: 44, itemStyle: { color: WHEEL[i % WHEEL.length] }, data: periods.map((p) => value(f, p)) })),
          { name: tr("change_total"), type: "scatter", symbol: "diamond", symbolSize: 11, z: 5, itemStyle: { color: css("--ink"), borderColor: css("--paper"), borderWidth: 1.5 }, data: periods.map((p) => value("total", p)) }],
      };
      const table = [[tr("period"), ...factors.map(factorName), tr("change_total"), tr("residual_word")], periods.map((p) => [p, ...factors.map((f) => value(f, p)), value("total", p), (mine.find((x) => x.factor === "total" && period(x) === p) || {}).residual]), factors.map((_, i) => i + 1).concat([factors.length + 1, factors.length + 2])];
      chart(box, key, option, 360, table);
    }
    /* The waterfall of one period. */
    const latest = key + "-period";
    if (chosen[latest] === undefined) chosen[latest] = periods[periods.length - 1];
    const pick = choose(latest, periods, tr(between ? "year" : "period"), again);
    head(box, (between ? label(mine[0].reference === "mean" ? tr("mean_word") : mine[0].reference) + " → " + label(chosen[key]) : tr("waterfall_title")) + " · " + chosen[latest] + " · " + unit);
    if (pick) box.node.append(el("div", { class: "mapbar" }, pick));
    const steps = mine.filter((r) => period(r) === chosen[latest]).sort((a, b) => a.order - b.order);
    const total = steps.find((r) => r.factor === "total");
    const names = [between ? label(total.reference === "mean" ? tr("mean_word") : total.reference) : total.time_from, ...steps.filter((r) => r !== total).map((r) => factorName(r.factor)), between ? label(total.place) : total.time];
    const bars = [[0, total.start, "whole"], ...steps.filter((r) => r !== total).map((r) => [r.start, r.end, "step"]), [0, total.end, "whole"]];
    const low = bars.map((b) => Math.min(b[0], b[1]) / scale), high = bars.map((b) => Math.max(b[0], b[1]) / scale);
    const moves = bars.map((b) => (b[1] - b[0]) / scale);
    const colour = (b, i) => (b[2] === "whole" ? css("--faint") : moves[i] > 0 ? "#b5573f" : "#3f8f5b");
    const text = (i) => (bars[i][2] === "whole" ? num(bars[i][1] / scale, 4) : (moves[i] >= 0 ? "+" : "−") + num(Math.abs(moves[i]), 3));
    const option = {
      grid: { left: 8, right: 88, top: 8, bottom: 8, containLabel: true },
      tooltip: tip({ trigger: "item", formatter: (p) => escape(names[p.dataIndex]) + "<br>" + escape(text(p.dataIndex) + " " + unit) }),
      xAxis: { type: "value", axisLabel: soft(), splitLine: { lineStyle: { color: css("--line") } } },
      yAxis: { type: "category", inverse: true, data: names.map((n) => fold(n, narrow() ? 16 : 32)), axisTick: { show: false }, axisLine: { lineStyle: { color: css("--faint") } }, axisLabel: { color: css("--ink"), fontSize: 13 } },
      series: [{ type: "bar", stack: "w", silent: true, itemStyle: { color: "transparent" }, data: low },
        { type: "bar", stack: "w", barMaxWidth: 24, data: high.map((h, i) => ({ value: h - low[i], itemStyle: { color: colour(bars[i], i) } })), label: { show: true, position: "right", color: css("--ink"), formatter: (p) => text(p.dataIndex) } }],
    };
    const listed = [...steps.filter((r) => r !== total), total];
    const table = [[tr("factor_word"), unit, tr("ratio_word"), tr("share_of_start"), tr("residual_word")], listed.map((r) => [r === total ? tr("change_total") : factorName(r.factor), r.value / scale, r.ratio, r.share, r.residual]), [1, 2, 3, 4]];
    chart(box, key + "-waterfall", option, 40 + 36 * names.length, table);
    box.node.append(el("p", { class: "source" }, tr("closes", total.residual === null || total.residual === undefined ? "0" : num(Math.abs(total.residual), 2))));
    contributions(box, chart, key, rows, between, period, latest, scale, unit);
  }
  function contributions(box, chart, key, rows, between, period, latest, scale, unit) {
    const parts = rows.filter((r) => r.part_of && r.part_of === chosen[key] && period(r) === chosen[latest]);
    if (!parts.length) return;
    const by = uniq(parts.map((r) => r.place)).length > 1 ? "place" : "sector";
    const names = uniq(parts.map((r) => r[by])), factors = uniq(parts.filter((r) => r.factor !== "total").map((r) => r.factor));
    const value = (n, f) => { const r = parts.find((x) => x[by] === n && x.factor === f); return r ? r.value / scale : null; };
    names.sort((a, b) => value(b, "total") - value(a, "total"));
    head(box, tr("contributions_title") + " · " + chosen[latest] + " · " + unit);
    const option = {
      grid: { left: 8, right: 72, top: 40, bottom: 8, containLabel: true },
      legend: { top: 0, left: 0, type: "scroll", textStyle: { color: css("--soft") }, itemWidth: 12, itemHeight: 12 },
      tooltip: tip({ trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: (v) => (v === null || v === undefined ? "—" : num(v, 4) + " " + unit) }),
      xAxis: { type: "value", axisLabel: soft(), splitLine: { lineStyle: { color: css("--line") } } },
      yAxis: { type: "category", inverse: true, data: names.map((n) => fold(label(n), narrow() ? 16 : 32)), axisTick: { show: false }, axisLine: { lineStyle: { color: css("--faint") } }, axisLabel: { color: css("--ink"), fontSize: 13 } },
      series: [...factors.map((f, i) => ({ name: factorName(f), type: "bar", stack: "all", barMaxWidth: 22, itemStyle: { color: WHEEL[i % WHEEL.length] }, data: names.map((n) => value(n, f)) })),
        { name: tr("change_total"), type: "scatter", symbol: "diamond", symbolSize: 10, z: 5, itemStyle: { color: css("--ink"), borderColor: css("--paper"), borderWidth: 1.5 }, data: names.map((n, i) => [value(n, "total"), i]) }],
    };
    chart(box, key + "-parts", option, 70 + 30 * names.length, [[tr("place"), ...factors.map(factorName), tr("change_total")], names.map((n) => [label(n), ...factors.map((f) => value(n, f)), value(n, "total")]), factors.map((_, i) => i + 1).concat([factors.length + 1])]);
  }
  const STATE_COLOUR = { "strong decoupling": "#2c6e49", "weak decoupling": "#7fae8f", "expansive coupling": "#d9a441", "expansive negative decoupling": "#b5573f", "strong negative decoupling": "#7b2d26", "weak negative decoupling": "#c98a7d", "recessive coupling": "#b9b08a", "recessive decoupling": "#5b9bc0" };
  function states(box, name, rows) {
    const places = uniq(rows.map((r) => r.place)), periods = uniq(rows.map((r) => r.time_from + "–" + r.time)).sort();
    if (places.length > 60) return;
    box.node.append(el("div", { class: "card-head sub" }, el("h3", {}, stepName(name))));
    const cell = (p, t) => { const r = rows.find((x) => x.place === p && x.time_from + "–" + x.time === t); return r ? el("span", { class: "state", style: "--state:" + STATE_COLOUR[r.state], title: num(r.elasticity, 3) }, tr("state_" + r.state) + " " + num(r.elasticity, 2)) : ""; };
    box.node.append(tableNode([tr("place"), ...periods], places.map((p) => [label(p), ...periods.map((t) => cell(p, t))]), []));
  }

  /* ---- back-test ------------------------------------------------------------------------------------------------------- */
  function backTest() {
    for (const [name, rows] of withColumns("verdict", "horizon", "best_naive")) {
      const box = card("backtest-" + name, stepName(name), tr("backtest_note"));
      const horizons = uniq(rows.map((r) => r.horizon)).sort((a, b) => a - b), models = uniq(rows.map((r) => r.model));
      const said = horizons.map((h) => { const good = rows.filter((r) => r.horizon === h && r.verdict === "better than naive"); return tr("horizon_word", h) + ": " + (good.length ? good.map((r) => label(r.place) + " " + modelName(r.model)).slice(0, 6).join(", ") + (good.length > 6 ? " …" : "") : tr("none_better")); });
      box.node.append(el("p", {}, el("strong", {}, tr("better_at") + " "), said.join("; ")));
      block(box, (holder, again) => {
        const keys = uniq(rows.map((r) => r.place + "|" + r.measure));
        const pick = choose("bt-" + name, keys, tr("place"), again, (v) => placeName(v.split("|")[0]) + " · " + measureName(v.split("|")[1]));
        if (pick) holder.node.append(el("div", { class: "mapbar" }, pick));
        const mine = rows.filter((r) => r.place + "|" + r.measure === chosen["bt-" + name]);
        const mark = { "better than naive": "▲", "worse than naive": "▼", "not better than naive": "·", baseline: "○", "too few origins": "?", "no forecast": "—" };
        const cell = (m, h) => { const r = mine.find((x) => x.model === m && x.horizon === h); if (!r || r.mape === null || r.mape === undefined) return el("span", { class: "tag" }, r ? tr("verdict_" + r.verdict) : "—"); const kind = r.verdict === "better than naive" ? "ok" : r.verdict === "worse than naive" ? "misfit" : ""; return el("span", { class: kind ? "tag " + kind : "", title: tr("verdict_" + r.verdict) + (r.p_value !== null && r.p_value !== undefined ? " · p " + num(r.p_value, 2) : "") }, mark[r.verdict] + " " + percent(r.mape)); };
        const counts = horizons.map((h) => { const r = mine.find((x) => x.horizon === h); return r ? r.origins : 0; });
        holder.node.append(tableNode([tr("model_word"), ...horizons.map((h, i) => tr("horizon_word", h) + " (n = " + counts[i] + ")")], models.map((m) => [modelName(m), ...horizons.map((h) => cell(m, h))]), horizons.map((_, i) => i + 1)));
        holder.node.append(el("p", { class: "source" }, tr("backtest_key")));
      });
    }
  }

  /* ---- fans and peaks ---------------------------------------------------------------------------------------------------- */
  function future() {
    const bands = withColumns("low", "lower", "upper", "high", "time"), peaks = withColumns("peak_time", "probability"), said = withColumns("item", "low", "high", "note_en");
    if (!bands.length && !peaks.length && !said.length) return;
    const box = card("future", tr("future_title"), tr("future_note"));
    for (const [name, rows] of bands) block(box, (holder, again, chart) => fan(holder, again, chart, name, rows, said, bands));
    for (const [name, rows] of peaks) block(box, (holder, again, chart) => peak(holder, again, chart, name, rows));
    for (const [name, rows] of said) statements(box, name, rows);
  }
  /* The way of the account over the years with its peak marked; an account of one year shows where it goes, if a step says so. */
  function trend() {
    const a = page.account(), rows = page.totals.filter((r) => r.view === "whole" && r.scenario === a.scenario && r.basis === a.basis && r.value !== null).sort((x, y) => (x.time < y.time ? -1 : 1));
    const bands = withColumns("low", "lower", "upper", "high", "time"), said = withColumns("item", "low", "high", "note_en");
    if (rows.length < 3) {
      if (!bands.length) return;
      const box = card("trend", tr("trend_title"), tr("future_note"));
      return block(box, (holder, again, chart) => fan(holder, again, chart, bands[0][0], bands[0][1], said, bands));
    }
    const [scale, unit] = massScale(Math.max(...rows.map((r) => Math.abs(r.value)))), top = rows.reduce((best, r) => (r.value > best.value ? r : best));
    const box = card("trend", tr("trend_title"), unit + " CO2e · " + tr("rule_" + DATA.meta.scopes) + " · " + DATA.meta.gwp.replace("-", " "));
    const inside = top.time !== rows[0].time && top.time !== rows[rows.length - 1].time;
    const option = {
      grid: { left: 8, right: 48, top: 48, bottom: 8, containLabel: true },
      tooltip: tip({ trigger: "axis", valueFormatter: (v) => (v === null || v === undefined ? "—" : num(v) + " " + unit) }),
      xAxis: { type: "category", boundaryGap: false, data: rows.map((r) => r.time), axisLabel: soft() },
      yAxis: { type: "value", min: 0, name: unit, nameTextStyle: { color: css("--soft"), align: "left" }, axisLabel: soft(), splitLine: { lineStyle: { color: css("--line") } } },
      series: [{ type: "line", name: tr("total"), data: rows.map((r) => r.value / scale), symbolSize: 5, lineStyle: { color: css("--accent"), width: 2 }, itemStyle: { color: css("--accent") },
        markPoint: inside ? { symbol: "pin", symbolSize: 1, label: { color: css("--ink"), position: "top", distance: 8, formatter: tr("highest_word") + " " + top.time }, data: [{ coord: [top.time, top.value / scale] }] } : undefined }],
    };
    chartBlock(box, "trend", option, 300, [[tr("year"), tr("total") + " " + unit], rows.map((r) => [r.time, r.value / scale]), [1]], (p) => page.openTrace({ time: rows[p.dataIndex].time }, rows[p.dataIndex].time));
    box.node.append(el("p", { class: "source" }, inside ? tr("highest_note", top.time, rows[rows.length - 1].time) : tr("highest_edge", top.time)));
  }
  const line = (r) => [r.scenario === "observed" ? "" : r.scenario, r.model || ""].join("|");
  const lineName = (key) => { const [scenario, model] = key.split("|"); return [scenario && scenario !== "projected" ? (DATA.labels[scenario] ? label(scenario) : word("scenario_", scenario)) : "", model && model !== "observed" ? modelName(model) : ""].filter(Boolean).join(" · ") || tr("seen_word"); };
  function fan(box, again, chart, name, rows, said, bands) {
    const key = "fan-" + name;
    head(box, stepName(name));
    const first = (key) => (key.startsWith("all|") ? 0 : 1) + (key.endsWith("|all") ? 0 : 2) + (/\|net\|/.test(key) ? 0.5 : 0);
    const series = uniq(rows.map((r) => [r.place, r.measure, r.sector || "all"].join("|"))).sort((a, b) => first(a) - first(b));
    const pickPlace = choose(key, series, tr("place"), again, (v) => { const [p, m, s] = v.split("|"); return [placeName(p), measureName(m), s === "all" ? "" : label(s)].filter(Boolean).join(" · "); });
    const [place, measure, sector] = chosen[key].split("|");
    const mine = rows.filter((r) => r.place === place && r.measure === measure && (r.sector || "all") === sector);
    const seen = mine.filter((r) => r.low === null || r.low === undefined).sort((a, b) => (a.time < b.time ? -1 : 1));
    const lines = uniq(mine.filter((r) => r.low !== null && r.low !== undefined).map(line));
    const pickLine = choose(key + "-line", lines, tr("path_word"), again, lineName);
    const bar = el("div", { class: "mapbar" }, pickPlace, pickLine);
    if (bar.childNodes.length) box.node.append(bar);
    const path = mine.filter((r) => r.low !== null && r.low !== undefined && line(r) === chosen[key + "-line"]).sort((a, b) => (a.time < b.time ? -1 : 1));
    if (!path.length && !seen.length) return;
    const [scale, unit] = scaleOf((path[0] || seen[0]).unit, Math.max(...mine.map((r) => Math.abs(r.high === null || r.high === undefined ? r.value : r.high))));
    const known = uniq([...seen, ...path].map((r) => r.time)).sort();
    /* Years without a figure keep their width. */
    const years = known.every((t) => /^\d{4}$/.test(t)), first_ = Number(known[0]), count = Number(known[known.length - 1]) - first_ + 1;
    const times = years && count <= 400 ? Array.from({ length: count }, (_, i) => String(first_ + i)) : known;
    const at = (list, t, f) => { const r = list.find((x) => x.time === t); return r && r[f] !== null && r[f] !== undefined ? r[f] / scale : null; };
    const last = seen.length ? seen[seen.length - 1] : null;
    /* The band starts at the last observed value, straight to the first year of the path. */
    const start = last && path.length && path[0].time > last.time ? path[0] : null;
    const part = (t) => (Number(t) - Number(last.time)) / (Number(start.time) - Number(last.time));
    const from = (f) => times.map((t) => (start && t >= last.time && t < start.time && years ? (last.value + part(t) * (start[f] - last.value)) / scale : last && t === last.time ? last.value / scale : at(path, t, f)));
    const low = from("low"), lower = from("lower"), upper = from("upper"), high = from("high"), middle = from("value");
    const gap = (a, b) => a.map((v, i) => (v === null || b[i] === null ? null : b[i] - v));
    const accent = css("--accent");
    /* Two steps may speak of one place and path. A statement belongs to the chart that has its peak, or to the only one there is. */
    function belongs(r) {
      const same = bands.filter(([, b]) => b.some((x) => x.place === place && x.measure === measure && x.low !== null && x.low !== undefined && line(x) === chosen[key + "-line"]));
      const top = r.find((x) => x.item === "peak_level"), when = r.find((x) => x.item === "peak_year");
      if (same.length < 2) return true;
      if (!top || !when || when.value === null || when.value === undefined) return false;
      const t = String(when.value), here = at(seen, t, "value") !== null ? at(seen, t, "value") : at(path, t, "value");
      return here !== null && here * scale >= 0.99 * top.low && here * scale <= 1.01 * top.high;
    }
    const area = (stack, data, opacity) => ({ type: "line", connectNulls: true, stack, data, lineStyle: { opacity: 0 }, symbol: "none", areaStyle: { color: accent, opacity }, silent: true, tooltip: { show: false }, z: 1 });
    const statement = said.map(([, r]) => r.filter((x) => x.place === place && x.measure === measure && line(x) === chosen[key + "-line"])).find((r) => r.length && belongs(r)) || [];
    const year = statement.find((r) => r.item === "peak_year");
    const marks = year && year.value !== null && year.value !== undefined && times.includes(String(year.value)) ? { symbol: "none", label: { color: css("--ink"), formatter: tr("peak_word") + " " + year.value }, lineStyle: { color: css("--ink"), type: "dashed" }, data: [{ xAxis: String(year.value) }] } : undefined;
    const span = year && year.low !== null && year.low !== undefined && times.includes(String(year.low)) ? { itemStyle: { color: css("--ink"), opacity: 0.06 }, data: [[{ xAxis: String(year.low) }, { xAxis: year.high !== null && year.high !== undefined && times.includes(String(year.high)) ? String(year.high) : times[times.length - 1] }]] } : undefined;
    const option = {
      grid: { left: 8, right: 28, top: 64, bottom: 8, containLabel: true },
      legend: { top: 0, left: 0, textStyle: { color: css("--soft") }, itemWidth: 14, itemHeight: 8, data: [tr("seen_word"), tr("median_word")] },
      tooltip: tip({ trigger: "axis", formatter: (ps) => { const i = ps[0].dataIndex, t = times[i], seenNow = at(seen, t, "value"); return "<b>" + escape(t) + "</b><br>" + (seenNow !== null ? escape(tr("seen_word") + ": " + num(seenNow, 4) + " " + unit) : middle[i] === null ? "—" : escape(tr("median_word") + ": " + num(middle[i], 4) + " " + unit) + "<br>" + escape("5–95 %: " + num(low[i], 4) + " – " + num(high[i], 4))); } }),
      xAxis: { type: "category", boundaryGap: false, data: times, axisLabel: soft() },
      yAxis: { type: "value", name: unit, nameTextStyle: { color: css("--soft"), align: "left" }, axisLabel: soft(), splitLine: { lineStyle: { color: css("--line") } } },
      series: [
        Object.assign(area("outer", low, 0), { areaStyle: { opacity: 0 } }), area("outer", gap(low, high), 0.16),
        Object.assign(area("inner", lower, 0), { areaStyle: { opacity: 0 } }), area("inner", gap(lower, upper), 0.24),
        { name: tr("median_word"), type: "line", connectNulls: true, data: middle, symbol: "none", lineStyle: { color: accent, width: 2 }, itemStyle: { color: accent }, z: 3, markLine: marks, markArea: span },
        { name: tr("seen_word"), type: "line", connectNulls: true, data: times.map((t) => at(seen, t, "value")), symbol: times.length === known.length ? "none" : "circle", symbolSize: 5, lineStyle: { color: css("--ink"), width: 2 }, itemStyle: { color: css("--ink") }, z: 4 },
      ],
    };
    const table = [[tr("year"), tr("seen_word"), tr("median_word"), "5 %", "25 %", "75 %", "95 %"], known.map((t) => [t, at(seen, t, "value"), ...["value", "low", "lower", "upper", "high"].map((f) => at(path, t, f))]), [1, 2, 3, 4, 5, 6]];
    chart(box, key, option, 360, table);
    box.node.append(el("p", { class: "source" }, tr("fan_note") + (statement.length ? " " + sentence(statement) : "")));
  }
  const yearOr = (value) => (value === null || value === undefined ? tr("beyond") : String(value));
  function sentence(rows) {
    const year = rows.find((r) => r.item === "peak_year"), chances = rows.filter((r) => /^peak_by_\d{4}$/.test(r.item));
    const parts = [];
    if (year) parts.push(tr("peak_sentence", yearOr(year.value), yearOr(year.low), yearOr(year.high)));
    for (const r of chances) parts.push(tr("chance_sentence", r.item.slice(8), percent(r.value), percent(r.low), percent(r.high)));
    const note = rows[0]["note_" + (state.lang === "zh" ? "zh" : "en")];
    return parts.join(state.lang === "zh" ? "；" : "; ") + (note ? (state.lang === "zh" ? "（" + note + "）" : " (" + note + ")") : "");
  }
  function peak(box, again, chart, name, rows) {
    const key = "peak-" + name;
    head(box, stepName(name));
    const series = uniq(rows.map((r) => r.place + "|" + r.measure));
    const pickPlace = choose(key, series, tr("place"), again, (v) => placeName(v.split("|")[0]) + " · " + measureName(v.split("|")[1]));
    const here = rows.filter((r) => r.place + "|" + r.measure === chosen[key]);
    const lines = uniq(here.map(line));
    const pickLine = choose(key + "-line", lines, tr("path_word"), again, lineName);
    const bar = el("div", { class: "mapbar" }, pickPlace, pickLine);
    if (bar.childNodes.length) box.node.append(bar);
    const mine = here.filter((r) => line(r) === chosen[key + "-line"]);
    const names = mine.map((r) => (r.peak_time === "later" ? tr("later_word") : r.peak_time));
    const option = {
      grid: { left: 8, right: 48, top: 64, bottom: 8, containLabel: true },
      legend: { top: 0, left: 0, textStyle: { color: css("--soft") }, itemWidth: 12, itemHeight: 12 },
      tooltip: tip({ trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: (v) => (v === null || v === undefined ? "—" : num(v, 3) + " %") }),
      xAxis: { type: "category", data: names, axisLabel: Object.assign(soft(), { rotate: narrow() ? 60 : 0 }) },
      yAxis: { type: "value", name: "%", axisLabel: soft(), splitLine: { lineStyle: { color: css("--line") } } },
      series: [
        { name: tr("chance_of_peak"), type: "bar", barMaxWidth: 26, data: mine.map((r) => ({ value: 100 * r.probability, itemStyle: { color: r.peak_time === "later" ? css("--faint") : css("--accent") } })), itemStyle: { color: css("--accent") } },
        { name: tr("by_then"), type: "line", step: "end", symbol: "none", lineStyle: { color: css("--ink"), width: 1.5 }, itemStyle: { color: css("--ink") }, data: mine.map((r) => (r.peak_time === "later" ? null : 100 * r.by_then)) },
      ],
    };
    chart(box, key, option, 300, [[tr("year"), tr("chance_of_peak"), tr("by_then")], mine.map((r, i) => [names[i], r.probability, r.by_then]), [1, 2]]);
    box.node.append(el("p", { class: "source" }, tr("peak_rule")));
  }
  function statements(box, name, rows) {
    box.node.append(el("div", { class: "card-head sub" }, el("h3", {}, stepName(name))));
    const keys = uniq(rows.map((r) => [r.place, r.measure, line(r)].join("||")));
    const columns = uniq(rows.map((r) => r.item));
    const items_ = (r) => (r.item.startsWith("peak_by_") ? tr("item_peak_by", r.item.slice(8)) : r.item.startsWith("gap_") ? tr("item_gap", r.item.slice(4)) : word("item_", r.item));
    function items(mine) { return columns.map((c) => { const r = mine.find((x) => x.item === c); return r ? shown(r) : ""; }); }
    function shown(r) {
      const both = (f) => f(r.value) + (r.low === r.high && r.low === r.value ? "" : " (" + f(r.low) + " – " + f(r.high) + ")");
      if (/_year$/.test(r.item)) return both(yearOr);
      if (/^(peak_by_|peak_later|neutral_by_|never)/.test(r.item)) return both(percent);
      const [scale, unit] = scaleOf(r.unit, Math.max(Math.abs(r.value || 0), Math.abs(r.high || 0)));
      return both((v) => (v === null || v === undefined ? "—" : num(v / scale, 4))) + " " + unit;
    }
    const list = keys.slice(0, 40).map((key) => { const mine = rows.filter((r) => [r.place, r.measure, line(r)].join("||") === key); const [place, measure, path] = key.split("||"); return [placeName(place) + " · " + measureName(measure), lineName(path), ...items(mine)]; });
    box.node.append(tableNode([tr("place"), tr("path_word"), ...columns.map((c) => items_({ item: c }))], list, []));
    if (keys.length > list.length) box.node.append(el("p", { class: "source" }, tr("more_in_xlsx", keys.length - list.length)));
    box.node.append(el("p", { class: "source" }, uniq(rows.map((r) => r["note_" + (state.lang === "zh" ? "zh" : "en")]).filter(Boolean)).slice(0, 3).join("; ")));
  }

  /* ---- land-use elements ------------------------------------------------------------------------------------------------------ */
  function elements() {
    const skill = withColumns("model", "inside", "reference"), matters = withColumns("element", "importance"), responses = withColumns("element", "element_amount", "amount_unit");
    if (!skill.length && !matters.length && !responses.length) return;
    const box = card("elements", tr("elements_title"), tr("elements_note"));
    for (const [name, rows] of skill) {
      box.node.append(el("div", { class: "card-head sub" }, el("h3", {}, stepName(name))));
      const shown = rows.map((r) => [modelName(r.model), percent(r.r2), percent(r.misplaced), percent(r.inside), r.reference ? modelName(r.reference) : "", word("verdict_", r.verdict.replaceAll(" ", "_"))]);
      box.node.append(tableNode([tr("model_word"), tr("explained_word"), tr("misplaced_word"), tr("inside_word"), tr("against_word"), tr("verdict_word")], shown, [1, 2, 3]));
      box.node.append(el("p", { class: "source" }, tr("elements_key", num(rows[0].places, 5), num(rows[0].blocks, 5))));
    }
    for (const [name, rows] of matters) block(box, (holder, _, chart) => importance(holder, chart, name, rows));
    for (const [name, rows] of responses) block(box, (holder, again, chart) => response(holder, again, chart, name, rows));
  }
  function importance(box, chart, name, rows) {
    head(box, stepName(name) + " · " + modelName(rows[0].model));
    const sorted = [...rows].sort((a, b) => a.importance - b.importance), names = sorted.map((r) => label(r.element));
    const option = {
      grid: { left: 8, right: 56, top: 8, bottom: 8, containLabel: true },
      tooltip: tip({ trigger: "axis", axisPointer: { type: "shadow" }, formatter: (ps) => { const r = sorted[ps[0].dataIndex]; return "<b>" + escape(label(r.element)) + "</b><br>" + escape("+" + percent(r.importance) + " (" + percent(r.low) + " – " + percent(r.high) + ")"); } }),
      xAxis: { type: "value", axisLabel: Object.assign(soft(), { formatter: (v) => num(100 * v, 3) + " %" }), splitLine: { lineStyle: { color: css("--line") } } },
      yAxis: { type: "category", data: names, axisLabel: { color: css("--ink"), fontSize: 13 } },
      series: [{ type: "bar", barMaxWidth: 22, data: sorted.map((r) => r.importance), itemStyle: { color: css("--accent") }, label: { show: true, position: "right", color: css("--soft"), formatter: (p) => "+" + percent(p.value) } }],
    };
    const reversed = [...sorted].reverse();
    chart(box, "importance-" + name, option, 60 + 30 * names.length, [[tr("element_word"), tr("rise_word"), tr("low_word"), tr("high_word"), "VIF"], reversed.map((r) => [label(r.element), r.importance, r.low, r.high, r.inflation]), [1, 2, 3, 4]]);
    box.node.append(el("p", { class: "source" }, tr("importance_key")));
  }
  function response(box, again, chart, name, rows) {
    const key = "response-" + name;
    head(box, stepName(name) + " · " + modelName(rows[0].model));
    const pick = choose(key, uniq(rows.map((r) => r.element)), tr("element_word"), again, label);
    if (pick) box.node.append(el("div", { class: "mapbar" }, pick));
    const mine = rows.filter((r) => r.element === chosen[key]).sort((a, b) => a.element_amount - b.element_amount);
    const [scale, unit] = scaleOf(mine[0].unit, Math.max(...mine.map((r) => Math.abs(r.high))));
    const area = (data, opacity) => ({ type: "line", stack: "band", data, lineStyle: { opacity: 0 }, symbol: "none", areaStyle: { color: css("--accent"), opacity }, silent: true, tooltip: { show: false } });
    const option = {
      grid: { left: 8, right: 28, top: 36, bottom: 24, containLabel: true },
      tooltip: tip({ trigger: "axis", formatter: (ps) => { const r = mine[ps[0].dataIndex]; return escape(num(r.element_amount, 4) + " " + (r.amount_unit === "1" ? "" : r.amount_unit)) + "<br><b>" + escape(num(r.value / scale, 4) + " " + unit) + "</b><br>" + escape(num(r.low / scale, 4) + " – " + num(r.high / scale, 4)); } }),
      xAxis: { type: "category", boundaryGap: false, data: mine.map((r) => num(r.element_amount, 3)), name: mine[0].amount_unit === "1" ? "" : mine[0].amount_unit, nameLocation: "end", nameTextStyle: { color: css("--soft"), verticalAlign: "top", padding: [18, 0, 0, -40] }, axisLabel: soft() },
      yAxis: { type: "value", scale: true, name: unit, nameTextStyle: { color: css("--soft"), align: "left" }, axisLabel: soft(), splitLine: { lineStyle: { color: css("--line") } } },
      series: [area(mine.map((r) => r.low / scale), 0), area(mine.map((r) => (r.high - r.low) / scale), 0.18), { type: "line", data: mine.map((r) => r.value / scale), symbol: "none", lineStyle: { color: css("--accent"), width: 2 }, itemStyle: { color: css("--accent") } }],
    };
    chart(box, key, option, 280, [[tr("element_word"), mine[0].amount_unit, unit, tr("low_word"), tr("high_word")], mine.map((r) => [label(r.element), r.element_amount, r.value / scale, r.low / scale, r.high / scale]), [1, 2, 3, 4]]);
    box.node.append(el("p", { class: "source" }, tr("response_key")));
  }
  return { drivers, backTest, future, elements, trend };
}
