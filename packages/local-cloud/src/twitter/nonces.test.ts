import { describe, expect, it } from "vitest";
import { Nonces } from "./nonces.ts";

describe("Nonces", () => {
  it("tells a nonce from those of another timestamp, app and token", () => {
    const nonces = new Nonces(300);
    expect(nonces.use(1000, "app", "token", "n", 1000)).toBe("new");
    expect(nonces.use(1000, "app", "token", "n", 1000)).toBe("replayed");
    expect(nonces.use(1001, "app", "token", "n", 1000)).toBe("new");
    expect(nonces.use(1000, "other", "token", "n", 1000)).toBe("new");
    expect(nonces.use(1000, "app", "other", "n", 1000)).toBe("new");
    expect(nonces.use(1000, "app", "", 'token","n', 1000)).toBe("new");
  });

  it("remembers for as long as the timestamp is taken, and not longer", () => {
    const nonces = new Nonces(300);
    nonces.use(1300, "app", "", "early", 1000);
    nonces.use(1000, "app", "", "now", 1000);
    expect(nonces.use(1000, "app", "", "now", 1300)).toBe("replayed");
    expect(nonces.use(1300, "app", "", "early", 1600)).toBe("replayed");
    expect(nonces.size).toBe(1);
    nonces.use(1601, "app", "", "later", 1601);
    expect(nonces.size).toBe(1);
  });

  it("takes in no more than its capacity, rather than forget one that could be replayed", () => {
    const nonces = new Nonces(300, 2);
    nonces.use(1000, "app", "", "a", 1000);
    nonces.use(1000, "app", "", "b", 1000);
    expect(nonces.use(1000, "app", "", "c", 1000)).toBe("full");
    expect(nonces.use(1000, "app", "", "a", 1000)).toBe("replayed");
    expect(nonces.use(1301, "app", "", "c", 1301)).toBe("new");
  });
});
