import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Deserializer, Serializer } from "node:v8";

/** Bytes from which an object has a file of its own, which is written once. */
const objectBytes = 4096;

/** @param blobs gets the large objects, by hash */
export function serialize(parts: Map<string, unknown>, blobs: Map<string, Uint8Array>): Buffer {
  const serializer = new StateSerializer(blobs);
  serializer.writeHeader();
  serializer.writeValue(parts);
  return serializer.releaseBuffer();
}

/**
 * @param objects the folder with the large objects
 * @throws Error for what {@link serialize} has not written
 */
export function deserialize(body: Buffer, objects: string): Map<string, unknown> {
  const deserializer = new StateDeserializer(body, objects);
  deserializer.readHeader();
  return deserializer.readValue() as Map<string, unknown>;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** V8 asks for these two, and its types lack them. https://nodejs.org/docs/latest-v20.x/api/v8.html#serializer_writehostobjectobject */
class StateSerializer extends Serializer {
  readonly #blobs: Map<string, Uint8Array>;

  constructor(blobs: Map<string, Uint8Array>) {
    super();
    this.#blobs = blobs;
    // oxlint-disable-next-line no-underscore-dangle -- Node's name
    (this as unknown as HostObjects)._setTreatArrayBufferViewsAsHostObjects(true);
  }

  _writeHostObject(view: Uint8Array): void {
    const isLarge = view.byteLength >= objectBytes;
    const hash = isLarge ? sha256(view) : "";
    if (isLarge) this.#blobs.set(hash, view);
    const written = isLarge ? Buffer.from(hash) : view;
    this.writeUint32(isLarge ? 1 : 0);
    this.writeUint32(written.byteLength);
    this.writeRawBytes(written);
  }
}

class StateDeserializer extends Deserializer {
  readonly #objects: string;

  constructor(body: Buffer, objects: string) {
    super(body);
    this.#objects = objects;
  }

  _readHostObject(): Buffer {
    const isLarge = this.readUint32() === 1;
    const bytes = Buffer.from(this.readRawBytes(this.readUint32()));
    if (!isLarge) return bytes;
    const hash = bytes.toString();
    const blob = readFileSync(join(this.#objects, hash));
    if (sha256(blob) !== hash) throw new Error(`objects/${hash} does not match its checksum`);
    return blob;
  }
}

interface HostObjects {
  _setTreatArrayBufferViewsAsHostObjects(flag: boolean): void;
}
