/** Following a task through lost connections and gateways that are started again. */

import { DeadlinePassed, Unreachable } from "./errors.js";
import { poll } from "./polling.js";
import { Place, stream } from "./stream.js";
import { Backoff, sleep, watchdog } from "./time.js";

/** @typedef {import("./connection.js").Connection} Connection */
/** @typedef {import("./stream.js").TaskEvent} TaskEvent */

/**
 * @typedef {object} Following
 * @property {number | null} [after] go on behind the event of this id
 * @property {AbortSignal} [signal] ends it
 * @property {number} [timeout] milliseconds; none by default
 * @property {number} [patience] milliseconds in a row without a gateway; 300,000
 * @property {"auto" | "stream" | "poll"} [by] `auto` asks for the status where streams do not work
 */

/** Streams in a row that may bring nothing before the status is asked for instead. */
const MUTE_STREAMS = 2;
/** Milliseconds after which a stream is tried again. */
const SPELL = 60_000;

/**
 * What happens to the task until it ends, each recorded event once. Throws DeadlinePassed after
 * `timeout`, Unreachable after `patience`, and Refused, for example for an unknown id.
 * @param {Connection} connection
 * @param {string} taskId
 * @param {Following} [following]
 * @returns {AsyncGenerator<TaskEvent, void, void>}
 */
export async function* follow(connection, taskId, following = {}) {
  const { timeout, signal } = following;
  if (!timeout) return yield* steps(connection, taskId, following);
  const guard = watchdog(timeout, signal);
  try {
    yield* steps(connection, taskId, { ...following, signal: guard.signal });
  } catch (failure) {
    if (!guard.signal.aborted || signal?.aborted) throw failure;
    throw new DeadlinePassed(taskId, timeout);
  } finally {
    guard.end();
  }
}

/**
 * @param {Connection} connection
 * @param {string} taskId
 * @param {Following} following
 * @returns {AsyncGenerator<TaskEvent, void, void>}
 */
async function* steps(connection, taskId, { after = null, signal, patience = 300_000, by = "auto" }) {
  const place = new Place(after);
  const backoff = new Backoff();
  while (!place.ended) {
    if (by === "poll" || (by === "auto" && place.mute >= MUTE_STREAMS)) {
      yield* poll(connection, taskId, place, { signal, patience, spell: SPELL });
      continue;
    }
    const before = place.id;
    let rest = 0;
    try {
      yield* stream(connection, taskId, place, signal);
    } catch (failure) {
      if (!(failure instanceof Unreachable) || Date.now() - place.heard > patience) throw failure;
      rest = failure.retryAfter ?? 0;
    }
    if (place.id !== before) backoff.reset();
    if (!place.ended) await sleep(Math.max(rest, backoff.pause()), signal);
  }
}
