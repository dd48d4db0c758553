// The least that an HTTP client on Node can do: `auth-cli call` is compared with it.
const http = require("node:http");
http.get(process.argv[2], (response) => response.pipe(process.stdout));
