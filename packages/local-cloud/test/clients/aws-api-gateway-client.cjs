// GET with aws-api-gateway-client, which sends the session token but does not sign it.
const { default: apigClientFactory } = require("aws-api-gateway-client");

async function main() {
  const client = apigClientFactory.newClient({
    invokeUrl: process.env["API_URL"],
    region: "us-east-1",
    accessKey: process.env["AWS_ACCESS_KEY_ID"],
    secretKey: process.env["AWS_SECRET_ACCESS_KEY"],
    sessionToken: process.env["AWS_SESSION_TOKEN"],
  });
  const { status, data } = await client.invokeApi({}, "/private", "GET", {
    queryParams: { b: "2 2", a: "1" },
  });
  console.log(JSON.stringify({ status, data }));
}

main().catch(({ response, message }) => {
  console.log(JSON.stringify({ status: response?.status, data: response?.data ?? message }));
});
