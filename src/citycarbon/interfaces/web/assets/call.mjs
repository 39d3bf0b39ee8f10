/* Sends the form of a method and shows the answer in its place, so that nothing that was typed or chosen is lost. Without this
   module the form works as well, with a new page. */
const form = document.getElementById("call"), said = document.getElementById("call-said");
let running = null;
if (form) {
  form.addEventListener("submit", async (event) => {
    if (event.submitter && event.submitter.value === "csv") return;
    event.preventDefault();
    if (running) running.abort();
    const mine = (running = new AbortController());
    said.textContent = form.dataset.busy;
    form.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(location.pathname, { method: "POST", body: new FormData(form, event.submitter), credentials: "same-origin", signal: mine.signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html"), found = page.getElementById("answer") || page.getElementById("main");
      document.getElementById("answer").replaceChildren(...(found ? [...found.childNodes].map((node) => document.adoptNode(node)) : []));
      said.textContent = "";
      document.getElementById("answer").scrollIntoView({ block: "start" });
      document.getElementById("answer").focus({ preventScroll: true });
    } catch (error) {
      if (error.name !== "AbortError") said.textContent = form.dataset.failed + " " + error.message;
    } finally {
      if (running === mine) { running = null; form.removeAttribute("aria-busy"); document.body.dataset.answered = String(Number(document.body.dataset.answered || 0) + 1); }
    }
  });
}
