/** Asking for a task's status again and again, less often each time. */

import { Refused } from "./errors.js";
import { sleep } from "./time.js";

/** @typedef {import("./connection.js").Connection} Connection */
/** @typedef {import("./stream.js").TaskEvent} TaskEvent */

const FIRST_INTERVAL = 1000;
const LONGEST_INTERVAL = 15_000;
const GROWTH = 1.5;
const ENDS = new Set(["succeeded", "failed", "cancelled", "expired"]);

/** Milliseconds from one question to the next, growing from a second on. */
export class Intervals {
  constructor() {
    this.interval = FIRST_INTERVAL;
  }

  next() {
    const now = this.interval;
    this.interval = Math.min(GROWTH * now, LONGEST_INTERVAL);
    return now;
  }
}

/**
 * The task as its status tells it, as events: what changes as `progress`, the end as `result` or
 * `error`. Returns after `spell` milliseconds if it has not ended.
 * @param {Connection} connection
 * @param {string} taskId
 * @param {{ended: boolean}} place `ended` is set at the end
 * @param {{signal?: AbortSignal, patience: number, spell: number}} how `patience` in milliseconds
 *   without an answer
 * @returns {AsyncGenerator<TaskEvent, void, void>}
 */
export async function* poll(connection, taskId, place, { signal, patience, spell }) {
  const task = `/api/v1/tasks/${encodeURIComponent(taskId)}`;
  const until = Date.now() + spell;
  const intervals = new Intervals();
  let last = "";
  do {
    const status = await connection.get(`${task}/status`, { signal, within: patience });
    const said = JSON.stringify([status.status, status.progress, status.message]);
    if (said !== last) yield { event: "progress", id: null, data: status };
    last = said;
    if (ENDS.has(status.status)) {
      place.ended = true;
      yield await end(connection, task, status, signal);
      return;
    }
    await sleep(intervals.next(), signal);
  } while (Date.now() < until);
}

/**
 * @param {Connection} connection
 * @param {string} task
 * @param {any} status
 * @param {AbortSignal} [signal]
 * @returns {Promise<TaskEvent>}
 */
async function end(connection, task, status, signal) {
  if (status.status !== "succeeded") return { event: "error", id: null, data: status };
  try {
    const result = await connection.get(`${task}/result`, { signal });
    return { event: "result", id: null, data: { ...status, result } };
  } catch (failure) {
    // It has succeeded all the same: the result is not kept any more.
    if (!(failure instanceof Refused) || failure.status !== 410) throw failure;
    return { event: "result", id: null, data: { ...status, result: null } };
  }
}
