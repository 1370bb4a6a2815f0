/** The example page: from a form to a task, and from a task to what it has made. */

import { Refused, TaskFailed, Warren, WarrenError } from "./warren.js";

/** @template {HTMLElement} T @param {string} id @returns {T} */
const at = (id) => /** @type {T} */ (document.getElementById(id));
const key = /** @type {HTMLInputElement} */ (at("key"));
const text = /** @type {HTMLTextAreaElement} */ (at("text"));
const picture = /** @type {HTMLInputElement} */ (at("picture"));
const style = /** @type {HTMLSelectElement} */ (at("style"));
const form = /** @type {HTMLFormElement} */ (at("ask"));
const submit = /** @type {HTMLButtonElement} */ (at("submit"));
const cancel = /** @type {HTMLButtonElement} */ (at("cancel"));
const progress = /** @type {HTMLProgressElement} */ (at("progress"));
const link = /** @type {HTMLAnchorElement} */ (at("save"));
const again = /** @type {HTMLButtonElement} */ (at("again"));

/** The address names the task (#task=…), so that a page that is loaded again can go on with it. */
const TASK = /^#task=([0-9a-f-]{36})$/;

/** What can be asked for: `check` names the field that is missing, `send` resolves with an id. */
const JOBS = {
  speak: {
    check: () => (text.value.trim() ? null : text),
    /** @param {Warren} warren */
    send: async (warren) => {
      const payload = { text: text.value, output_format: "mp3" };
      return (await warren.submit("tts.synthesize", payload)).task_id;
    },
  },
  paint: {
    check: () => (text.value.trim() ? null : text),
    /** @param {Warren} warren */
    send: async (warren) => {
      const size = { width: 512, height: 320 };
      return (await warren.submitAITask(text.value, null, "image_generation", size)).task_id;
    },
  },
  restyle: {
    check: () => (picture.files?.length ? null : picture),
    /** @param {Warren} warren */
    send: async (warren) => {
      const onUpload = (/** @type {number} */ sent, /** @type {number} */ total) =>
        tell(Math.round((100 * sent) / total), "Uploading the picture");
      const how = { style: style.value };
      const file = picture.files?.[0];
      return (await warren.submitAITask("", file, "style_transfer", how, { onUpload })).task_id;
    },
  },
};

/** @returns {keyof JOBS} */
function chosen() {
  return /** @type {keyof JOBS} */ (new FormData(form).get("what"));
}

function showFields() {
  for (const field of document.querySelectorAll("[data-for]")) {
    const wanted = field.getAttribute("data-for")?.split(" ") ?? [];
    /** @type {HTMLElement} */ (field).hidden = !wanted.includes(chosen());
  }
}

/** @param {number} percent @param {string} message */
function tell(percent, message) {
  progress.value = percent;
  at("state").textContent = message;
}

/** @param {unknown} failure */
function showProblem(failure) {
  if (failure instanceof Refused && failure.status === 401) {
    return refuse(key, "The gateway does not know this key, or not any more: check it.");
  }
  if (!(failure instanceof WarrenError)) console.error(failure);
  const message = failure instanceof Error ? failure.message : String(failure);
  at("problem").textContent = message;
}

/** @param {HTMLElement | null} field @param {string} message */
function refuse(field, message) {
  at("problem").textContent = message;
  field?.setAttribute("aria-invalid", "true");
  field?.focus();
}

function begin() {
  at("problem").textContent = "";
  for (const field of [key, text, picture]) field.removeAttribute("aria-invalid");
  for (const id of ["result", "sound", "image", "save"]) at(id).hidden = true;
  at("events").replaceChildren();
  at("task-id").textContent = "…";
  at("task").hidden = false;
  tell(0, "Submitting");
}

/** @param {import("./warren.js").TaskEvent} event */
function note({ event, id, data }) {
  const entry = document.createElement("li");
  const more = data.message || data.waiting_for || data.artifact?.name || "";
  const said = [id && `#${id}`, event, data.status, data.progress && `${data.progress} %`, more];
  entry.textContent = said.filter(Boolean).join(" · ");
  at("events").append(entry);
  if (event === "progress") {
    tell(data.progress ?? 0, `${data.status}${data.message ? `: ${data.message}` : ""}`);
  }
}

/** @param {Warren} warren @param {any} result */
async function showResult(warren, result) {
  const file = await warren.download(result.artifact_id);
  const address = URL.createObjectURL(file);
  const isSound = file.type.startsWith("audio/");
  const shown = isSound ? at("sound") : at("image");
  shown.setAttribute("src", address);
  if (!isSound) shown.setAttribute("alt", result.prompt_used ?? "The picture that was made");
  link.href = address;
  link.download = `warren.${file.type.split("/")[1].split(";")[0]}`;
  for (const element of [at("result"), shown, link]) element.hidden = false;
  tell(100, "Done");
  at("result").focus();
}

/** @param {Warren} warren @param {string} taskId */
async function followToTheEnd(warren, taskId) {
  at("task-id").textContent = taskId;
  location.hash = `task=${taskId}`;
  cancel.hidden = false;
  cancel.onclick = () => warren.cancel(taskId).catch(showProblem);
  try {
    await showResult(warren, await warren.wait(taskId, { onEvent: note }));
  } catch (failure) {
    if (failure instanceof TaskFailed) tell(progress.value, `The task is ${failure.state}`);
    throw failure;
  } finally {
    cancel.hidden = true;
  }
}

/** @param {(warren: Warren) => Promise<string>} task */
async function run(task) {
  begin();
  submit.disabled = true;
  again.hidden = true;
  try {
    const warren = new Warren({ key: key.value.trim() });
    await followToTheEnd(warren, await task(warren));
  } catch (failure) {
    if (at("task-id").textContent === "…") at("task").hidden = true;
    showProblem(failure);
  } finally {
    submit.disabled = false;
  }
}

function hasKey() {
  if (!key.value.trim()) refuse(key, "Enter an API key: `warren keys create` makes one.");
  return Boolean(key.value.trim());
}

form.addEventListener("change", showFields);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!hasKey()) return;
  const job = JOBS[chosen()];
  const missing = job.check();
  if (!missing) return void run(job.send);
  refuse(missing, missing === text ? "Write a text first." : "Choose a picture first.");
});
again.addEventListener("click", () => {
  const known = location.hash.match(TASK)?.[1];
  if (known && hasKey()) void run(async () => known);
});
again.hidden = !TASK.test(location.hash);
showFields();
