/** The command that deploys a stage, in backquotes, for the `fix:` line of an error. */
export function deployCommand(stage: string | undefined): string {
  return `\`npx sst deploy --stage ${stage ?? "<stage>"}\``;
}
