import assert from "node:assert/strict";
import test from "node:test";

import { Warren, configure, submitAITask } from "../../../../services/api/gateway/browser/files/warren.js";
import { TASK, all, json, played } from "./played.mjs";

const ACCEPTED = { task_id: TASK, status: "pending" };
const LOST = new TypeError("fetch failed");

test("a submission is sent again under one key until it is answered", async () => {
  const again = json({ detail: "busy" }, 503, { "Retry-After": "0" });
  const { warren, requests } = played(LOST, again, json(ACCEPTED, 202));

  const task = await warren.submit("tts.synthesize", { text: "Hello" }, { tags: ["a"] });

  assert.equal(task.task_id, TASK);
  const keys = new Set(requests.map(({ headers }) => headers["Idempotency-Key"]));
  assert.equal(keys.size, 1);
  assert.match([...keys][0], /^[0-9a-f]{32}$/);
  const body = { kind: "tts.synthesize", payload: { text: "Hello" }, tags: ["a"] };
  assert.deepEqual(JSON.parse(requests[2].body), body);
});

test("Retry-After is honoured", async () => {
  const { warren, requests } = played(json({}, 429, { "Retry-After": "1" }), json({}));

  await warren.status(TASK);

  assert.ok(requests[1].at - requests[0].at >= 990);
});

test("a refusal has the whole answer, and names the field", async () => {
  const errors = [{ field: "payload.text", message: "is required" }];
  const { warren, requests } = played(json({ title: "Not valid", detail: "x", errors }, 422));

  await assert.rejects(warren.submit("a.b", {}), (refusal) => {
    assert.equal(refusal.name, "Refused");
    assert.equal(refusal.message, "Not valid: x");
    assert.deepEqual([refusal.status, refusal.field], [422, "payload.text"]);
    return true;
  });
  assert.equal(requests.length, 1);
});

test("a gateway that asks for more patience than there is is given up", async () => {
  const { warren } = played(json({ detail: "full" }, 503, { "Retry-After": "600" }));

  await assert.rejects(warren.cancel(TASK), { name: "Unreachable", status: 503, retryAfter: 600_000 });
});

test("a signal ends what is waiting", async () => {
  const { warren } = played(LOST);
  const signal = AbortSignal.timeout(50);

  await assert.rejects(warren.status(TASK, { signal }), { name: "TimeoutError" });
});

test("the key goes to the gateway and nowhere else", async () => {
  const { warren, requests } = played(json({}));

  await assert.rejects(warren.connection.get("https://elsewhere.example.com/"), /is not the gateway/);
  assert.equal(requests.length, 0);
  assert.throws(() => new Warren({ key: "" }), { name: "WarrenError" });
  assert.throws(() => new Warren({ key: "wk_é" }), { name: "WarrenError" });
});

test("a gateway may stand below a path of its host", async () => {
  const urls = [];
  const fetch = async (url) => (urls.push(url), new Response("{}"));
  for (const url of ["http://host/warren", "http://host/warren/"]) {
    await new Warren({ key: "wk_x_y", url, fetch }).status(TASK);
  }

  assert.deepEqual(new Set(urls), new Set([`http://host/warren/api/v1/tasks/${TASK}/status`]));
});

test("a picture is asked for by a form, also without a client of one's own", async () => {
  const { warren, requests } = played(json({ task_id: TASK, status: "PENDING" }, 201));
  const image = new Blob(["abc"], { type: "image/png" });
  await assert.rejects(submitAITask("a castle", null, "image_generation"), /configure/);
  configure({ key: "wk_x_y", url: "http://gateway", fetch: warren.connection.fetch });

  const answer = await submitAITask("", image, "style_transfer", { style: "oil" });

  assert.equal(answer.task_id, TASK);
  const [{ url, body }] = requests;
  assert.equal(url.pathname, "/api/v1/tasks/create/");
  assert.equal(body.get("task_type"), "style_transfer");
  assert.deepEqual(JSON.parse(body.get("parameters")), { style: "oil" });
  assert.equal(await body.get("image").text(), "abc");
});

test("a form that is refused says which field", async () => {
  const { warren } = played(json({ error: "Invalid input", details: { image: ["is empty"] } }, 400));

  const asking = warren.submitAITask("", null, "face_swap");

  await assert.rejects(asking, { name: "Refused", message: "Invalid input: image is empty" });
});

test("lists are read page by page as far as somebody reads", async () => {
  const { warren, requests } = played(
    json({ items: [{ task_id: "a" }, { task_id: "b" }], next_cursor: "c" }),
    json({ items: [{ task_id: "d" }], next_cursor: null }),
  );

  const tasks = warren.tasks({ state: ["failed", "expired"], since: new Date(0) });
  const first = await tasks.next();
  const asked = requests.length;

  assert.deepEqual([first.value.task_id, asked], ["a", 1]);
  assert.deepEqual((await all(tasks)).map(({ task_id }) => task_id), ["b", "d"]);
  const { searchParams } = requests[1].url;
  assert.deepEqual(searchParams.getAll("state"), ["failed", "expired"]);
  assert.equal(searchParams.get("since"), "1970-01-01T00:00:00.000Z");
  assert.equal(searchParams.get("cursor"), "c");
});

test("a result is kept longer, and a task deleted, once", async () => {
  const { warren, requests } = played(json({}), LOST, () => new Response(null, { status: 204 }));

  await warren.extend(TASK, 31);
  await warren.delete(TASK);

  const asked = requests.map(({ method, url }) => [method, url.pathname]);
  const task = `/api/v1/tasks/${TASK}`;
  assert.deepEqual(asked, [["POST", `${task}/extend`], ["DELETE", task], ["DELETE", task]]);
  assert.deepEqual(JSON.parse(requests[0].body), { days: 31 });
  assert.equal(requests[1].headers["Idempotency-Key"], requests[2].headers["Idempotency-Key"]);
});
