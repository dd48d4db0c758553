#!/usr/bin/env bash
# JavaScript custom resources of aws-cdk-lib 2.224.0 and sst 2.49.8 ignore the scheme and the port of ResponseURL.
#
# Input:    one custom resource event for each, with ResponseURL http://127.0.0.1:<port>/answer?token=1
# Expected: a PUT to that URL (AWS: ResponseURL identifies the place that receives the response).
# Seen:     the four handlers in JavaScript open TLS to port 443 of the host. The handler in Python (bucket notifications) of the same
#           aws-cdk-lib uses the URL as given. AWS itself sends https URLs without a port, so nothing fails there.
# Impact:   a local stand-in for CloudFormation gets no answer unless it owns port 443 with a trusted certificate or reroutes the
#           connection.
# Source:   https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
# Needs:    python3
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
mkdir cdk sst node_modules
timeout 120 npm pack --silent aws-cdk-lib@2.224.0 sst@2.49.8 >/dev/null
timeout 60 tar -xzf aws-cdk-lib-2.224.0.tgz -C cdk --strip-components=1 package/custom-resources package/custom-resource-handlers
timeout 60 tar -xzf sst-2.49.8.tgz -C sst --strip-components=1 package/support/custom-resources
# The framework loads the clients of its user function, which this event never reaches.
for client in client-lambda client-sfn; do mkdir -p "node_modules/@aws-sdk/$client"; touch "node_modules/@aws-sdk/$client/index.js"; done
echo 'exports.handler = async () => ({});' >user.js
cat >answer.py <<'PY'
import json, os, sys
from unittest.mock import MagicMock
sys.modules['boto3'] = MagicMock()
sys.path.insert(0, 'cdk/custom-resource-handlers/dist/aws-s3/notifications-resource-handler')
import index
index.handler(json.loads(os.environ['EVENT']), MagicMock(log_stream_name='log'))
PY
AWS_REGION=us-east-1 timeout 60 node - <<'JS'
const assert = require('node:assert');
const { execFile } = require('node:child_process');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const handlers = `${process.cwd()}/cdk/custom-resource-handlers/dist`;
const { log } = console;
console.log = () => {};
let tls, answered;
const server = http.createServer(async (request, response) => {
  const { Status } = JSON.parse((await request.toArray()).join(''));
  response.setHeader('connection', 'close').end();
  answered = `${request.method} ${request.url} ${Status}`;
}).listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  // Every TLS connection ends at the plain server instead, which shows the request on it.
  https.globalAgent.createConnection = (options) => {
    tls = `TLS to ${options.host}:${options.port}`;
    return net.connect(port, '127.0.0.1');
  };
  const event = {
    RequestType: 'Delete', ResponseURL: `http://127.0.0.1:${port}/answer?token=1`, StackId: 'stack', RequestId: '1',
    LogicalResourceId: 'One', PhysicalResourceId: 'one', ResourceType: 'Custom::One',
    ResourceProperties: { BucketName: 'bucket', NotificationConfiguration: {} },
  };
  const entrypoint = require(`${handlers}/core/nodejs-entrypoint-handler`);
  entrypoint.external.userHandlerIndex = `${process.cwd()}/user.js`;
  const framework = require(`${process.cwd()}/cdk/custom-resources/lib/provider-framework/runtime/cfn-response.js`);
  const each = {
    'aws-cdk-lib, Provider': () => framework.submitResponse('SUCCESS', { ...event }),
    'aws-cdk-lib, CustomResourceProvider': () => entrypoint.handler({ ...event }, {}),
    'aws-cdk-lib, AwsCustomResource': () => require(`${handlers}/custom-resources/aws-custom-resource-handler`).handler({ ...event }, {}),
    'aws-cdk-lib, bucket notifications': () =>
      new Promise((resolve) => execFile('python3', ['answer.py'], { timeout: 30_000, env: { ...process.env, EVENT: JSON.stringify(event) } }, resolve)),
    'sst': async () => (await import(`${process.cwd()}/sst/support/custom-resources/index.mjs`)).handler({ ...event }),
  };
  const seen = {};
  for (const [name, run] of Object.entries(each)) {
    tls = answered = undefined;
    await run();
    seen[name] = `${tls ?? 'the URL as given'}, ${answered}`;
    log(`${name}: ${seen[name]}`);
  }
  server.close();
  server.closeAllConnections();
  const answer = 'PUT /answer?token=1 SUCCESS';
  assert.deepStrictEqual(seen, Object.fromEntries(
    Object.keys(each).map((name) => [name, `${name.endsWith('notifications') ? 'the URL as given' : 'TLS to 127.0.0.1:443'}, ${answer}`]),
  ));
});
JS
