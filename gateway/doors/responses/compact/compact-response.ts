import { readCallJson } from '../../../http/body.ts';
import type { Exchange } from '../../../http/exchange.ts';
import { endJson } from '../../../http/send.ts';
import { runDeclared } from '../../../operations/run-declared.ts';
import { type BodyFields, requireText, toFields, toText, WrongField } from '../../body-fields.ts';
import { readCallHeaders } from '../../call-headers.ts';
import { refuseCanceled } from '../../completion-events.ts';
import { setCompletionHeaders } from '../../completion-headers.ts';
import { responsesComplete } from '../../operations.generated.ts';
import { readItemMessages } from '../input-items.ts';
import { readConversation } from '../prepare-response.ts';
import { toListedItem } from '../response-items.ts';
import { toResponsesUsage } from '../response-object.ts';
import { toCompactionItem } from './compaction-item.ts';
import { writeTranscript } from './transcript.ts';

const task =
  'Summarize the conversation that the user sends, for an assistant that continues it without having seen it. Keep every ' +
  'decision, fact, name, number, file, tool result and open task that it may need. Write the summary alone.';

/** POST /v1/responses/compact: the messages of the user as they are, and one item that stands for all of the conversation. */
export async function compactResponse(exchange: Exchange): Promise<void> {
  const body = toFields(await readCallJson(exchange), '');
  const model = requireText(body.model, 'model');
  const items = await readConversation(exchange, body);
  const { messages, dropped } = readItemMessages(items);
  if (messages.length === 0) throw new WrongField('input', 'must have at least one item.');
  const instructions = toText(body.instructions, 'instructions') ?? '';
  const system = instructions === '' ? [] : [{ role: 'SYSTEM', content: instructions } as const];
  const { complete } = await runDeclared(exchange, responsesComplete, {
    input: {
      model,
      messages: [
        { role: 'SYSTEM', content: task },
        { role: 'USER', content: writeTranscript([...system, ...messages]) },
      ],
      ...readCallHeaders(exchange),
      retention: 'NONE',
      allowRestart: false,
    },
  });
  refuseCanceled(complete);
  setCompletionHeaders(exchange.response, {
    completionId: complete.id,
    dropped: [...dropped, ...complete.dropped],
    limits: complete.limits,
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
