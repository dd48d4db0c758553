import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** TLS included. A kept or a preconnected one stands already. */
export function isConnected(socket: Socket): boolean {
  if (socket.connecting) return false;
  // Node keeps it undocumented, and node:http2 asks it. What a socket says of its protocol is set before the handshake
  // is over where TLS runs within a proxy's tunnel.
  return !(socket as { secureConnecting?: boolean }).secureConnecting;
}

export function isSecure(socket: Socket): socket is TLSSocket {
  return "getProtocol" in socket;
}
