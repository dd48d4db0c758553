// Preloaded into the Node clients: the hosts of X and AWS, which they have built in, lead to one port of this computer.
const https = require("node:https");

class LocalHosts extends https.Agent {
  createConnection(options, callback) {
    const port = Number(process.env["LOCAL_PORT"]);
    return super.createConnection({ ...options, host: "127.0.0.1", port }, callback);
  }
}

https.globalAgent = new LocalHosts();
