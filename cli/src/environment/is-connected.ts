import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** Whether the socket can carry a request. With TLS, the handshake is over. */
export function isConnected(socket: Socket): boolean {
  if (socket.connecting) return false;
  // Undocumented, also read by node:http2. The public properties change before the handshake ends in a proxy's tunnel.
  return !(socket as { secureConnecting?: boolean }).secureConnecting;
}

export function isSecure(socket: Socket): socket is TLSSocket {
  return "getProtocol" in socket;
}
