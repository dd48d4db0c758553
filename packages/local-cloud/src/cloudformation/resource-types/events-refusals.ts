import { documented, reported } from "../../evidence/evidence.ts";
import { defineRefusals } from "../../evidence/refusal.ts";
import { ResourceError } from "./resource-error.ts";

const api = "https://docs.aws.amazon.com/eventbridge/latest/APIReference";
const invalid = (message: string): ResourceError =>
  new ResourceError(`${message} (Service: EventBridge, Status Code: 400, ValidationException)`);

export const ruleRefusals = defineRefusals("AWS::Events::Rule", {
  nothing: {
    refuses: "a rule without `EventPattern` and `ScheduleExpression`",
    evidence: reported("https://github.com/awsdocs/aws-cloudformation-user-guide/pull/456"),
    error: () => invalid("Parameter(s) EventPattern or ScheduleExpression must be specified."),
  },
  schedule: {
    refuses:
      "a `ScheduleExpression` that is not EventBridge's, such as `rate(1 minutes)` or a `cron` of five fields",
    evidence: reported("https://github.com/aws/aws-cdk/issues/27618"),
    error: () => invalid("Parameter ScheduleExpression is not valid."),
  },
  bus: {
    refuses: "a `ScheduleExpression` for another event bus than the default one",
    evidence: reported("https://github.com/aws-controllers-k8s/community/issues/1984"),
    error: () => invalid("ScheduleExpression is supported only on the default event bus."),
  },
  inputs: {
    refuses: "a target with more than one of `Input`, `InputPath` and `InputTransformer`",
    evidence: documented(`${api}/API_PutTargets.html`),
    error: () => invalid("Only one of Input, InputPath, or InputTransformer must be provided for a target."),
  },
  input: {
    refuses: "a target whose `Input` is not JSON",
    evidence: documented(`${api}/API_Target.html`),
    error: () => invalid("JSON syntax error in input for target."),
  },
});
