/** Requests to a gateway: each is sent until it is answered, and what it asks for is done once. */

import { Refused, Unreachable, WarrenError } from "./errors.js";
import { Backoff, sleep, watchdog } from "./time.js";

/** @typedef {import("./errors.js").Problem} Problem */

/**
 * @typedef {object} Asking
 * @property {BodyInit | null} [body]
 * @property {Record<string, string>} [headers]
 * @property {AbortSignal} [signal] ends it
 * @property {number} [oneTry] milliseconds for a single try; 10,000
 * @property {number} [within] milliseconds for all tries; 30,000
 */

/**
 * How a single try is made: resolves with an answer, and rejects if there is none.
 * @typedef {(url: string, init: RequestInit, heard: () => void) => Promise<Response>} Send
 */

const COME_BACK = new Set([429, 502, 503, 504]);
const IN_PROGRESS = "urn:warren:problem:request-in-progress";

export class Connection {
  /**
   * @param {object} where
   * @param {string | URL} where.url the gateway's address
   * @param {string} where.key an API key
   * @param {typeof fetch} [where.fetch]
   */
  constructor({ url, key, fetch = globalThis.fetch.bind(globalThis) }) {
    if (!key) throw new WarrenError("An API key is needed: give it as `key`");
    if (!/^[\x21-\x7e]+$/.test(key)) throw new WarrenError("That is no API key");
    // A gateway may stand below a path of its host.
    this.base = new URL(String(url).replace(/\/*$/, "/"));
    this.key = key;
    this.fetch = fetch;
  }

  /**
   * The address of a path of the API; refuses other hosts, which must not learn the key.
   * @param {string} path
   */
  address(path) {
    const url = new URL(path.replace(/^\//, ""), this.base);
    if (url.origin !== this.base.origin) {
      throw new WarrenError(`${url.origin} is not the gateway`);
    }
    return url.href;
  }

  /** What every request has. */
  get headers() {
    return { Authorization: `Bearer ${this.key}` };
  }

  /** @param {string} path @param {Asking} [asking] @returns {Promise<any>} the answer's JSON */
  async get(path, asking) {
    return documentOf(await this.insist("GET", path, asking));
  }

  /**
   * A POST that is done once, however often it has to be sent.
   * @param {string} path
   * @param {unknown} [document]
   * @param {Asking} [asking]
   * @returns {Promise<any>}
   */
  async post(path, document, asking = {}) {
    const body = document === undefined ? null : JSON.stringify(document);
    /** @type {Record<string, string>} */
    const headers = { "Idempotency-Key": newKey(), ...asking.headers };
    if (body !== null) headers["Content-Type"] = "application/json";
    return documentOf(await this.insist("POST", path, { body, ...asking, headers }));
  }

  /**
   * The answer that settles a request, whatever it is.
   * @param {string} method
   * @param {string} path
   * @param {Asking} [asking]
   * @param {Send} [send]
   */
  async insist(method, path, asking = {}, send = (url, init) => this.fetch(url, init)) {
    const { within = 30_000, signal } = asking;
    const deadline = Date.now() + within;
    const backoff = new Backoff();
    for (;;) {
      try {
        return await this.try(method, path, asking, send);
      } catch (failure) {
        if (!(failure instanceof Unreachable)) throw failure;
        const rest = failure.retryAfter ?? backoff.pause();
        if (Date.now() + rest >= deadline) throw failure;
        await sleep(rest, signal);
      }
    }
  }

  /**
   * One try; throws Unreachable if there is no answer, or one that asks to come back.
   * @param {string} method
   * @param {string} path
   * @param {Asking} asking
   * @param {Send} send
   */
  async try(method, path, { body = null, headers = {}, signal, oneTry = 10_000 }, send) {
    const guard = watchdog(oneTry, signal);
    const init = {
      method,
      body,
      headers: { ...this.headers, ...headers },
      signal: guard.signal,
      credentials: /** @type {const} */ ("omit"),
      cache: /** @type {const} */ ("no-store"),
    };
    try {
      const answer = await send(this.address(path), init, () => guard.heard());
      // Read whole while somebody watches over it.
      const content = await answer.blob();
      return await settled(new Response(hasBody(answer) ? content : null, answer));
    } catch (failure) {
      throw unreachable(failure, `${method} ${path}`, signal);
    } finally {
      guard.end();
    }
  }
}

/**
 * The answer, unless it asks to come back: throws Unreachable then.
 * @param {Response} answer
 */
export async function settled(answer) {
  const { status } = answer;
  if (!COME_BACK.has(status) && status !== 409) return answer;
  const problem = await problemOf(answer.clone());
  if (status === 409 && problem.type !== IN_PROGRESS) return answer;
  throw new Unreachable(`HTTP ${status}: ${problem.detail ?? ""}`, {
    retryAfter: retryAfter(answer),
    status,
    problem,
  });
}

/**
 * What the answer says; throws Refused for an error.
 * @param {Response} answer
 */
export async function documentOf(answer) {
  if (!answer.ok) throw new Refused(answer.status, await problemOf(answer));
  const text = await answer.text();
  return text ? JSON.parse(text) : null;
}

/**
 * The answer's file; throws Refused for an error.
 * @param {Response} answer
 */
export async function fileOf(answer) {
  if (!answer.ok) throw new Refused(answer.status, await problemOf(answer));
  return answer.blob();
}

/**
 * @param {Response} answer
 * @returns {Promise<Problem>}
 */
async function problemOf(answer) {
  const text = await answer.text();
  try {
    const said = JSON.parse(text);
    // Forms are refused as {error, details}.
    if (typeof said.error === "string") return { detail: formProblem(said), ...said };
    return said;
  } catch {
    return { title: `HTTP ${answer.status}`, detail: text.slice(0, 300) };
  }
}

/** @param {{error: string, details?: Record<string, string[]>}} said */
function formProblem({ error, details }) {
  const named = Object.entries(details ?? {}).map(([field, messages]) => `${field} ${messages}`);
  return named.length ? `${error}: ${named.join("; ")}` : error;
}

/**
 * What was thrown, as an Unreachable if nobody has answered.
 * @param {unknown} failure
 * @param {string} what
 * @param {AbortSignal} [signal]
 */
export function unreachable(failure, what, signal) {
  if (failure instanceof WarrenError) return failure;
  if (signal?.aborted) return signal.reason;
  const reason = failure instanceof Error ? failure.message : String(failure);
  return new Unreachable(`The gateway does not answer ${what}: ${reason}`, { cause: failure });
}

/** @param {Response} answer @returns {number | undefined} milliseconds */
function retryAfter(answer) {
  const text = answer.headers.get("Retry-After") ?? "";
  return /^\d{1,7}$/.test(text) ? 1000 * Number(text) : undefined;
}

/** @param {Response} answer */
function hasBody({ status }) {
  return ![204, 205, 304].includes(status);
}

/** A key that nobody else will use; pages without HTTPS have no crypto.randomUUID. */
export function newKey() {
  const bytes = new Uint8Array(16);
  if (globalThis.crypto) globalThis.crypto.getRandomValues(bytes);
  else bytes.forEach((_, at) => (bytes[at] = 256 * Math.random()));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
