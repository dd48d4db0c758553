import { createServer, request as openRequest } from "node:http";
import { listen } from "./listen.ts";

/** A request on its way through; what is changed goes on changed. */
export interface PassingRequest {
  method: string;
  /** Path and query, byte for byte. */
  target: string;
  /** The names in small letters. */
  headers: Map<string, string>;
}

/** A response on its way back. */
export type PassingHeaders = Map<string, string>;

/** What a proxy does that it should not. */
export interface Meddling {
  request?: (request: PassingRequest) => void;
  response?: (headers: PassingHeaders) => void;
}

/** A proxy on loopback that passes everything on, and meddles. */
export interface MeddlingProxy {
  /** In front of the server it was started for, and as a forward proxy (`HTTP_PROXY`) in front of any. */
  url: string;
  /** `GET /path`, as they came. */
  requests: string[];
  close(): Promise<void>;
}

/**
 * By default a well-behaved reverse proxy: the Host header goes on as it came, and so does every byte of the target.
 *
 * @param server origin of the server behind it, plain http
 */
export async function startMeddlingProxy(server: string, meddling: Meddling = {}): Promise<MeddlingProxy> {
  const requests: string[] = [];
  const behind = new URL(server);
  const proxy = createServer((incoming, outgoing) => {
    const { method = "GET", url = "/" } = incoming;
    // A forward proxy is asked with an absolute target.
    const [, authority, target = url] = /^http:\/\/([^/?]+)(.*)$/.exec(url) ?? [];
    const passing: PassingRequest = {
      method,
      target,
      headers: new Map(
        Object.entries(incoming.headers).map(([name, value]) => [name, [value].flat().join(", ")]),
      ),
    };
    requests.push(`${method} ${target}`);
    for (const hop of ["connection", "proxy-connection", "proxy-authorization"]) passing.headers.delete(hop);
    meddling.request?.(passing);
    const onward = openRequest(
      {
        ...splitAuthority(authority ?? behind.host),
        method: passing.method,
        path: passing.target,
        headers: Object.fromEntries(passing.headers),
        agent: false,
      },
      (response) => {
        const headers: PassingHeaders = new Map(
          Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(", ")]),
        );
        for (const hop of ["connection", "keep-alive", "transfer-encoding"]) headers.delete(hop);
        meddling.response?.(headers);
        // Node would put one of its own in place of a Date that was taken out.
        outgoing.sendDate = false;
        outgoing.writeHead(response.statusCode ?? 502, Object.fromEntries(headers));
        response.pipe(outgoing);
      },
    );
    onward.on("error", () => outgoing.destroy());
    incoming.pipe(onward);
  });
  const port = await listen(proxy);
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async close() {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

function splitAuthority(authority: string): { host: string; port: string } {
  const { hostname, port } = new URL(`http://${authority}`);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? "80" : port };
}
