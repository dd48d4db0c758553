/** The tools that deploy an app and write its outputs. */
export type Framework = "sst" | "cdk" | "amplify" | "sam" | "serverless";

export const frameworkNames: Readonly<Record<Framework, string>> = {
  sst: "SST",
  cdk: "CDK",
  amplify: "Amplify Gen 2",
  sam: "SAM",
  serverless: "Serverless",
};

/** The files where a framework's own tool leaves outputs, relative to the project, the likeliest first. */
export const outputsFiles: Readonly<Record<Framework, readonly string[]>> = {
  sst: [".sst/outputs.json"],
  cdk: ["cdk-outputs.json", "outputs.json", "cdk.out/outputs.json"],
  amplify: ["amplify_outputs.json"],
  sam: ["outputs.json", "stack-outputs.json"],
  serverless: ["outputs.json", "stack-outputs.json"],
};
