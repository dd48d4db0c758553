/**
 * How a behaviour of a live service is known. R: recorded against it. D: documented. P: reported in public.
 * ?: no source says it, so the local cloud decides. -: a limit of the local cloud alone.
 */
export type Evidence =
  | { letter: "R" | "D" | "P"; source: Source }
  | {
      letter: "?";
      /** What no source says, for docs/unknown.md. */
      unknown: string;
      /** The command with which the owner of a live account finds out. */
      settle: string;
    }
  | { letter: "-" };

type Source = `https://${string}`;

export const recorded = (source: Source): Evidence => ({ letter: "R", source });
export const documented = (source: Source): Evidence => ({ letter: "D", source });
export const reported = (source: Source): Evidence => ({ letter: "P", source });
export const undocumented = (unknown: string, settle: string): Evidence => ({ letter: "?", unknown, settle });
export const ownLimit: Evidence = { letter: "-" };
