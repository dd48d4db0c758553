#!/usr/bin/env bash
# @xdevplatform/xdk 0.6.6 signs with the request token's secret after it has the access token.
#
# Input:    one OAuth1 instance that has gone through the login: a request token, then an access token
# Expected: requests name the access token and are signed with its secret (RFC 5849 section 3.4.2: the token secret of the
#           token in oauth_token).
# Seen:     oauth_token is the access token; the signature is that of the request token's secret.
# Impact:   the first call after the PIN login with the same instance gets 401. A new instance with the access token alone works.
# Source:   https://www.rfc-editor.org/rfc/rfc5849#section-3.4.2
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"; echo '{"private":true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts @xdevplatform/xdk@0.6.6 oauth-sign@0.9.0
node - <<'JS'
const assert = require('node:assert');
const { OAuth1 } = require('@xdevplatform/xdk');
const { hmacsign } = require('oauth-sign');
(async () => {
  const url = 'https://api.x.com/2/users/me';
  const signedWith = async (instance) => {
    const header = await instance.buildRequestHeader('GET', url, '');
    const parameters = Object.fromEntries(
      [...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, decodeURIComponent(value)]),
    );
    const { oauth_signature: signature, ...signed } = parameters;
    const secret = ['request secret', 'access secret'].find((each) => hmacsign('GET', url, signed, 'consumer secret', each) === signature);
    return `${parameters.oauth_token}, signed with the ${secret}`;
  };
  const create = (accessToken) => new OAuth1({ apiKey: 'key', apiSecret: 'consumer secret', callback: 'oob', accessToken });
  const accessToken = 'access token';
  const used = create();
  used.requestToken = { oauthToken: 'request token', oauthTokenSecret: 'request secret' };
  used.accessToken = { accessToken, accessTokenSecret: 'access secret' };
  const fresh = create();
  fresh.accessToken = { accessToken, accessTokenSecret: 'access secret' };
  const seen = [await signedWith(used), await signedWith(fresh)];
  console.log(`after a login: ${seen[0]}\nwithout a login: ${seen[1]}`);
  assert.deepStrictEqual(seen, ['access token, signed with the request secret', 'access token, signed with the access secret']);
})();
JS
