/** What can go wrong. Every error of this module is a WarrenError. */

/**
 * What the gateway says of an error (RFC 9457).
 * @typedef {{type?: string, title?: string, status?: number, detail?: string,
 *   errors?: {field: string, message: string}[], [more: string]: unknown}} Problem
 */

export class WarrenError extends Error {
  /** @param {string} message @param {ErrorOptions} [options] */
  constructor(message, options) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The gateway said no: `status` is HTTP's, `problem` its whole answer, `field` the part at fault. */
export class Refused extends WarrenError {
  /** @param {number} status @param {Problem} problem */
  constructor(status, problem) {
    const { title, detail } = problem;
    super(title && detail ? `${title}: ${detail}` : detail || title || `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
    /** @type {string | undefined} */
    this.field = problem.errors?.[0]?.field;
  }
}

/** Nobody answered, or only that there is no time now; what was asked may be asked again. */
export class Unreachable extends WarrenError {
  /**
   * @param {string} message
   * @param {{retryAfter?: number, status?: number, problem?: Problem, cause?: unknown}} [more]
   *   `retryAfter` in milliseconds
   */
  constructor(message, more = {}) {
    super(message, { cause: more.cause });
    this.retryAfter = more.retryAfter;
    this.status = more.status;
    this.problem = more.problem;
  }
}

/** The task failed, expired or was cancelled; `state` says which, `error` why. */
export class TaskFailed extends WarrenError {
  /**
   * @param {string} taskId
   * @param {string} state
   * @param {{type?: string, message?: string} | null} error
   */
  constructor(taskId, state, error) {
    super(error?.message || `The task was ${state}`);
    this.taskId = taskId;
    this.state = state;
    this.error = error;
  }
}

/** The task has not ended in time; it goes on, and can be followed again by its id. */
export class DeadlinePassed extends WarrenError {
  /** @param {string} taskId @param {number} milliseconds */
  constructor(taskId, milliseconds) {
    super(`Task ${taskId} has not ended after ${Math.round(milliseconds / 1000)} s; it goes on`);
    this.taskId = taskId;
  }
}
