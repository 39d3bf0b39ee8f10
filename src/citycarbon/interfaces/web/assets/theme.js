"use strict";
/* Light or dark: what was chosen, or what the system says; runs before anything is drawn. */
(function () {
  const root = document.documentElement;
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = dark() ? "dark" : "light";
  addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme").addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      document.cookie = "citycarbon_theme=" + root.dataset.theme + ";path=/;max-age=31536000;samesite=lax";
      dispatchEvent(new CustomEvent("theme", { detail: root.dataset.theme }));
    });
    const panel = document.getElementById("panel");
    let before = null;
    const close = () => { if (panel.hidden) return; panel.hidden = true; if (before && before.focus) before.focus(); };
    document.getElementById("panel-close").addEventListener("click", close);
    addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
    new MutationObserver(() => { if (!panel.hidden) { before = document.activeElement && !panel.contains(document.activeElement) ? document.activeElement : before; document.getElementById("panel-close").focus(); } }).observe(panel, { attributes: true, attributeFilter: ["hidden"] });
    /* A menu closes when one looks elsewhere. */
    document.addEventListener("click", (event) => { for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false; });
  });
})();
