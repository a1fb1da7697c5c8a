// What pages do beyond links and forms; each page is complete without it.
"use strict";

// Moments are sent in UTC and shown in the reader's own zone. Days stay as they are.
function localise(root) {
  const style = { dateStyle: "medium", timeStyle: "short" };
  for (const time of root.querySelectorAll("time[data-instant]")) {
    const moment = new Date(time.dateTime);
    time.title = time.textContent;
    time.textContent = moment.toLocaleString(undefined, style);
    time.removeAttribute("data-instant");
  }
}

// A form marked data-guard asks before a changed page is left without saving.
function guard(form) {
  // One that comes back with what was typed, and is not saved, differs from the start.
  const before = form.dataset.guard || new URLSearchParams(new FormData(form)).toString();
  let sent = false;
  form.addEventListener("submit", () => { sent = true; });
  window.addEventListener("beforeunload", (event) => {
    const now = new URLSearchParams(new FormData(form)).toString();
    if (!sent && now !== before) event.preventDefault();
  });
}

// A text field that finds its choices while one types: the combobox pattern of WAI-ARIA. The list
// is filled by htmx; what is chosen is put into the field as text, as one could have typed it.
function combo(input) {
  const list = document.getElementById(`${input.id}-list`);
  let active = null;
  let wanted = false; // an answer that comes after Escape opens nothing
  const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id };
  for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
  const show = (open) => {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    if (!open) mark(null);
    wanted = open;
  };
  const find = () => {
    wanted = true;
    htmx.trigger(input, "open");
  };
  const mark = (option) => {
    active?.setAttribute("aria-selected", "false");
    active = option;
    active?.setAttribute("aria-selected", "true");
    active?.scrollIntoView({ block: "nearest" });
    if (active) input.setAttribute("aria-activedescendant", active.id);
    else input.removeAttribute("aria-activedescendant");
  };
  const choose = (option) => {
    input.value = option.textContent;
    show(false);
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const options = () => [...list.querySelectorAll("[role=option]:not([aria-disabled])")];
  const move = (by) => {
    const all = options();
    if (all.length) mark(all[(all.indexOf(active) + by + all.length + (by < 0 && !active)) % all.length]);
  };
  const keys = {
    ArrowDown: () => (list.hidden ? find() : move(1)),
    ArrowUp: () => (list.hidden ? find() : move(-1)),
    Enter: () => choose(active),
    Escape: () => show(false),
  };
  show(false);
  input.addEventListener("keydown", (event) => {
    if (!keys[event.key] || (event.key === "Enter" && !active)) return;
    event.preventDefault();
    keys[event.key]();
  });
  input.addEventListener("input", () => { wanted = true; });
  input.addEventListener("click", () => list.hidden && find());
  input.addEventListener("blur", () => show(false));
  input.addEventListener("htmx:configRequest", (event) => {
    event.detail.parameters.q = input.value === input.defaultValue ? "" : input.value;
  });
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const option = event.target.closest("[role=option]:not([aria-disabled])");
    if (option) choose(option);
  });
  list.addEventListener("htmx:afterSwap", () => {
    active = null;
    options().forEach((option, index) => { option.id = `${list.id}-${index}`; });
    show(wanted && document.activeElement === input);
  });
}

function begin(root) {
  localise(root);
  root.querySelectorAll("form[data-guard]").forEach(guard);
  root.querySelectorAll("input[data-combo]").forEach(combo);
}

document.addEventListener("DOMContentLoaded", () => begin(document));
document.addEventListener("htmx:afterSettle", (event) => begin(event.detail.elt));
