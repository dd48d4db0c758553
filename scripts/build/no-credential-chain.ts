/** Takes the place of `@aws-sdk/credential-provider-node`. */
export const defaultProvider = () => (): Promise<never> =>
  Promise.reject(new Error("auth-cli signs no request with the AWS SDK"));
