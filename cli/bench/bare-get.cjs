// What every HTTP client on Node has to pay: the measure that `auth-cli call` is held against.
const http = require("node:http");
http.get(process.argv[2], (response) => response.pipe(process.stdout));
