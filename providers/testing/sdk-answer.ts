import type { LanguageModelV4GenerateResult } from '@ai-sdk/provider';
import type { ProviderAnswer, ProviderCall, ToolCall } from '../provider.ts';
import { checkComplete, toolArguments } from '../translate/completeness.ts';
import { completeUsage, toFinishReason } from '../translate/usage.ts';
import { countsOfSdk } from './sdk-usage.ts';

/** The SDK's whole answer in our words; broken and empty answers are refused. */
export function toAnswer(result: LanguageModelV4GenerateResult, call: ProviderCall): ProviderAnswer {
  let text = '';
  let reasoning: string | null = null;
  let argumentBytes = 0;
  const toolCalls: ToolCall[] = [];
  for (const part of result.content) {
    if (part.type === 'text') text += part.text;
    else if (part.type === 'reasoning' && part.text !== '') reasoning = (reasoning ?? '') + part.text;
    else if (part.type === 'tool-call' && part.providerExecuted !== true) {
      argumentBytes += Buffer.byteLength(part.input);
      const { toolCallId: id, toolName: name } = part;
      toolCalls.push({ id, name, arguments: toolArguments(part.input) });
    }
  }
  const finishReason = toFinishReason(result.finishReason, toolCalls.length > 0);
  const usage = countsOfSdk(result.usage);
  checkComplete(finishReason, text === '' && reasoning === null && toolCalls.length === 0, usage);
  const outputBytes = Buffer.byteLength(text) + Buffer.byteLength(reasoning ?? '') + argumentBytes;
  return { text, reasoning, toolCalls, finishReason, usage: completeUsage(usage, call, outputBytes) };
}
