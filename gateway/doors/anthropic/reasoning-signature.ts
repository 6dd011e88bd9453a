import { expectError } from '#core/expect-error.ts';
import { ProviderKind } from '#core/graph-enums.generated.ts';
import type { MessagesReasoningFragment, ReasoningInput } from '../operations.generated.ts';

/**
 * Anthropic's own signatures pass as they are. Those of other providers are wrapped with what the graph needs to return them:
 * a block of thinking has no field for it. Anthropic's alphabet has no underscore.
 */
const wrapped = 'heddle_';
const kinds = Object.values(ProviderKind);

type Signed = Pick<MessagesReasoningFragment, 'provider' | 'toolCallId'>;

/** The signature, or the encrypted reasoning, of a block as the client gets it. */
export function wrapSignature({ provider, toolCallId }: Signed, value: string): string {
  if (provider === 'ANTHROPIC' && toolCallId === null) return value;
  return wrapped + Buffer.from(JSON.stringify([provider, toolCallId, value])).toString('base64url');
}

/** What a client sent back of it. What is wrapped by no one is taken for Anthropic's. */
export function unwrapSignature(
  sent: string,
): { readonly value: string } & Pick<ReasoningInput, 'provider' | 'toolCallId'> {
  const known = sent.startsWith(wrapped) ? parseWrapped(sent.slice(wrapped.length)) : undefined;
  return known ?? { value: sent, provider: 'ANTHROPIC' };
}

function parseWrapped(text: string): ReturnType<typeof unwrapSignature> | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch (error) {
    expectError(error, SyntaxError);
    return undefined;
  }
  if (!Array.isArray(parsed)) return undefined;
  const [kind, toolCallId, value]: readonly unknown[] = parsed;
  const provider = kinds.find((one) => one === kind);
  if (provider === undefined || typeof value !== 'string') return undefined;
  return typeof toolCallId === 'string' ? { value, provider, toolCallId } : { value, provider };
}
