import { type Fields, fields, list, text } from '../shared/fields.ts';

interface Content {
  readonly text: string;
  readonly reasoning: string;
}

/** The reasoning of a message or delta, under whichever name its server uses. */
export function readReasoning(received: Fields): string {
  const plain = text(received.reasoning_content) || text(received.reasoning);
  if (plain !== '' || received.reasoning_details === undefined) return plain;
  const details = list(received.reasoning_details).map(fields);
  return details.map((detail) => text(detail?.text) || text(detail?.summary)).join('');
}

/** `content` is a text, or a list of text and thinking parts; Databricks calls the latter reasoning, and has them summarized. */
export function readContent(value: unknown): Content {
  if (typeof value === 'string') return { text: value, reasoning: '' };
  let received = '';
  let thought = '';
  for (const item of list(value)) {
    const part = fields(item);
    if (part?.type !== 'thinking' && part?.type !== 'reasoning') received += text(part?.text) || text(item);
    else {
      const thinking = part.thinking ?? part.summary ?? part.text;
      thought += text(thinking);
      for (const piece of list(thinking)) thought += text(fields(piece)?.text);
    }
  }
  return { text: received, reasoning: thought };
}
