import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

import { setBounded } from "../aws/set-bounded.ts";
import type { Role } from "../account.ts";
import type { CognitoIdentity, Principal, SessionPolicies } from "./principal.ts";
import { memoryState, type State } from "../state.ts";

/** Credentials as STS and Cognito issue them. */
export interface TemporaryCredentials {
  /** `ASIA…`, 20 characters. */
  accessKeyId: string;
  /** 40 characters. */
  secretAccessKey: string;
  sessionToken: string;
  expiration: Date;
}

interface SessionRequest {
  role: Pick<Role, "arn" | "roleName" | "roleId">;
  sessionName: string;
  durationSeconds: number;
  cognitoIdentity?: CognitoIdentity;
  sessionPolicies?: SessionPolicies | undefined;
  tags?: Readonly<Record<string, string>>;
}

interface LongTermKey {
  /** `AKIA…`. */
  accessKeyId: string;
  secretAccessKey: string;
  userArn: string;
  userId: string;
}

/**
 * The state of an access key and the session token that came with it.
 * `missing-token`: a temporary key without a token. `foreign-token`: not the token that was issued with the key.
 */
type KeyLookup =
  | { state: "active"; secretAccessKey: string; principal: Principal }
  | { state: "expired"; secretAccessKey: string; principal: Principal }
  | { state: "unknown" | "missing-token" | "foreign-token" };

export interface Sessions {
  /** Temporary credentials of a role, as AssumeRole and GetCredentialsForIdentity return them. */
  issue(request: SessionRequest): TemporaryCredentials;
  /** Registers a key that does not expire and needs no session token: the deployer's. */
  addLongTermKey(key: LongTermKey): void;
  find(accessKeyId: string, sessionToken: string | undefined): KeyLookup;
}

/**
 * Temporary credentials without a list of sessions: as with the real STS, the session token *is* the session, sealed
 * (AES-256-GCM) with a key of this local cloud, the access key id authenticates itself, and the secret is
 * derived from it. A hundred thousand sessions cost nothing, and expired ones are recognised forever.
 */
export function createSessions({
  now,
  state = memoryState(),
}: {
  now: () => Date;
  state?: State | undefined;
}): Sessions {
  const sealingKey = state.part("sealing key", () => randomBytes(32));
  const derivationKey = state.part("derivation key", () => randomBytes(32));
  const longTermKeys = new Map<string, LongTermKey>();
  /** By session token, because a client sends one token with many requests. */
  const opened = new Map<string, OpenedSession>();

  const derive = (purpose: string, data: string | Buffer): Buffer =>
    createHmac("sha256", derivationKey).update(`${purpose}\0`).update(data).digest();

  const createAccessKeyId = (): string => {
    const serial = randomBytes(serialLength);
    const seal = derive("id", serial).subarray(0, accessKeyBytes - serialLength);
    return temporaryKeyPrefix + base32(Buffer.concat([serial, seal]));
  };

  const isOwnAccessKeyId = (accessKeyId: string): boolean => {
    if (!accessKeyId.startsWith(temporaryKeyPrefix)) return false;
    const bytes = fromBase32(accessKeyId.slice(temporaryKeyPrefix.length));
    if (bytes?.length !== accessKeyBytes) return false;
    const seal = derive("id", bytes.subarray(0, serialLength)).subarray(0, accessKeyBytes - serialLength);
    return timingSafeEqual(seal, bytes.subarray(serialLength));
  };

  // 30 bytes of base64 are the 40 characters that clients expect of a secret access key.
  const secretOf = (accessKeyId: string): string =>
    derive("secret", accessKeyId).subarray(0, 30).toString("base64");

  // The access key id is the associated data: a token opens under the key it was issued with and no other.
  const seal = (accessKeyId: string, session: Session): string => {
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", sealingKey, iv).setAAD(Buffer.from(accessKeyId));
    const sealed = Buffer.concat([cipher.update(JSON.stringify(session), "utf8"), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64");
  };

  const unseal = (accessKeyId: string, sessionToken: string): Session | undefined => {
    const bytes = Buffer.from(sessionToken, "base64");
    // Base64 can encode the same bytes in several ways. Only the issued text is the token.
    if (bytes.length <= 28 || bytes.toString("base64") !== sessionToken) return undefined;
    const decipher = createDecipheriv("aes-256-gcm", sealingKey, bytes.subarray(0, 12))
      .setAAD(Buffer.from(accessKeyId))
      .setAuthTag(bytes.subarray(12, 28));
    try {
      return JSON.parse(
        Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString("utf8"),
      ) as Session;
    } catch {
      return undefined;
    }
  };

  const open = (accessKeyId: string, sessionToken: string): OpenedSession | undefined => {
    const known = opened.get(sessionToken);
    if (known !== undefined) return known.principal.accessKeyId === accessKeyId ? known : undefined;
    const session = unseal(accessKeyId, sessionToken);
    if (session === undefined) return undefined;
    const { expiration, ...caller } = session;
    const result: OpenedSession = {
      expiration,
      secretAccessKey: secretOf(accessKeyId),
      principal: { kind: "assumed-role", accessKeyId, cognitoIdentity: undefined, ...caller },
    };
    setBounded(opened, maximumOpened, sessionToken, result);
    return result;
  };

  return {
    issue({ role, sessionName, durationSeconds, cognitoIdentity, sessionPolicies, tags }) {
      const accessKeyId = createAccessKeyId();
      // Expirations are whole seconds on the wire.
      const expiration = new Date((Math.floor(now().getTime() / 1000) + durationSeconds) * 1000);
      const accountId = role.arn.split(":")[4] ?? "";
      const sessionToken = seal(accessKeyId, {
        expiration: expiration.getTime(),
        arn: `arn:aws:sts::${accountId}:assumed-role/${role.roleName}/${sessionName}`,
        userId: `${role.roleId}:${sessionName}`,
        roleArn: role.arn,
        ...(cognitoIdentity && { cognitoIdentity }),
        ...(sessionPolicies && { sessionPolicies }),
        ...(tags && Object.keys(tags).length > 0 && { tags }),
      });
      return { accessKeyId, secretAccessKey: secretOf(accessKeyId), sessionToken, expiration };
    },

    addLongTermKey(key) {
      longTermKeys.set(key.accessKeyId, key);
    },

    find(accessKeyId, sessionToken) {
      const longTerm = longTermKeys.get(accessKeyId);
      if (longTerm !== undefined) {
        if (sessionToken !== undefined) return { state: "foreign-token" };
        const { secretAccessKey, userArn, userId } = longTerm;
        return {
          state: "active",
          secretAccessKey,
          principal: { kind: "user", accessKeyId, arn: userArn, userId },
        };
      }
      const session = sessionToken === undefined ? undefined : open(accessKeyId, sessionToken);
      if (session !== undefined) {
        const { expiration, secretAccessKey, principal } = session;
        return { state: expiration > now().getTime() ? "active" : "expired", secretAccessKey, principal };
      }
      if (!isOwnAccessKeyId(accessKeyId)) return { state: "unknown" };
      return { state: sessionToken === undefined ? "missing-token" : "foreign-token" };
    },
  };
}

interface Session {
  /** Milliseconds since the epoch. */
  expiration: number;
  arn: string;
  userId: string;
  roleArn: string;
  cognitoIdentity?: CognitoIdentity;
  sessionPolicies?: SessionPolicies;
  tags?: Readonly<Record<string, string>>;
}

interface OpenedSession {
  /** Milliseconds since the epoch. */
  expiration: number;
  secretAccessKey: string;
  principal: Principal;
}

const maximumOpened = 100;

const temporaryKeyPrefix = "ASIA";
const accessKeyBytes = 10;
const serialLength = 7;
const base32Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{5}/g) ?? []).map((group) => base32Alphabet[Number.parseInt(group, 2)]).join("");
}

function fromBase32(text: string): Buffer | undefined {
  if (!/^[A-Z2-7]{16}$/.test(text)) return undefined;
  const bits = text.replace(/./g, (letter) => base32Alphabet.indexOf(letter).toString(2).padStart(5, "0"));
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
