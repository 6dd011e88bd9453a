import { readCallJson } from '../../../http/body.ts';
import type { Exchange } from '../../../http/exchange.ts';
import { endJson } from '../../../http/send.ts';
import { runDeclared } from '../../../operations/run-declared.ts';
import { type BodyFields, toFields } from '../../body-fields.ts';
import { readCallHeaders } from '../../call-headers.ts';
import { refuseCanceled } from '../../completion-events.ts';
import { setCompletionHeaders } from '../../completion-headers.ts';
import { responsesComplete } from '../../operations.generated.ts';
import { toListedItem } from '../output/response-items.ts';
import { readConversation } from '../prepare-response.ts';
import { toResponsesUsage } from '../response-object.ts';
import { readCompactionCall } from './compaction-call.ts';
import { toCompactionItem } from './compaction-item.ts';

/** POST /v1/responses/compact: the messages of the user as they are, and one item that stands for all of the conversation. */
export async function compactResponse(exchange: Exchange): Promise<void> {
  const body = toFields(await readCallJson(exchange), '');
  const { items } = await readConversation(exchange, body);
  const input = readCompactionCall(body, items);
  const { complete } = await runDeclared(exchange, responsesComplete, {
    input: { ...input, ...readCallHeaders(exchange), retention: 'NONE' },
  });
  refuseCanceled(complete);
  setCompletionHeaders(exchange.response, {
    completionId: complete.id,
    dropped: complete.dropped,
    limits: complete.limits,
    guardrailVerdicts: complete.guardrailVerdicts,
  });
  return endJson(exchange, {
    id: `resp_${complete.id}`,
    object: 'response.compaction',
    created_at: Math.floor(Date.parse(complete.createdAt) / 1000),
    output: [...keepUserMessages(items, complete.id), toCompactionItem(complete.id, complete.text)],
    usage: toResponsesUsage(complete.usage),
  });
}

function keepUserMessages(items: readonly BodyFields[], completionId: string): readonly BodyFields[] {
  return items.flatMap((item, at) => {
    const isOfUser = (item.type ?? 'message') === 'message' && item.role === 'user';
    return isOfUser ? [{ ...toListedItem(item, `${completionId}_${at}`), status: 'completed' }] : [];
  });
}
