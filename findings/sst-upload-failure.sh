#!/usr/bin/env bash
# SST 2.49.8's S3Uploader answers SUCCESS after its upload failed, and deletes the old files from the bucket.
#
# Input:    an update of Custom::S3Uploader as StaticSite makes it. Lambda answers the upload with 200 and X-Amz-Function-Error, as it
#           does for a function that throws or times out.
# Expected: FAILED, and the old files stay (AWS: with 200, FunctionError says that the function failed).
# Seen:     S3Uploader ignores FunctionError. It deletes each file that the new build does not have, and answers SUCCESS.
# Impact:   the deploy is complete, the new files are missing, and an index.html of the last deploy asks for files that are gone.
#           With `purgeFiles: false` the old files stay, and the answer is SUCCESS too.
# Source:   https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html (response elements)
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
timeout 120 npm pack --silent sst@2.49.8 >/dev/null
timeout 60 tar -xzf sst-2.49.8.tgz package/support/custom-resources
export AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=secret AWS_LAMBDA_FUNCTION_NAME=handler
timeout 60 node --input-type=module - <<'JS'
import assert from 'node:assert';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
const { log } = console;
const seen = [];
const server = http.createServer(async (request, response) => {
  const { method } = request;
  const body = (await request.toArray()).join('');
  const { pathname } = new URL(request.url, 'http://localhost');
  response.setHeader('connection', 'close');
  if (pathname === '/answer') {
    seen.push(`CloudFormation: ${JSON.parse(body).Status}`);
    response.end();
  } else if (pathname.endsWith('/invocations')) {
    assert.strictEqual(JSON.parse(body).processorType, 'S3Uploader::BatchProcessor');
    seen.push('Lambda: upload fails');
    response.setHeader('x-amz-function-error', 'Unhandled').end('{"errorMessage":"Task timed out after 900.00 seconds"}');
  } else if (method === 'DELETE') {
    seen.push(`S3: DELETE ${pathname}`);
    response.writeHead(204).end();
  } else if (pathname === '/assets/filenames') response.end('index.html\nnew.js');
  else response.end('<ListBucketResult><Contents><Key>old.js</Key></Contents><Contents><Key>index.html</Key></Contents></ListBucketResult>');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address();
process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${port}`;
https.globalAgent.createConnection = () => net.connect(port, '127.0.0.1'); // the answer to CloudFormation always goes to TLS
for (const each of ['log', 'info', 'debug']) console[each] = () => {};
const { handler } = await import(`${process.cwd()}/package/support/custom-resources/index.mjs`);
const update = async (filenames) => {
  await handler({
    RequestType: 'Update', ResourceType: 'Custom::S3Uploader', ResponseURL: 'https://127.0.0.1/answer', StackId: 'stack', RequestId: '1',
    LogicalResourceId: 'SiteS3Uploader', PhysicalResourceId: 'one',
    ResourceProperties: {
      sources: [{ bucketName: 'assets', objectKey: 'site.zip' }],
      destinationBucketName: 'site', textEncoding: 'utf-8', fileOptions: [], replaceValues: [], filenames,
    },
  });
  return seen.splice(0).join(', ');
};
const purged = await update({ bucketName: 'assets', objectKey: 'filenames' });
const kept = await update();
server.close();
server.closeAllConnections();
log(`by default: ${purged}\npurgeFiles: false: ${kept}`);
assert.deepStrictEqual(
  [purged, kept],
  ['Lambda: upload fails, S3: DELETE /site/old.js, CloudFormation: SUCCESS', 'Lambda: upload fails, CloudFormation: SUCCESS'],
);
JS
