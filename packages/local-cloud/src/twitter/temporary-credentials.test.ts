import { expect, it } from "vitest";
import { TemporaryCredentialsStore } from "./temporary-credentials.ts";

const request = { callback: "oob", accessLevel: "write" } as const;
const user = { userId: "1", screenName: "somebody" };

it("keeps no more than 10,000, and forgets the oldest", () => {
  const store = new TemporaryCredentialsStore(() => new Date(0), 600);
  const [first, second] = [store.issue(request), store.issue(request)];
  for (let count = 2; count <= 10_000; count += 1) store.issue(request);
  expect(store.size).toBe(10_000);
  expect(store.find(first.token)).toBeUndefined();
  expect(store.find(second.token)).toBe(second);
});

it("forgets those that are too old as new ones come", () => {
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

it("gives every token and secret once, and a long verifier where nobody has to type it", () => {
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
