import type { Dialect } from './dialects.ts';
import type { Asks } from './feature-asks.ts';
import { type Aspect, counts, type UpstreamAnswer } from './upstream-wire.ts';

/** Something that a client expresses in a call, or expects of an answer. */
export interface Feature {
  readonly name: string;
  readonly asks: Asks;
  /** The same calls without the feature; absent: plain calls. */
  readonly without?: Asks;
  /** What of the call must be in the request of the provider; absent: the request differs from the one without the feature. */
  readonly sent?: readonly string[];
  /** What the provider answers. */
  readonly answer?: UpstreamAnswer;
  /** What of the answer not every wire format has. */
  readonly needs?: Aspect;
  /** What of the answer must reach the client. */
  readonly received?: (text: string, dialect: Dialect, isDemo: boolean) => boolean;
}

/** Whether a text has all of these. */
export const has =
  (...markers: readonly string[]) =>
  (text: string): boolean =>
    markers.every((marker) => text.includes(marker));

/** The arguments in an answer, whole or in pieces, without what JSON in JSON escapes. */
export const hasCalls =
  (...values: readonly string[]) =>
  (text: string): boolean => {
    const plain = text.replaceAll('\\', '');
    return plain.includes('look_up') && values.every((value) => plain.includes(value));
  };

/** The number that a field of the usage has; of several, the last one. */
function readCount(text: string, field: RegExp): number {
  return Number([...text.matchAll(field)].at(-1)?.[1] ?? Number.NaN);
}

/** Whether an answer reports the tokens that the provider has counted. */
export function hasUsage(text: string, { name }: Dialect, isDemo: boolean): boolean {
  const output = readCount(text, /"(?:completion_tokens|output_tokens|outputTokens)":(\d+)/g);
  const input = readCount(text, /"(?:prompt_tokens|input_tokens|inputTokens)":(\d+)/g);
  const apart =
    name === 'messages'
      ? readCount(text, /"cache_read_input_tokens":(\d+)/g) +
        readCount(text, /"cache_creation_input_tokens":(\d+)/g)
      : 0;
  if (isDemo) return output > 0 && input > 0;
  return output === counts.output && input + apart === counts.input;
}
