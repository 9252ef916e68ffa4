// Hearing a stretch of a clip, only while a key is held. Samples come plain and go straight to the loudspeaker: no sound file, no
// address of one, nothing for a cache, and they are wiped when the key is let go. Sound is off until it is asked for, each time.

import { call } from "./api.js";
import { say } from "./dom.js";
import { t } from "./words.js";

const LONGEST = 20_000; // milliseconds

export class Hearing {
  constructor(stage) {
    this.stage = stage;
    this.held = null;
  }

  // over: is told at which millisecond somebody stopped to listen.
  async begin({ sha256, time_ms }, reason, over) {
    this.end();
    const from = Math.max(0, time_ms);
    const held = { from, over, view: null, ended: false, source: null, context: new AudioContext() };
    this.held = held;
    try {
      const answer = await call("POST", "/views/sound", { sha256, time_ms: from, until_ms: from + LONGEST, reason });
      held.view = answer.headers.get("Homeward-View");
      const samples = new Int16Array(await answer.arrayBuffer());
      if (held.ended) this.#tell(held);
      else this.#play(held, samples, Number(answer.headers.get("Homeward-Rate")));
      samples.fill(0);
    } catch (error) {
      if (!held.ended) {
        say(error.message, true);
        this.end();
      }
    }
  }

  #play(held, samples, rate) {
    held.buffer = held.context.createBuffer(1, samples.length, rate);
    const plain = held.buffer.getChannelData(0);
    for (let at = 0; at < samples.length; at++) plain[at] = samples[at] / 32768;
    held.source = held.context.createBufferSource();
    held.source.buffer = held.buffer;
    held.source.connect(held.context.destination);
    held.source.addEventListener("ended", () => { if (this.held === held) this.end(); });
    held.began = held.context.currentTime;
    held.source.start();
    this.stage.dataset.sound = "true";
    say(t`Sound from ${(held.from / 1000).toFixed(1)} s on`);
  }

  end() {
    const held = this.held;
    this.held = null;
    delete this.stage.dataset.sound;
    if (!held) return;
    held.ended = true;
    if (held.source) {
      const heard = Math.min(1000 * held.buffer.duration, 1000 * (held.context.currentTime - held.began));
      held.source.stop();
      held.buffer.getChannelData(0).fill(0);
      held.over(Math.round(held.from + heard));
    }
    held.context.close();
    if (held.view) this.#tell(held);
  }

  #tell(held) {
    call("DELETE", `/views/${held.view}`, undefined, { keepalive: true }).catch(() => {});
  }
}
