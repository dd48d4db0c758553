import { SignatureV4 } from "@smithy/signature-v4";
import { Sha256 } from "./sha256.ts";

export interface SdkRequest {
  method: string;
  /** As it is on the wire. */
  path: string;
  /** Decoded. Without a prototype. */
  query: Record<string, string[]>;
  /** By lower-case name. All are signed. */
  headers: Record<string, string>;
  body: Uint8Array;
}

export interface SdkSigning {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string | undefined;
  service: string;
  region: string;
  date: Date;
}

/** The signature that the AWS SDK for JavaScript puts into a request's Authorization header. */
export async function sdkSignature(request: SdkRequest, signing: SdkSigning): Promise<string | undefined> {
  const { accessKeyId, secretAccessKey, sessionToken, service, region, date } = signing;
  const signer = new SignatureV4({
    credentials: {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    },
    service,
    region,
    sha256: Sha256,
    applyChecksum: false,
  });
  const message = { ...request, protocol: "https:", hostname: "" };
  const signed = await signer.sign(message, { signingDate: date });
  return /Signature=(.*)/.exec(signed.headers["authorization"] ?? "")?.[1];
}
