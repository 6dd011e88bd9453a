import { fields, list, text } from '../wire/fields.ts';

interface Content {
  readonly text: string;
  readonly reasoning: string;
}

/** `content` is a text, or a list of text and thinking parts. */
export function contentOf(value: unknown): Content {
  if (typeof value === 'string') return { text: value, reasoning: '' };
  let said = '';
  let thought = '';
  for (const item of list(value)) {
    const part = fields(item);
    if (part?.type === 'text') said += text(part.text);
    if (part?.type === 'thinking')
      for (const piece of list(part.thinking)) thought += text(fields(piece)?.text);
  }
  return { text: said, reasoning: thought };
}
