// @ts-check
// The draft on the server: read, written with the version it was read in, checked, and what pickers offer.
import { csrfToken } from "../server.js";

/** Somebody has saved first; the server has put this version beside it. */
export class Conflict extends Error {
  /** @param {{version: number, by: string, at: string, changed: string[], copy: string, url: string}} answer */
  constructor(answer) {
    super("conflict");
    this.answer = answer;
  }
}

/** The server takes none of it; `errors` says why, by path. */
export class Invalid extends Error {
  /** @param {Record<string, string[]>} errors */
  constructor(errors) {
    super("invalid");
    this.errors = errors;
  }
}

/** @param {string} url @param {RequestInit} [options] */
async function ask(url, options = {}) {
  const headers = { Accept: "application/json", ...options.headers };
  const response = await fetch(url, { ...options, headers });
  const json = response.headers.get("Content-Type")?.includes("json");
  const answer = json ? await response.json() : null;
  if (response.status === 412) throw new Conflict(answer);
  if (response.status === 422) throw new Invalid(answer.errors);
  if (!response.ok) throw new Error(`${response.status} from ${url}`);
  return answer;
}

/** @param {string} method @param {unknown} body @param {Record<string, string>} [headers] @returns {RequestInit} */
const sent = (method, body, headers = {}) => ({
  method,
  body: JSON.stringify(body),
  headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken(), ...headers },
});

/** @typedef {Record<string, string | null>} Changes */

export class Draft {
  /** @param {DOMStringMap} urls of the editor's root */
  constructor({ filesUrl = "", findingsUrl = "", vocabularyUrl = "" }) {
    this.urls = { files: filesUrl, findings: findingsUrl, vocabulary: vocabularyUrl };
  }

  read() {
    return ask(this.urls.files);
  }

  /** @param {number} version @param {Changes} files */
  write(version, files) {
    return ask(this.urls.files, sent("PUT", { files }, { "If-Match": `"${version}"` }));
  }

  /** @param {Changes} files @returns {Promise<import("./findings.js").Finding[]>} */
  async check(files) {
    return (await ask(this.urls.findings, sent("POST", { files }))).findings;
  }

  vocabulary() {
    return ask(this.urls.vocabulary);
  }
}
