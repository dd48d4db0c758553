#!/usr/bin/env bash
# oauth-1.0a 2.2.6 and twitter-api-v2 1.29.1 lose an empty value in front of another value of the same name.
#
# Input:    GET http://example.com/r?a=&a=1
# Expected: both pairs are signed: a=&a=1 (RFC 5849 section 3.4.1.3.2: sort the pairs, then concatenate all of them).
# Seen:     only a=1. The order decides: for a=1&a= both pairs are signed. oauth-sign 0.9.0 signs both pairs either way.
# Impact:   the URL still carries both pairs, so the server builds another base string and answers 401.
#           Forms often send an empty hidden field in front of a checkbox of the same name.
# Both libraries test "is there a value already?" with the value itself, and an empty string is falsy.
# Source:   https://www.rfc-editor.org/rfc/rfc5849#section-3.4.1.3.2
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"; echo '{"private":true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts oauth-1.0a@2.2.6 twitter-api-v2@1.29.1 oauth-sign@0.9.0
node - <<'JS'
const assert = require('node:assert');
const oauth10a = require('oauth-1.0a');
const { default: OAuth1Helper } = require(`${process.cwd()}/node_modules/twitter-api-v2/dist/cjs/client-mixins/oauth1.helper.js`);
const oauthSign = require('oauth-sign');
const own = (base) => decodeURIComponent(base.split('&')[2]).split('&').filter((pair) => !pair.startsWith('oauth_')).join('&');
const signers = {
  'oauth-1.0a': (url) => oauth10a({ consumer: { key: 'k', secret: 's' } }).getBaseString({ url, method: 'GET' }, {}),
  'twitter-api-v2': (url) => new OAuth1Helper({ consumerKeys: { key: 'k', secret: 's' } }).getBaseString({ url, method: 'GET' }, {}),
  'oauth-sign': (url) => {
    const [uri, query] = url.split('?');
    return oauthSign.generateBase('GET', uri, { a: new URLSearchParams(query).getAll('a') });
  },
};
const expected = { 'oauth-1.0a': ['a=1', 'a=&a=1'], 'twitter-api-v2': ['a=1', 'a=&a=1'], 'oauth-sign': ['a=&a=1', 'a=&a=1'] };
for (const [name, sign] of Object.entries(signers)) {
  const seen = ['http://example.com/r?a=&a=1', 'http://example.com/r?a=1&a='].map((url) => own(sign(url)));
  console.log(`${name} ${require(`${process.cwd()}/node_modules/${name}/package.json`).version}: ?a=&a=1 signs "${seen[0]}", ?a=1&a= signs "${seen[1]}"`);
  assert.deepStrictEqual(seen, expected[name]);
}
JS
