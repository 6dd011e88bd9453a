import { expectError } from '#core/expect-error.ts';
import type { GuardedText } from '#guardrails/guardrail.ts';
import type {
  ContentPart,
  OwnFields,
  ProviderAnswer,
  ProviderMessage,
  ToolCall,
} from '#providers/provider.ts';
import { withoutCallSecrets } from '../call-secrets.ts';
import type { CompletionRequest } from '../request.ts';

type Looked = Pick<GuardedText, 'texts' | 'urls'>;

/** Media types without text. */
const opaqueMedia = /^(?:image\/(?!svg)|audio\/|video\/)/i;

/** All of a call that goes to an AI model: the messages in their order, then everything else that is sent. */
export function readCallTexts(call: CompletionRequest['call']): Looked {
  const { messages, tools, responseSchema, stop, providerOptions, providerToolChoice } = call;
  const texts: string[] = [];
  const urls: string[] = [];
  for (const message of messages) addMessage(message, texts, urls);
  for (const tool of tools ?? []) {
    texts.push(tool.name, tool.description ?? '', JSON.stringify(tool.parameters));
    addOwn(tool, texts);
  }
  if (responseSchema !== undefined) texts.push(JSON.stringify(responseSchema));
  texts.push(...(stop ?? []));
  // A credential for the server of a tool goes to the provider alone, and to no guardrail.
  const { providerTools } = withoutCallSecrets(call);
  for (const value of [providerOptions, providerTools, providerToolChoice]) {
    if (value !== undefined) texts.push(JSON.stringify(value));
  }
  return { texts, urls };
}

/** All of an answer that reaches the client. */
export function readAnswerTexts({
  text = '',
  reasoning = null,
  toolCalls = [],
  extras = {},
}: Partial<ProviderAnswer>): Looked {
  const {
    reasoningBlocks = [],
    refusal = '',
    citations = [],
    providerBlocks = [],
    alternatives = [],
    audio,
  } = extras;
  return {
    texts: [
      text,
      reasoning ?? '',
      ...toolCalls.flatMap(readToolCall),
      ...reasoningBlocks.map((block) => block.text ?? ''),
      refusal,
      audio?.transcript ?? '',
      ...citations.map((citation) => JSON.stringify(citation)),
      ...providerBlocks.map(({ block }) => JSON.stringify(block)),
      ...alternatives.flatMap((other) => [
        other.text,
        other.reasoning ?? '',
        other.refusal ?? '',
        ...other.toolCalls.flatMap(readToolCall),
      ]),
    ],
    urls: [],
  };
}

function addMessage(message: ProviderMessage, texts: string[], urls: string[]): void {
  switch (message.role) {
    case 'user':
      for (const part of message.parts) addPart(part, texts, urls);
      return;
    case 'assistant':
      texts.push(message.text, ...message.toolCalls.flatMap(readToolCall));
      for (const { text, details } of message.reasoning ?? []) {
        texts.push(text ?? '');
        if (details !== undefined) texts.push(JSON.stringify(details));
      }
      for (const part of message.parts ?? []) addOwn(part, texts);
      return;
    case 'tool':
      if (message.parts === undefined) texts.push(message.content);
      else for (const part of message.parts) addPart(part, texts, urls);
      texts.push(message.toolCallId);
      addOwn(message, texts);
      return;
    case 'system':
      texts.push(message.content);
      addOwn(message, texts);
  }
}

function addOwn({ own }: { readonly own?: OwnFields }, texts: string[]): void {
  if (own !== undefined) texts.push(JSON.stringify(own));
}

function addPart(part: ContentPart, texts: string[], urls: string[]): void {
  addOwn(part, texts);
  if (part.type === 'file' && part.filename !== undefined) texts.push(part.filename);
  if (part.type === 'text') texts.push(part.text);
  else if (part.url !== undefined) {
    texts.push(part.url, safelyDecoded(part.url));
    urls.push(part.url);
  } else if (part.data !== undefined && !opaqueMedia.test(part.mediaType)) {
    texts.push(Buffer.from(part.data, 'base64').toString('utf8'));
  }
}

function readToolCall({ id, name, arguments: given }: ToolCall): readonly string[] {
  return [name, typeof given === 'string' ? given : (JSON.stringify(given) ?? ''), id];
}

function safelyDecoded(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch (error) {
    expectError(error, URIError);
    return '';
  }
}
