// @ts-check
// A form that was sent and refused (signed out, too large, a server that failed) is not typed twice: what was in it
// stays in this tab until a page shows that the server has taken it. Back at the form it becomes the draft.
import { on } from "./dom.js";
import { content } from "./drafts.js";
import { post } from "./server.js";

const NAME = "gc-unsent";

/** @typedef {{url: string, who: string, refused: boolean, fields: [string, string][]}} Unsent */

/** @param {Unsent} unsent */
const keep = (unsent) => sessionStorage.setItem(NAME, JSON.stringify(unsent));

const who = () => document.body.dataset.who ?? "";

/** @param {HTMLFormElement} form */
function remember(form) {
  const fields = /** @type {[string, string][]} */ ([...content(form)]);
  keep({
    url: form.dataset.draftUrl ?? "",
    who: who(),
    refused: false,
    fields: fields.filter(([name]) => name !== "csrf_token"),
  });
}

/** @param {Unsent} unsent */
async function bringBack({ url, fields }) {
  const data = new FormData();
  for (const [name, value] of fields) data.append(name, value);
  await post(url, data);
  location.reload();
}

/** What this page says about the form sent last: refused, back at it, or done with. */
function settle() {
  const text = sessionStorage.getItem(NAME);
  if (!text) return;
  /** @type {Unsent} */
  const unsent = JSON.parse(text);
  if (document.querySelector("[data-refused]")) return keep({ ...unsent, refused: true });
  const door = !who();
  if (door && location.search.includes("next=")) return;
  sessionStorage.removeItem(NAME);
  const form = document.querySelector(`form[data-draft-url="${CSS.escape(unsent.url)}"]`);
  if (form && unsent.refused && unsent.who === who()) bringBack(unsent).catch(() => keep(unsent));
}

/** Watches all forms with a draft url. */
export function startUnsent() {
  settle();
  on("submit", "form[data-draft-url]", (_, form) => {
    if (form instanceof HTMLFormElement) remember(form);
  });
}
