import type { Egress } from '#core/egress.ts';
import { refuse } from '#core/input.ts';
import type { ContentPart, ProviderMessage } from '#providers/provider.ts';
import { normalizeMediaType } from '#providers/translate/media-type.ts';
import type { ContentPartInput, MessageInput } from '../generated.ts';

const messagesMax = 1_000;
const partsMax = 100;
const mediaType = /^[a-z]+\/[\w.+*-]+(?:\s*;.*)?$/i;
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** The conversation in the provider's terms. Throws BAD_USER_INPUT naming the message that is wrong. */
export function parseMessages(inputs: readonly MessageInput[], egress: Egress): readonly ProviderMessage[] {
  if (inputs.length === 0) refuse('messages must hold at least one message.');
  if (inputs.length > messagesMax) refuse(`messages may hold at most ${messagesMax} messages.`);
  const toolNames = new Map<string, string>();
  const messages = inputs.map((input, at) => parseMessage(input, `messages[${at}]`, toolNames, egress));
  if (messages.every(({ role }) => role === 'system')) refuse('messages must hold more than instructions.');
  return messages;
}

function parseMessage(
  input: MessageInput,
  at: string,
  toolNames: Map<string, string>,
  egress: Egress,
): ProviderMessage {
  const { role, content, parts, toolCalls, toolCallId } = input;
  if (parts != null && role !== 'USER') refuse(`${at}: only a USER message has parts.`);
  if (toolCalls != null && role !== 'ASSISTANT') refuse(`${at}: only an ASSISTANT message has toolCalls.`);
  if (toolCallId != null && role !== 'TOOL') refuse(`${at}: only a TOOL message has a toolCallId.`);
  switch (role) {
    case 'SYSTEM':
      return { role: 'system', content: content ?? refuse(`${at}: a SYSTEM message needs content.`) };
    case 'USER':
      return { role: 'user', parts: userParts(content, parts, at, egress) };
    case 'ASSISTANT': {
      if (content == null && toolCalls == null)
        refuse(`${at}: an ASSISTANT message needs content or toolCalls.`);
      for (const { id, name } of toolCalls ?? []) toolNames.set(id, name);
      return { role: 'assistant', text: content ?? '', toolCalls: toolCalls ?? [] };
    }
    case 'TOOL': {
      const id = toolCallId ?? refuse(`${at}: a TOOL message needs the toolCallId that it answers.`);
      const toolName = toolNames.get(id) ?? refuse(`${at}: no message before it makes the tool call ${id}.`);
      const answer = content ?? refuse(`${at}: a TOOL message needs content.`);
      return { role: 'tool', toolCallId: id, toolName, content: answer };
    }
  }
}

function userParts(
  content: string | null | undefined,
  parts: readonly ContentPartInput[] | null | undefined,
  at: string,
  egress: Egress,
): readonly ContentPart[] {
  if (content != null && parts != null) refuse(`${at}: a message has content or parts, not both.`);
  if (content != null) return [{ type: 'text', text: content }];
  if (parts == null || parts.length === 0) refuse(`${at}: a USER message needs content or parts.`);
  if (parts.length > partsMax) refuse(`${at}: a message may have at most ${partsMax} parts.`);
  return parts.map((part, index) => parsePart(part, `${at}.parts[${index}]`, egress));
}

function parsePart(part: ContentPartInput, at: string, egress: Egress): ContentPart {
  const given = [part.text, part.imageUrl, part.data].filter((value) => value != null).length;
  if (given !== 1) refuse(`${at}: exactly one of text, imageUrl and data must be given.`);
  if (part.mediaType != null && !mediaType.test(part.mediaType)) {
    refuse(`${at}: mediaType must be a media type such as image/png.`);
  }
  if (part.text != null) return { type: 'text', text: part.text };
  const type = part.mediaType == null ? null : normalizeMediaType(part.mediaType);
  if (part.imageUrl != null) {
    const url = URL.parse(part.imageUrl);
    if (url === null || !/^https?:$/.test(url.protocol)) refuse(`${at}: imageUrl must be an http(s) URL.`);
    if (url.username !== '' || url.password !== '') {
      refuse(`${at}: imageUrl must not hold a user or password: whoever fetches it would get them.`);
    }
    const refusal = egress.refusalOfFileHost(url.hostname);
    if (refusal !== null) refuse(`${at}: imageUrl may not be fetched: ${refusal}.`);
    // What other files count as is bounded by their size, which is unknown here.
    if (type !== null && !type.startsWith('image/'))
      refuse(`${at}: imageUrl must be of an image, not ${type}.`);
    return { type: 'file', mediaType: type ?? 'image/*', url: part.imageUrl };
  }
  const data = part.data ?? '';
  if (type === null) return refuse(`${at}: data needs its mediaType.`);
  if (!base64.test(data)) refuse(`${at}: data must be base64 without a data: prefix.`);
  return { type: 'file', mediaType: type, data };
}
