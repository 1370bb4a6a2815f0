/** Tasks of forms and flat statuses: what `submitAITask` and `pollTaskStatus` speak. */

import { newKey } from "./connection.js";
import { DeadlinePassed, TaskFailed } from "./errors.js";
import { longestWork } from "./limits.js";
import { Intervals } from "./polling.js";
import { sleep } from "./time.js";
import { send } from "./upload.js";

/** @typedef {import("./connection.js").Connection} Connection */
/** @typedef {import("./upload.js").OnUpload} OnUpload */

/**
 * @typedef {"image_generation" | "face_swap" | "background_removal" | "style_transfer"
 *   | "image_enhancement"} TaskType
 */

/**
 * @typedef {object} FlatStatus
 * @property {string} task_id
 * @property {string} task_type
 * @property {"PENDING" | "PROCESSING" | "RETRY" | "SUCCESS" | "FAILURE"} status
 * @property {number} progress 0 to 100
 * @property {string} message
 * @property {number} retry_count
 * @property {string} created_at
 * @property {string | null} started_at
 * @property {string | null} completed_at
 * @property {number | null} processing_time seconds
 * @property {string} [error]
 */

/**
 * @typedef {object} FlatResult
 * @property {string} task_id
 * @property {"SUCCESS"} status
 * @property {{image_url: string | null, prompt_used: string | null, processing_time: number | null,
 *   metadata: Record<string, unknown>}} result
 * @property {string | null} image_url
 * @property {any} result_data all that the task has made
 */

const ROOM_FOR_TEXTS = 64 * 1024;

/**
 * @param {Connection} connection
 * @param {string} prompt
 * @param {Blob | null | undefined} image
 * @param {TaskType} taskType
 * @param {Record<string, unknown>} [parameters]
 * @param {{targetImage?: Blob, signal?: AbortSignal, onUpload?: OnUpload,
 *   idempotencyKey?: string}} [more]
 * @returns {Promise<{task_id: string, status: "PENDING", message: string, created_at: string}>}
 */
export async function submit(connection, prompt, image, taskType, parameters, more = {}) {
  const form = new FormData();
  form.set("prompt", prompt ?? "");
  form.set("task_type", taskType);
  if (parameters) form.set("parameters", JSON.stringify(parameters));
  const pictures = { image, target_image: more.targetImage };
  let size = ROOM_FOR_TEXTS;
  for (const [name, picture] of Object.entries(pictures)) {
    if (!picture) continue;
    form.set(name, picture, /** @type {File} */ (picture).name ?? name);
    size += picture.size;
  }
  const headers = { "Idempotency-Key": more.idempotencyKey ?? newKey() };
  const { signal, onUpload } = more;
  return send(connection, "/api/v1/tasks/create/", form, { size, headers, signal, onUpload });
}

/**
 * @param {Connection} connection
 * @param {string} taskId
 * @param {{onStatus?: (status: FlatStatus) => void, signal?: AbortSignal, timeout?: number,
 *   patience?: number}} [how]
 * @returns {Promise<FlatResult>}
 */
export async function poll(connection, taskId, how = {}) {
  const { onStatus, signal, timeout, patience = 300_000 } = how;
  const task = `/api/v1/tasks/${encodeURIComponent(taskId)}`;
  const asking = { signal, within: patience };
  const intervals = new Intervals();
  let limit = timeout;
  let since = Date.now();
  for (;;) {
    /** @type {FlatStatus} */
    const status = await connection.get(`${task}/status/`, asking);
    onStatus?.(status);
    if (status.status === "SUCCESS") return connection.get(`${task}/result/`, asking);
    if (status.status === "FAILURE") {
      throw new TaskFailed(taskId, "failed", { message: status.error });
    }
    // Waiting for its turn counts only against a limit that was given.
    if (status.status === "PENDING" && timeout === undefined) since = Date.now();
    else limit ??= await longestWork(connection, status.task_type, signal);
    const spent = Date.now() - since;
    if (limit !== undefined && spent >= limit) throw new DeadlinePassed(taskId, spent);
    await sleep(Math.min(intervals.next(), limit ? limit - spent : Infinity), signal);
  }
}
