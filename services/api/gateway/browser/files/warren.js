/**
 * Warren in JavaScript: for browsers, and for Node 18 and later. Needs nothing else.
 *
 *     import { Warren } from "https://warren.example.com/client/warren.js";
 *
 *     const warren = new Warren({ key: "wk_…" });
 *     const { task_id } = await warren.submit("tts.synthesize", { text: "Hello" });
 *     const speech = await warren.wait(task_id, { onEvent: ({ data }) => show(data.progress) });
 *
 * Whatever is sent is sent again while the gateway does not answer, and done once. A task goes on
 * without its page: keep its id, and follow it again.
 */

import { Connection, documentOf, fileOf, newKey } from "./connection.js";
import { TaskFailed, WarrenError } from "./errors.js";
import { follow } from "./following.js";
import { list } from "./listing.js";
import { send } from "./upload.js";
import * as uploadTasks from "./upload-tasks.js";

export { DeadlinePassed, Refused, TaskFailed, Unreachable, WarrenError } from "./errors.js";

/** @typedef {import("./following.js").Following} Following */
/** @typedef {import("./stream.js").TaskEvent} TaskEvent */
/** @typedef {import("./upload.js").OnUpload} OnUpload */
/** @typedef {import("./upload.js").StoredFile} StoredFile */
/** @typedef {import("./upload-tasks.js").TaskType} TaskType */
/** @typedef {import("./upload-tasks.js").FlatStatus} FlatStatus */
/** @typedef {import("./upload-tasks.js").FlatResult} FlatResult */

/**
 * What may be said of a task beside its payload; times as `Date` or text (RFC 3339).
 * @typedef {object} TaskOptions
 * @property {"critical" | "default" | "low"} [lane]
 * @property {Date | string} [run_at]
 * @property {number} [delay_seconds]
 * @property {Date | string} [expires_at]
 * @property {string} [unique_key]
 * @property {{url: string, events?: string[]}} [webhook]
 * @property {Record<string, unknown>} [metadata]
 * @property {string[]} [tags]
 * @property {string} [user_id]
 */

/**
 * @typedef {object} TaskAccepted
 * @property {string} task_id
 * @property {string} kind
 * @property {string} status
 * @property {string} created_at
 * @property {boolean} unique whether it is an earlier task with the same unique key
 */

/** @typedef {{signal?: AbortSignal, idempotencyKey?: string}} Once */

/**
 * What must hold of tasks in a list, all of it; `since` and `until` go by their acceptance.
 * @typedef {object} TaskFilter
 * @property {string} [kind]
 * @property {string | string[]} [state]
 * @property {string} [tag]
 * @property {string} [user_id]
 * @property {string} [parent_id]
 * @property {string} [text]
 * @property {string} [error]
 * @property {Date | string} [since]
 * @property {Date | string} [until]
 */

export class Warren {
  /**
   * @param {object} where
   * @param {string} where.key an API key
   * @param {string | URL} [where.url] the gateway; where this module comes from, if left out
   * @param {typeof fetch} [where.fetch] in place of the one that is there
   */
  constructor({ key, url = new URL("..", import.meta.url), fetch }) {
    this.connection = new Connection({ url, key, fetch });
  }

  /**
   * Ask for a task; resolves once it cannot be lost any more.
   * @param {string} kind
   * @param {Record<string, unknown>} payload
   * @param {TaskOptions} [options]
   * @param {Once} [once]
   * @returns {Promise<TaskAccepted>}
   */
  submit(kind, payload, options = {}, once = {}) {
    return this.connection.post("/api/v1/tasks", { kind, payload, ...options }, asked(once));
  }

  /**
   * Ask for up to 1,000 tasks, all or none. `batch_id` is followed like a task.
   * @param {(TaskOptions & {kind: string, payload: Record<string, unknown>})[]} items
   * @param {Once} [once]
   * @returns {Promise<{batch_id: string | null, items: TaskAccepted[]}>}
   */
  submitBatch(items, once = {}) {
    return this.connection.post("/api/v1/tasks/batch", { items }, asked(once));
  }

  /**
   * Store a file, which payloads then name by its `id`.
   * @param {Blob} file
   * @param {Once & {name?: string, onUpload?: OnUpload}} [how]
   * @returns {Promise<StoredFile>}
   */
  upload(file, { name, onUpload, signal, idempotencyKey } = {}) {
    const called = name ?? /** @type {File} */ (file).name ?? "";
    return send(this.connection, `/api/v1/artifacts?name=${encodeURIComponent(called)}`, file, {
      size: file.size,
      headers: {
        "Content-Type": file.type || "application/octet-stream",
        "Idempotency-Key": idempotencyKey ?? newKey(),
      },
      signal,
      onUpload,
    });
  }

  /**
   * What happens to a task until it ends: by its event stream, which goes on where it was lost.
   * @param {string} taskId
   * @param {Following} [following]
   * @returns {AsyncGenerator<TaskEvent, void, void>}
   */
  events(taskId, following) {
    return follow(this.connection, taskId, following);
  }

  /**
   * What a task has made, as soon as it has. Throws TaskFailed for any other end.
   * @param {string} taskId
   * @param {Following & {onEvent?: (event: TaskEvent) => void}} [following]
   * @returns {Promise<any>}
   */
  async wait(taskId, { onEvent, ...following } = {}) {
    for await (const event of this.events(taskId, following)) {
      onEvent?.(event);
      if (event.event === "result") return event.data.result;
      if (event.event === "error") {
        throw new TaskFailed(taskId, event.data.status, event.data.error ?? null);
      }
    }
    return this.result(taskId, following);
  }

  /** @param {string} taskId @param {{signal?: AbortSignal}} [how] @returns {Promise<any>} */
  status(taskId, { signal } = {}) {
    return this.connection.get(path(taskId, "status"), { signal });
  }

  /**
   * What a task has made; throws Refused (409) if it has not succeeded.
   * @param {string} taskId
   * @param {{signal?: AbortSignal}} [how]
   * @returns {Promise<any>}
   */
  result(taskId, { signal } = {}) {
    return this.connection.get(path(taskId, "result"), { signal });
  }

  /** @param {string} taskId @param {Once} [once] @returns {Promise<any>} its status then */
  cancel(taskId, once = {}) {
    return this.connection.post(path(taskId, "cancel"), undefined, asked(once));
  }

  /** @param {string} taskId @param {Once} [once] @returns {Promise<any>} its status then */
  retry(taskId, once = {}) {
    return this.connection.post(path(taskId, "retry"), undefined, asked(once));
  }

  /**
   * Have a result and its files kept for so many days from now on; a batch's members', too.
   * @param {string} taskId
   * @param {number} days
   * @param {Once} [once]
   * @returns {Promise<any>} its status, whose `result_expires_at` says until when
   */
  extend(taskId, days, once = {}) {
    return this.connection.post(path(taskId, "extend"), { days }, asked(once));
  }

  /**
   * Delete a task that has ended, with its result.
   * @param {string} taskId
   * @param {Once} [once]
   * @returns {Promise<void>}
   */
  async delete(taskId, once = {}) {
    const { signal, headers } = asked(once);
    const task = `/api/v1/tasks/${encodeURIComponent(taskId)}`;
    const asking = { signal, headers: { "Idempotency-Key": newKey(), ...headers } };
    await documentOf(await this.connection.insist("DELETE", task, asking));
  }

  /** @param {string} taskId @param {{signal?: AbortSignal}} [how] @returns {Promise<any>} all of it */
  details(taskId, { signal } = {}) {
    return this.connection.get(`/api/v1/tasks/${encodeURIComponent(taskId)}`, { signal });
  }

  /**
   * One's own tasks, newest first.
   * @param {TaskFilter} [chosen]
   * @param {{signal?: AbortSignal}} [how]
   * @returns {AsyncGenerator<any, void, void>}
   */
  tasks(chosen = {}, how) {
    return list(this.connection, "/api/v1/tasks/my-tasks", { ...chosen }, how);
  }

  /**
   * What has moved a task so far, oldest first.
   * @param {string} taskId
   * @param {{signal?: AbortSignal}} [how]
   * @returns {AsyncGenerator<any, void, void>}
   */
  history(taskId, how) {
    return list(this.connection, path(taskId, "history"), {}, how);
  }

  /**
   * The tasks of a batch, in their order.
   * @param {string} batchId
   * @param {{signal?: AbortSignal}} [how]
   * @returns {AsyncGenerator<any, void, void>}
   */
  members(batchId, how) {
    const batch = `/api/v1/batches/${encodeURIComponent(batchId)}`;
    return list(this.connection, `${batch}/members`, {}, how);
  }

  /**
   * A stored file.
   * @param {string} artifactId
   * @param {{signal?: AbortSignal, within?: number}} [how] `within` in milliseconds
   * @returns {Promise<Blob>}
   */
  async download(artifactId, { signal, within = 120_000 } = {}) {
    const address = `/api/v1/artifacts/${encodeURIComponent(artifactId)}`;
    const asking = { signal, within, oneTry: within };
    return fileOf(await this.connection.insist("GET", address, asking));
  }

  /**
   * Ask for a picture by a form: `image` is a file, `parameters` are further fields.
   * @param {string} prompt
   * @param {Blob | null | undefined} image
   * @param {TaskType} taskType
   * @param {Record<string, unknown>} [parameters]
   * @param {Once & {targetImage?: Blob, onUpload?: OnUpload}} [more]
   */
  submitAITask(prompt, image, taskType, parameters, more) {
    return uploadTasks.submit(this.connection, prompt, image, taskType, parameters, more);
  }

  /**
   * The result of a task, by asking for its status: after a second, then less and less often.
   *
   * Without a `timeout` (milliseconds) it may be worked on as long as the limits of its kind allow,
   * and wait for its turn as long as it has to; then DeadlinePassed is thrown. The task goes on, and
   * may be asked for again. Throws TaskFailed.
   * @param {string} taskId
   * @param {{onStatus?: (status: FlatStatus) => void, signal?: AbortSignal, timeout?: number,
   *   patience?: number}} [how]
   * @returns {Promise<FlatResult>}
   */
  pollTaskStatus(taskId, how) {
    return uploadTasks.poll(this.connection, taskId, how);
  }
}

/** @type {Warren | undefined} */
let configured;

/**
 * Say once which gateway and key `submitAITask` and `pollTaskStatus` use.
 * @param {ConstructorParameters<typeof Warren>[0]} where
 */
export function configure(where) {
  configured = new Warren(where);
}

/** @type {Warren["submitAITask"]} */
export async function submitAITask(prompt, image, taskType, parameters, more) {
  return ready().submitAITask(prompt, image, taskType, parameters, more);
}

/** @type {Warren["pollTaskStatus"]} */
export async function pollTaskStatus(taskId, how) {
  return ready().pollTaskStatus(taskId, how);
}

function ready() {
  if (!configured) throw new WarrenError("Call configure({ key }) first");
  return configured;
}

/** @param {string} taskId @param {string} part */
function path(taskId, part) {
  return `/api/v1/tasks/${encodeURIComponent(taskId)}/${part}`;
}

/** @param {Once} once @returns {import("./connection.js").Asking} */
function asked({ signal, idempotencyKey }) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (idempotencyKey) headers["Idempotency-Key"] = idempotencyKey;
  return { signal, headers };
}
