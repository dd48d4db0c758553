import { stripVTControlCharacters } from "node:util";
import type { Writable } from "node:stream";
import { patienceMs } from "./spinner.ts";

const frameMs = 80;

/** Of the terminal, in characters. */
export interface Size {
  columns: number;
  rows: number;
}

/** @param frame counts up, for what turns */
export type Draw = (size: Size, frame: number) => readonly string[];

/**
 * Lines at the end of the screen that are drawn over themselves, and are gone when anything else is written. The cursor
 * stays visible and the terminal as it was, so that there is nothing to restore however the process ends.
 */
export class LiveArea {
  readonly #stream: () => Writable & Partial<Size>;
  readonly #animated: boolean;
  #timer: NodeJS.Timeout | undefined;
  /** The widths of the lines on the screen. */
  #drawn: number[] = [];

  /** @param animated false where lines cannot be drawn over: pipes, dumb terminals, CI */
  constructor(stream: () => Writable & Partial<Size>, animated: boolean) {
    this.#stream = stream;
    this.#animated = animated;
  }

  /** Draws from when a person begins to wait. @returns what ends it and leaves the lines empty */
  show(draw: Draw): () => void {
    if (!this.#animated) return () => {};
    let frame = 0;
    const redraw = (): void => {
      const stream = this.#stream();
      const size = { columns: stream.columns ?? 80, rows: stream.rows ?? 24 };
      const lines = draw(size, frame++);
      stream.write(`${this.#toStart()}${lines.map((line) => `${line}\u001B[K\n`).join("")}\u001B[J`);
      this.#drawn = lines.map((line) => stripVTControlCharacters(line).length);
      this.#timer = setTimeout(redraw, frameMs).unref();
    };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(redraw, patienceMs).unref();
    return () => {
      clearTimeout(this.#timer);
      this.clear();
    };
  }

  /** Makes the lines free for something else. */
  clear(): void {
    if (this.#drawn.length > 0) this.#stream().write(`${this.#toStart()}\u001B[J`);
    this.#drawn = [];
  }

  /** To where the first line begins. A terminal that was made narrower has broken the lines in the meantime. */
  #toStart(): string {
    const columns = this.#stream().columns ?? 80;
    const rows = this.#drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    return rows === 0 ? "\r" : `\r\u001B[${rows}A`;
  }
}
