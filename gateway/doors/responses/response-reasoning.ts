import { ProviderKind } from '#core/graph-enums.generated.ts';
import { isFields, toFields, toList, toText } from '../body-fields.ts';
import type { ChatReasoningFragment, ReasoningInput } from '../operations.generated.ts';

/** Marks `encrypted_content` that this handler has written. What other servers wrote goes to OpenAI as it is. */
const mark = 'hd1.';
const partsMax = 1_000;
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

/** A reasoning item of the input. Throws WrongField. */
export function readReasoningItem(item: Readonly<Record<string, unknown>>, at: string): ReasoningInput {
  const text = joinTexts(item.summary, `${at}.summary`) || joinTexts(item.content, `${at}.content`);
  const encrypted = toText(item.encrypted_content, `${at}.encrypted_content`);
  // Items of OpenAI have neither where none was requested: a text that is empty means nothing to a provider.
  if (encrypted === undefined || encrypted === '') return { text };
  if (!encrypted.startsWith(mark)) {
    return {
      text: text || undefined,
      redacted: encrypted,
      signature: toText(item.id, `${at}.id`),
      provider: 'OPENAI',
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

function joinTexts(value: unknown, at: string): string {
  const parts = toList(value, at, partsMax) ?? [];
  return parts
    .map((part, index) => toText(toFields(part, `${at}[${index}]`).text, `${at}[${index}].text`) ?? '')
    .join('');
}
