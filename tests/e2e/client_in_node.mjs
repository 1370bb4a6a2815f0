/** What test_javascript.py has Node do, with the modules as the gateway's package has them. */

import { readFile } from "node:fs/promises";
import process from "node:process";

const [what, modules, ...given] = process.argv.slice(2);
const { Warren, configure, pollTaskStatus, submitAITask } = await import(modules);
const where = { url: process.env.WARREN_URL, key: process.env.WARREN_API_KEY };
const warren = new Warren(where);
const say = (said) => process.stdout.write(`${JSON.stringify(said)}\n`);

const jobs = {
  /** Submits a text that is spoken in a moment, and tells each event as it comes. */
  async follow() {
    const text = { text: "Hello from Node." };
    const { task_id } = await warren.submit("tts.synthesize", text, { delay_seconds: 3 });
    for await (const { event, id, data } of warren.events(task_id)) say({ event, id, data });
    say(await warren.status(task_id));
  },

  /** Uploads a picture, has it painted again, and fetches both. */
  async picture() {
    const image = new Blob([await readFile(given[0])], { type: "image/png" });
    const progress = [];
    const onUpload = (sent, total) => progress.push([sent, total]);
    const stored = await warren.upload(image, { name: "castle.png", onUpload });
    const again = await warren.download(stored.id);

    configure(where);
    const { task_id } = await submitAITask("", image, "style_transfer", { style: "sepia" });
    const statuses = [];
    const made = await pollTaskStatus(task_id, { onStatus: ({ status }) => statuses.push(status) });
    const sepia = await warren.download(made.result_data.artifact_id);
    say({ stored, progress, same: again.size === image.size, statuses, made, sepia: sepia.type });
  },

  /** Does what cannot be done, and what is undone. */
  async refusals() {
    const refused = await warren.submit("tts.synthesize", { speed: 99 }).catch((error) => error);
    const options = { delay_seconds: 600 };
    const later = await warren.submit("tts.synthesize", { text: "Later." }, options);
    const cancelled = await warren.cancel(later.task_id);
    const ended = await warren.wait(later.task_id).catch((error) => error);
    const items = ["One.", "Two."].map((text) => ({ kind: "tts.synthesize", payload: { text } }));
    const batch = await warren.submitBatch(items);
    const outcome = await warren.wait(batch.batch_id);
    const members = [];
    for await (const { status } of warren.members(batch.batch_id)) members.push(status);
    const { result_expires_at } = await warren.extend(batch.batch_id, 40);
    const { payload } = await warren.details(batch.items[0].task_id);
    await warren.delete(later.task_id);
    const gone = await warren.status(later.task_id).catch((error) => error);
    const { value } = await warren.tasks({ kind: "tts.synthesize", tag: "nobody's" }).next();
    say({
      refused: [refused.name, refused.status, refused.field],
      cancelled: cancelled.status,
      ended: [ended.name, ended.state],
      succeeded: outcome.succeeded,
      members,
      kept: new Date(result_expires_at) > new Date(),
      text: payload.text,
      gone: gone.status,
      others: value ?? null,
    });
  },
};

await jobs[what]();
