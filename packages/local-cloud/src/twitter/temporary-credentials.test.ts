import { expect, it } from "vitest";
import { TemporaryCredentialsStore } from "./temporary-credentials.ts";

const request = { callback: "oob", accessLevel: "write" } as const;
const user = { userId: "1", screenName: "somebody" };

it("keeps at most 10,000 request tokens and forgets the oldest", () => {
  const store = new TemporaryCredentialsStore(() => new Date(0), 600);
  const [first, second] = [store.issue(request), store.issue(request)];
  for (let count = 2; count <= 10_000; count += 1) store.issue(request);
  expect(store.size).toBe(10_000);
  expect(store.find(first.token)).toBeUndefined();
  expect(store.find(second.token)).toBe(second);
});

it("forgets expired request tokens when it issues new ones", () => {
  let now = 0;
  const store = new TemporaryCredentialsStore(() => new Date(now), 600);
  for (let count = 0; count < 100; count += 1) store.issue(request);
  now = 300_000;
  const late = store.issue(request);
  now = 600_000;
  store.issue(request);
  expect(store.size).toBe(2);
  expect(store.find(late.token)).toBe(late);
});

it("never repeats a token or secret, and gives a callback a long verifier", () => {
  const store = new TemporaryCredentialsStore(() => new Date(0), 600);
  const issued = Array.from({ length: 1000 }, () =>
    store.issue({ ...request, callback: "http://127.0.0.1/" }),
  );
  const texts = issued.flatMap((credentials) => [
    credentials.token,
    credentials.secret,
    store.authorize(credentials, user),
  ]);
  expect(new Set(texts).size).toBe(3000);
  for (const text of texts) expect(text).toMatch(/^[A-Za-z0-9]{27,32}$/);
});
