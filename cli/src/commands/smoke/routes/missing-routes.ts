import { AuthCliError } from "../../../errors.ts";
import type { CheckedRoute } from "./plan-routes.ts";

/** Nothing names the API's routes, and the guide's is not among them. */
export function nameYourRoutes({ key }: Pick<CheckedRoute, "key">): AuthCliError {
  return new AuthCliError("missing-configuration", {
    step: "private.signed",
    message: `the API has no route ${key}, and nothing names the routes that it has`,
    cause: "found no template of the stage, no routes in auth-cli.json and no --route",
    fix: "name your routes: `auth-cli smoke --route 'GET /notes'`",
  });
}

/** The template shows that no route requires a signature. */
export function noProtectedRoute(): AuthCliError {
  return new AuthCliError("check-failed", {
    step: "private.signed",
    message: "no route of the deployed API requires a signature (AWS_IAM), so nothing proves the login",
    cause: "the template has none without parameters",
    fix: "set `authorizer: \"iam\"` on a route in the stack and deploy, or name your routes: `auth-cli smoke --route 'GET /notes/1'`",
  });
}
