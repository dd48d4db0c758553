import packageJson from "../package.json" with { type: "json" };

/** What `--version` tells after the name. */
export function versionText(): string {
  return `${packageJson.version} (node ${process.versions.node}, ${process.platform} ${process.arch})`;
}
