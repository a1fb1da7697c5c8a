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
  const before = new URLSearchParams(new FormData(form)).toString();
  let sent = false;
  form.addEventListener("submit", () => { sent = true; });
  window.addEventListener("beforeunload", (event) => {
    const now = new URLSearchParams(new FormData(form)).toString();
    if (!sent && now !== before) event.preventDefault();
  });
}

function begin(root) {
  localise(root);
  root.querySelectorAll("form[data-guard]").forEach(guard);
}

document.addEventListener("DOMContentLoaded", () => begin(document));
document.addEventListener("htmx:afterSettle", (event) => begin(event.detail.elt));
