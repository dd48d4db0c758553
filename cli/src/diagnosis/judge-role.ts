/** CloudFormation names a role `<stack>-<logical id>-<random>` and keeps at least so much of the stack's name. */
const keptOfStackName = 24;

/** What a role's name says of whose it is; undefined where it says nothing, as with a name given by hand. */
export function roleBelongsTo(
  role: string,
  { stage, appName }: { stage: string | undefined; appName: string | undefined },
): { own: boolean; stage: string } | undefined {
  if (stage === undefined || appName === undefined) return undefined;
  // SST names a stack `<stage>-<app>-<Stack>`.
  const own = `${stage}-${appName}-`.slice(0, keptOfStackName);
  if (role.startsWith(own)) return { own: true, stage };
  const end = role.indexOf(`-${appName}-`);
  return end > 0 ? { own: false, stage: role.slice(0, end) } : undefined;
}
