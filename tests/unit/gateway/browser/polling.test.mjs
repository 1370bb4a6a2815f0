import assert from "node:assert/strict";
import test from "node:test";

import { TASK, json, played } from "./played.mjs";

const flat = (status, more = {}) => json({ task_id: TASK, task_type: "face_swap", status, ...more });
const RETRY = { backoff: false, delay: 0, delays: null };
const kinds = (time_limit) =>
  json({ items: [{ kind: "image.swap_face", max_attempts: 1, time_limit, retry: RETRY }] });

test("a task is asked for after a second, then less often, until its result is there", async () => {
  const seen = [];
  const { warren, requests } = played(
    flat("PENDING"), flat("PROCESSING", { progress: 50 }), kinds(60), flat("SUCCESS"),
    json({ task_id: TASK, status: "SUCCESS", image_url: "/a.png" }),
  );

  const result = await warren.pollTaskStatus(TASK, { onStatus: ({ status }) => seen.push(status) });

  assert.equal(result.image_url, "/a.png");
  assert.deepEqual(seen, ["PENDING", "PROCESSING", "SUCCESS"]);
  const asked = requests.filter(({ url }) => url.pathname.endsWith("/status/")).map((one) => one.at);
  assert.ok(asked[1] - asked[0] >= 990);
  assert.ok(asked[2] - asked[1] >= 1490);
});

test("a task that has failed says why", async () => {
  const { warren } = played(flat("FAILURE", { error: "no face was found" }));

  await assert.rejects(warren.pollTaskStatus(TASK), { name: "TaskFailed", message: "no face was found" });
});

test("a task is not asked for beyond the limits of its kind, nor beyond those that are given", async () => {
  const beyond = played(flat("PROCESSING"), kinds(-60), flat("PROCESSING"));
  const given = played(flat("PENDING"));

  await assert.rejects(beyond.warren.pollTaskStatus(TASK), { name: "DeadlinePassed", taskId: TASK });
  await assert.rejects(given.warren.pollTaskStatus(TASK, { timeout: 50 }), { name: "DeadlinePassed" });
});
