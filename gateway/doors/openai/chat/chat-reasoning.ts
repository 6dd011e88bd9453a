import { ProviderKind } from '#core/graph-enums.generated.ts';
import { isFields, requireText, toChoice, toFields, toText } from '../../body-fields.ts';
import type { ChatReasoningFragment, ReasoningInput } from '../../operations.generated.ts';

const kinds = Object.values(ProviderKind);

/**
 * Blocks of reasoning beside an answer, in the form that OpenRouter added to this dialect: `reasoning_details`, which a client
 * sends back unchanged in its next turn. The kind of provider stands beside each.
 */
export function toReasoningDetail({
  text,
  signature,
  redacted,
  toolCallId,
  details,
  provider,
}: ChatReasoningFragment): object {
  const own = isFields(details) ? details : {};
  const type = own.type ?? (redacted === null ? 'reasoning.text' : 'reasoning.encrypted');
  return {
    ...own,
    type,
    ...(text === null ? {} : { [type === 'reasoning.summary' ? 'summary' : 'text']: text }),
    ...(signature === null ? {} : { signature }),
    ...(redacted === null ? {} : { data: redacted }),
    ...(toolCallId === null ? {} : { tool_call_id: toolCallId }),
    provider,
  };
}

/** Throws WrongField. */
export function readReasoningDetail(value: unknown, at: string): ReasoningInput {
  const { text, summary, signature, data, tool_call_id, provider, ...details } = toFields(value, at);
  const sealed = {
    signature: toText(signature, `${at}.signature`),
    redacted: toText(data, `${at}.data`),
  };
  const isOpen = sealed.signature === undefined && sealed.redacted === undefined;
  return {
    // A block without anything is one with an empty text: some vendors stream such blocks.
    text: toText(text ?? summary, `${at}.text`) ?? (isOpen ? '' : undefined),
    ...sealed,
    toolCallId: tool_call_id == null ? undefined : requireText(tool_call_id, `${at}.tool_call_id`),
    ...(Object.keys(details).length === 0 ? {} : { details }),
    provider: toChoice(provider, `${at}.provider`, kinds),
  };
}
