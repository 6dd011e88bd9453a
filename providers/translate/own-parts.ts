import type { ContentPart, OwnFields, ProviderCall, ProviderMessage, TextPart } from '../provider.ts';
import { isBlank } from './conversation.ts';

/** Names of dropped fields that are listed of one call. */
const namesMax = 100;
const nameMax = 100;

/** Whether a vendor is sent the further fields of parts, and of calls and results of tools; absent: it is. */
interface TakenFields {
  readonly takesPartFields?: boolean;
  readonly takesCallFields?: boolean;
}

type Having = { readonly own?: OwnFields | undefined };

function isOtherOnly(part: ContentPart, wire: string): boolean {
  return part.type === 'text' && part.own !== undefined && isBlank(part.text) && part.own[wire] === undefined;
}

function withoutOthers<Part extends ContentPart>(parts: readonly Part[], wire: string): readonly Part[] {
  return parts.some((part) => isOtherOnly(part, wire))
    ? parts.filter((part) => !isOtherOnly(part, wire))
    : parts;
}

/** The message without the parts that only another wire format has. */
export function toOwnParts(message: ProviderMessage, wire: string): ProviderMessage {
  if (message.role === 'system' || message.parts === undefined) return message;
  if (message.role === 'user') {
    const parts = withoutOthers(message.parts, wire);
    return parts === message.parts
      ? message
      : { ...message, parts: parts.length === 0 ? [{ type: 'text', text: '' }] : parts };
  }
  if (message.role === 'assistant') {
    const { parts, ...rest } = message;
    return parts.some((part) => part.own?.[wire] !== undefined || part.cache === true || part.isRefusal)
      ? { ...rest, parts: withoutOthers<TextPart>(parts, wire) }
      : rest;
  }
  const { parts, ...rest } = message;
  const own = withoutOthers(parts, wire);
  return own.length === 0 ? rest : { ...rest, parts: own };
}

/** Whether a message has anything that only some wire formats take. */
export function hasOwnParts(message: ProviderMessage): boolean {
  if ('own' in message) return true;
  if (message.role === 'system') return false;
  return message.role === 'assistant'
    ? message.parts !== undefined
    : message.parts?.some(({ own }) => own !== undefined) === true;
}

/** The tools of the wire format that the provider runs, and the choice as far as it is one of the tools that are left. */
export function toOwnTools(
  { providerTools, providerToolChoice, tools, toolChoice }: ProviderCall,
  wire: string,
): Pick<ProviderCall, 'providerTools' | 'providerToolChoice' | 'toolChoice'> {
  const own = providerTools?.[wire] ?? [];
  const choice = providerToolChoice?.[wire];
  const all = [...(tools ?? []), ...own];
  const isOpen = toolChoice === 'auto' || toolChoice === 'none' || toolChoice === 'required';
  // What is left has no tool of that name, or none at all: nothing can be chosen.
  const isKept = isOpen ? all.length > 0 : all.some(({ name }) => name === toolChoice);
  return {
    ...(own.length === 0 ? {} : { providerTools: { [wire]: own } }),
    ...(choice === undefined || all.length === 0 ? {} : { providerToolChoice: { [wire]: choice } }),
    ...(toolChoice === undefined || !isKept ? {} : { toolChoice }),
  };
}

/** Names what of the messages and tools of a call is in the form of other wire formats. */
export function listOthers(
  { messages, tools, providerTools, providerToolChoice }: ProviderCall,
  wire: string,
  { takesPartFields = true, takesCallFields = true }: TakenFields,
): readonly string[] {
  const names = new Set<string>();
  const add = (name: string) => {
    if (names.size < namesMax) names.add(name.slice(0, nameMax));
  };
  const addOwn = ({ own }: Having, path: string, takesFields = takesPartFields) => {
    if (own === undefined) return;
    const sent = takesFields ? own[wire] : undefined;
    for (const [format, given] of Object.entries(own)) {
      if (takesFields && format === wire) continue;
      const { type, ...further } = given;
      // What begins a message is no part: its fields are those of the message.
      const isPart = typeof type === 'string' && (type !== 'message' || further.content !== undefined);
      for (const name of isPart ? [type] : Object.keys(further)) {
        if (sent?.[name] === undefined) add(`${path}.${name}`);
      }
    }
  };
  for (const message of messages) {
    if ('own' in message) addOwn(message, 'messages');
    if (message.role === 'system') continue;
    if (message.role === 'tool') addOwn({ own: message.resultOwn }, 'messages', takesCallFields);
    if (message.role === 'assistant')
      for (const call of message.toolCalls) addOwn(call, 'messages.toolCalls', takesCallFields);
    for (const part of message.parts ?? []) if (part.own !== undefined) addOwn(part, 'messages');
  }
  for (const tool of tools ?? []) addOwn(tool, 'tools');
  for (const [format, given] of Object.entries(providerTools ?? {})) {
    if (format === wire) continue;
    for (const { type } of given) add(`tools.${String(type)}`);
  }
  for (const [format, { type }] of Object.entries(providerToolChoice ?? {})) {
    if (format !== wire) add(`toolChoice.${String(type)}`);
  }
  return [...names];
}
