import type { ProviderPart } from '../../provider.ts';
import { type Fields, fields, list, text } from '../shared/fields.ts';
import { joinParagraphs } from './paragraphs.ts';

/** Items that are parts of an answer. All others are the vendor's own, and pass through. */
const knownItems: ReadonlySet<string> = new Set(['message', 'reasoning', 'function_call', '']);

/** Calls of functions in a namespace, and by a program that the vendor runs, are its own: a name alone does not state what is called. */
export function isOwnItem({ type, namespace, caller }: Fields): boolean {
  if (!knownItems.has(text(type))) return true;
  return type === 'function_call' && (text(namespace) !== '' || fields(caller)?.type === 'program');
}

export function readItemId(item: Fields): string {
  return text(item.call_id) || text(item.id);
}

export function isRefusal(item: Fields | null): boolean {
  return list(item?.content).some((content) => fields(content)?.type === 'refusal');
}

export function addLogprobs(value: unknown, into: ProviderPart[]): void {
  const tokens = list(value);
  if (tokens.length > 0) into.push({ type: 'logprobs', tokens });
}

export function addCitations(item: Fields, into: ProviderPart[]): void {
  for (const part of list(item.content)) {
    for (const citation of list(fields(part)?.annotations)) into.push({ type: 'citation', citation });
  }
}

export function refusalOfItem(item: Fields): string {
  return list(item.content)
    .map((content) => text(fields(content)?.refusal))
    .join('');
}

/** The text of a message; the summary of a reasoning, or failing that the reasoning. */
export function textOfItem(item: Fields): string {
  const summary = list(item.summary);
  const texts = (summary.length > 0 ? summary : list(item.content)).map((content) => {
    const part = fields(content);
    return part?.type === 'refusal' ? '' : text(part?.text);
  });
  return item.type === 'reasoning' ? joinParagraphs(texts) : texts.join('');
}
