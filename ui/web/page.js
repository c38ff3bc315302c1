// The browser's own affairs: drawers, light or dark, where to scroll, which folds are open.
(() => {
  const store = {
    get: (key) => { try { return localStorage.getItem("parley-" + key); } catch { return null; } },
    set: (key, value) => { try { localStorage.setItem("parley-" + key, value); } catch { /* private mode */ } },
  };
  const root = document.documentElement;
  const body = () => document.body;
  const wide = () => window.matchMedia("(min-width: 1100px)").matches;
  const middling = () => window.matchMedia("(min-width: 760px)").matches;

  // Light or dark
  const paintTheme = (dark) => { body().classList.toggle("dark", dark); root.style.colorScheme = dark ? "dark" : "light"; };
  const startTheme = () => {
    const asked = new URLSearchParams(location.search).get("__theme") || store.get("theme");
    paintTheme(asked ? asked === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches);
  };

  // Drawers: the left one is a column on wide pages, the right one on middling ones
  const closeDrawers = () => body().classList.remove("show-left", "show-right");
  const local = {
    menu() {
      if (wide()) { body().classList.toggle("hide-left"); store.set("left", body().classList.contains("hide-left") ? "hidden" : ""); }
      else { body().classList.remove("show-right"); body().classList.toggle("show-left"); }
    },
    panel() {
      if (middling()) { body().classList.toggle("hide-right"); store.set("right", body().classList.contains("hide-right") ? "hidden" : ""); }
      else { body().classList.remove("show-left"); body().classList.toggle("show-right"); }
    },
    room(tool) { showRoom(tool.dataset.room); },
    theme() { const dark = !body().classList.contains("dark"); paintTheme(dark); store.set("theme", dark ? "dark" : "light"); },
  };

  // Talk or evaluate: two rooms of one page, the address says which
  const markRoom = () => document.querySelectorAll(".room").forEach((room) => {
    const here = (room.dataset.room === "evaluate") === body().classList.contains("evaluating");
    if (here) room.setAttribute("aria-current", "page"); else room.removeAttribute("aria-current");
  });
  const showRoom = (name) => {
    const evaluating = name === "evaluate";
    body().classList.toggle("evaluating", evaluating);
    markRoom();
    closeDrawers();
    if (location.hash !== (evaluating ? "#evaluate" : "")) history.replaceState(null, "", evaluating ? "#evaluate" : location.pathname + location.search);
    if (evaluating) look();
  };
  let looked = false;
  const look = () => { looked = !!document.querySelector("#progress [data-do=look]"); document.querySelector("#progress [data-do=look]")?.click(); };

  // Folds the reader opened stay open. What the server paints is always closed, so each repaint is mended before
  // the browser shows it or anybody can look: observers run in the task that changed the page
  const unfolded = new Set();
  const keepFolds = () => document.querySelectorAll("details[data-keep]:not([open])").forEach((fold) => {
    if (unfolded.has(fold.dataset.keep)) fold.open = true;
  });
  const toggleFold = (fold) => {
    if (fold.open) unfolded.delete(fold.dataset.keep); else unfolded.add(fold.dataset.keep);
    fold.open = !fold.open;
  };

  // A new turn is brought to the top and held there until it is finished, unless the reader scrolls
  let followed = 0, answering = false, readerMoved = false, running = false;
  const toTurn = () => {
    const turns = document.querySelectorAll("#talk .turn");
    const talk = document.querySelector("#talk");
    if (!talk || !turns.length) return;
    const top = turns[turns.length - 1].getBoundingClientRect().top - talk.getBoundingClientRect().top + talk.scrollTop;
    talk.scrollTo({ top: top - 4, behavior: "instant" });
  };
  for (const kind of ["wheel", "touchmove", "pointerdown"]) {
    document.addEventListener(kind, (event) => { if (event.target.closest?.("#talk")) readerMoved = true; }, { passive: true });
  }
  const settle = () => {
    const live = !!document.querySelector("#now .turn");
    const count = document.querySelectorAll("#talk .turn").length;
    const talk = document.querySelector("#talk");
    if (talk) talk.classList.toggle("fresh", !!document.querySelector(".welcome") && !live);
    if (count !== followed) readerMoved = false;
    if (count !== followed || ((live || answering) && !readerMoved)) toTurn();
    followed = count;
    answering = live;
    const wishes = document.querySelectorAll("#ledger .wish:not(.gone)").length;
    const tool = document.querySelector(".tool-panel");
    if (tool) tool.dataset.count = wishes ? String(wishes) : "";
    document.querySelector("#composer .submit-button")?.setAttribute("aria-label", "Send");
    document.querySelector("#composer .stop-button")?.setAttribute("aria-label", "Stop");
    const runs = !!document.querySelector(".run.running");
    if (wide() && (runs || running)) document.querySelector("#watch")?.scrollTo({ top: runs ? 1e6 : 0 });
    running = runs;
    markRoom();
    if (!looked && body().classList.contains("evaluating")) look();
  };

  // A form's values by name; boxes of one name are joined
  const valuesOf = (form) => {
    const values = {};
    for (const [name, value] of new FormData(form)) values[name] = name in values ? values[name] + "," + value : value;
    return values;
  };

  window.parleyWire = (element, trigger, watch) => {
    element.addEventListener("submit", (event) => {
      event.preventDefault();
      trigger("submit", { ...event.target.dataset, ...valuesOf(event.target) });
    });
    element.addEventListener("click", (event) => {
      const pressed = event.target.closest("button[data-do]");
      if (!pressed || !element.contains(pressed)) return;
      if (pressed.hasAttribute("aria-pressed")) {
        const on = pressed.getAttribute("aria-pressed") === "true";
        pressed.parentElement.querySelectorAll("[aria-pressed]").forEach((b) => b.setAttribute("aria-pressed", "false"));
        pressed.setAttribute("aria-pressed", on ? "false" : "true");
      }
      const starts = pressed.dataset.do === "say" || pressed.dataset.do === "look";
      trigger(starts ? "submit" : "click", { ...pressed.dataset });
      if (["open", "new", "incognito"].includes(pressed.dataset.do)) { closeDrawers(); followed = 0; }
    });
    new MutationObserver(keepFolds).observe(element, { childList: true, subtree: true, attributeFilter: ["open"] });
    watch("value", () => requestAnimationFrame(settle));
    requestAnimationFrame(settle);
  };

  document.addEventListener("click", (event) => {
    const tool = event.target.closest("[data-local]");
    if (tool) { local[tool.dataset.local]?.(tool); return; }
    const summary = event.target.closest("details[data-keep] > summary");
    if (summary) { event.preventDefault(); toggleFold(summary.parentElement); return; }
    if (event.target.closest(".skip")) {
      event.preventDefault();
      document.querySelector(body().classList.contains("evaluating") ? "#trial select" : "#composer textarea")?.focus();
      return;
    }
    if (body().matches(".show-left, .show-right") && !event.target.closest("#left, #right")) closeDrawers();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeDrawers();
    if (event.key === "/" && !event.target.closest("input, textarea, select, [contenteditable]") && !body().classList.contains("evaluating")) {
      event.preventDefault();
      document.querySelector("#composer textarea")?.focus();
    }
  });

  const start = () => {
    startTheme();
    if (location.hash === "#evaluate") body().classList.add("evaluating");
    window.addEventListener("hashchange", () => showRoom(location.hash === "#evaluate" ? "evaluate" : "talk"));
    root.lang = root.lang || "en";
    if (store.get("left")) body().classList.add("hide-left");
    if (store.get("right")) body().classList.add("hide-right");
  };
  if (document.body) start(); else document.addEventListener("DOMContentLoaded", start);
})();
