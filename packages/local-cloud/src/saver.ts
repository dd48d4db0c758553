import type { Region } from "./region.ts";
import type { SavedState } from "./state.ts";
import { stateFault } from "./state-error.ts";

/** Saves the state of a local cloud whenever it has changed. */
export interface Saver {
  /** Saves for the first time. @throws the file system's error */
  start(): Promise<void>;
  /** Something may have changed. Requests that only read cost no write. */
  changed(): void;
  /** Saves for the last time, and gives the folder back. */
  close(): Promise<void>;
}

/** From a change to its save: a deploy puts many objects. */
const delayMs = 100;

/**
 * Saves between the operations of stacks, so that every stage is saved whole.
 * @param regions those that have started
 * @param warn gets the reason when saving fails, once until a save succeeds
 */
export function createSaver(
  state: SavedState,
  regions: () => readonly Pick<Region, "stacks" | "dynamoDb">[],
  warn: (line: string) => void,
): Saver {
  let isStarted = false;
  let isFailing = false;
  let timer: NodeJS.Timeout | undefined;
  let waiting: Promise<void> | undefined;

  const save = async (): Promise<void> => {
    try {
      const drops = regions().map(({ dynamoDb }) => dynamoDb.saving());
      await state.save();
      isFailing = false;
      await Promise.all(drops.map((drop) => drop()));
    } catch (error) {
      if (!isFailing) {
        warn(
          `cannot save the state in ${state.folder}: ${stateFault(state.folder, error).message}. The state saved before is kept. Later changes are lost if this process ends before it can save them. The next change tries again.`,
        );
      }
      isFailing = true;
    }
  };
  const saveBetweenOperations = async (): Promise<void> => {
    // A request may start one before this goes on.
    // oxlint-disable-next-line no-await-in-loop -- one operation after the other
    do await Promise.all(regions().map(({ stacks }) => stacks.settled()));
    while (!regions().every(({ stacks }) => stacks.isSettled()));
    waiting = undefined;
    await save();
  };

  return {
    async start() {
      await state.save();
      isStarted = true;
    },
    changed() {
      timer ??= setTimeout(() => {
        timer = undefined;
        waiting ??= saveBetweenOperations();
      }, delayMs).unref();
    },
    async close() {
      clearTimeout(timer);
      if (isStarted) await save();
      state.release();
    },
  };
}
