import { describe, expect, it } from "vitest";
import { findUser, readyScreenNames } from "./users.ts";

describe("findUser", () => {
  it("gives a screen name the same id, in any case, with or without @", () => {
    const user = findUser("Some_One1");
    expect(user).toEqual({ userId: "1293013521708423159", screenName: "Some_One1" });
    expect(findUser(" @some_one1 ")?.userId).toBe(user?.userId);
  });

  it("gives different names different ids of nineteen digits", () => {
    const ids = new Set(Array.from({ length: 1000 }, (_, index) => findUser(`user_${index}`)?.userId));
    expect(ids.size).toBe(1000);
    for (const id of ids) expect(id).toMatch(/^1\d{18}$/);
  });

  it("keeps the spelling of a ready user's name", () => {
    expect(findUser(readyScreenNames[0].toUpperCase())?.screenName).toBe(readyScreenNames[0]);
  });

  it.each(["", "@", "@@a", "a b", "a-b", "sixteen_letters_", "é", "<b>", "a;b"])(
    "rejects the name %j",
    (name) => {
      expect(findUser(name)).toBeUndefined();
    },
  );
});
