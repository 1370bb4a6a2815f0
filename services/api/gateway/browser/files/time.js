/** Time that passes, and can be cut short. */

/**
 * Resolves after so many milliseconds; rejects with the signal's reason.
 * @param {number} milliseconds
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function sleep(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/**
 * A signal that aborts with another one, or when nothing has been heard for a while.
 * @param {number} milliseconds
 * @param {AbortSignal} [other]
 */
export function watchdog(milliseconds, other) {
  const controller = new AbortController();
  const silence = () => controller.abort(new DOMException("nothing was heard", "TimeoutError"));
  const forward = () => controller.abort(other?.reason);
  let timer = setTimeout(silence, milliseconds);
  if (other?.aborted) forward();
  other?.addEventListener("abort", forward, { once: true });
  return {
    signal: controller.signal,
    /** Something was heard: as long again, or as long as is said now. */
    heard(next = milliseconds) {
      clearTimeout(timer);
      timer = setTimeout(silence, next);
    },
    /** Nobody listens any more. */
    end() {
      clearTimeout(timer);
      other?.removeEventListener("abort", forward);
    },
  };
}

/** Pauses between tries: each twice as long, by chance, so that not all come back at once. */
export class Backoff {
  constructor(first = 200, longest = 5000) {
    this.first = first;
    this.longest = longest;
    this.next = first;
  }

  /** Milliseconds until the next try. */
  pause() {
    const pause = this.next * (0.5 + Math.random() / 2);
    this.next = Math.min(2 * this.next, this.longest);
    return pause;
  }

  reset() {
    this.next = this.first;
  }
}
