import type { PlannedRule } from '#guardrails/pipeline/policy.ts';
import type { ScriptedCall } from '#test/support/scripted-provider.ts';
import { buildPlan } from '#test/support/word-rules.ts';

const COMPLETION = `id status text json reasoning refusal citations
  toolCalls { id name arguments } finishReason cache model { id } logprobs
  attempts { outcome error } error { code message }`;
export const COMPLETE = `mutation ($input: CompletionInput!) { complete(input: $input) { ${COMPLETION} } }`;
const EVENTS = `__typename completionId sequence ... on TextDelta { text } ... on ReasoningDelta { text }
  ... on ToolCallDelta { index id name argumentsDelta } ... on CitationAdded { citation }
  ... on LogprobsDelta { tokens } ... on CompletionRestarted { reason }
  ... on CompletionFinished { completion { ${COMPLETION} } }
  ... on CompletionFailed { code message completion { text reasoning status } }`;
export const STREAM = `subscription ($input: CompletionInput!) { completionStream(input: $input) { ${EVENTS} } }`;
export const RESUME = `subscription ($id: ID!, $after: Int! = -1) { resumeCompletion(id: $id, after: $after) { ${EVENTS} } }`;
export const EMBED = 'mutation ($input: EmbedInput!) { embed(input: $input) { model { id } } }';
export const COUNT = 'query ($input: CompletionInput!) { countTokens(input: $input) { inputTokens } }';

export interface Completed {
  readonly id: string;
  readonly text: string;
  readonly json: unknown;
  readonly reasoning: string | null;
  readonly toolCalls: readonly { readonly arguments: unknown }[];
  readonly attempts: readonly unknown[];
  readonly [field: string]: unknown;
}
export interface Answer {
  readonly complete: Completed;
}
type Event = Record<string, unknown>;

export const ann = 'ann@x.test';
export const inputStages = ['INPUT', 'RETRIEVED', 'TOOL_OUTPUT'] as const;
export const buildPlans = (...rules: readonly PlannedRule[]) => {
  const plan = buildPlan(...rules);
  return { guardrailPlans: { planFor: () => plan } };
};
export const asking = (content: string, more: Record<string, unknown> = {}, model = 'alpha/one') => ({
  input: { model, messages: [{ role: 'USER', content }], ...more },
});
export const sentTexts = ({ call }: ScriptedCall) => JSON.stringify(call.messages);
export const collectEvents = (events: AsyncIterable<Event>) => Array.fromAsync(events);
export const joinField = (events: readonly Event[], type: string, field = 'text') =>
  events.flatMap((event) => (event.__typename === type ? [event[field]] : [])).join('');
export const types = (events: readonly Event[]) => events.map(({ __typename }) => __typename);
