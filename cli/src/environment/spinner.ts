import type { Writable } from "node:stream";

/** An animation starts after this time, so that fast work shows none. */
export const animationDelayMs = 300;
const frameMs = 80;
const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** A spinner on the last line. `clear` removes it before anything else is written. */
export class Spinner {
  readonly #stream: Writable;
  readonly #animated: boolean;
  #timer: NodeJS.Timeout | undefined;
  #drawn = false;

  /** @param animated false where lines cannot be redrawn: pipes, dumb terminals, CI */
  constructor(stream: Writable, animated: boolean) {
    this.#stream = stream;
    this.#animated = animated;
  }

  /** Shows the text until the work is done. */
  async show<T>(text: () => string, work: Promise<T>): Promise<T> {
    if (!this.#animated) return work;
    let frame = 0;
    const draw = (): void => {
      this.#stream.write(`\r\u001B[K${frames[frame++ % frames.length]} ${text()}`);
      this.#drawn = true;
      this.#timer = setTimeout(draw, frameMs).unref();
    };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(draw, animationDelayMs).unref();
    try {
      return await work;
    } finally {
      clearTimeout(this.#timer);
      this.clear();
    }
  }

  clear(): void {
    if (this.#drawn) this.#stream.write("\r\u001B[K");
    this.#drawn = false;
  }
}
