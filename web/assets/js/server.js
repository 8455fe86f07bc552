// @ts-check
// Requests to our own server; every write carries the CSRF token of the page.

/** @returns {string} */
export function csrfToken() {
  return document.body.dataset.csrf ?? "";
}

/**
 * POSTs a form; throws unless the answer is a success, with its `status` if there is one.
 * @param {string} url
 * @param {FormData} body
 * @returns {Promise<any>} the JSON answer, null when there is none
 */
export async function post(url, body) {
  const headers = { "X-CSRFToken": csrfToken(), Accept: "application/json" };
  const response = await fetch(url, { method: "POST", body, headers });
  if (!response.ok)
    throw Object.assign(new Error(`${response.status} from ${url}`), { status: response.status });
  const json = response.headers.get("Content-Type")?.includes("json");
  return json ? response.json() : null;
}

/** The server will not take the file; trying again never helps, and the message says why. */
export class Refused extends Error {}

/**
 * Uploads one file as multipart `file`; the server answers {key, url}, or {message} when it refuses (Refused).
 * @param {string} url
 * @param {Blob} file
 * @param {string} name
 * @param {(percent: number) => void} [progress]
 * @returns {Promise<{key: string, url: string}>}
 */
export function upload(url, file, name, progress) {
  const body = new FormData();
  body.append("file", file, name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch reports no upload progress
    request.open("POST", url);
    request.responseType = "json";
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (event) =>
      progress?.(Math.round((event.loaded / event.total) * 100));
    request.onerror = () => reject(new Error(`no connection to ${url}`));
    request.onload = () =>
      request.status < 300 && request.response?.key
        ? resolve(request.response)
        : reject(
            request.response?.message
              ? new Refused(request.response.message)
              : new Error(`${request.status} from ${url}`),
          );
    request.send(body);
  });
}
