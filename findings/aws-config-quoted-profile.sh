#!/usr/bin/env bash
# The AWS CLI 2.9.19 (Debian 12) creates profiles that the AWS SDK for JavaScript does not see.
#
# Input:    aws configure set --profile "my shop" for a region and an access key
# Expected: either the CLI refuses the name, or other AWS tools can read what it writes. AWS's parser tests for its SDKs allow
#           letters, digits and - / . % @ _ : + in a profile name and ignore other profiles.
# Seen:     the CLI writes [profile 'my shop'] into config and [my shop] into credentials, and reads both.
#           @smithy/shared-ini-file-loader 4.7.2 finds nothing in either file.
# Impact:   the AWS CLI works with such a profile. A program with the AWS SDK for JavaScript finds no credentials for it.
#           The message does not point to the blank.
# Source:   aws/rust-runtime/aws-config/test-data/profile-parser-tests.json in https://github.com/smithy-lang/smithy-rs
# Needs:    Debian package awscli 2.9.19-1
set -euo pipefail
[ "$(dpkg-query -W -f '${Version}' awscli)" = 2.9.19-1 ]
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"; echo '{"private":true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts @smithy/shared-ini-file-loader@4.7.2 @smithy/core@3.41.1
export AWS_CONFIG_FILE="$dir/config" AWS_SHARED_CREDENTIALS_FILE="$dir/credentials" AWS_EC2_METADATA_DISABLED=true
/usr/bin/aws configure set region eu-west-1 --profile 'my shop'
/usr/bin/aws configure set aws_access_key_id AKIDEXAMPLE --profile 'my shop'
cli=$(/usr/bin/aws configure get region --profile 'my shop')
js=$(node -e 'require("@smithy/shared-ini-file-loader").parseKnownFiles().then((all)=>console.log(JSON.stringify(all)))')
echo "awscli 2.9.19 writes $(head -1 config) and $(head -1 credentials), and reads the region $cli"
echo "@smithy/shared-ini-file-loader 4.7.2 reads $js"
[ "$(head -1 config)" = "[profile 'my shop']" ]
[ "$cli" = eu-west-1 ]
[ "$js" = '{}' ]
