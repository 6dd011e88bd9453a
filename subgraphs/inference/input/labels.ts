import { toSiteNetwork } from '#core/client-network.ts';
import { HeddleError } from '#core/errors.ts';
import { badInput } from '#core/input.ts';
import { checkedConversationId, checkedEndUserId, isLabel } from '#core/text/label.ts';
import type { CallLabels, CallOrigin } from '#inference/call-labels.ts';
import type { CompletionInput } from '../generated.ts';

/** The labels among what a client sends. */
type CallLabelsInput = Partial<Pick<CompletionInput, 'endUserId' | 'conversationId' | 'tags' | 'retention'>>;

const tagsMax = 16;
const tagCharactersMax = 64;

/** The labels of a call; its retention is the narrower one of its own and of the tenant's payload rule. Throws BAD_USER_INPUT naming what is wrong, FORBIDDEN for another end user than the page token's. */
export function parseLabels(
  input: CallLabelsInput,
  { requestId, clientRequestId, caller, clientAddress }: CallOrigin,
): CallLabels {
  const named = input.endUserId == null ? null : checkedEndUserId(input.endUserId, 'endUserId');
  if (caller.endUserId !== null && named !== null && named !== caller.endUserId) {
    throw new HeddleError('FORBIDDEN', 'This page token is for another end user: leave endUserId out.');
  }
  const endUserId = caller.endUserId ?? named;
  const conversationId =
    input.conversationId == null ? null : checkedConversationId(input.conversationId, 'conversationId');
  const tags = input.tags ?? [];
  if (tags.length > tagsMax) badInput('tags', `may hold at most ${tagsMax} tags.`);
  const wrong = tags.findIndex((tag) => !isLabel(tag, tagCharactersMax));
  if (wrong >= 0) {
    const expected = `1 to ${tagCharactersMax} printable characters without space at the ends`;
    badInput(`tags[${wrong}]`, `must be ${expected}.`);
  }
  if (new Set(tags).size < tags.length) badInput('tags', 'holds the same tag twice.');
  const isKept = input.retention !== 'NONE' && caller.payloadLogging !== 'NONE';
  const clientNetwork = isProgram(caller) && clientAddress !== null ? toSiteNetwork(clientAddress) : null;
  const labels: CallLabels = {
    ...{ requestId, clientRequestId, endUserId, tags },
    ...(clientNetwork === null ? {} : { clientNetwork }),
  };
  if (!isKept) return { ...labels, retention: 'NONE' };
  const { payloadLogging } = caller;
  return {
    ...labels,
    ...(conversationId === null ? {} : { conversationId }),
    ...(payloadLogging === 'METADATA' || payloadLogging === 'FULL' ? { payloadLogging } : {}),
  };
}

/** An API key that a program has: a page token is in the browser of an end user, whose networks are not kept. */
function isProgram({ keyId, endUserId }: CallOrigin['caller']): boolean {
  return keyId !== null && endUserId === null;
}
