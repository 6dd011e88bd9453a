import { type BodyFields, requireText, toText, WrongField } from '../../body-fields.ts';
import type { CompletionInput } from '../../operations.generated.ts';
import { readItemMessages } from '../input-items.ts';
import { writeTranscript } from './transcript.ts';

const task =
  'Summarize the conversation that the user sends, for an assistant that continues it without having seen it. Keep every ' +
  'decision, fact, name, number, file, tool result and open task that it may need. Write the summary alone.';

/** The call that compacts a conversation. Nothing of it is stored. Throws WrongField. */
export function readCompactionCall(body: BodyFields, items: readonly BodyFields[]): CompletionInput {
  const model = requireText(body.model, 'model');
  const messages = readItemMessages(items);
  if (messages.length === 0) throw new WrongField('input', 'must have at least one item.');
  const instructions = toText(body.instructions, 'instructions') ?? '';
  const system = instructions === '' ? [] : [{ role: 'SYSTEM', content: instructions } as const];
  return {
    model,
    messages: [
      { role: 'SYSTEM', content: task },
      { role: 'USER', content: writeTranscript([...system, ...messages]) },
    ],
    retention: 'NONE',
    allowRestart: false,
  };
}

/** Whether a conversation ends with the item by which a client has it compacted, as Codex does. */
export function endsWithTrigger(items: readonly BodyFields[]): boolean {
  return items.at(-1)?.type === 'compaction_trigger';
}
