/** The runtime of SST's and the CDK's newer functions. */
const expectedRuntime = "nodejs22.x";

/** @returns what a user should know about the Node.js that runs the functions; undefined when it is the expected one */
export function hostNodeNotice(version = process.versions.node): string | undefined {
  const major = version.split(".")[0] ?? "";
  return expectedRuntime === `nodejs${major}.x`
    ? undefined
    : `functions run on Node.js ${version}, whatever their runtime. For ${expectedRuntime}, start the local cloud with Node.js 22.`;
}
