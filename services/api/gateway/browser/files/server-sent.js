/** Server-sent events out of text as it comes. */

/** @typedef {{event: string, data: string, id: string | null}} ServerSent */

export class ServerSentParser {
  rest = "";
  event = "message";
  /** @type {string[]} */
  data = [];
  /** @type {string | null} */
  id = null;

  /**
   * The events that end in this piece, which may begin and end anywhere.
   * @param {string} piece
   * @returns {ServerSent[]}
   */
  feed(piece) {
    const text = this.rest + piece;
    // A CR at the end may be half of a line's end.
    const held = text.endsWith("\r") ? "\r" : "";
    const lines = text.slice(0, text.length - held.length).split(/\r\n|\r|\n/);
    this.rest = lines.pop() + held;
    return lines.flatMap((line) => this.line(line));
  }

  /** @param {string} line @returns {ServerSent[]} */
  line(line) {
    if (!line) {
      const { event, data, id } = this;
      [this.event, this.data, this.id] = ["message", [], null];
      return data.length ? [{ event, data: data.join("\n"), id }] : [];
    }
    const [, name, value = ""] = line.match(/^([^:]*)(?:: ?(.*))?$/s) ?? [];
    if (name === "data") this.data.push(value);
    else if (name === "event") this.event = value || "message";
    else if (name === "id") this.id = value;
    return [];
  }
}
