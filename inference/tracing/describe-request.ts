import type { Attributes } from '#core/tracing/span.ts';
import type { CompletionRequest } from '../request.ts';

type TracedRequest = Pick<CompletionRequest, 'labels' | 'prompt'>;

/** What of a request its spans name: of the words of a client none, but of tenants that have them kept. */
export function describeRequest({ labels, prompt }: Partial<TracedRequest>): Attributes {
  const isKept = labels?.payloadLogging !== undefined;
  return {
    'gen_ai.prompt.name': prompt?.name,
    'gen_ai.prompt.version': prompt === undefined ? null : String(prompt.number),
    'gen_ai.conversation.id': isKept ? labels.conversationId : null,
    'user.id': isKept ? labels.endUserId : null,
    'langfuse.trace.tags': isKept && labels.tags.length > 0 ? labels.tags : null,
  };
}
