import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Page } from "playwright-core";
import { rolldown } from "rolldown";
import type { DeployedWorld } from "./deployed-world.ts";
import { repository } from "./repository.ts";

/** The example of docs/browser.md, as a reader would save and run it. */
export interface BrowserPage {
  /** Where its server listens. */
  url: string;
  close(): Promise<void>;
}

/**
 * Saves the files of docs/browser.md, bundles the page and starts its server. The local Twitter gets its callback URL.
 *
 * @param modules the `node_modules` folder with the packages that the page names
 * @param variant `amplify` takes the page's code from the section about AWS Amplify
 */
export async function startBrowserPage(
  world: DeployedWorld,
  { modules = join(repository, "node_modules"), variant }: { modules?: string; variant?: "amplify" } = {},
): Promise<BrowserPage> {
  const folder = await mkdtemp(join(tmpdir(), "browser-page-"));
  const document = await readFile(join(repository, "docs/browser.md"), "utf8");
  const page = codeBelow(document, "page.js");
  const amplify = codeBelow(document, "With AWS Amplify");
  const files = {
    "server.mjs": codeBelow(document, "server.mjs"),
    "index.html": codeBelow(document, "index.html"),
    "page.js":
      variant === undefined ? page : `${amplify}\n${page.slice(page.indexOf("\n\nconst [link, button"))}`,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  await symlink(modules, join(folder, "node_modules"));
  const bundle = await rolldown({
    input: join(folder, "page.js"),
    cwd: folder,
    platform: "browser",
    logLevel: "silent",
  });
  await bundle.write({ file: join(folder, "bundle.js"), format: "esm", codeSplitting: false });
  await bundle.close();

  const { ApiEndpoint, IdentityPoolId } = await world.outputs();
  const server = spawn(process.execPath, ["server.mjs"], {
    cwd: folder,
    env: { ...world.variables, API_URL: ApiEndpoint, IDENTITY_POOL_ID: IdentityPoolId, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface({ input: server.stdout }), "line")) as [string];
  const url = line.replace(/^Open /, "");
  world.cloud.twitterApp.callbackUrls = [`${url}/callback`];
  return {
    url,
    async close() {
      const ended = once(server, "exit");
      server.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Signs in as `ada` at the local Twitter. */
export async function signIn(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByRole("link", { name: "Sign in with X" }).click();
  await page.getByLabel("Another user").fill("ada");
  await page.getByRole("button", { name: "Authorize app" }).click();
  await page.getByText("Signed in as @ada").waitFor();
}

/** Presses the button. @returns what the page shows */
export async function callPrivate(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Call /private" }).click();
  return (await page.locator("output:not(:empty)").textContent()) ?? "";
}

/** The first block of code below a heading. */
function codeBelow(document: string, heading: string): string {
  const [, code] = /```\w+\n(.*?)```/s.exec(document.split(`\n## ${heading}\n`)[1] ?? "") ?? [];
  if (code === undefined) throw new Error(`docs/browser.md has no code below ${heading}`);
  return code;
}
