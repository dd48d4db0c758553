/**
 * Published values of OAuth 1.0a signing: RFC 5849, OAuth Core 1.0 and the documentation of Twitter and X, with their
 * sample keys, which open nothing. Tests compare each signer and verifier with them.
 */

/** A name and its value, decoded. */
export type Parameter = readonly [name: string, value: string];

export interface SignatureVector {
  id: string;
  source: string;
  method: string;
  baseStringUri: string;
  /** All that are signed, in no order. */
  parameters: readonly Parameter[];
  normalizedParameters: string;
  baseString: string;
  /** Undefined where the source gives the base string alone. */
  signed: { clientSecret: string; tokenSecret: string; signature: string } | undefined;
}

/** Signed in each edition of Twitter's documentation. */
const tweet = {
  method: "POST",
  parameters: [
    ["status", "Hello Ladies + Gentlemen, a signed OAuth request!"],
    ["include_entities", "true"],
    ["oauth_consumer_key", "xvz1evFS4wEEPTGEFPHBog"],
    ["oauth_nonce", "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg"],
    ["oauth_signature_method", "HMAC-SHA1"],
    ["oauth_timestamp", "1318622958"],
    ["oauth_token", "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb"],
    ["oauth_version", "1.0"],
  ],
  normalizedParameters:
    "include_entities=true&oauth_consumer_key=xvz1evFS4wEEPTGEFPHBog&oauth_nonce=kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg&oauth_signature_method=HMAC-SHA1&oauth_timestamp=1318622958&oauth_token=370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb&oauth_version=1.0&status=Hello%20Ladies%20%2B%20Gentlemen%2C%20a%20signed%20OAuth%20request%21",
} as const;
const tweetSecrets = {
  clientSecret: "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
  tokenSecret: "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
};

export const oauth1Vectors: {
  signatures: readonly SignatureVector[];
  /** Plain and encoded text. */
  percentEncoding: readonly (readonly [plain: string, encoded: string])[];
  normalizedParameters: readonly (readonly [parameters: readonly Parameter[], normalized: string])[];
  baseStringUris: readonly (readonly [url: string, uri: string])[];
} = {
  signatures: [
    {
      id: "x-docs-current-api.x.com-1.1",
      source: "xdevplatform/docs@2871328 fundamentals/authentication/oauth-1-0a/creating-a-signature.mdx",
      baseStringUri: "https://api.x.com/1.1/statuses/update.json",
      ...tweet,
      baseString:
        "POST&https%3A%2F%2Fapi.x.com%2F1.1%2Fstatuses%2Fupdate.json&include_entities%3Dtrue%26oauth_consumer_key%3Dxvz1evFS4wEEPTGEFPHBog%26oauth_nonce%3DkYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1318622958%26oauth_token%3D370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb%26oauth_version%3D1.0%26status%3DHello%2520Ladies%2520%252B%2520Gentlemen%252C%2520a%2520signed%2520OAuth%2520request%2521",
      signed: { ...tweetSecrets, signature: "Ls93hJiZbQ3akF3HF3x1Bz8/zU4=" },
    },
    {
      id: "twitter-docs-api.twitter.com-1.1",
      source:
        "older edition of the same page (dev.twitter.com/developer.twitter.com); hCtS.. recomputed here",
      baseStringUri: "https://api.twitter.com/1.1/statuses/update.json",
      ...tweet,
      baseString:
        "POST&https%3A%2F%2Fapi.twitter.com%2F1.1%2Fstatuses%2Fupdate.json&include_entities%3Dtrue%26oauth_consumer_key%3Dxvz1evFS4wEEPTGEFPHBog%26oauth_nonce%3DkYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1318622958%26oauth_token%3D370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb%26oauth_version%3D1.0%26status%3DHello%2520Ladies%2520%252B%2520Gentlemen%252C%2520a%2520signed%2520OAuth%2520request%2521",
      signed: { ...tweetSecrets, signature: "hCtSmYh+iHYCEqBWrE7C7hYmtUk=" },
    },
    {
      id: "twitter-docs-api.twitter.com-1",
      source:
        "ddo/oauth-1.0a@8c24a41 test/twitter_sample_data.js (MIT); also xdevplatform/docs authorizing-a-request.mdx (signature only)",
      baseStringUri: "https://api.twitter.com/1/statuses/update.json",
      ...tweet,
      baseString:
        "POST&https%3A%2F%2Fapi.twitter.com%2F1%2Fstatuses%2Fupdate.json&include_entities%3Dtrue%26oauth_consumer_key%3Dxvz1evFS4wEEPTGEFPHBog%26oauth_nonce%3DkYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1318622958%26oauth_token%3D370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb%26oauth_version%3D1.0%26status%3DHello%2520Ladies%2520%252B%2520Gentlemen%252C%2520a%2520signed%2520OAuth%2520request%2521",
      signed: { ...tweetSecrets, signature: "tnnArxj06cWHq44gCs1OSKk/jLY=" },
    },
    {
      id: "oauth-core-1.0-appendix-A.5",
      source:
        "OAuth Core 1.0 A.5.1/A.5.2; ruby-oauth/oauth@6066a8f^ test/cases/spec/1_0-final/test_signature_base_strings.rb and test/units/test_hmac_sha1.rb (MIT)",
      method: "GET",
      baseStringUri: "http://photos.example.net/photos",
      parameters: [
        ["oauth_consumer_key", "dpf43f3p2l4k3l03"],
        ["oauth_token", "nnch734d00sl2jdk"],
        ["oauth_signature_method", "HMAC-SHA1"],
        ["oauth_timestamp", "1191242096"],
        ["oauth_nonce", "kllo9940pd9333jh"],
        ["oauth_version", "1.0"],
        ["file", "vacation.jpg"],
        ["size", "original"],
      ],
      normalizedParameters:
        "file=vacation.jpg&oauth_consumer_key=dpf43f3p2l4k3l03&oauth_nonce=kllo9940pd9333jh&oauth_signature_method=HMAC-SHA1&oauth_timestamp=1191242096&oauth_token=nnch734d00sl2jdk&oauth_version=1.0&size=original",
      baseString:
        "GET&http%3A%2F%2Fphotos.example.net%2Fphotos&file%3Dvacation.jpg%26oauth_consumer_key%3Ddpf43f3p2l4k3l03%26oauth_nonce%3Dkllo9940pd9333jh%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1191242096%26oauth_token%3Dnnch734d00sl2jdk%26oauth_version%3D1.0%26size%3Doriginal",
      signed: {
        clientSecret: "kd94hf93k423kf44",
        tokenSecret: "pfkkdhi9sl3r4s00",
        signature: "tR3+Ty81lMeYAr/Fid0kMTYa/WM=",
      },
    },
    {
      id: "rfc5849-3.4.1",
      source:
        "RFC 5849 s3.4.1.1-3.4.1.3.2 via oauthlib@40b0ab5 tests/oauth1/rfc5849/test_signatures.py (BSD-3). Base string only: RFC signature in this section is a dummy",
      method: "POST",
      baseStringUri: "http://example.com/request",
      parameters: [
        ["b5", "=%3D"],
        ["a3", "a"],
        ["c@", ""],
        ["a2", "r b"],
        ["oauth_consumer_key", "9djdj82h48djs9d2"],
        ["oauth_token", "kkk9d7dh3k39sjv7"],
        ["oauth_signature_method", "HMAC-SHA1"],
        ["oauth_timestamp", "137131201"],
        ["oauth_nonce", "7d8f3e4a"],
        ["c2", ""],
        ["a3", "2 q"],
      ],
      normalizedParameters:
        "a2=r%20b&a3=2%20q&a3=a&b5=%3D%253D&c%40=&c2=&oauth_consumer_key=9djdj82h48djs9d2&oauth_nonce=7d8f3e4a&oauth_signature_method=HMAC-SHA1&oauth_timestamp=137131201&oauth_token=kkk9d7dh3k39sjv7",
      baseString:
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7",
      signed: undefined,
    },
    {
      id: "rfc5849-1.2-initiate",
      source: "RFC 5849 s1.2 (temporary credentials)",
      method: "POST",
      baseStringUri: "https://photos.example.net/initiate",
      parameters: [
        ["oauth_consumer_key", "dpf43f3p2l4k3l03"],
        ["oauth_signature_method", "HMAC-SHA1"],
        ["oauth_timestamp", "137131200"],
        ["oauth_nonce", "wIjqoS"],
        ["oauth_callback", "http://printer.example.com/ready"],
      ],
      normalizedParameters:
        "oauth_callback=http%3A%2F%2Fprinter.example.com%2Fready&oauth_consumer_key=dpf43f3p2l4k3l03&oauth_nonce=wIjqoS&oauth_signature_method=HMAC-SHA1&oauth_timestamp=137131200",
      baseString:
        "POST&https%3A%2F%2Fphotos.example.net%2Finitiate&oauth_callback%3Dhttp%253A%252F%252Fprinter.example.com%252Fready%26oauth_consumer_key%3Ddpf43f3p2l4k3l03%26oauth_nonce%3DwIjqoS%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131200",
      signed: {
        clientSecret: "kd94hf93k423kf44",
        tokenSecret: "",
        signature: "74KNZJeDHnMBp0EMJ9ZHt/XKycU=",
      },
    },
    {
      id: "rfc5849-1.2-token",
      source: "RFC 5849 s1.2 (token credentials)",
      method: "POST",
      baseStringUri: "https://photos.example.net/token",
      parameters: [
        ["oauth_consumer_key", "dpf43f3p2l4k3l03"],
        ["oauth_token", "hh5s93j4hdidpola"],
        ["oauth_signature_method", "HMAC-SHA1"],
        ["oauth_timestamp", "137131201"],
        ["oauth_nonce", "walatlh"],
        ["oauth_verifier", "hfdp7dh39dks9884"],
      ],
      normalizedParameters:
        "oauth_consumer_key=dpf43f3p2l4k3l03&oauth_nonce=walatlh&oauth_signature_method=HMAC-SHA1&oauth_timestamp=137131201&oauth_token=hh5s93j4hdidpola&oauth_verifier=hfdp7dh39dks9884",
      baseString:
        "POST&https%3A%2F%2Fphotos.example.net%2Ftoken&oauth_consumer_key%3Ddpf43f3p2l4k3l03%26oauth_nonce%3Dwalatlh%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dhh5s93j4hdidpola%26oauth_verifier%3Dhfdp7dh39dks9884",
      signed: {
        clientSecret: "kd94hf93k423kf44",
        tokenSecret: "hdhd0244k9j7ao03",
        signature: "gKgrFCywp7rO0OXSjdot/IHF7IU=",
      },
    },
    {
      id: "rfc5849-1.2-photos",
      source: "RFC 5849 s1.2 (protected resource)",
      method: "GET",
      baseStringUri: "http://photos.example.net/photos",
      parameters: [
        ["file", "vacation.jpg"],
        ["size", "original"],
        ["oauth_consumer_key", "dpf43f3p2l4k3l03"],
        ["oauth_token", "nnch734d00sl2jdk"],
        ["oauth_signature_method", "HMAC-SHA1"],
        ["oauth_timestamp", "137131202"],
        ["oauth_nonce", "chapoH"],
      ],
      normalizedParameters:
        "file=vacation.jpg&oauth_consumer_key=dpf43f3p2l4k3l03&oauth_nonce=chapoH&oauth_signature_method=HMAC-SHA1&oauth_timestamp=137131202&oauth_token=nnch734d00sl2jdk&size=original",
      baseString:
        "GET&http%3A%2F%2Fphotos.example.net%2Fphotos&file%3Dvacation.jpg%26oauth_consumer_key%3Ddpf43f3p2l4k3l03%26oauth_nonce%3DchapoH%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131202%26oauth_token%3Dnnch734d00sl2jdk%26size%3Doriginal",
      signed: {
        clientSecret: "kd94hf93k423kf44",
        tokenSecret: "pfkkdhi9sl3r4s00",
        signature: "MdpQcU8iPSUjWoN/UDMsK2sui9I=",
      },
    },
  ],
  percentEncoding: [
    ["abcABC123", "abcABC123"],
    ["-._~", "-._~"],
    ["%", "%25"],
    ["+", "%2B"],
    [" ", "%20"],
    ["&=*", "%26%3D%2A"],
    ["\n", "%0A"],
    ["\u007f", "%7F"],
    ["\u0080", "%C2%80"],
    ["✈", "%E2%9C%88"],
    ["、", "%E3%80%81"],
  ],
  normalizedParameters: [
    [
      [
        ["a", "1"],
        ["c", "hi there"],
        ["f", "25"],
        ["f", "50"],
        ["f", "a"],
        ["z", "p"],
        ["z", "t"],
      ],
      "a=1&c=hi%20there&f=25&f=50&f=a&z=p&z=t",
    ],
    [
      [
        ["a", "1"],
        ["c", "hi there"],
        ["f", "a"],
        ["f", "70"],
        ["f", "5"],
        ["z", "p"],
        ["z", "t"],
      ],
      "a=1&c=hi%20there&f=5&f=70&f=a&z=p&z=t",
    ],
    [[], ""],
    [[["name", ""]], "name="],
    [[["a", "b"]], "a=b"],
    [
      [
        ["a", "b"],
        ["c", "d"],
      ],
      "a=b&c=d",
    ],
    [
      [
        ["a", "x!y"],
        ["a", "x y"],
      ],
      "a=x%20y&a=x%21y",
    ],
    [
      [
        ["x!y", "a"],
        ["x", "a"],
      ],
      "x=a&x%21y=a",
    ],
  ],
  baseStringUris: [
    ["HTTP://Example.com:80/resource?id=123", "http://example.com/resource"],
    ["http://example.com", "http://example.com/"],
    ["http://example.com/", "http://example.com/"],
    ["HTTPS://Example.com:443/resource?id=123", "https://example.com/resource"],
    ["http://example.com:8080/resource", "http://example.com:8080/resource"],
    ["https://example.com:8080/resource", "https://example.com:8080/resource"],
    ["https://www.example.net:8080/?q=1", "https://www.example.net:8080/"],
    ["http://www.example.com:443/", "http://www.example.com:443/"],
    ["https://www.example.com:80/", "https://www.example.com:80/"],
    ["https://www.example.com/path#fragment", "https://www.example.com/path"],
  ],
};
