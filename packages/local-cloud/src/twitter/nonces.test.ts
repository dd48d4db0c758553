import { describe, expect, it } from "vitest";
import { Nonces } from "./nonces.ts";

describe("Nonces", () => {
  it("distinguishes the nonces of different timestamps, apps and tokens", () => {
    const nonces = new Nonces(300);
    expect(nonces.use(1000, "app", "token", "n", 1000)).toBe("new");
    expect(nonces.use(1000, "app", "token", "n", 1000)).toBe("replayed");
    expect(nonces.use(1001, "app", "token", "n", 1000)).toBe("new");
    expect(nonces.use(1000, "other", "token", "n", 1000)).toBe("new");
    expect(nonces.use(1000, "app", "other", "n", 1000)).toBe("new");
    expect(nonces.use(1000, "app", "", 'token","n', 1000)).toBe("new");
  });

  it("remembers a nonce until its timestamp leaves the window", () => {
    const nonces = new Nonces(300);
    nonces.use(1300, "app", "", "early", 1000);
    nonces.use(1000, "app", "", "now", 1000);
    expect(nonces.use(1000, "app", "", "now", 1300)).toBe("replayed");
    expect(nonces.use(1300, "app", "", "early", 1600)).toBe("replayed");
    expect(nonces.size).toBe(1);
    nonces.use(1601, "app", "", "later", 1601);
    expect(nonces.size).toBe(1);
  });

  it("rejects new nonces at capacity instead of forgetting replayable ones", () => {
    const nonces = new Nonces(300, 2);
    nonces.use(1000, "app", "", "a", 1000);
    nonces.use(1000, "app", "", "b", 1000);
    expect(nonces.use(1000, "app", "", "c", 1000)).toBe("full");
    expect(nonces.use(1000, "app", "", "a", 1000)).toBe("replayed");
    expect(nonces.use(1301, "app", "", "c", 1301)).toBe("new");
  });
});
