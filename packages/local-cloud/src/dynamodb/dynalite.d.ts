/** What the local cloud uses of dynalite, which has no types. */
declare module "dynalite" {
  import type { Server } from "node:http";

  export default function dynalite(options: {
    /** How long tables stay in CREATING, DELETING and UPDATING, in milliseconds. */
    createTableMs: number;
    deleteTableMs: number;
    updateTableMs: number;
  }): Server;
}
