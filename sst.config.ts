import type { SSTConfig } from "sst";
import { ExampleStack } from "./stacks/ExampleStack.ts";

export default {
  config() {
    return { name: "api-auth-twitter", region: "us-east-1" };
  },
  stacks(app) {
    app.stack(ExampleStack);
  },
} satisfies SSTConfig;
