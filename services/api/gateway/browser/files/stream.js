/** One connection that tells of a task: server-sent events, from a certain one on. */

import { documentOf, settled, unreachable } from "./connection.js";
import { ServerSentParser } from "./server-sent.js";
import { watchdog } from "./time.js";

/** @typedef {import("./connection.js").Connection} Connection */

/**
 * An event of a task. `status`, `part`, `result` and `error` have ids, 1, 2, 3 … of the task;
 * `progress` has none. `result` and `error` are the last.
 * @typedef {object} TaskEvent
 * @property {"status" | "part" | "result" | "error" | "progress"} event
 * @property {number | null} id
 * @property {{task_id: string, status: string, progress?: number, message?: string | null,
 *   result?: any, error?: {type?: string, message?: string} | null,
 *   artifact?: {artifact_id: string, url: string, name: string, media_type: string},
 *   [more: string]: any}} data
 */

const NAMES = new Set(["status", "part", "result", "error", "progress"]);
/** Milliseconds: a stream begins at once, and is never silent for three heartbeats. */
const FIRST_WORD = 10_000;
const SILENCE = 45_000;

/** Where somebody who follows a task stands. */
export class Place {
  /** @param {number | null} id of the last event that was seen */
  constructor(id) {
    this.id = id;
    this.ended = false;
    /** When something was last heard. */
    this.heard = Date.now();
    /** Streams in a row that a gateway did not open, or that brought nothing. */
    this.mute = 0;
  }
}

/**
 * What one connection tells; throws Unreachable when it is lost.
 * @param {Connection} connection
 * @param {string} taskId
 * @param {Place} place
 * @param {AbortSignal} [signal]
 * @returns {AsyncGenerator<TaskEvent, void, void>}
 */
export async function* stream(connection, taskId, place, signal) {
  const guard = watchdog(FIRST_WORD, signal);
  const path = `/api/v1/tasks/${encodeURIComponent(taskId)}/events`;
  /** @type {ReadableStreamDefaultReader<Uint8Array> | undefined} */
  let reader;
  try {
    const answer = await opened(connection, path, place, guard.signal);
    if (answer.status === 204) place.ended = true;
    if (!answer.ok || answer.status === 204) return void (await documentOf(answer));
    reader = answer.body?.getReader();
    const parser = new ServerSentParser();
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done) return;
      guard.heard(SILENCE);
      place.heard = Date.now();
      place.mute = 0;
      for (const sent of parser.feed(decoder.decode(value, { stream: true }))) {
        const event = noted(sent, place);
        if (event) yield event;
      }
    }
  } catch (failure) {
    throw unreachable(failure, path, signal);
  } finally {
    guard.end();
    await reader?.cancel().catch(() => undefined);
  }
}

/**
 * @param {Connection} connection
 * @param {string} path
 * @param {Place} place
 * @param {AbortSignal} signal
 */
async function opened(connection, path, place, signal) {
  /** @type {Record<string, string>} */
  const headers = { ...connection.headers, Accept: "text/event-stream" };
  if (place.id !== null) headers["Last-Event-ID"] = String(place.id);
  /** @type {RequestInit} */
  const init = { headers, signal, cache: "no-store", credentials: "omit" };
  const answer = await connection.fetch(connection.address(path), init);
  // Somebody is there: if nothing follows, streams do not get through to here.
  place.mute += 1;
  return await settled(answer);
}

/**
 * The event; null for one that a newer gateway tells, or that was told before.
 * @param {import("./server-sent.js").ServerSent} sent
 * @param {Place} place
 * @returns {TaskEvent | null}
 */
function noted({ event, id, data }, place) {
  const number = id !== null && /^\d+$/.test(id) ? Number(id) : null;
  if (number !== null) {
    if (place.id !== null && number <= place.id) return null;
    place.id = number;
  }
  if (!NAMES.has(event)) return null;
  place.ended = event === "result" || event === "error";
  return { event: /** @type {TaskEvent["event"]} */ (event), id: number, data: JSON.parse(data) };
}
