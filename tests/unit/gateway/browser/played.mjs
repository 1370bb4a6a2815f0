/** A gateway that gives prepared answers, in place of `fetch`. */

import { Warren } from "../../../../services/api/gateway/browser/files/warren.js";

export const TASK = "01936b2e-0000-7000-8000-000000000000";
const encoder = new TextEncoder();

/** Answers in their order, the last one for ever; an Error is thrown, a function is asked. */
export function played(...answers) {
  const requests = [];
  const fetch = async (url, init) => {
    requests.push({ url: new URL(url), at: Date.now(), ...init });
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer instanceof Error) throw answer;
    return typeof answer === "function" ? answer(init) : answer;
  };
  return { requests, warren: new Warren({ key: "wk_x_y", url: "http://gateway", fetch }) };
}

export const json = (body, status = 200, headers = {}) => () =>
  new Response(JSON.stringify(body), { status, headers });

/** One event as it comes. */
export function told(event, id, more = {}) {
  const data = JSON.stringify({ task_id: TASK, status: "processing", ...more });
  return `${id ? `id: ${id}\n` : ""}event: ${event}\ndata: ${data}\n\n`;
}

/** A stream of such pieces; "silence" leaves it open, and an Error breaks it. */
export const stream = (...pieces) => (init) => {
  const body = new ReadableStream({
    async pull(controller) {
      const piece = pieces.shift();
      if (piece === undefined) controller.close();
      else if (piece instanceof Error) controller.error(piece);
      else if (piece !== "silence") controller.enqueue(encoder.encode(piece));
      else await new Promise((resolve) => init.signal.addEventListener("abort", resolve));
    },
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
};

export async function all(events) {
  const found = [];
  for await (const event of events) found.push(event);
  return found;
}
