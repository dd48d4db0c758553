import { expect, it } from "vitest";

import { createSessions } from "./sessions.ts";

const role = {
  arn: "arn:aws:iam::123456789012:role/r",
  roleName: "r",
  roleId: "AROAEXAMPLEEXAMPLE123",
};
let time = new Date("2026-03-01T12:00:00.750Z");
const sessions = createSessions({ now: () => time });
const request = { role, sessionName: "s", durationSeconds: 900 };

it("issues keys in the format of STS", () => {
  const { accessKeyId, secretAccessKey, expiration } = sessions.issue(request);
  expect(accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
  expect(secretAccessKey).toMatch(/^[\w+/]{40}$/);
  expect(expiration).toEqual(new Date("2026-03-01T12:15:00Z"));
});

it("distinguishes active from expired sessions, however many were issued", () => {
  const { accessKeyId, secretAccessKey, sessionToken } = sessions.issue(request);
  for (let i = 0; i < 2000; i += 1) sessions.issue(request);
  expect(sessions.find(accessKeyId, sessionToken)).toMatchObject({ state: "active", secretAccessKey });
  time = new Date("2026-03-01T12:15:00Z");
  expect(sessions.find(accessKeyId, sessionToken)).toMatchObject({ state: "expired" });
});

it("accepts a token only with its own key and only as issued", () => {
  const one = sessions.issue(request);
  const other = sessions.issue(request);
  expect(sessions.find(one.accessKeyId, undefined)).toEqual({ state: "missing-token" });
  for (const token of ["", "x", other.sessionToken, `${one.sessionToken} `, one.sessionToken.slice(0, -4)]) {
    expect(sessions.find(one.accessKeyId, token)).toEqual({ state: "foreign-token" });
  }
  const strange = createSessions({ now: () => time }).issue(request);
  expect(sessions.find(strange.accessKeyId, strange.sessionToken)).toEqual({ state: "unknown" });
});

it("accepts a known token only with its own key and only until it expires", () => {
  time = new Date("2026-03-01T12:00:00Z");
  const one = sessions.issue(request);
  const other = sessions.issue(request);
  const seen = sessions.find(one.accessKeyId, one.sessionToken);
  expect(sessions.find(one.accessKeyId, one.sessionToken)).toEqual(seen);
  expect(sessions.find(other.accessKeyId, one.sessionToken)).toEqual({ state: "foreign-token" });
  expect(sessions.find("ASIAAAAAAAAAAAAAAAAA", one.sessionToken)).toEqual({ state: "unknown" });
  time = new Date("2026-03-01T12:15:00Z");
  expect(sessions.find(one.accessKeyId, one.sessionToken)).toEqual({ ...seen, state: "expired" });
});

it("finds a long-term key, which has no token", () => {
  const key = {
    accessKeyId: "AKIALOCALDEPLOYER",
    secretAccessKey: "k".repeat(40),
    userArn: "arn:aws:iam::123456789012:user/deployer",
    userId: "AIDAEXAMPLEEXAMPLE123",
  };
  expect(sessions.find(key.accessKeyId, undefined)).toEqual({ state: "unknown" });
  sessions.addLongTermKey(key);
  expect(sessions.find(key.accessKeyId, undefined)).toMatchObject({
    state: "active",
    principal: { kind: "user", arn: key.userArn },
  });
  expect(sessions.find(key.accessKeyId, "token")).toEqual({ state: "foreign-token" });
});
