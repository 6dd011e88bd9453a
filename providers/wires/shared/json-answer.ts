import { failureOfEvent } from '../../failure/failure.ts';
import { noUsage, type ProviderUsage } from '../../provider.ts';
import { malformed } from '../../translate/completeness.ts';
import { type Fields, fields, saysAnything } from './fields.ts';

/**
 * The object of an answer that is no conversation.
 * @param secret kept out of every message
 * @throws {ProviderFailure} for what is no object, and for an error in its place
 */
export function parseAnswer(body: string, secret: string | null): Fields {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch (cause) {
    throw malformed(cause);
  }
  const answer = fields(parsed);
  if (answer === null) throw malformed();
  if (saysAnything(answer.error)) throw failureOfEvent(answer, secret);
  return answer;
}

/** The usage of what has input alone. Where a provider sends no count, ceil(UTF-8 bytes / 4) of the texts stands in. */
export function toInputUsage(inputTokens: number | undefined, texts: readonly string[]): ProviderUsage {
  if (inputTokens !== undefined) return { ...noUsage, inputTokens };
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return { ...noUsage, inputTokens: Math.ceil(bytes / 4), estimated: true };
}
