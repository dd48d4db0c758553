import { members, parseXml, path, text } from "../../../../cli/src/aws/aws-xml.ts";
import {
  type AwsContext,
  jsonResult,
  queryRequest,
  queryResult,
  signedRequest,
} from "../../../../cli/src/aws/control-plane.ts";
import { serviceAddress } from "../../../../cli/src/aws/partition.ts";
import { AuthCliError } from "../../../../cli/src/errors.ts";
import { exchange, type HttpRequest, type Reply, replyText, type Send } from "../../../../cli/src/http.ts";

/** An alarm of one metric, as the parameters of PutMetricAlarm in the query protocol. */
export interface AlarmSettings {
  name: string;
  description: string | undefined;
  /** All parameters but the description. */
  parameters: Readonly<Record<string, string>>;
}

export interface AwsServices {
  /** The text of a secret. @throws AuthCliError */
  readSecret(id: string): Promise<string>;
  /** The alarms that exist of these. @throws AuthCliError */
  findAlarms(names: readonly string[]): Promise<AlarmSettings[]>;
  /** Changes the description of an alarm, and nothing else. @throws AuthCliError */
  describeAlarm(alarm: AlarmSettings, description: string): Promise<void>;
}

interface AwsOptions {
  send: Send;
  now: () => number;
  /** Of the function. */
  variables: Readonly<Record<string, string | undefined>>;
}

const cloudWatch = { service: "monitoring", version: "2010-08-01" };

/** Alarms of one DescribeAlarms. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html */
const alarmsPerCall = 100;

/** Secrets Manager and CloudWatch, with the role of the function. */
export function createAwsServices({ send, now, variables }: AwsOptions): AwsServices {
  const region = variables["AWS_REGION"] ?? "";
  const contextOf = (service: string): AwsContext => {
    const endpoint = variables[`AWS_ENDPOINT_URL_${service}`] || variables["AWS_ENDPOINT_URL"];
    return {
      credentials: {
        accessKeyId: variables["AWS_ACCESS_KEY_ID"] ?? "",
        secretAccessKey: variables["AWS_SECRET_ACCESS_KEY"] ?? "",
        ...(variables["AWS_SESSION_TOKEN"] && { sessionToken: variables["AWS_SESSION_TOKEN"] }),
      },
      region,
      endpoint: endpoint ? new URL(endpoint) : undefined,
      nowMs: now(),
    };
  };
  const call = async (request: Promise<HttpRequest>): Promise<Reply> =>
    exchange(send, { timeoutMs: 10_000, ...(await request) });
  const query = async (operation: string, parameters: Record<string, string>): Promise<Reply> => {
    const service = { ...cloudWatch, address: serviceAddress("monitoring", region) };
    return call(queryRequest(contextOf("CLOUDWATCH"), service, operation, parameters));
  };
  return {
    async readSecret(id) {
      const reply = await call(
        signedRequest(contextOf("SECRETS_MANAGER"), {
          action: "secretsmanager:GetSecretValue",
          service: "secretsmanager",
          address: serviceAddress("secretsmanager", region),
          method: "POST",
          headers: [
            ["Content-Type", "application/x-amz-json-1.1"],
            ["X-Amz-Target", "secretsmanager.GetSecretValue"],
          ],
          body: JSON.stringify({ SecretId: id }),
        }),
      );
      const { SecretString: value } = jsonResult(reply);
      if (typeof value === "string") return value;
      throw new AuthCliError("invalid-configuration", {
        message: `the secret ${id} is binary`,
        fix: "store a JSON text",
      });
    },
    async findAlarms(names) {
      const pages = [];
      for (let start = 0; start < names.length; start += alarmsPerCall)
        pages.push(names.slice(start, start + alarmsPerCall));
      const replies = await Promise.all(
        pages.map((page) =>
          query("DescribeAlarms", {
            MaxRecords: String(alarmsPerCall),
            ...Object.fromEntries(page.map((name, index) => [`AlarmNames.member.${index + 1}`, name])),
          }),
        ),
      );
      return replies.flatMap((reply) =>
        members(path(queryResult(reply, "DescribeAlarms"), "MetricAlarms")).map(readAlarm),
      );
    },
    async describeAlarm({ parameters }, description) {
      const reply = await query("PutMetricAlarm", { ...parameters, AlarmDescription: description });
      // The reply has no result.
      if (reply.status !== 200 || path(parseXml(replyText(reply)), "PutMetricAlarmResponse") === undefined)
        queryResult(reply, "PutMetricAlarm");
    },
  };
}

/** The parameters that DescribeAlarms answers as PutMetricAlarm takes them. */
const parameterNames = [
  "ActionsEnabled",
  "AlarmActions",
  "AlarmName",
  "ComparisonOperator",
  "DatapointsToAlarm",
  "Dimensions",
  "EvaluateLowSampleCountPercentile",
  "EvaluationPeriods",
  "ExtendedStatistic",
  "InsufficientDataActions",
  "MetricName",
  "Metrics",
  "Namespace",
  "OKActions",
  "Period",
  "Statistic",
  "Threshold",
  "ThresholdMetricId",
  "TreatMissingData",
  "Unit",
];

function readAlarm(alarm: unknown): AlarmSettings {
  return {
    name: text(alarm, "AlarmName") ?? "",
    description: text(alarm, "AlarmDescription"),
    parameters: Object.fromEntries(parameterNames.flatMap((name) => flatten(name, path(alarm, name)))),
  };
}

/** The elements of a reply as parameters of a request: `Dimensions.member.1.Name`. */
function flatten(name: string, value: unknown): [string, string][] {
  if (typeof value === "string") return value.trim() === "" ? [] : [[name, value]];
  if (typeof value !== "object" || value === null) return [];
  const list = members(value);
  if (list.length > 0) return list.flatMap((each, index) => flatten(`${name}.member.${index + 1}`, each));
  return Object.entries(value).flatMap(([key, inner]) => flatten(`${name}.${key}`, inner));
}
