/* Draws the parts of a page from its data, and asks the server for the rows behind a number. */
export const page = JSON.parse(document.getElementById("page").textContent);

export async function load(address) {
  const answer = await fetch(address, { credentials: "same-origin", headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({ errors: [{ problem: answer.statusText }] }))).errors.map((e) => e.problem).join("; "));
  return answer.json();
}

export const words = load(page.words);

export async function trace(asked, title, kit) {
  const panel = document.getElementById("panel"), body = document.getElementById("panel-body");
  document.getElementById("panel-title").textContent = title;
  body.replaceChildren(kit.el("p", { class: "wait" }, kit.tr("loading")));
  panel.hidden = false;
  try {
    const found = await load(page.trace + "?" + new URLSearchParams(Object.entries(asked).filter(([, v]) => v !== null && v !== undefined)));
    body.replaceChildren(kit.el("p", { class: "unit" }, kit.tr("trace") + " · " + kit.caption), kit.el("p", {}, kit.el("strong", {}, kit.mass(found.whole) + " CO2e"), " · " + found.count + " × " + kit.tr("rows")));
    for (const row of found.rows) body.append(kit.traceCard(row, found.factors, found.methods, found.citations));
    if (found.count > found.rows.length) {
      const all = "/api/v1/studies/" + page.study + "/tables/emissions_co2e/rows.csv?" + new URLSearchParams(Object.entries(asked).filter(([k, v]) => v && k !== "basis"));
      body.append(kit.el("p", { class: "unit" }, kit.tr("more_traced", found.count - found.rows.length), " ", kit.el("a", { href: all }, kit.tr("all_as_csv"))));
    }
  } catch (error) {
    body.replaceChildren(kit.el("p", { class: "problems", role: "alert" }, String(error.message || error)));
  }
}

export async function draw(parts, data, more) {
  const box = document.getElementById("sections"), asked = new URLSearchParams(location.search);
  try {
    const [strings, found] = await Promise.all([words, data]);
    let drawn = 0;
    const report = citycarbonReport(Object.assign({
      data: found, strings, lang: page.lang, parts, trace, sheet: "/sheet",
      account: asked.has("account") ? Number(asked.get("account")) : undefined, time: asked.get("time") || undefined,
      drawn: (count, state) => {
        drawn = count;
        const query = new URLSearchParams(location.search);
        if (state.account) query.set("account", state.account); else query.delete("account");
        if (state.time) query.set("time", state.time); else query.delete("time");
        const text = query.toString();
        history.replaceState(null, "", location.pathname + (text ? "?" + text : "") + location.hash);
      },
    }, more || {}));
    const empty = () => { if (!box.childNodes.length && !(more && more.quiet)) { const note = document.createElement("div"); note.className = "empty"; note.textContent = box.dataset.empty; box.append(note); } };
    empty();
    addEventListener("theme", (event) => { report.redraw(event.detail === "dark"); empty(); });
    document.body.dataset.drawn = String(drawn);
    return report;
  } catch (error) {
    console.error(error);
    const note = document.createElement("p");
    note.className = "problems"; note.setAttribute("role", "alert");
    note.textContent = box.dataset.failed + " " + (error.message || error);
    box.replaceChildren(note);
    document.body.dataset.drawn = "failed";
  }
}

if (page.parts.length && !document.getElementById("levers")) draw(page.parts, load(page.data));
