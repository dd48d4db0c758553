#!/usr/bin/env bash
# dynalite 4.0.0 takes the region in table ARNs from AWS_REGION of its own process, not from the request.
#
# Input:    CreateTable of @aws-sdk/client-dynamodb 3.1169.0, signed for us-east-1 and for eu-central-1
# Expected: the region of the request in each ARN (AWS: arn:aws:dynamodb:<region>:<account>:table/<name>).
# Seen:     the region of AWS_REGION in both, here eu-west-1. Both clients share one list of tables.
# Impact:   the shell that starts the server decides the ARN. A policy or a test that builds the ARN from the client's region does not
#           match TableArn.
# Source:   https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html (resource types)
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"; echo '{"private":true}' >package.json
timeout 180 npm install --silent --no-audit --no-fund --ignore-scripts dynalite@4.0.0 @aws-sdk/client-dynamodb@3.1169.0
export NODE_NO_WARNINGS=1 # the SDK announces the end of Node 20
AWS_REGION=eu-west-1 timeout 60 node - <<'JS'
const assert = require('node:assert');
const dynalite = require('dynalite');
const { CreateTableCommand, DynamoDBClient, ListTablesCommand } = require('@aws-sdk/client-dynamodb');
const server = dynalite({ createTableMs: 0 }).listen(0, '127.0.0.1', async () => {
  const seen = {};
  for (const region of ['us-east-1', 'eu-central-1']) {
    const client = new DynamoDBClient({
      region,
      endpoint: `http://127.0.0.1:${server.address().port}`,
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    });
    let signedFor;
    client.middlewareStack.add((next) => (args) => {
      signedFor = args.request.headers.authorization.split('/')[2];
      return next(args);
    }, { step: 'finalizeRequest', priority: 'low' });
    const { TableDescription } = await client.send(new CreateTableCommand({
      TableName: `from-${region}`,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }));
    const { TableNames } = await client.send(new ListTablesCommand({}));
    seen[signedFor] = `${TableDescription.TableArn} ${TableNames}`;
    client.destroy();
  }
  server.close();
  for (const [region, answer] of Object.entries(seen)) console.log(`signed for ${region}: ${answer}`);
  const arn = (name) => `arn:aws:dynamodb:eu-west-1:000000000000:table/${name}`;
  assert.deepStrictEqual(seen, {
    'us-east-1': `${arn('from-us-east-1')} from-us-east-1`,
    'eu-central-1': `${arn('from-eu-central-1')} from-eu-central-1,from-us-east-1`,
  });
});
JS
