import { randomUUID } from 'node:crypto';
import type { ProviderAnswer, ProviderCall, ToolCall } from '../provider.ts';
import { checkComplete, malformed, toolArguments } from '../translate/completeness.ts';
import { failureOfEvent } from '../translate/failure.ts';
import { estimateUsage, toFinishReason } from '../translate/usage.ts';
import { contentOf, fields, finishReasonOf, list, text, usageOf } from './wire-fields.ts';

function toolCallOf(value: unknown): ToolCall {
  const call = fields(value);
  const name = text(fields(call?.function)?.name);
  if (name === '') throw malformed();
  const given = fields(call?.function)?.arguments;
  const parsed = typeof given === 'object' && given !== null ? given : toolArguments(text(given));
  return { id: text(call?.id) || randomUUID(), name, arguments: parsed };
}

/** A whole chat completion in our words; malformed, broken and empty ones are refused. */
export function chatAnswer(body: string, call: ProviderCall, secret: string | null): ProviderAnswer {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch (cause) {
    throw malformed(cause);
  }
  const answer = fields(parsed);
  const choice = fields(list(answer?.choices)[0]);
  const message = fields(choice?.message);
  if (message === null) throw answer?.error ? failureOfEvent(answer, secret) : malformed();
  const content = contentOf(message.content);
  const refusal = text(message.refusal);
  const said = content.text + refusal;
  const reasoning = (text(message.reasoning_content) || text(message.reasoning)) + content.reasoning;
  const toolCalls = list(message.tool_calls).map(toolCallOf);
  const reason = toFinishReason(
    finishReasonOf(text(choice?.finish_reason), refusal !== ''),
    toolCalls.length > 0,
  );
  const usage = usageOf(answer?.usage);
  checkComplete(reason, said === '' && reasoning === '' && toolCalls.length === 0, usage);
  return {
    text: said,
    reasoning: reasoning === '' ? null : reasoning,
    toolCalls,
    finishReason: reason,
    usage: usage ?? estimateUsage(call, Buffer.byteLength(said) + Buffer.byteLength(reasoning)),
  };
}
