import type { ContentPart, ProviderMessage } from '../../provider.ts';
import { readFile } from '../../translate/call-parts.ts';
import { fullMediaType } from '../../translate/file-type.ts';

interface Turn {
  readonly role: 'user' | 'model';
  readonly parts: object[];
}

/** A conversation as generateContent takes it. */
export interface GeminiPrompt {
  /** Null: none. */
  readonly systemInstruction: { readonly parts: readonly object[] } | null;
  readonly contents: readonly Turn[];
}

export interface GeminiPromptOptions {
  /** Calls of tools and their results have ids. */
  readonly withIds: boolean;
  /** Each call of a tool has a signature; for one that has none the stand-in that Google documents is sent. */
  readonly withSignatures: boolean;
  /** Instructions are the beginning of what the user states first. */
  readonly systemAsUser: boolean;
}

const standIn = 'skip_thought_signature_validator';

function writePart(part: ContentPart): object {
  if (part.type === 'text') return { text: part.text };
  const file = readFile(part);
  const mimeType = fullMediaType(file);
  return file.url === null
    ? { inlineData: { mimeType, data: file.data ?? '' } }
    : { fileData: { mimeType, fileUri: file.url } };
}

function writeAnswer(
  { text, toolCalls, reasoning = [] }: Extract<ProviderMessage, { role: 'assistant' }>,
  { withIds, withSignatures }: GeminiPromptOptions,
): Turn {
  const calls = toolCalls.map(({ id, name, arguments: args }) => {
    const own = reasoning.find(({ toolCallId, signature }) => toolCallId === id && signature !== null);
    const thoughtSignature = own?.signature ?? (withSignatures ? standIn : undefined);
    return { functionCall: { ...(withIds ? { id } : {}), name, args }, thoughtSignature };
  });
  if (text === '') return { role: 'model', parts: calls };
  const signed = reasoning.findLast(({ toolCallId, signature }) => toolCallId === null && signature !== null);
  const written = signed === undefined ? { text } : { text, thoughtSignature: signed.signature };
  return { role: 'model', parts: [written, ...calls] };
}

function writeResult(
  { toolCallId: id, toolName: name, content }: Extract<ProviderMessage, { role: 'tool' }>,
  { withIds }: GeminiPromptOptions,
): object {
  return { functionResponse: { ...(withIds ? { id } : {}), name, response: { name, content } } };
}

function addInstructions(contents: Turn[], instructions: readonly string[]): void {
  const part = { text: `${instructions.join('\n\n')}\n\n` };
  const [first] = contents;
  if (first?.role === 'user') first.parts.unshift(part);
  else contents.unshift({ role: 'user', parts: [part] });
}

/** Writes a conversation that has its instructions at the beginning. Results of tools in a row are one turn. */
export function writeGeminiPrompt(
  conversation: readonly ProviderMessage[],
  options: GeminiPromptOptions,
): GeminiPrompt {
  const instructions: string[] = [];
  const contents: Turn[] = [];
  let results: Turn | null = null;
  for (const message of conversation) {
    if (message.role === 'system') instructions.push(message.content);
    else if (message.role === 'tool') {
      if (results === null) {
        results = { role: 'user', parts: [] };
        contents.push(results);
      }
      results.parts.push(writeResult(message, options));
      continue;
    } else if (message.role === 'user') contents.push({ role: 'user', parts: message.parts.map(writePart) });
    else contents.push(writeAnswer(message, options));
    results = null;
  }
  if (instructions.length === 0) return { systemInstruction: null, contents };
  if (!options.systemAsUser) {
    return { systemInstruction: { parts: instructions.map((text) => ({ text })) }, contents };
  }
  addInstructions(contents, instructions);
  return { systemInstruction: null, contents };
}
