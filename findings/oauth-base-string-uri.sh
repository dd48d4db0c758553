#!/usr/bin/env bash
# Five OAuth 1.0a signers on npm give four different base string URIs for the same three valid URLs.
#
# Input:    the first example of RFC 5849 section 3.4.1.2, an origin without a path, an origin with its default port.
# Expected: lower-case scheme and host, no default port, "/" for an empty path. The RFC prints the result of the first one.
# Seen:     only oauth 0.10.2 gets all three right.
#           oauth-1.0a 2.2.6 and oauth-sign 0.9.0 only cut off the query. mastercard-oauth1-signer 1.1.6 keeps port 80.
#           oauth-signature 1.5.0 adds no "/" to a bare origin, and takes it away together with the port.
# Impact:   a client and a server that use different packages disagree on the signature (401) for a host typed in capitals,
#           an explicit port or a bare origin. A configuration file often holds one of them.
# Source:   https://www.rfc-editor.org/rfc/rfc5849#section-3.4.1.2, https://www.rfc-editor.org/rfc/rfc3986#section-6.2.3
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"; echo '{"private":true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts \
  oauth@0.10.2 oauth-1.0a@2.2.6 oauth-sign@0.9.0 oauth-signature@1.5.0 mastercard-oauth1-signer@1.1.6
node - <<'JS'
const assert = require('node:assert');
const { OAuth } = require('oauth');
const oauth10a = require('oauth-1.0a');
const uri = (base) => decodeURIComponent(base.split('&')[1]);
const signers = {
  oauth: (url) => new OAuth('', '', 'k', 's', '1.0', null, 'HMAC-SHA1')._normalizeUrl(url),
  'oauth-1.0a': (url) => uri(oauth10a({ consumer: { key: 'k', secret: 's' } }).getBaseString({ url, method: 'GET' }, {})),
  'oauth-sign': (url) => uri(require('oauth-sign').generateBase('GET', url, {})),
  'oauth-signature': (url) => uri(new (require('oauth-signature').SignatureBaseString)('GET', url, {}).generate()),
  'mastercard-oauth1-signer': (url) => require('mastercard-oauth1-signer').getBaseUriString(url),
};
const urls = ['HTTP://EXAMPLE.COM:80/r%20v/X', 'https://example.com', 'https://example.com:443/'];
const rfc = ['http://example.com/r%20v/X', 'https://example.com/', 'https://example.com/'];
const expected = {
  oauth: rfc,
  'oauth-1.0a': urls,
  'oauth-sign': urls,
  'oauth-signature': [rfc[0], 'https://example.com', 'https://example.com'],
  'mastercard-oauth1-signer': ['http://example.com:80/r%20v/X', rfc[1], 'https://example.com:443/'],
};
console.log('RFC 5849:', rfc.join('  '));
for (const [name, normalize] of Object.entries(signers)) {
  const seen = urls.map(normalize);
  console.log(`${name} ${require(`${process.cwd()}/node_modules/${name}/package.json`).version}:`, seen.join('  '));
  assert.deepStrictEqual(seen, expected[name]);
}
JS
