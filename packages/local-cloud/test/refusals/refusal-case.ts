import { createStacksFixture, type StacksFixture } from "../stacks-fixture.ts";

/** A case that one rule refuses. */
export interface RefusalCase {
  /** The refusal's words, or enough of them. */
  says: string;
  /** Returns or throws what the user sees. */
  run(): unknown;
}

/** A case for each rule: the compiler reports a missing one. */
export type RefusalCases<Refusals> = Readonly<Record<keyof Refusals, RefusalCase>>;

/** A template that is refused: the reason is in the stack's events, or in the answer to the request. */
export function refusedTemplate(
  says: string,
  resources: object,
  prepare: (fixture: StacksFixture) => unknown = () => {},
): RefusalCase {
  return {
    says,
    async run() {
      const fixture = createStacksFixture();
      await prepare(fixture);
      return fixture.events(await fixture.deploy({ Resources: resources })).join("\n");
    },
  };
}

/** A template that is refused as an update of another. */
export function refusedUpdate(
  says: string,
  before: object,
  after: object,
  prepare: (fixture: StacksFixture) => unknown = () => {},
): RefusalCase {
  return refusedTemplate(says, after, async (fixture) => {
    await fixture.deploy({ Resources: before });
    await prepare(fixture);
  });
}
