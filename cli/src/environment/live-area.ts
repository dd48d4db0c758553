import { stripVTControlCharacters } from "node:util";
import type { Writable } from "node:stream";
import { animationDelayMs } from "./spinner.ts";

const frameMs = 80;

/** The terminal's size in characters. */
export interface Size {
  columns: number;
  rows: number;
}

/** @param frame counts up, for spinners */
export type Draw = (size: Size, frame: number) => readonly string[];

/**
 * Lines at the end of the screen that are redrawn in place. `clear` removes them before anything else is written. No
 * terminal mode changes, so nothing needs restoring when the process is killed.
 */
export class LiveArea {
  readonly #stream: Writable & Partial<Size>;
  readonly #animated: boolean;
  #timer: NodeJS.Timeout | undefined;
  /** The widths of the lines on the screen. */
  #drawn: number[] = [];

  /** @param animated false where lines cannot be redrawn: pipes, dumb terminals, CI */
  constructor(stream: Writable & Partial<Size>, animated: boolean) {
    this.#stream = stream;
    this.#animated = animated;
  }

  /** Draws again and again, after a delay. @returns stops drawing and removes the lines */
  show(draw: Draw): () => void {
    if (!this.#animated) return () => {};
    let frame = 0;
    const redraw = (): void => {
      const size = { columns: this.#stream.columns ?? 80, rows: this.#stream.rows ?? 24 };
      const lines = draw(size, frame++);
      this.#stream.write(`${this.#toStart()}${lines.map((line) => `${line}\u001B[K\n`).join("")}\u001B[J`);
      this.#drawn = lines.map((line) => stripVTControlCharacters(line).length);
      this.#timer = setTimeout(redraw, frameMs).unref();
    };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(redraw, animationDelayMs).unref();
    return () => {
      clearTimeout(this.#timer);
      this.clear();
    };
  }

  clear(): void {
    if (this.#drawn.length > 0) this.#stream.write(`${this.#toStart()}\u001B[J`);
    this.#drawn = [];
  }

  /** Moves to the start of the first line. A terminal that has become narrower has wrapped the lines. */
  #toStart(): string {
    const columns = this.#stream.columns ?? 80;
    const rows = this.#drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    return rows === 0 ? "\r" : `\r\u001B[${rows}A`;
  }
}
