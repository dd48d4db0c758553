import { expect, it } from "vitest";
import { socketAddress } from "./socket-address.ts";

it.each([
  ["https://api.example/x", "api.example", 443],
  ["http://[::1]:8080/", "::1", 8080],
  ["http://localhost/", "localhost", 80],
  // Node's resolver does not know names below localhost on every system (RFC 6761 6.3).
  ["http://abc.lambda-url.us-east-1.localhost:4567/", "127.0.0.1", 4567],
  ["http://localhost.example/", "localhost.example", 80],
])("connects for %s to %s, port %i", (url, host, port) => {
  expect(socketAddress(new URL(url))).toEqual({ host, port });
});
