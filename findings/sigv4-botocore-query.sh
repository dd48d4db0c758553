#!/usr/bin/env bash
# botocore 1.29.27 (Debian 12) copies the query string of a URL into the canonical request without encoding it.
#
# Input:    GET https://example.com/a?b=c+d, ?b=* and ?b=%41
# Expected: b=%2A and b=A (AWS: encode every byte except A-Z a-z 0-9 - . _ ~, and no others). AWS says that a blank is %20
#           and not a plus sign, so a raw plus sign is either %20 or %2B, but it never stays "+".
# Seen:     botocore: b=c+d, b=*, b=%41. aws4fetch 1.0.20: b=c%20d, b=%2A, b=A.
# Impact:   botocore's own clients encode before they sign, so nothing shows. Python code that signs an API Gateway URL with
#           SigV4Auth and AWSRequest(url=...) does not, and gets 403 for the URL that works from JavaScript.
#           The path of the same URL is encoded.
# Source:   https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html (step 1, UriEncode)
# Needs:    Debian package python3-botocore 1.29.27+repack-1
set -euo pipefail
[ "$(dpkg-query -W -f '${Version}' python3-botocore)" = 1.29.27+repack-1 ]
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"; echo '{"private":true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts aws4fetch@1.0.20
/usr/bin/python3 - >python.txt <<'PY'
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
for query in ['b=c+d', 'b=*', 'b=%41']:
    request = AWSRequest('GET', 'https://example.com/a*?' + query)
    request.context['timestamp'] = '20150830T123600Z'
    signer = SigV4Auth(Credentials('AKIDEXAMPLE', 'secret'), 'execute-api', 'us-east-1')
    print(' '.join(signer.canonical_request(request).split('\n')[1:3]))
PY
node --input-type=module - >node.txt <<'JS'
import { AwsV4Signer } from 'aws4fetch';
for (const query of ['b=c+d', 'b=*', 'b=%41']) {
  const signer = new AwsV4Signer({
    url: `https://example.com/a*?${query}`, service: 'execute-api', region: 'us-east-1', accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret',
  });
  console.log((await signer.canonicalString()).split('\n').slice(1, 3).join(' '));
}
JS
echo 'botocore 1.29.27:'; cat python.txt; echo 'aws4fetch 1.0.20:'; cat node.txt
[ "$(cat python.txt)" = $'/a%2A b=c+d\n/a%2A b=*\n/a%2A b=%41' ]
[ "$(cat node.txt)" = $'/a%2A b=c%20d\n/a%2A b=%2A\n/a%2A b=A' ]
