import { exitCodeMeanings } from "../../cli/src/errors.ts";
import type {
  CommandOutline,
  FlagOutline,
  ProgramOutline,
} from "../../cli/src/commands/completion/program-outline.ts";

/** `auth-cli.1` for `man`, from the same outline as the help and the completion. */
export function manPage(outline: ProgramOutline, version: string): string {
  return [
    `.TH AUTH-CLI 1 "" "auth-cli ${roff(version)}" "User Commands"`,
    ".SH NAME",
    `${roff(outline.name)} \\- ${roff(outline.description)}`,
    ".SH SYNOPSIS",
    ".B auth-cli",
    "[\\fIoptions\\fR] \\fIcommand\\fR [\\fIarguments\\fR]",
    ".SH OPTIONS OF EVERY COMMAND",
    ...outline.flags.flatMap(flagEntry),
    ".SH COMMANDS",
    ...outline.commands.flatMap(commandSection),
    ".SH EXIT STATUS",
    ...Object.entries(exitCodeMeanings).flatMap(([code, meaning]) => [
      ".TP",
      `.B ${code}`,
      sentence(meaning),
    ]),
    ".SH FILES",
    ".TP",
    ".I ~/.config/auth\\-cli/sessions.json",
    "Logins.",
    ".TP",
    ".I ~/.cache/auth\\-cli/",
    "Temporary AWS credentials.",
    ".SH SEE ALSO",
    ".BR aws (1),",
    ".BR curl (1)",
    "",
  ].join("\n");
}

function commandSection({
  name,
  aliases,
  description,
  flags,
  usage,
  notes,
  examples,
}: CommandOutline): string[] {
  const names = [name, ...aliases].map(roff).join(", ");
  return [
    `.SS ${names}${usage === "" ? "" : ` \\fI${roff(usage)}\\fR`}`,
    sentence(description),
    ...flags.flatMap(flagEntry),
    ...notes.flatMap((paragraph) => [".PP", roff(paragraph)]),
    ...(examples.length === 0
      ? []
      : [".PP", ".B Examples", ".PP", ".nf", ...examples.map((line) => `  ${roff(line)}`), ".fi"]),
  ];
}

function flagEntry({ long, short, value, description, choices, defaultValue }: FlagOutline): string[] {
  const flag = [...(short === undefined ? [] : [`\\-${short}`]), `\\-\\-${roff(long)}`].join(", ");
  const values = choices.length === 0 ? "" : ` One of ${choices.join(", ")}.`;
  const preset = defaultValue === undefined ? "" : ` Default: ${defaultValue}.`;
  return [
    ".TP",
    `\\fB${flag}\\fR${value === undefined ? "" : ` \\fI${roff(value)}\\fR`}`,
    sentence(description) + roff(values + preset),
  ];
}

function sentence(text: string): string {
  return roff(text.charAt(0).toUpperCase() + text.slice(1)).replace(/[^.]$/, "$&.");
}

/** In roff a backslash and a dash have meanings, and so has a dot or a quote at the beginning of a line. */
function roff(text: string): string {
  return text
    .replace(/\\/g, "\\e")
    .replace(/-/g, "\\-")
    .replace(/^([.'])/gm, "\\&$1");
}
