import { visible } from "./lines.ts";

/** A command to GitHub Actions. */
export interface WorkflowCommand {
  name: "add-mask" | "error" | "warning";
  title?: string;
  /** May have several lines. */
  message: string;
}

/**
 * A command as a line of the log.
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export function formatCommand({ name, title, message }: WorkflowCommand): string {
  const properties = title === undefined ? "" : ` title=${property(title)}`;
  return `::${name}${properties}::${data(message)}\n`;
}

/** Line breaks stay, percent-encoded. The log shows secrets escaped like this, so that GitHub masks them. */
function data(text: string): string {
  return text
    .replaceAll("%", "%25")
    .split(/(\r|\n)/)
    .map((part) => ({ "\r": "%0D", "\n": "%0A" })[part] ?? visible(part))
    .join("");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
