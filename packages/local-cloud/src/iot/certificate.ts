import { generateKeyPair, type KeyObject, randomBytes, sign } from "node:crypto";
import { promisify } from "node:util";

/** PEM certificate and private key. */
export interface Certificate {
  cert: string;
  key: string;
}

const dayMs = 86_400_000;

/**
 * Makes a self-signed certificate for 127.0.0.1 and localhost, valid for a year. It is a leaf: it cannot sign others.
 * https://datatracker.ietf.org/doc/html/rfc5280#section-4.1
 */
export async function createCertificate(now: Date = new Date()): Promise<Certificate> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)("ec", { namedCurve: "P-256" });
  const toBeSigned = certificateFields(publicKey, now);
  const signature = sign("sha256", toBeSigned, privateKey);
  const certificate = sequence(toBeSigned, ecdsaWithSha256, bitString(signature));
  const base64 = certificate.toString("base64").replaceAll(/.{64}(?=.)/g, "$&\n");
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  };
}

function certificateFields(publicKey: KeyObject, now: Date): Buffer {
  // A serial number is positive and not longer than 20 octets.
  const serialNumber = Buffer.concat([Buffer.of(1), randomBytes(16)]);
  return sequence(
    tagged(0xa0, integer(Buffer.of(2))),
    integer(serialNumber),
    ecdsaWithSha256,
    name,
    sequence(time(new Date(now.getTime() - dayMs)), time(new Date(now.getTime() + 365 * dayMs))),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(basicConstraints, keyUsage, extendedKeyUsage, subjectAlternativeName)),
  );
}

/** DER: tag, length, contents. */
function tagged(tag: number, ...contents: Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...length), body]);
}

function sequence(...contents: Buffer[]): Buffer {
  return tagged(0x30, ...contents);
}

function integer(octets: Buffer): Buffer {
  return tagged(0x02, octets);
}

function bitString(octets: Buffer, unusedBits = 0): Buffer {
  return tagged(0x03, Buffer.of(unusedBits), octets);
}

function objectIdentifier(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, "hex"));
}

/** UTCTime, `yyMMddHHmmssZ`. */
function time(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/[-:T]|\.\d{3}/g, "");
  return tagged(0x17, Buffer.from(digits.slice(2)));
}

function extension(identifier: string, value: Buffer, isCritical = false): Buffer {
  const critical = isCritical ? [tagged(0x01, Buffer.of(0xff))] : [];
  return sequence(objectIdentifier(identifier), ...critical, tagged(0x04, value));
}

/** 1.2.840.10045.4.3.2 */
const ecdsaWithSha256 = sequence(objectIdentifier("2a8648ce3d040302"));

/** CN=auth-cli local cloud. */
const name = sequence(
  tagged(0x31, sequence(objectIdentifier("550403"), tagged(0x0c, Buffer.from("auth-cli local cloud")))),
);

const basicConstraints = extension("551d13", sequence(), true);

/** digitalSignature. */
const keyUsage = extension("551d0f", bitString(Buffer.of(0x80), 7), true);

/** serverAuth. */
const extendedKeyUsage = extension("551d25", sequence(objectIdentifier("2b06010505070301")));

const subjectAlternativeName = extension(
  "551d11",
  sequence(tagged(0x87, Buffer.of(127, 0, 0, 1)), tagged(0x82, Buffer.from("localhost"))),
);
