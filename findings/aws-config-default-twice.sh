#!/usr/bin/env bash
# AWS's Python and JavaScript loaders pick different regions from a config file with [profile default] and [default].
#
# Input:    [profile default] with eu-west-1, then [default] with us-east-1
# Expected: eu-west-1. AWS's parser tests, which several of its SDKs share, say that the section with the prefix wins, whether
#           it is first or last.
# Seen:     @smithy/shared-ini-file-loader 4.7.2: eu-west-1 in both orders. Debian's botocore 1.29.27: the last section wins.
#           If the same header appears twice, botocore refuses the whole file. JavaScript merges, as AWS's tests ask.
# Impact:   a setup tool that appends a section splits one machine in two: boto3 uses one region, programs with the AWS SDK
#           for JavaScript the other. With an identical header boto3 fails for every profile, the others work.
# Source:   aws/rust-runtime/aws-config/test-data/profile-parser-tests.json in https://github.com/smithy-lang/smithy-rs
# Needs:    Debian package python3-botocore 1.29.27+repack-1
set -euo pipefail
[ "$(dpkg-query -W -f '${Version}' python3-botocore)" = 1.29.27+repack-1 ]
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"; echo '{"private":true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts @smithy/shared-ini-file-loader@4.7.2 @smithy/core@3.41.1
prefixed='[profile default]\nregion = eu-west-1\n'; plain='[default]\nregion = us-east-1\n'
printf '%b' "$prefixed$plain" >first; printf '%b' "$plain$prefixed" >last; printf '[default]\nregion = eu-west-1\n[default]\noutput = json\n' >same
cat >js.cjs <<'JS'
const { parseKnownFiles } = require('@smithy/shared-ini-file-loader');
(async () => {
  for (const configFilepath of ['first', 'last', 'same']) console.log(configFilepath, JSON.stringify(await parseKnownFiles({ configFilepath, filepath: 'none' })));
})();
JS
cat >python.py <<'PY'
import botocore.configloader, botocore.exceptions, json
for name in ['first', 'last', 'same']:
    try:
        print(name, json.dumps(botocore.configloader.load_config(name)['profiles'], separators=(',', ':')))
    except botocore.exceptions.ConfigParseError as error:
        print(name, type(error).__name__)
PY
echo '@smithy/shared-ini-file-loader 4.7.2:'; node js.cjs | tee js.txt
echo 'botocore 1.29.27:'; /usr/bin/python3 python.py | tee python.txt
diff js.txt - <<'E'
first {"default":{"region":"eu-west-1"}}
last {"default":{"region":"eu-west-1"}}
same {"default":{"region":"eu-west-1","output":"json"}}
E
diff python.txt - <<'E'
first {"default":{"region":"us-east-1"}}
last {"default":{"region":"eu-west-1"}}
same ConfigParseError
E
