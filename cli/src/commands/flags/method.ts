import { AuthCliError } from "../../errors.ts";

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html */
export const methods: readonly string[] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/**
 * @param suffix of the message: where the method is from
 * @throws AuthCliError `invalid-usage` for a method that no API has, with the nearest one
 */
export function requireMethod(method: string, suffix = ""): void {
  if (methods.includes(method)) return;
  const nearest = methods.find((each) => isNear(method, each));
  throw new AuthCliError("invalid-usage", {
    message: `invalid method ${JSON.stringify(method)}${suffix}`,
    cause: method === "CONNECT" ? "only proxies have it" : "API Gateway and function URLs do not have it",
    fix:
      nearest === undefined
        ? `use ${methods.slice(0, -1).join(", ")} or ${methods.at(-1)}`
        : `use ${nearest}`,
  });
}

/** Whether one letter less, more or other, or two neighbors exchanged, make one word the other. */
function isNear(word: string, other: string): boolean {
  let start = 0;
  while (start < word.length && word[start] === other[start]) start += 1;
  const [a, b] = [word.slice(start), other.slice(start)];
  const isExchanged = a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2);
  return isExchanged || a.slice(1) === b.slice(1) || a.slice(1) === b || a === b.slice(1);
}
