import type { ruleRefusals } from "../../src/cloudformation/resource-types/events-refusals.ts";
import { type RefusalCase, type RefusalCases, refusedTemplate } from "./refusal-case.ts";

const refusedRule = (says: string, properties: object): RefusalCase =>
  refusedTemplate(says, { Rule: { Type: "AWS::Events::Rule", Properties: properties } });

const schedule = { ScheduleExpression: "rate(5 minutes)" };
const target = { Id: "t", Arn: "arn:aws:lambda:us-east-1:000000000000:function:f" };

export const ruleCases: RefusalCases<typeof ruleRefusals> = {
  nothing: refusedRule("Parameter(s) EventPattern or ScheduleExpression must be specified.", {}),
  schedule: refusedRule("Parameter ScheduleExpression is not valid.", {
    ScheduleExpression: "rate(1 minutes)",
  }),
  bus: refusedRule("ScheduleExpression is supported only on the default event bus.", {
    ...schedule,
    EventBusName: "orders",
  }),
  inputs: refusedRule("Only one of Input, InputPath, or InputTransformer", {
    ...schedule,
    Targets: [{ ...target, Input: "{}", InputPath: "$.detail" }],
  }),
  input: refusedRule("JSON syntax error in input", { ...schedule, Targets: [{ ...target, Input: "{" }] }),
};
