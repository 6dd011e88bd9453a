import type { TestInference } from '../inference.ts';
import { buildUsage, type ScriptedCall } from '../scripted-provider.ts';
import { asking } from './guarded-calls.ts';

export const ASKED_FIELDS = `id status text cost cache usage { inputTokens outputTokens }
  attempts { model { id } outcome error guardrail cost usage { inputTokens } } guardrailVerdicts { rule failed }`;
export const COMPLETE = `mutation ($input: CompletionInput!) { complete(input: $input) { ${ASKED_FIELDS} } }`;

/** A provider that says so. */
export const say =
  (text: string, input = 100, output = 10) =>
  (call: ScriptedCall) =>
    call.say(text).finish(buildUsage(input, output));
/** At the prices of the catalog: 1 a million input tokens, 10 a million output tokens. */
export const price = (input: number, output: number) => BigInt(input * 1_000 + output * 10_000);

interface Completed {
  readonly id: string;
  readonly text: string;
  readonly [field: string]: unknown;
}
/** Sends one text to alpha/one. */
export const complete = async (mesh: TestInference, content = 'Hello', more = {}, caller = mesh.caller) =>
  (await mesh.data<{ complete: Completed }>(COMPLETE, asking(content, more), caller)).complete;

/** The one row of the tenant. */
export async function readRow(mesh: TestInference) {
  const [row, ...others] = await mesh.rows();
  if (row === undefined || others.length > 0) throw new Error('One row was expected.');
  return row;
}

/** From now on the AI model that is called answers, and the one that guardrails call says so. */
export const judged = (said: string | ((call: ScriptedCall) => unknown), mesh: TestInference) => {
  mesh.alpha.always(say('Answer', 7, 3));
  mesh.beta.always(typeof said === 'string' ? say(said) : said);
};
