import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { rolldown } from "rolldown";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { thirdPartyLicenses } from "./third-party-licenses.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "licenses-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

function install(name: string, license: string, files: Record<string, string> = {}): void {
  const manifest = { name, version: "1.2.3", license, type: "module", main: "index.js", sideEffects: false };
  write(`node_modules/${name}/package.json`, JSON.stringify(manifest));
  write(`node_modules/${name}/index.js`, `export const value = () => globalThis[${JSON.stringify(name)}];`);
  for (const [file, text] of Object.entries(files)) write(`node_modules/${name}/${file}`, text);
}

async function licensesOf(source: string, additional: string[] = []): Promise<string> {
  write("main.js", source);
  const bundle = await rolldown({ input: join(folder, "main.js"), cwd: folder, logLevel: "silent" });
  const { output } = await bundle.generate();
  await bundle.close();
  return thirdPartyLicenses(output, additional);
}

const using = (...names: string[]): string =>
  `${names.map((name, index) => `import { value as v${index} } from "${name}";`).join("")}
   console.log(${names.map((_, index) => `v${index}`).join()});`;

describe("the licenses of a bundle", () => {
  it("has each package of the bundle with its copyright, and one text for packages that share it", async () => {
    install("one", "MIT", { LICENSE: "MIT License\n\nCopyright (c) 2020 Ann\n\nPermission is\ngranted." });
    install("@two/two", "MIT", {
      license: "The MIT License (MIT)\r\nCopyright 2021 Bob\r\n\r\nPermission is granted.\r\n",
    });
    install("three", "ISC", { "LICENCE.md": "Copyright © 2022 Cy\n\nUse it." });
    const text = await licensesOf(using("one", "@two/two", "three"));
    expect(text).toContain("one 1.2.3\n  Copyright (c) 2020 Ann\n");
    expect(text).toContain("@two/two 1.2.3\n  Copyright 2021 Bob\n");
    expect(text).toContain("three 1.2.3\n  Copyright © 2022 Cy\n\nLicense: ISC\n\nUse it.\n");
    expect(text.match(/Permission is\s+granted/g)).toHaveLength(1);
  });

  it("lacks packages of which the bundle contains nothing", async () => {
    install("used", "MIT", { LICENSE: "Permission is granted." });
    install("unused", "MIT", { LICENSE: "Something else." });
    const text = await licensesOf(`import { value } from "unused";${using("used")}`);
    expect(text).not.toContain("unused");
  });

  it("has the NOTICE file, and packages whose data is published", async () => {
    install("data", "Apache-2.0", { LICENSE: "Terms.", NOTICE: "Made by Dee." });
    const text = await licensesOf("console.log(1)", [join(folder, "node_modules/data")]);
    expect(text).toContain("data 1.2.3\n  Made by Dee.\n\nLicense: Apache-2.0\n\nTerms.\n");
  });

  it("takes the text of another package for a package without one", async () => {
    install("bare", "MIT");
    install("full", "MIT", { LICENSE: "Permission is granted." });
    expect(await licensesOf(using("bare", "full"))).toMatch(/^full 1.2.3\nbare 1.2.3\n/);
    await expect(licensesOf(using("bare"))).rejects.toThrow("bare 1.2.3 has no license text");
  });

  it.each(["GPL-3.0-only", "BUSL-1.1", "(MIT OR GPL-3.0-only)", "UNLICENSED"])(
    "does not allow the license %s",
    async (license) => {
      install("other", license, { LICENSE: "Terms." });
      await expect(licensesOf(using("other"))).rejects.toThrow(`other 1.2.3 has the license ${license}`);
    },
  );
});
