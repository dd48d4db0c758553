import type { Trial } from "./laboratory.ts";

export const minutes = 60_000;

/** Runs the command on a broken variant of the stack. */
export const at =
  (stage: Parameters<Trial["laboratory"]["outputs"]>[0]) =>
  async (trial: Trial): Promise<void> => {
    await trial.laboratory.outputs(stage);
    trial.stage = stage;
  };

/** Without the deployer's AWS credentials. */
export function withoutDeployer(trial: Trial): Trial {
  Object.assign(trial.variables, { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined });
  return trial;
}

/** Runs the command with one of the broken identity pools. */
export const withPool =
  (output: string) =>
  async ({ laboratory, args }: Trial): Promise<void> => {
    args.push("--identity-pool-id", (await laboratory.outputs("pools"))[output] ?? "");
  };

export const apiOf = async ({ laboratory }: Trial): Promise<string> =>
  (await laboratory.outputs("healthy"))["ApiEndpoint"] ?? "";

/** Puts a reverse proxy in front of the API. The command knows no other address. */
export const before =
  (meddling: Parameters<Trial["meddle"]>[1]) =>
  async (trial: Trial): Promise<void> => {
    trial.args.push("--endpoint", await trial.meddle(await apiOf(trial), meddling));
  };

/** With cached credentials and no `Date` from the API, nothing shows the wrong clock before the refusal. */
export const clockUnseen =
  (offsetMs: number) =>
  async (trial: Trial): Promise<void> => {
    await trial.run("call", "/private");
    trial.laboratory.clock.offsetMs = offsetMs;
    await before({ response: (headers) => headers.delete("date") })(trial);
  };

/** The API refuses the first request, as AWS does while a deploy is still propagating. */
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

/** Well-formed, but unknown to every service. */
export const otherSecret = (length: number): string => "0".repeat(length);

export const clientId = Buffer.from("b0aXlzc2FZeHdpTmVp:1:ci").toString("base64url");

/** Changes the consumer secret at X and in the project, but not in the pool. */
export function changeSecret({ laboratory: { cloud }, variables }: Trial): void {
  const secret = otherSecret(50);
  cloud.twitterApp.clientCredentials = { ...cloud.twitterApp.clientCredentials, secret };
  variables["TWITTER_CONSUMER_SECRET"] = secret;
}
