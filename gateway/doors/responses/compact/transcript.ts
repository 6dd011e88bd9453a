import type { ContentPartInput, MessageInput } from '../../operations.generated.ts';

function writeParts(parts: readonly ContentPartInput[]): string {
  return parts.map(({ text }) => text ?? '[a file]').join('');
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
