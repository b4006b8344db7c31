"use strict";
(() => {
  const root = document.documentElement;

  // The theme: as the system, light, dark. A browser that forgets a file's storage still switches.
  const names = { system: "as the system", light: "light", dark: "dark" };
  const order = Object.keys(names);
  const button = document.getElementById("theme");
  let theme = "system";
  try { theme = localStorage.getItem("mtam-theme") || "system"; } catch { /* no storage here */ }
  const show = () => {
    if (theme === "system") root.removeAttribute("data-theme"); else root.dataset.theme = theme;
    button.textContent = `Theme: ${names[theme]}`;
  };
  if (!(theme in names)) theme = "system";
  button.hidden = false;
  button.addEventListener("click", () => {
    theme = order[(order.indexOf(theme) + 1) % order.length];
    try { localStorage.setItem("mtam-theme", theme); } catch { /* no storage here */ }
    show();
  });
  show();

  // The values of points at once, also for a finger; without this script the browser shows the same titles.
  const tip = document.getElementById("tip");
  const hide = () => { tip.hidden = true; };
  const tell = (event) => {
    const mark = event.target.closest ? event.target.closest(".tip") : null;
    const text = mark && mark.dataset.tip;
    if (!text) { hide(); return; }
    tip.textContent = text;
    tip.hidden = false;
    const place = mark.getBoundingClientRect();
    const wide = tip.offsetWidth, high = tip.offsetHeight;
    const left = Math.min(Math.max(place.left + place.width / 2 - wide / 2, 4), innerWidth - wide - 4);
    const above = place.top - high - 8;
    tip.style.left = `${left}px`;
    tip.style.top = `${above > 4 ? above : place.bottom + 8}px`;
  };
  for (const mark of document.querySelectorAll(".tip")) {
    const title = mark.querySelector("title");
    if (title) { mark.dataset.tip = title.textContent; title.remove(); }
  }
  document.addEventListener("pointerover", tell);
  document.addEventListener("scroll", hide, { passive: true, capture: true });

  // A figure fills the window when it is clicked; the tip goes with it.
  const large = document.getElementById("large");
  const canvas = large.querySelector(".canvas");
  for (const drawing of document.querySelectorAll(".panel svg")) {
    const open = document.createElement("button");
    open.type = "button";
    open.className = "enlarge";
    open.textContent = "Enlarge";
    open.setAttribute("aria-label", `Enlarge: ${drawing.getAttribute("aria-label")}`);
    const enlarge = () => {
      canvas.replaceChildren(drawing.cloneNode(true));
      large.showModal();
    };
    open.addEventListener("click", enlarge);
    drawing.addEventListener("dblclick", (event) => { if (!event.target.closest("[data-legend]")) enlarge(); });
    drawing.after(open);
  }
  large.querySelector(".close").addEventListener("click", () => large.close());
  large.addEventListener("close", () => { canvas.replaceChildren(); hide(); });
  large.addEventListener("toggle", () => (large.open ? large : document.body).append(tip));

  // An entry of a legend hides its series and shows it again, by click and by keyboard.
  for (const entry of document.querySelectorAll(".panel svg [data-legend]")) {
    const drawing = entry.closest("svg");
    const mine = drawing.querySelectorAll(`[data-series="${entry.dataset.legend}"]`);
    if (!mine.length) continue;
    const words = entry.getBBox();
    const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const size = { x: words.x - 24, y: words.y - 2, width: words.width + 26, height: words.height + 4 };
    for (const [name, value] of Object.entries(size)) ground.setAttribute(name, value);
    ground.setAttribute("fill", "transparent");
    entry.prepend(ground);
    drawing.setAttribute("role", "group");  // an image could hold no buttons
    entry.setAttribute("role", "button");
    entry.setAttribute("tabindex", "0");
    entry.setAttribute("aria-pressed", "true");
    entry.setAttribute("aria-label", entry.dataset.name);
  }
  const turn = (entry) => {
    const shown = entry.getAttribute("aria-pressed") !== "true";
    entry.setAttribute("aria-pressed", String(shown));
    for (const mark of entry.closest("svg").querySelectorAll(`[data-series="${entry.dataset.legend}"]`)) {
      mark.classList.toggle("off", !shown);
    }
  };
  const button_at = (event) => event.target.closest && event.target.closest("[data-legend][role=button]");
  document.addEventListener("click", (event) => { const entry = button_at(event); if (entry) turn(entry); });
  document.addEventListener("keydown", (event) => {
    const entry = button_at(event);
    if (!entry || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    turn(entry);
  });

  // Folded parts are unfolded on paper.
  addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("details:not([open])")) {
      part.open = true;
      part.dataset.folded = "";
    }
  });
  addEventListener("afterprint", () => {
    for (const part of document.querySelectorAll("details[data-folded]")) {
      part.open = false;
      delete part.dataset.folded;
    }
  });
})();
