#!/usr/bin/env bash
# @smithy/shared-ini-file-loader 4.7.2 drops continuation lines and does not recognise keys with capital letters.
#
# Input:    a long credential_process on two lines (the second one indented), and the key Region
# Expected: one value with both lines, and the key region. AWS's parser tests, which several of its SDKs share, have the cases
#           "Property values can be continued on the next line" and "Duplicate properties ... (case insensitive)".
# Seen:     JavaScript: the first line only, and a key Region that no client looks up. Debian's botocore 1.29.27 reads both as
#           the tests ask.
# Impact:   the AWS CLI runs the whole command. A program with the AWS SDK for JavaScript gets the command without its last
#           arguments, and no region.
# Source:   aws/rust-runtime/aws-config/test-data/profile-parser-tests.json in https://github.com/smithy-lang/smithy-rs
# Needs:    Debian package python3-botocore 1.29.27+repack-1
set -euo pipefail
[ "$(dpkg-query -W -f '${Version}' python3-botocore)" = 1.29.27+repack-1 ]
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"; echo '{"private":true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts @smithy/shared-ini-file-loader@4.7.2 @smithy/core@3.41.1
printf '[profile dev]\ncredential_process = get-credentials\n  --format json\nRegion = eu-west-1\n' >config
js=$(node -e 'require("@smithy/shared-ini-file-loader").parseKnownFiles({configFilepath:"config",filepath:"none"}).then((all)=>console.log(JSON.stringify(all.dev)))')
python=$(/usr/bin/python3 -c 'import botocore.configloader,json; print(json.dumps(botocore.configloader.load_config("config")["profiles"]["dev"], separators=(",", ":")))')
echo "@smithy/shared-ini-file-loader 4.7.2: $js"
echo "botocore 1.29.27: $python"
[ "$js" = '{"credential_process":"get-credentials","Region":"eu-west-1"}' ]
[ "$python" = '{"credential_process":"get-credentials\n--format json","region":"eu-west-1"}' ]
