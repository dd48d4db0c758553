import { describe, expect, it } from "vitest";
import { createSecretsManager } from "../../secrets-manager/secrets-manager.ts";
import { createParameterStore } from "../../ssm/parameter-store.ts";
import { resolveDynamicReferences } from "./dynamic-references.ts";

const now = (): Date => new Date("2026-01-02T03:04:05Z");
const account = { accountId: "000000000000", region: "us-east-1", now };
const parameterStore = createParameterStore(account);
const secretsManager = createSecretsManager(account);
parameterStore.put({ name: "/plain", type: "String", value: "first" }, false);
parameterStore.put({ name: "/plain", type: "String", value: "second" }, true);
parameterStore.put({ name: "/hidden", type: "SecureString", value: "shh" }, false);
const { arn } = secretsManager.create({ name: "app/twitter", secretString: '{"key":"k1","number":7}' });
secretsManager.putValue("app/twitter", '{"key":"k2","secret":"s2","number":7}');
secretsManager.create({ name: "text", secretString: "no json" });

const resolve = (value: unknown): unknown =>
  resolveDynamicReferences(value, { parameterStore, secretsManager });

describe("resolveDynamicReferences", () => {
  it.each<[string, string]>([
    ["{{resolve:ssm:/plain}}", "second"],
    ["{{resolve:ssm:/plain:2}}", "second"],
    ["{{resolve:secretsmanager:app/twitter:SecretString:key}}", "k2"],
    ["{{resolve:secretsmanager:app/twitter:SecretString:key:AWSCURRENT}}", "k2"],
    ["{{resolve:secretsmanager:app/twitter:SecretString:key:AWSPREVIOUS}}", "k1"],
    ["{{resolve:secretsmanager:app/twitter:SecretString:number::}}", "7"],
    [`{{resolve:secretsmanager:${arn}:SecretString:key}}`, "k2"],
    [`{{resolve:secretsmanager:${arn.slice(0, -7)}:SecretString:key}}`, "k2"],
    ["{{resolve:secretsmanager:text}}", "no json"],
    [
      "{{resolve:secretsmanager:app/twitter:SecretString:key}};{{resolve:secretsmanager:app/twitter:SecretString:secret}}",
      "k2;s2",
    ],
    ["{{ not one }}", "{{ not one }}"],
  ])("%s", (reference, expected) => {
    expect(resolve({ a: [reference] })).toEqual({ a: [expected] });
  });

  it.each<[string, string]>([
    ["{{resolve:ssm:/absent}}", "[ssm:/absent] could not be found"],
    ["{{resolve:ssm:/plain:1}}", "could not be found"],
    ["{{resolve:ssm:/hidden}}", "Non-secure ssm prefix was used for secure parameter: [/hidden]"],
    ["{{resolve:ssm-secure:/hidden}}", "SSM Secure reference is not supported"],
    ["{{resolve:secretsmanager:absent}}", "Secrets Manager can't find the specified secret"],
    [
      "{{resolve:secretsmanager:app/twitter:SecretString:nope}}",
      "Could not find a value associated with JSONKey",
    ],
    ["{{resolve:secretsmanager:app/twitter:SecretString:key:OTHER}}", "staging label: OTHER"],
    ["{{resolve:secretsmanager:app/twitter:SecretBinary:key}}", "Incorrect format"],
    ["{{resolve:secretsmanager:text:SecretString:key}}", "Could not parse SecretString JSON"],
    ["{{resolve:vault:x}}", "Dynamic reference to vault is not supported"],
  ])("rejects %s", (reference, message) => {
    expect(() => resolve(reference)).toThrow(message);
  });

  it.each(["nope", "key:OTHER", "key:AWSCURRENT:no-such-version"])(
    "never shows the value of a secret (%s)",
    (key) => {
      let message = "";
      try {
        resolve(`{{resolve:secretsmanager:app/twitter:SecretString:${key}}}`);
      } catch (error) {
        message = String(error);
      }
      expect(message).toContain("app/twitter");
      expect(message).not.toMatch(/k1|k2|s2/);
    },
  );
});
