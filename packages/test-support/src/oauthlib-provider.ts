import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface OAuthlibProvider {
  /** Origin, for `TWITTER_API_URL`. */
  url: string;
  close(): Promise<void>;
}

/**
 * Starts a second OAuth 1.0a provider, Python's oauthlib with Twitter's paths: see `oauthlib-provider.py` beside this.
 * Its authorize page lets everyone in as `python_user`, id 1500000000000000001, and shows the PIN in a `<code>`.
 *
 * @param python what `findPython({ oauthlib: "python3-oauthlib" })` gave
 * @throws Error when it has not said its port within ten seconds
 */
export async function startOAuthlibProvider(
  python: string,
  clientCredentials: { key: string; secret: string },
): Promise<OAuthlibProvider> {
  const script = join(import.meta.dirname, "oauthlib-provider.py");
  const child = spawn(python, ["-s", script], {
    env: {
      PATH: process.env["PATH"],
      PYTHONDONTWRITEBYTECODE: "1",
      TWITTER_CONSUMER_KEY: clientCredentials.key,
      TWITTER_CONSUMER_SECRET: clientCredentials.secret,
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const close = async (): Promise<void> => {
    // It ends with its standard input, and so with this process, too, however that ends.
    child.stdin.end();
    const deadline = setTimeout(() => child.kill("SIGKILL"), 5000);
    await exited;
    clearTimeout(deadline);
  };
  const deadline = setTimeout(() => child.kill("SIGKILL"), 10_000);
  try {
    for await (const line of createInterface(child.stdout)) {
      if (/^\d+$/.test(line)) return { url: `http://127.0.0.1:${line}`, close };
    }
  } finally {
    clearTimeout(deadline);
  }
  await close();
  throw new Error(`${script} ended without saying its port`);
}
