#!/usr/bin/env bash
# @smithy/shared-ini-file-loader 4.7.2 (and 3.1.12, the line that SST 2.49.8 uses) moves settings into another profile
# if a comment follows "]" without a blank.
#
# Input:    a ~/.aws/config with the line "[profile prod]# live"
# Expected: two profiles, dev in eu-west-1 and prod in us-east-1. AWS's parser tests, which several of its SDKs share, have the
#           case "Comments can be adjacent to profile names".
# Seen:     there is no profile prod, and dev is in us-east-1. With a blank in front of "#" both profiles are right.
#           Debian's botocore 1.29.27 reads both profiles right either way.
# Impact:   every client of the AWS SDK for JavaScript v3 reads profiles with this package. It works in another region than
#           the AWS CLI for the same file and AWS_PROFILE=dev, and prints no warning.
# Source:   aws/rust-runtime/aws-config/test-data/profile-parser-tests.json in https://github.com/smithy-lang/smithy-rs
# Needs:    Debian package python3-botocore 1.29.27+repack-1
set -euo pipefail
[ "$(dpkg-query -W -f '${Version}' python3-botocore)" = 1.29.27+repack-1 ]
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"; echo '{"private":true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts @smithy/shared-ini-file-loader@4.7.2 @smithy/core@3.41.1 \
  old@npm:@smithy/shared-ini-file-loader@3.1.12
printf '[profile dev]\nregion = eu-west-1\n[profile prod]# live\nregion = us-east-1\n' >adjacent
printf '[profile dev]\nregion = eu-west-1\n[profile prod] # live\nregion = us-east-1\n' >blank
js() { node -e 'require(process.argv[2] ?? "@smithy/shared-ini-file-loader").parseKnownFiles({configFilepath:process.argv[1],filepath:"none"}).then((all)=>console.log(JSON.stringify(all)))' "$@"; }
python() { /usr/bin/python3 -c 'import botocore.configloader,json,sys; print(json.dumps(botocore.configloader.load_config(sys.argv[1])["profiles"], separators=(",", ":")))' "$1"; }
right='{"dev":{"region":"eu-west-1"},"prod":{"region":"us-east-1"}}'
echo "@smithy/shared-ini-file-loader 4.7.2, adjacent: $(js adjacent)"
echo "@smithy/shared-ini-file-loader 4.7.2, blank:    $(js blank)"
echo "@smithy/shared-ini-file-loader 3.1.12, adjacent: $(js adjacent old)"
echo "botocore 1.29.27, adjacent: $(python adjacent)"
[ "$(js adjacent)" = '{"dev":{"region":"us-east-1"}}' ]
[ "$(js adjacent old)" = '{"dev":{"region":"us-east-1"}}' ]
[ "$(js blank)" = "$right" ]
[ "$(python adjacent)" = "$right" ]
