import assert from "node:assert/strict";
import test from "node:test";

import { ServerSentParser } from "../../../../services/api/gateway/browser/files/server-sent.js";
import { TASK, all, json, played, stream, told } from "./played.mjs";

const LOST = new TypeError("terminated");
const names = (events) => events.map(({ event, id }) => [event, id]);

test("events are the same however the stream is cut", () => {
  const text =
    'retry: 1\n\n: a comment\n\nid: 1\nevent: status\ndata: {"a": 1}\n\n' +
    "event: part\r\ndata:first\r\ndata: зв\r\n\r\ndata: plain\rid: 7\r\revent: no data\n\ndata: cut";
  for (const size of [1, 2, 3, 7, text.length]) {
    const parser = new ServerSentParser();
    const found = [];
    for (let at = 0; at < text.length; at += size) found.push(...parser.feed(text.slice(at, at + size)));
    assert.deepEqual(found, [
      { event: "status", data: '{"a": 1}', id: "1" },
      { event: "part", data: "first\nзв", id: null },
      { event: "message", data: "plain", id: "7" },
    ]);
  }
});

test("following goes on where the connection was lost, each recorded event once", async () => {
  const { warren, requests } = played(
    stream(told("progress", 0, { progress: 10 }), told("status", 1) + told("part", 2).slice(0, 20), LOST),
    LOST,
    json({}, 503, { "Retry-After": "0" }),
    stream(told("part", 2), told("news", 3)),
    stream(told("part", 2), told("result", 4, { status: "succeeded", result: 7 })),
  );

  const events = await all(warren.events(TASK, { by: "stream" }));

  assert.deepEqual(names(events), [["progress", null], ["status", 1], ["part", 2], ["result", 4]]);
  const asked = requests.map(({ headers }) => headers["Last-Event-ID"]);
  assert.deepEqual(asked, [undefined, "1", "1", "1", "3"]);
});

test("a wait tells of the progress and returns the result, or throws what became of it", async () => {
  const seen = [];
  const { warren } = played(
    stream(told("progress", 0, { progress: 40 }), told("result", 1, { result: { words: 2 } })),
    stream(told("error", 2, { status: "failed", error: { type: "Bad", message: "no voice" } })),
  );

  const result = await warren.wait(TASK, { onEvent: ({ data }) => seen.push(data.progress) });

  assert.deepEqual(result, { words: 2 });
  assert.equal(seen[0], 40);
  await assert.rejects(warren.wait(TASK), { name: "TaskFailed", state: "failed", message: "no voice" });
});

test("who has seen the end is told nothing, and may fetch the result", async () => {
  const { warren, requests } = played(() => new Response(null, { status: 204 }), json("done"));

  assert.equal(await warren.wait(TASK, { after: 9 }), "done");
  assert.equal(requests[0].headers["Last-Event-ID"], "9");
});

test("where no streams are to be had the status is asked for, less often each time", async () => {
  const full = json({ type: "too-many-streams" }, 503, { "Retry-After": "0" });
  const at = (status, progress) => json({ task_id: TASK, status, progress });
  const { warren, requests } = played(
    full, full, at("pending", 0), at("processing", 50), at("succeeded", 100), json({ words: 2 }),
  );

  const events = await all(warren.events(TASK));

  const progress = events.slice(0, 3).map(({ data }) => data.progress);
  assert.deepEqual([progress, events.at(-1).data.result], [[0, 50, 100], { words: 2 }]);
  const asked = requests.filter(({ url }) => url.pathname.endsWith("/status")).map((one) => one.at);
  const [first, second] = [asked[1] - asked[0], asked[2] - asked[1]];
  assert.ok(first >= 990 && second >= 1490, `${first} ms, then ${second} ms`);
});

test("following ends in time, when nobody answers, and for an unknown task", async () => {
  const open = played(stream(told("status", 1), "silence"));
  await assert.rejects(all(open.warren.events(TASK, { timeout: 100 })), { name: "DeadlinePassed" });

  const lost = played(LOST);
  await assert.rejects(all(lost.warren.events(TASK, { patience: 100 })), { name: "Unreachable" });

  const unknown = played(json({ detail: "no such task" }, 404));
  await assert.rejects(all(unknown.warren.events(TASK)), { name: "Refused", status: 404 });
});

test("who leaves off lets go of the connection", async () => {
  let signal;
  const open = stream(told("status", 1), "silence");
  const { warren } = played((init) => {
    signal = init.signal;
    return open(init);
  });
  const controller = new AbortController();

  const events = warren.events(TASK, { signal: controller.signal });
  await events.next();
  controller.abort(new Error("enough"));

  await assert.rejects(events.next(), /enough/);
  assert.ok(signal.aborted);
});
