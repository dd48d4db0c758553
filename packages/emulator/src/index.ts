export interface LocalCloudOptions {
  /** Port of the AWS origin; 0 picks a free one. */
  awsPort: number;
  /** Port of the Twitter origin; 0 picks a free one. */
  twitterPort: number;
  /** PEM certificate and key: every origin then speaks https. */
  tls?: { cert: string; key: string };
  /** Consumer key and secret of the one registered X app; by default a random pair. */
  clientCredentials?: { key: string; secret: string };
  /** Where Cognito validates Twitter tokens; by default the local Twitter. */
  twitterApiUrl?: string;
  now?: () => Date;
  /** One line an event, for a person to follow. */
  log?: (line: string) => void;
}

export interface LocalCloud {
  awsUrl: string;
  twitterUrl: string;
  /** What a deployer and the CLI need in their environment. */
  environment: Record<string, string>;
  /** Closes every origin and connection, ends the Lambda workers and removes their temporary files. */
  close(): Promise<void>;
}

/** @throws the listen error (`EADDRINUSE` with its `port`) when a port is taken; nothing is left listening. */
export function startLocalCloud(_options: LocalCloudOptions): Promise<LocalCloud> {
  throw new Error("not built yet");
}
