import { expect, it } from "vitest";
import { TokenCredentialsStore } from "./token-credentials.ts";

const user = (id: number): { userId: string; screenName: string } => ({
  userId: String(id),
  screenName: `u${id}`,
});

it("keeps at most 10,000 access tokens and forgets the least recent login", () => {
  const store = new TokenCredentialsStore();
  const tokens = Array.from({ length: 10_000 }, (_, id) => store.issue(user(id), "write"));
  expect(store.issue(user(0), "write")).toBe(tokens[0]);
  store.issue(user(10_000), "write");
  expect(store.size).toBe(10_000);
  expect(store.find(tokens[0]?.token ?? "")).toBe(tokens[0]);
  expect(store.find(tokens[1]?.token ?? "")).toBeUndefined();
  expect(store.issue(user(1), "write").token).not.toBe(tokens[1]?.token);
});

it("issues and invalidates a token for each access level", () => {
  const store = new TokenCredentialsStore();
  const [read, write] = [store.issue(user(1), "read"), store.issue(user(1), "write")];
  expect(read.token).not.toBe(write.token);
  store.invalidate(read);
  expect(store.find(read.token)).toBeUndefined();
  expect(store.find(write.token)).toBe(write);
});

it("starts a token with the user's id, and uses no semicolon", () => {
  const { token, secret } = new TokenCredentialsStore().issue(user(42), "write");
  expect(token).toMatch(/^42-[A-Za-z0-9]{30}$/);
  expect(secret).toMatch(/^[A-Za-z0-9]{45}$/);
});
