import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{cli,packages/*,stacks,scripts}/**/*.test.ts"],
          exclude: ["**/node_modules/**", "**/dist/**", "**/*.e2e.test.ts"],
        },
      },
      {
        test: {
          name: "e2e",
          include: ["{cli,packages/*,stacks,scripts}/**/*.e2e.test.ts"],
          exclude: ["**/node_modules/**", "**/dist/**"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          globalSetup: ["packages/test-support/src/serve-synthesis.ts"],
        },
      },
    ],
  },
});
