// Preloaded into the Node clients: the address of X, which they have built in, leads to the local Twitter.
const https = require("node:https");

class LocalX extends https.Agent {
  createConnection(options, callback) {
    const port = Number(process.env["LOCAL_X_PORT"]);
    return super.createConnection({ ...options, host: "127.0.0.1", port }, callback);
  }
}

https.globalAgent = new LocalX();
