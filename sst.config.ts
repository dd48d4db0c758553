import type { SSTConfig } from "sst";
import { CanaryStack } from "./stacks/CanaryStack.ts";
import { ExampleStack } from "./stacks/ExampleStack.ts";
import { knownStage, stageEnvironment } from "./stacks/stage-environment.ts";
import { twitterClientCredentials } from "./stacks/twitter-client-credentials.ts";

export default {
  config({ root = process.cwd(), stage: option }) {
    // The stack needs these too, but in a new account SST deploys its bootstrap stack first.
    const stage = knownStage(root, option, process.env);
    if (stage !== undefined) twitterClientCredentials(stageEnvironment(root, stage, process.env), stage);
    return { name: "api-auth-twitter", region: "us-east-1" };
  },
  stacks(app) {
    app.stack(ExampleStack);
    if (process.env["CANARY"] === "1") app.stack(CanaryStack);
  },
} satisfies SSTConfig;
