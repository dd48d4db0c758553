#!/usr/bin/env bash
# aws4 1.13.2 and aws4fetch 1.0.20 leave a query parameter with an empty name out of the canonical request.
#
# Input:    GET https://example.com/a?=x&b=1
# Expected: =x&b=1 (AWS: encode each parameter name and value, sort by name, join. No parameter is exempt, and the WHATWG
#           URL standard reads "=x" as a parameter with an empty name).
# Seen:     aws4 and aws4fetch: b=1. @smithy/signature-v4 5.7.5: =x&b=1. aws4fetch still sends ?=x&b=1.
#           A comment in aws4 says that services do not support empty names. The AWS page makes no exception.
# Impact:   two signers disagree on the same request, so at most one of the two signatures can be accepted.
# Source:   https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html (step 1)
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"; echo '{"private":true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts \
  aws4@1.13.2 aws4fetch@1.0.20 @smithy/signature-v4@5.7.5 @smithy/core@3.41.1 @aws-crypto/sha256-js@5.2.0
node --input-type=module - <<'JS'
import assert from 'node:assert';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import aws4 from 'aws4';
import { AwsV4Signer } from 'aws4fetch';
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const scope = { service: 'execute-api', region: 'us-east-1' };
const line = (canonical) => canonical.split('\n')[2];
const fetchSigner = new AwsV4Signer({ ...credentials, ...scope, url: 'https://example.com/a?=x&b=1' });
const sent = (await fetchSigner.sign()).url.search;
const signer = new aws4.RequestSigner({ ...scope, host: 'example.com', path: '/a?=x&b=1' }, credentials);
signer.prepareRequest();
let smithy;
class Recorder extends SignatureV4 {
  createCanonicalRequest(...parts) {
    return (smithy = super.createCanonicalRequest(...parts));
  }
}
await new Recorder({ ...scope, credentials, sha256: Sha256 }).sign({
  method: 'GET', protocol: 'https:', hostname: 'example.com', path: '/a', query: { '': 'x', b: '1' }, headers: { host: 'example.com' },
});
const seen = { aws4: line(signer.canonicalString()), aws4fetch: line(await fetchSigner.canonicalString()), smithy: line(smithy), sent };
console.log(`aws4 1.13.2 signs "${seen.aws4}"`);
console.log(`aws4fetch 1.0.20 signs "${seen.aws4fetch}" and sends "${sent}"`);
console.log(`@smithy/signature-v4 5.7.5 signs "${seen.smithy}"`);
assert.deepStrictEqual(seen, { aws4: 'b=1', aws4fetch: 'b=1', smithy: '=x&b=1', sent: '?=x&b=1' });
JS
