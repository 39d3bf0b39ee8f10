/* One map: the study's own shapes as vector tiles, coloured by a choice of year, sector and measure; two choices side by side. */
import * as maplibregl from "./maplibre-gl.mjs";
import { page, load, words, trace } from "./charts.mjs";

const $ = (id) => document.getElementById(id);
maplibregl.setWorkerUrl(page.worker);
maplibregl.prewarm();
const dark = () => document.documentElement.dataset.theme === "dark";
const KEYS = ["time", "scenario", "basis", "sector"];
/* Where shapes are more they are small, and smooth edges and lines would cost more than they show. */
const MANY = 2500;

async function start() {
  const [strings, data, layers] = await Promise.all([words, load(page.data), load(page.api + "/layers")]);
  const kit = citycarbonReport({ data, strings, lang: page.lang, parts: [] }).kit;
  const { el, tr, num, massScale, label, word, css } = kit;
  const valued = layers.filter((l) => l.time.length), plain = layers.filter((l) => !l.time.length);
  if (!layers.length) { const note = el("div", { class: "empty" }, $("sections").dataset.empty); $("sections").append(note); document.body.dataset.drawn = "0"; return; }
  const asked = new URLSearchParams(location.search), usable = valued.length ? valued : layers;
  const state = { layer: usable.find((l) => l.name === asked.get("layer")) || usable.reduce((a, b) => (b.shapes > a.shapes ? b : a)), first: {}, second: {}, compare: asked.get("compare") === "1", per: asked.get("per") === "total" ? "v" : "d", classes: ["quantile", "natural", "equal"].includes(asked.get("classes")) ? asked.get("classes") : "quantile", opacity: 0.85, at: 50, squares: false };
  for (const key of KEYS) { state.first[key] = asked.get(key) || ""; state.second[key] = asked.get("second_" + key) || ""; }
  const title = (l) => l.title[page.lang] || l.name;
  let maps = [], summaries = [], breaks = null, latest = 0;

  function complete(choice) {
    const made = {};
    for (const key of KEYS) { const known = state.layer[key]; made[key] = known.includes(choice[key]) ? choice[key] : key === "sector" || !known.length ? "" : key === "time" ? known[known.length - 1] : known[0]; }
    return made;
  }
  const query = (choice) => new URLSearchParams(Object.entries(choice).filter(([, v]) => v)).toString();
  const shown = (key, value) => (key === "sector" ? (value ? label(value) : tr("all_sectors")) : key === "scenario" ? word("scenario_", label(value)) : key === "basis" ? word("basis_", value) : value);

  function select(text, values, current, show, change) {
    return el("label", {}, text + " ", el("select", { on: { change: (event) => change(event.target.value) } }, values.map((v) => el("option", { value: v, selected: v === current }, show(v)))));
  }
  function pickers(choice, note) {
    return KEYS.map((key) => { const values = key === "sector" ? ["", ...state.layer.sector] : state.layer[key]; return values.length > 1 ? select((note ? note + " · " : "") + tr({ time: "year", scenario: "path_word", basis: "basis", sector: "sector" }[key]), values, choice[key], (v) => shown(key, v), (v) => { choice[key] = v; again(); }) : null; });
  }
  function bar() {
    const parts = [
      layers.length > 1 ? select(tr("layer"), usable.map((l) => l.name), state.layer.name, (n) => title(usable.find((l) => l.name === n)), (n) => { state.layer = usable.find((l) => l.name === n); fit(); again(); }) : null,
      ...pickers(state.first, state.compare ? tr("map_left") : ""),
      ...(state.compare ? pickers(state.second, tr("map_right")) : []),
      select(tr("map_measure"), ["d", "v"], state.per, (v) => tr(v === "d" ? "map_density" : "map_total"), (v) => { state.per = v; again(); }),
      select(tr("classes"), ["quantile", "natural", "equal"], state.classes, tr, (v) => { state.classes = v; again(); }),
      el("label", {}, tr("opacity") + " ", el("input", { type: "range", min: "20", max: "100", value: String(100 * state.opacity), on: { input: (event) => { state.opacity = event.target.value / 100; for (const map of maps) paint(map); } } })),
      el("label", {}, el("input", { type: "checkbox", checked: state.compare, on: { change: (event) => { state.compare = event.target.checked; again(); } } }), " " + tr("map_compare")),
    ];
    $("map-choices").replaceChildren(...parts.filter(Boolean));
    const items = page.api + "/ogc/collections/" + state.layer.name + "/items?limit=10000&" + query(state.first);
    $("map-tools").replaceChildren(
      el("a", { class: "ghost", href: items, download: page.study + "-" + state.layer.name + ".geojson" }, "GeoJSON"),
      el("a", { class: "ghost", href: page.api + "/tables/map_sectors/rows.csv?layer=" + encodeURIComponent(state.layer.name) }, tr("export_csv")),
      el("button", { class: "ghost", type: "button", on: { click: picture } }, tr("export_png")),
      el("span", { class: "unit" }, tr("map_service") + " " + location.origin + page.api + "/ogc"));
  }

  /* One set of classes for both sides, so that colours mean the same. */
  function classify() {
    const numbers = summaries.flatMap((s) => s[state.per === "d" ? "density" : "total"]).sort((a, b) => a - b);
    const grid = summaries.flatMap((s) => s.density).sort((a, b) => a - b);
    breaks = { own: cuts(numbers), squares: cuts(grid) };
  }
  function cuts(numbers) {
    const n = Math.min(6, Math.max(1, new Set(numbers).size)), top = numbers[numbers.length - 1];
    if (!numbers.length) return [];
    if (state.classes === "natural") return kit.naturalBreaks(numbers, n);
    const made = [];
    for (let i = 0; i <= n; i++) made.push(state.classes === "equal" ? (top * i) / n : numbers[Math.min(numbers.length - 1, Math.round((i * (numbers.length - 1)) / n))]);
    return made;
  }
  const palette = (n) => { const made = kit.ramp(n); return dark() ? made.slice().reverse() : made; };
  const zero = () => (dark() ? "#2a3439" : "#e3e8ea");
  function colour(field, edges) {
    const colours = palette(Math.max(1, edges.length - 1));
    const value = ["get", field], steps = ["step", value, colours[0]];
    let last = -Infinity;
    for (let i = 1; i < edges.length - 1; i++) { if (edges[i] <= last) continue; last = edges[i]; steps.push(edges[i], colours[i]); }
    const ramped = steps.length > 3 ? steps : colours[0];
    return ["case", ["!", ["has", field]], "rgba(0,0,0,0)", ["<", value, 0], "#3f8f5b", ["==", value, 0], zero(), ramped];
  }
  /* Colours of each drawn layer; a style that is drawn for the first time has them at once, so that no tile is read twice. */
  function paints() {
    const shape = (field, edges) => ({ "fill-color": colour(field, edges), "fill-opacity": state.opacity });
    const made = { ground: { "background-color": css("--page") }, shapes: shape(state.per, breaks.own), squares: shape("d", breaks.squares), edges: { "line-color": dark() ? "#11181b" : "#ffffff" }, nodata: { "line-color": css("--faint") }, chosen: { "line-color": css("--ink") } };
    for (const l of plain) made["outline-" + l.name] = { "line-color": css("--faint") };
    return made;
  }
  function paint(map) {
    if (!breaks || !map.style) return;
    for (const [name, properties] of Object.entries(paints())) if (map.getLayer(name)) for (const [key, value] of Object.entries(properties)) map.setPaintProperty(name, key, value);
  }
  const tiles = (name, choice) => location.origin + page.api + "/tiles/" + encodeURIComponent(name) + "/{z}/{x}/{y}.mvt?" + query(choice || {}) + "&v=" + page.stamp;
  function style(choice) {
    const source = (l, c) => ({ type: "vector", tiles: [tiles(l.name, c)], minzoom: 0, maxzoom: 16, bounds: l.bounds });
    const sources = { main: source(state.layer, choice) }, drawn = [], colours = paints();
    const put = (id, type, from, more, paint) => drawn.push({ id, type, ...(from ? { source: from, "source-layer": id === "squares" ? "squares" : "shapes" } : {}), ...more, paint: { ...paint, ...colours[id] } });
    const base = plain.filter((l) => l.name !== state.layer.name);
    for (const l of base) sources["base-" + l.name] = source(l);
    put("ground", "background");
    put("squares", "fill", "main", {}, { "fill-antialias": false });
    put("shapes", "fill", "main", {}, { "fill-antialias": state.layer.shapes <= MANY });
    if (summaries.some((s) => s.without)) put("nodata", "line", "main", { filter: ["!", ["has", "v"]] }, { "line-width": 0.7, "line-dasharray": [2, 2] });
    put("edges", "line", "main", { minzoom: state.layer.shapes > MANY ? 12 : 10 }, { "line-width": ["interpolate", ["linear"], ["zoom"], 10, 0, 13, 0.4, 16, 1] });
    for (const l of base) put("outline-" + l.name, "line", "base-" + l.name, {}, { "line-width": 0.8, "line-opacity": 0.7 });
    put("chosen", "line", "main", { filter: ["==", ["get", "place"], "\u0000"] }, { "line-width": 2.5 });
    return { version: 8, transition: { duration: 0, delay: 0 }, sources, layers: drawn };
  }
  /* A map without a style yet: what draws is made ready while the values are on the way. */
  function make(holder) {
    const map = new maplibregl.Map({ container: holder, bounds: state.layer.bounds, fitBoundsOptions: { padding: 24 }, attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false, renderWorldCopies: false, fadeDuration: 0 });
    map.touchZoomRotate.disableRotation();
    map.on("idle", () => { if (!breaks || !map.style) return; grain(); document.body.dataset.drawn = "1"; });
    map.on("mousemove", (event) => hover(map, event));
    map.on("mouseout", () => { $("map-hover").hidden = true; });
    map.on("click", (event) => click(map, event));
    return map;
  }
  function grain() {
    const squares = maps[0].queryRenderedFeatures({ layers: ["squares"] }).length > 0;
    if (squares !== state.squares) { state.squares = squares; legend(); }
  }
  const under = (map, point) => map.style && map.queryRenderedFeatures(point, { layers: ["shapes", "squares"] })[0];
  const amount = (v) => { if (v === undefined || v === null) return tr("nodata"); const [scale, unit] = massScale(v); return num(v / scale, 4) + " " + unit + " CO2e"; };
  function hover(map, event) {
    const found = under(map, event.point), box = $("map-hover");
    box.hidden = !found;
    map.getCanvas().style.cursor = found && found.layer.id === "shapes" ? "pointer" : "";
    if (!found) return;
    const p = found.properties, name = found.layer.id === "squares" ? tr("map_square", num(p.n, 6)) : label(p.place);
    box.replaceChildren(el("strong", {}, name), " " + [p.class ? label(p.class) : "", amount(p.v), p.d === undefined ? "" : num(p.d, 3) + " t/" + tr("hectare")].filter(Boolean).join(" · "));
  }
  async function click(map, event) {
    const found = under(map, event.point);
    if (!found || found.layer.id !== "shapes") return;
    const place = found.properties.place, choice = map === maps[1] ? state.second : state.first;
    for (const each of maps) each.setFilter("chosen", ["==", ["get", "place"], place]);
    openPlace(place, choice);
  }
  async function openPlace(place, choice) {
    const panel = $("panel"), body = $("panel-body");
    $("panel-title").textContent = label(place);
    body.replaceChildren(el("p", { class: "wait" }, tr("loading")));
    panel.hidden = false;
    try {
      const made = await load(page.api + "/layers/" + encodeURIComponent(state.layer.name) + "/places/" + encodeURIComponent(place) + "?" + query({ ...choice, sector: "" }));
      const whole = made.sectors.reduce((s, r) => s + (r.value || 0), 0), known = made.sectors.some((r) => r.value !== null);
      const facts = [made.class ? label(made.class) : "", made.area_ha ? num(made.area_ha, 4) + " " + tr("hectare") : "", KEYS.filter((k) => k !== "sector" && made.choice[k]).map((k) => shown(k, made.choice[k])).join(" · "), tr("rule_" + kit.meta.scopes), kit.meta.gwp.replace("-", " ")].filter(Boolean).join(" · ");
      body.replaceChildren(el("p", { class: "unit" }, facts), el("p", {}, el("strong", {}, known ? amount(whole) : tr("nodata")), known && made.area_ha ? " · " + num(whole / made.area_ha, 4) + " t/" + tr("hectare") : ""));
      if (known) body.append(kit.tableNode([tr("sector"), "t CO2e", tr("share")], made.sectors.map((r) => [label(r.sector), num(r.value, 6), kit.share(r.value, whole)]), [1, 2]));
      if (made.years.length > 1) body.append(el("h3", {}, tr("time_title")), kit.tableNode([tr("year"), "t CO2e"], made.years.map((r) => [r.time, num(r.value, 6)]), [1]));
      if (made.traced) body.append(el("p", {}, el("button", { class: "press", type: "button", on: { click: () => trace({ place, ...Object.fromEntries(["time", "scenario", "basis"].filter((k) => choice[k]).map((k) => [k, choice[k]])) }, label(place), { ...kit, caption: facts, traceCard: kit.traceOf }) } }, tr("trace"))));
      else if (known) body.append(el("p", { class: "unit" }, tr("map_not_traced")));
    } catch (error) { body.replaceChildren(el("p", { class: "problems", role: "alert" }, error.message)); }
  }
  function legend() {
    const squares = state.squares, edges = squares ? breaks.squares : breaks.own, density = squares || state.per === "d", colours = palette(Math.max(1, edges.length - 1));
    const top = edges[edges.length - 1] || 0, [scale, plainUnit] = density ? [1, page.lang === "zh" ? "吨" : "t"] : massScale(top), unit = plainUnit + " CO2e" + (density ? "/" + tr("hectare") : "");
    const keys = edges.slice(0, -1).map((edge, i) => el("span", {}, el("i", { style: "background:" + colours[i] + ";opacity:" + state.opacity }), num(edge / scale, 3) + " – " + num(edges[i + 1] / scale, 3)));
    const s = summaries[0];
    const facts = [unit, shown("time", state.first.time), shown("sector", state.first.sector), tr("classes") + ": " + tr(state.classes), tr("map_sum", amount(s.sum)), s.without ? tr("map_without", num(s.without, 6), num(s.shapes, 7)) : "", squares ? tr("map_squares") : "", tr("datum_word") + " " + tr("datum")].filter(Boolean);
    $("map-legend").replaceChildren(...keys, s.zero ? el("span", {}, el("i", { style: "background:" + zero() }), tr("zero")) : "", s.negative ? el("span", {}, el("i", { style: "background:#3f8f5b" }), tr("map_negative")) : "", el("span", {}, el("i", { class: "none" }), tr("nodata")), el("span", { class: "key" }, facts.join(" · ")));
  }
  function fit() { for (const map of maps) map.fitBounds(state.layer.bounds, { padding: 24, duration: 0 }); }
  function remember() {
    const q = new URLSearchParams({ layer: state.layer.name, per: state.per === "v" ? "total" : "density", classes: state.classes });
    for (const key of KEYS) if (state.first[key]) q.set(key, state.first[key]);
    if (state.compare) { q.set("compare", "1"); for (const key of KEYS) if (state.second[key]) q.set("second_" + key, state.second[key]); }
    history.replaceState(null, "", location.pathname + "?" + q);
  }
  const again = () => refresh().catch(failed);
  async function refresh() {
    state.first = complete(state.first);
    if (state.compare && !Object.values(state.second).some(Boolean)) { const times = state.layer.time, others = state.layer.scenario; state.second = { ...state.first, time: times.length > 1 ? times[0] : state.first.time, scenario: times.length < 2 && others.length > 1 ? others[1] : state.first.scenario }; }
    state.second = complete(state.second);
    const wanted = state.compare ? [state.first, state.second] : [state.first];
    const asking = Promise.all(wanted.map((choice) => load(page.api + "/layers/" + encodeURIComponent(state.layer.name) + "/values?" + query(choice))));
    bar();
    $("map-card").hidden = false;
    for (const id of ["map-second", "map-divide"]) $(id).hidden = !state.compare;
    if (!maps.length) maps.push(make($("map-first")));
    const number = ++latest, found = await asking;
    /* Whoever chooses faster than the server answers sees the last choice. */
    if (number !== latest) return;
    summaries = found;
    $("sections").replaceChildren();
    classify(); remember();
    if (state.compare && maps.length < 2) { maps.push(make($("map-second"))); follow(maps[0], maps[1]); follow(maps[1], maps[0]); maps[1].jumpTo({ center: maps[0].getCenter(), zoom: maps[0].getZoom() }); slide(state.at); }
    if (!state.compare && maps.length > 1) { maps.pop().remove(); }
    maps.forEach((map, i) => map.setStyle(style(wanted[i]), { diff: true }));
    legend();
  }
  let leading = null;
  function follow(from, to) { from.on("move", () => { if (leading && leading !== from) return; leading = from; to.jumpTo({ center: from.getCenter(), zoom: from.getZoom() }); leading = null; }); }
  function slide(at) {
    state.at = Math.max(0, Math.min(100, at));
    $("map-divide").style.left = state.at + "%"; $("map-divide").setAttribute("aria-valuenow", String(Math.round(state.at)));
    $("map-second").style.clipPath = "inset(0 0 0 " + state.at + "%)";
  }
  const divide = $("map-divide");
  divide.addEventListener("pointerdown", (event) => { divide.setPointerCapture(event.pointerId); });
  divide.addEventListener("pointermove", (event) => { if (divide.hasPointerCapture(event.pointerId)) { const box = $("map-box").getBoundingClientRect(); slide((100 * (event.clientX - box.left)) / box.width); } });
  divide.addEventListener("keydown", (event) => { if (event.key === "ArrowLeft") slide(state.at - 5); if (event.key === "ArrowRight") slide(state.at + 5); });
  /* What was drawn is there only while it is drawn. */
  function picture() { maps[0].once("render", () => maps[0].getCanvas().toBlob((blob) => kit.save(page.study + "-" + state.layer.name + ".png", blob))); maps[0].triggerRepaint(); }
  addEventListener("theme", () => { for (const map of maps) paint(map); legend(); });
  await refresh();
  maps[0].addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
  maps[0].addControl(new maplibregl.ScaleControl({ unit: "metric" }), "bottom-right");
}
function failed(error) {
  console.error(error);
  const note = document.createElement("p");
  note.className = "problems"; note.setAttribute("role", "alert");
  note.textContent = $("sections").dataset.failed + " " + error.message;
  $("sections").replaceChildren(note);
}
start().catch((error) => { failed(error); document.body.dataset.drawn = "failed"; });
