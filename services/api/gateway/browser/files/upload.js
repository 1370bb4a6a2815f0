/** Files on their way to the gateway, with progress. */

import { documentOf } from "./connection.js";

/** @typedef {import("./connection.js").Connection} Connection */
/** @typedef {import("./connection.js").Send} Send */

/**
 * @callback OnUpload
 * @param {number} sent bytes
 * @param {number} total bytes
 * @returns {void}
 */

/**
 * @typedef {object} StoredFile
 * @property {string} id what payloads name it by
 * @property {string} url
 * @property {string} sha256
 * @property {number} size
 * @property {string} media_type
 * @property {string} name
 */

/** Milliseconds in which something must be sent, or heard. */
const SILENCE = 60_000;
/** Bytes a second; who sends less over a while is given up. */
const SLOWEST = 64 * 1024;

/**
 * Sends a body, again from its beginning if the connection breaks.
 * @param {Connection} connection
 * @param {string} path
 * @param {Blob | FormData} body
 * @param {object} how
 * @param {number} how.size bytes, or about so many
 * @param {Record<string, string>} how.headers
 * @param {AbortSignal} [how.signal]
 * @param {OnUpload} [how.onUpload]
 * @returns {Promise<any>} the answer's JSON
 */
export async function send(connection, path, body, { size, headers, signal, onUpload }) {
  const within = 60_000 + (1000 * size) / SLOWEST;
  const way = onUpload && globalThis.XMLHttpRequest ? byXhr(onUpload) : undefined;
  const asking = { body, headers, signal, within, oneTry: way ? SILENCE : within };
  const answer = await connection.insist("POST", path, asking, way);
  if (answer.ok) onUpload?.(size, size);
  return documentOf(answer);
}

/**
 * Only XMLHttpRequest tells how much of a body is sent.
 * @param {OnUpload} onUpload
 * @returns {Send}
 */
function byXhr(onUpload) {
  return (url, { method, headers, body, signal }, heard) =>
    new Promise((resolve, reject) => {
      const xhr = new XMLHttpRequest();
      xhr.open(method ?? "POST", url);
      xhr.responseType = "blob";
      for (const [name, value] of Object.entries(headers ?? {})) xhr.setRequestHeader(name, value);
      xhr.upload.onprogress = ({ loaded, total }) => {
        heard();
        onUpload(loaded, total);
      };
      xhr.onload = () => resolve(answerOf(xhr));
      xhr.onerror = () => reject(new TypeError("the connection was lost"));
      xhr.onabort = () => reject(signal?.reason);
      signal?.addEventListener("abort", () => xhr.abort(), { once: true });
      xhr.send(/** @type {XMLHttpRequestBodyInit} */ (body));
    });
}

/** @param {XMLHttpRequest} xhr */
function answerOf(xhr) {
  const headers = new Headers();
  for (const line of xhr.getAllResponseHeaders().trim().split(/[\r\n]+/)) {
    const at = line.indexOf(":");
    if (at > 0) headers.append(line.slice(0, at), line.slice(at + 1).trim());
  }
  return new Response(xhr.response, { status: xhr.status, headers });
}
