import type { Trial } from "./laboratory.ts";

export const minutes = 60_000;

/** Lets the command work on a broken variant of the stack. */
export const at =
  (stage: Parameters<Trial["laboratory"]["outputs"]>[0]) =>
  async (trial: Trial): Promise<void> => {
    await trial.laboratory.outputs(stage);
    trial.stage = stage;
  };

/** Has the command ask another of the pools that were deployed with one thing wrong each. */
export const withPool =
  (output: string) =>
  async ({ laboratory, args }: Trial): Promise<void> => {
    args.push("--identity-pool-id", (await laboratory.outputs("pools"))[output] ?? "");
  };

export const apiOf = async ({ laboratory }: Trial): Promise<string> =>
  (await laboratory.outputs("healthy"))["ApiEndpoint"] ?? "";

/** A reverse proxy before the API; who calls knows no other address. */
export const before =
  (meddling: Parameters<Trial["meddle"]>[1]) =>
  async (trial: Trial): Promise<void> => {
    trial.args.push("--endpoint", await trial.meddle(await apiOf(trial), meddling));
  };

/** With credentials in the cache, and no `Date` from the API, nothing tells of the clock before the refusal. */
export const clockUnseen =
  (offsetMs: number) =>
  async (trial: Trial): Promise<void> => {
    await trial.run("call", "/private");
    trial.laboratory.clock.offsetMs = offsetMs;
    await before({ response: (headers) => headers.delete("date") })(trial);
  };

/** As by a part of AWS that does not know of a deploy yet. */
export async function firstRefused(trial: Trial): Promise<void> {
  let refused = false;
  await before({
    request({ headers }) {
      if (!refused) headers.delete("authorization");
      refused = true;
    },
  })(trial);
}

export const clockOff =
  (offsetMs: number) =>
  ({ laboratory }: Trial) =>
    void (laboratory.clock.offsetMs = offsetMs);

/** Of the right shape, and nobody's. */
export const otherSecret = (length: number): string => "0".repeat(length);

export const clientId = Buffer.from("b0aXlzc2FZeHdpTmVp:1:ci").toString("base64url");

/** At X and in the project, and not in the pool. */
export function changeSecret({ laboratory: { cloud }, variables }: Trial): void {
  const secret = otherSecret(50);
  cloud.twitterApp.clientCredentials = { ...cloud.twitterApp.clientCredentials, secret };
  variables["TWITTER_CONSUMER_SECRET"] = secret;
}
