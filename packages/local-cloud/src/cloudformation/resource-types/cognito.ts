import { randomUUID } from "node:crypto";
import type { Account, IdentityPool } from "../../account.ts";
import type { Properties } from "./properties.ts";
import { ResourceError } from "./resource-error.ts";
import type { ResourceType } from "./resource-type.ts";

/** AWS::Cognito::IdentityPool. `Ref` is `<region>:<uuid>`. */
export function identityPoolType(account: Account): ResourceType {
  return {
    create(properties, context) {
      const identityPoolId = `${account.region}:${randomUUID()}`;
      const identityPoolName = properties.optionalText("IdentityPoolName") ?? context.logicalId;
      account.identityPools.set(identityPoolId, {
        ...settings(properties),
        identityPoolId,
        identityPoolName,
        roles: undefined,
      });
      return { physicalId: identityPoolId, attributes: { Id: identityPoolId, Name: identityPoolName } };
    },
    update(instance, properties, _previous, context) {
      const identityPoolName = properties.optionalText("IdentityPoolName") ?? context.logicalId;
      Object.assign(findPool(account, instance.physicalId), settings(properties), { identityPoolName });
      return { ...instance, attributes: { ...instance.attributes, Name: identityPoolName } };
    },
    remove({ physicalId }) {
      account.identityPools.delete(physicalId);
    },
  };
}

/** AWS::Cognito::IdentityPoolRoleAttachment. */
export function identityPoolRoleAttachmentType(account: Account): ResourceType {
  const attach = (properties: Properties): void => {
    const pool = findPool(account, properties.text("IdentityPoolId"));
    if (properties.values["RoleMappings"] !== undefined) {
      throw new ResourceError(
        "The local cloud does not support the property RoleMappings of AWS::Cognito::IdentityPoolRoleAttachment.",
      );
    }
    const roles = properties.textMap("Roles");
    for (const [kind, arn] of Object.entries(roles)) {
      if (kind !== "authenticated" && kind !== "unauthenticated") {
        throw new ResourceError(`Invalid role type ${kind}: must be authenticated or unauthenticated.`);
      }
      if (!account.roles.has(arn))
        throw new ResourceError(`The role ${arn} does not exist or cannot be assumed.`);
    }
    pool.roles = roles;
  };
  return {
    create(properties) {
      attach(properties);
      const physicalId = properties.text("IdentityPoolId");
      return { physicalId, attributes: { Id: physicalId } };
    },
    update(instance, properties) {
      attach(properties);
      return instance;
    },
    remove(_instance, properties) {
      const pool = account.identityPools.get(properties.text("IdentityPoolId"));
      if (pool !== undefined) pool.roles = undefined;
    },
  };
}

function findPool(account: Account, identityPoolId: string): IdentityPool {
  const pool = account.identityPools.get(identityPoolId);
  if (pool === undefined) {
    throw new ResourceError(
      `IdentityPool '${identityPoolId}' not found. (Service: CognitoIdentity, Status Code: 400)`,
    );
  }
  return pool;
}

function settings(
  properties: Properties,
): Omit<IdentityPool, "identityPoolId" | "roles" | "identityPoolName"> {
  const allowUnauthenticatedIdentities = properties.flag("AllowUnauthenticatedIdentities") ?? false;
  const supportedLoginProviders = properties.textMap("SupportedLoginProviders");
  const twitter = supportedLoginProviders["api.twitter.com"];
  if (twitter !== undefined && !/^[^;]+;[^;]+$/.test(twitter)) {
    throw new ResourceError(
      "Invalid SupportedLoginProviders: the value of api.twitter.com must be <consumer key>;<consumer secret>",
    );
  }
  return {
    allowUnauthenticatedIdentities,
    supportedLoginProviders,
    openIdConnectProviderArns: oidcProviderArns(properties),
    cognitoIdentityProviders: properties.objects("CognitoIdentityProviders").map((provider) => ({
      providerName: provider.text("ProviderName"),
      clientId: provider.text("ClientId"),
    })),
  };
}

function oidcProviderArns(properties: Properties): string[] {
  const arns = properties.textList("OpenIdConnectProviderARNs");
  const wrong = arns.find((arn) => !/^arn:aws:iam::\d{12}:oidc-provider\/./.test(arn));
  if (wrong !== undefined) throw new ResourceError(`Invalid OpenIdConnectProviderARNs: ${wrong}`);
  return arns;
}
