import type { Writable } from "node:stream";

/** What takes less time than this needs no sign of life. */
export const patienceMs = 300;
const frameMs = 80;
const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** A sign of life on a line of its own, which is gone when anything else is written. */
export class Spinner {
  readonly #stream: () => Writable;
  readonly #animated: boolean;
  #timer: NodeJS.Timeout | undefined;
  #drawn = false;

  /** @param animated false where lines cannot be drawn over: pipes, dumb terminals, CI */
  constructor(stream: () => Writable, animated: boolean) {
    this.#stream = stream;
    this.#animated = animated;
  }

  /** Shows what is waited for, while it is. */
  async show<T>(what: string, work: Promise<T>): Promise<T> {
    if (!this.#animated) return work;
    let frame = 0;
    const draw = (): void => {
      this.#stream().write(`\r\u001B[K${frames[frame++ % frames.length]} ${what}`);
      this.#drawn = true;
      this.#timer = setTimeout(draw, frameMs).unref();
    };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(draw, patienceMs).unref();
    try {
      return await work;
    } finally {
      clearTimeout(this.#timer);
      this.clear();
    }
  }

  /** Makes the line free for something else. */
  clear(): void {
    if (this.#drawn) this.#stream().write("\r\u001B[K");
    this.#drawn = false;
  }
}
