import type { Account } from "../../account.ts";
import type { JsonObject } from "../../aws/json-protocol.ts";
import { createIdentityPools } from "../../cognito-identity/identity-pools.ts";
import { RequestMembers } from "../../cognito-identity/request-members.ts";
import type { Properties } from "./properties.ts";
import { asResourceError } from "./resource-error.ts";
import type { ResourceContext, ResourceType } from "./resource-type.ts";

/** AWS::Cognito::IdentityPool. `Ref` is `<region>:<uuid>`. */
export function identityPoolType(account: Account): ResourceType {
  const pools = createIdentityPools(account);
  return {
    create(properties, context) {
      const created = asResourceError(() => pools.create(poolRequest(properties, context)));
      const { IdentityPoolId: physicalId = "", IdentityPoolName: name } = created;
      return { physicalId, attributes: { Id: physicalId, Name: name } };
    },
    update(instance, properties, _previous, context) {
      const request = poolRequest(properties, context, { IdentityPoolId: instance.physicalId });
      const { IdentityPoolName: name } = asResourceError(() => pools.update(request));
      return { ...instance, attributes: { ...instance.attributes, Name: name } };
    },
    remove({ physicalId }) {
      account.identityPools.delete(physicalId);
    },
  };
}

/** CloudFormation sends the properties of a pool as a request of the service, whose names they have. */
function poolRequest(
  properties: Properties,
  { logicalId }: ResourceContext,
  added: JsonObject = {},
): RequestMembers {
  return new RequestMembers({
    IdentityPoolName: logicalId,
    ...properties.values,
    // Numeric app ids, such as Facebook's, are text in a request.
    SupportedLoginProviders: properties.textMap("SupportedLoginProviders"),
    CognitoIdentityProviders: properties.objects("CognitoIdentityProviders").map((provider) => ({
      ...provider.values,
      ServerSideTokenCheck: provider.flag("ServerSideTokenCheck"),
    })),
    ...added,
  });
}

/** AWS::Cognito::IdentityPoolRoleAttachment. */
export function identityPoolRoleAttachmentType(account: Account): ResourceType {
  const pools = createIdentityPools(account);
  const attach = (properties: Properties): void => {
    asResourceError(() =>
      pools.setRoles(
        new RequestMembers({
          IdentityPoolId: properties.text("IdentityPoolId"),
          Roles: properties.textMap("Roles"),
          RoleMappings: roleMappings(properties),
        }),
      ),
    );
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
      if (pool !== undefined) Object.assign(pool, { roles: undefined, roleMappings: {} });
    },
  };
}

/** A template may name the provider in IdentityProvider, because a key cannot be a `Ref`. */
function roleMappings(properties: Properties): JsonObject {
  const mappings = properties.object("RoleMappings");
  return Object.fromEntries(
    Object.keys(mappings?.values ?? {}).map((key) => {
      const { IdentityProvider: provider, ...mapping } = mappings?.object(key)?.values ?? {};
      return [typeof provider === "string" ? provider : key, mapping];
    }),
  );
}

/** AWS::Cognito::IdentityPoolPrincipalTag. `Ref` is `<pool id>|<provider>`. */
export function identityPoolPrincipalTagType(account: Account): ResourceType {
  const pools = createIdentityPools(account);
  const put = (properties: Properties): void => {
    asResourceError(() =>
      pools.setPrincipalTags(
        new RequestMembers({ ...properties.values, PrincipalTags: properties.textMap("PrincipalTags") }),
      ),
    );
  };
  return {
    create(properties) {
      put(properties);
      const ids = [properties.text("IdentityPoolId"), properties.text("IdentityProviderName")];
      return { physicalId: ids.join("|"), attributes: {} };
    },
    update(instance, properties) {
      put(properties);
      return instance;
    },
    remove(_instance, properties) {
      const pool = account.identityPools.get(properties.text("IdentityPoolId"));
      if (pool?.principalTagMaps === undefined) return;
      const { [properties.text("IdentityProviderName")]: _removed, ...kept } = pool.principalTagMaps;
      pool.principalTagMaps = kept;
    },
  };
}
