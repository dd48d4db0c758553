import { serviceAddress } from "../aws/partition.ts";
import type { Environment } from "../environment/environment.ts";
import { exchange } from "../http.ts";
import type { ResolvedDeployment } from "./resolve-deployment.ts";
import { stsEndpoint } from "./service-addresses.ts";

const limitMs = 1500;

/** Asks STS for the time: its refusal of an unsigned request has a `Date` header, which `send` compares. */
export async function askSecondClock(
  { send }: Pick<Environment, "send">,
  { configuration, deployment: { identityPoolId } }: Pick<ResolvedDeployment, "configuration" | "deployment">,
): Promise<void> {
  const [region = ""] = identityPoolId.split(":");
  const url = (await stsEndpoint(configuration)) ?? new URL(serviceAddress("sts", region));
  await exchange(send, { step: "sts.date", method: "GET", url, headers: [], timeoutMs: limitMs });
}
