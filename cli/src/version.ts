import packageJson from "../package.json" with { type: "json" };

/** What `--version` prints. */
export function versionText(): string {
  const { node } = process.versions;
  return `auth-cli ${packageJson.version} (node ${node}, ${process.platform} ${process.arch})`;
}
