// Preloaded into the Node clients: the hosts of X and AWS, which they have built in, lead to one port of this computer.
const tls = require("node:tls");

const { connect } = tls;

// The https module and fetch call it with one object.
tls.connect = (options, ...rest) =>
  connect({ ...options, host: "127.0.0.1", port: Number(process.env["LOCAL_PORT"]) }, ...rest);
