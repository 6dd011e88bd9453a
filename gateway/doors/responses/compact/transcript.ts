import { isFields } from '../../body-fields.ts';
import type { ContentPartInput, MessageInput } from '../../operations.generated.ts';
import { responsesFormat } from '../output/vendor-items.ts';

/** Longer items hold files. */
const itemCharactersMax = 8_192;

/** An item of a tool that the vendor runs; undefined: the part is none. */
function writeItem({ providerOptions }: ContentPartInput): string | undefined {
  const own: unknown = isFields(providerOptions) ? providerOptions[responsesFormat] : undefined;
  if (!isFields(own) || typeof own.type !== 'string') return undefined;
  const text = JSON.stringify(own);
  return text.length > itemCharactersMax ? `[${own.type}]` : `[${own.type}: ${text}]`;
}

function writeParts(parts: readonly ContentPartInput[]): string {
  return parts.map((part) => writeItem(part) ?? part.text ?? '[a file]').join('');
}

/** A conversation as a text: of a file that it is there, of reasoning nothing, as no other provider may read it. */
export function writeTranscript(messages: readonly MessageInput[]): string {
  const lines = messages.flatMap(({ role, content, parts, toolCalls, toolCallId }) => {
    const text = parts == null ? (content ?? '') : writeParts(parts);
    const who = role === 'TOOL' ? `Result of ${toolCallId ?? 'a tool'}` : role.toLowerCase();
    const calls = (toolCalls ?? []).map(
      ({ id, name, arguments: given }) => `Call ${id} of ${name}: ${JSON.stringify(given)}`,
    );
    return [...(text === '' ? [] : [`${who}: ${text}`]), ...calls];
  });
  return lines.join('\n');
}
