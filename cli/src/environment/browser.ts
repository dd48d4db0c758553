/**
 * Opens the user's browser on the authorize page. `BROWSER` names another program (`none` or empty: no browser).
 * @returns false when there is no browser that this user would see: over SSH, in CI, or without a display
 */
export async function openBrowser(
  url: URL,
  variables: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): Promise<boolean> {
  const wanted = variables["BROWSER"];
  if (wanted === "none" || wanted === "") return false;
  if (wanted === undefined) {
    if (variables["CI"] || variables["SSH_CONNECTION"] || variables["SSH_TTY"]) return false;
    if (
      platform === "linux" &&
      !variables["DISPLAY"] &&
      !variables["WAYLAND_DISPLAY"] &&
      !variables["WSL_DISTRO_NAME"]
    ) {
      return false;
    }
  }
  const { default: open } = await import("open");
  try {
    const child = await open(url.href, wanted === undefined ? {} : { app: { name: wanted } });
    // The browser that cannot be started says so after `open` has returned; the URL on the screen is the way out.
    child.on("error", () => {});
    return true;
  } catch {
    return false;
  }
}
