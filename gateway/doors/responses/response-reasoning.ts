import { ProviderKind } from '#core/graph-enums.generated.ts';
import { isFields, toFields, toList, toText } from '../body-fields.ts';
import type { ChatReasoningFragment, ReasoningInput } from '../operations.generated.ts';
import { responsesFormat } from './output/vendor-items.ts';

/** Marks `encrypted_content` that this handler has written. What other servers wrote goes to OpenAI as it is. */
const mark = 'hd1.';
const partsMax = 1_000;
/** Lengths of parts that a block of reasoning has room for. */
const lengthsMax = 200;
const kinds = new Set<unknown>(Object.values(ProviderKind));

/**
 * What a provider requires to recognize its reasoning, as one opaque text: clients return `encrypted_content` unchanged, and
 * have no other field for signatures. Undefined where there is nothing of that.
 */
export function sealReasoning(block: ChatReasoningFragment): string | undefined {
  const { signature, redacted, toolCallId, provider } = block;
  if (signature === null && redacted === null) return undefined;
  const fields = JSON.stringify({ signature, redacted, toolCallId, provider });
  return mark + Buffer.from(fields).toString('base64url');
}

/** Whether reasoning was encrypted by another server, for providers that read it. */
export function isForeignReasoning(encrypted: unknown): boolean {
  return typeof encrypted === 'string' && encrypted !== '' && !encrypted.startsWith(mark);
}

/** A reasoning item of the input. Throws WrongField. */
export function readReasoningItem(item: Readonly<Record<string, unknown>>, at: string): ReasoningInput {
  const [summary, content] = [
    readTexts(item.summary, `${at}.summary`),
    readTexts(item.content, `${at}.content`),
  ];
  const encrypted = toText(item.encrypted_content, `${at}.encrypted_content`);
  // Items of OpenAI have neither where none was requested: a text that is empty means nothing to a provider.
  const text = summary.join('') || content.join('');
  if (encrypted === undefined || encrypted === '') return { text };
  if (isForeignReasoning(encrypted)) {
    const details = describeTexts(summary, content, toText(item.status, `${at}.status`));
    return {
      text: [...summary, ...content].join('') || undefined,
      redacted: encrypted,
      signature: toText(item.id, `${at}.id`),
      provider: 'OPENAI',
      ...(details === undefined ? {} : { details: { [responsesFormat]: details } }),
    };
  }
  const opened = openReasoning(encrypted.slice(mark.length));
  return { ...(text !== '' || Object.keys(opened).length === 0 ? { text } : {}), ...opened };
}

/** What was sealed; nothing of it where a client has changed it: the text alone is left then. */
function openReasoning(sealed: string): ReasoningInput {
  try {
    const fields: unknown = JSON.parse(Buffer.from(sealed, 'base64url').toString());
    if (!isFields(fields) || !kinds.has(fields.provider)) return {};
    return {
      signature: toText(fields.signature, ''),
      redacted: toText(fields.redacted, ''),
      toolCallId: toText(fields.toolCallId, ''),
      provider: fields.provider as ProviderKind,
    };
  } catch {
    // Any error: not what was written here.
    return {};
  }
}

/** How a text came: the lengths of its parts where it is not one part of a summary, and a status that is not the usual one. */
function describeTexts(
  summary: readonly string[],
  content: readonly string[],
  status: string | undefined,
): object | undefined {
  const isUsual =
    content.length === 0 && (summary.length === 0 || (summary.length === 1 && summary[0] !== ''));
  const isCompleted = status === undefined || status === 'completed';
  const hasLengths = !isUsual && summary.length + content.length <= lengthsMax;
  if (!hasLengths && isCompleted) return undefined;
  const [summaries, contents] = [summary, content].map((texts) => texts.map(({ length }) => length));
  return {
    ...(!hasLengths ? {} : { summary: summaries, ...(content.length === 0 ? {} : { content: contents }) }),
    ...(isCompleted ? {} : { status }),
  };
}

function readTexts(value: unknown, at: string): readonly string[] {
  const parts = toList(value, at, partsMax) ?? [];
  return parts.map(
    (part, index) => toText(toFields(part, `${at}[${index}]`).text, `${at}[${index}].text`) ?? '',
  );
}
