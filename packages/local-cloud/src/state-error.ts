type StateFault = "damaged" | "foreign" | "newer" | "in-use" | "full" | "not-usable" | "other-settings";

/** A state folder that cannot be used. Nothing in it has changed. */
export class StateError extends Error {
  readonly code = "STATE";
  readonly fault: StateFault;
  readonly folder: string;

  constructor(fault: StateFault, folder: string, message: string) {
    super(message);
    this.fault = fault;
    this.folder = folder;
  }
}

/** What the file system refused, in words. */
export function stateFault(folder: string, error: unknown): StateError {
  if (error instanceof StateError) return error;
  const { code = "", message } = error as NodeJS.ErrnoException;
  const causes: Record<string, string> = {
    EACCES: "permission denied",
    EPERM: "permission denied",
    EROFS: "the file system is read-only",
    ENOSPC: "the disk is full",
    EDQUOT: "your disk quota is used up",
    EFBIG: "the file would be larger than this process may write (ulimit -f)",
    ENOENT: "the folder above it does not exist",
    ENOTDIR: "a file exists in its place",
  };
  const isFull = ["ENOSPC", "EDQUOT", "EFBIG"].includes(code);
  return new StateError(isFull ? "full" : "not-usable", folder, causes[code] ?? message);
}
