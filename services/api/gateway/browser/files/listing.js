/** Lists, read page by page while they are iterated. */

/** @typedef {import("./connection.js").Connection} Connection */

const PAGE = 100;

/**
 * Everything that a list has, in its order.
 * @param {Connection} connection
 * @param {string} path
 * @param {Record<string, unknown>} chosen times as `Date` or text, several states as an array
 * @param {{signal?: AbortSignal}} [how]
 * @returns {AsyncGenerator<any, void, void>}
 */
export async function* list(connection, path, chosen, { signal } = {}) {
  const query = new URLSearchParams({ limit: String(PAGE) });
  for (const [name, value] of Object.entries(chosen)) {
    for (const one of [value].flat()) if (one !== undefined) query.append(name, said(one));
  }
  let cursor;
  do {
    if (cursor) query.set("cursor", cursor);
    const page = await connection.get(`${path}?${query}`, { signal });
    yield* page.items;
    cursor = page.next_cursor;
  } while (cursor);
}

/** @param {unknown} value */
function said(value) {
  return value instanceof Date ? value.toISOString() : String(value);
}
