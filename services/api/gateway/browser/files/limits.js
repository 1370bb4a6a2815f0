/** How long a task may take by the limits of its kind. */

/** @typedef {import("./connection.js").Connection} Connection */

/** Kinds by what upload clients call them. */
const KINDS = new Map([
  ["image_generation", "image.generate"],
  ["face_swap", "image.swap_face"],
  ["background_removal", "image.remove_background"],
  ["style_transfer", "image.transfer_style"],
  ["image_enhancement", "image.enhance"],
]);
/** Milliseconds, for what is written down between and after attempts. */
const GRACE = 60_000;
/** Milliseconds, where nobody says more. */
const UNKNOWN = 3_600_000;

/**
 * Milliseconds that a task of this kind is worked on at most: all attempts and what lies between.
 * @param {Connection} connection
 * @param {string} taskType a kind, or what upload clients call it
 * @param {AbortSignal} [signal]
 * @returns {Promise<number>}
 */
export async function longestWork(connection, taskType, signal) {
  const { items } = await connection.get("/api/v1/kinds", { signal });
  const name = KINDS.get(taskType) ?? taskType;
  const kind = items.find((/** @type {{kind: string}} */ item) => item.kind === name);
  if (!kind) return UNKNOWN;
  const work = kind.max_attempts * kind.time_limit;
  return 1000 * (work + pauses(kind.retry, kind.max_attempts - 1)) + GRACE;
}

/**
 * Seconds between attempts, all together.
 * @param {{backoff: boolean, backoff_base: number, backoff_max: number, delay: number,
 *   delays: number[] | null} | null} retry
 * @param {number} count
 */
function pauses(retry, count) {
  let seconds = 0;
  for (let number = 0; retry && number < count; number += 1) {
    const growing = Math.min(retry.backoff_base * 2 ** number, retry.backoff_max);
    const usual = retry.backoff ? growing : retry.delay;
    seconds += retry.delays ? (retry.delays[Math.min(number, retry.delays.length - 1)] ?? 0) : usual;
  }
  return seconds;
}
