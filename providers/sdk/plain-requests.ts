import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ProviderCall } from '../provider.ts';
import { isBlank } from '../translate/conversation.ts';
import { CapturedRequest } from './captured-request.ts';

/** A request with places for its texts: `pieces` is what stands around them, one more than there are texts. */
interface Template {
  readonly url: string;
  readonly init: RequestInit;
  readonly pieces: readonly string[];
}

type Build = (call: ProviderCall, streaming: boolean) => Promise<CapturedRequest>;

const templatesMax = 512;
const textsMax = 200;

/**
 * Builds requests as the SDK does. For a conversation of nothing but texts the SDK is asked once for each set of
 * settings and roles, with marks in the place of the texts; further requests of the kind are that one with their own
 * texts in it. What holds anything else, or comes for the first time, goes through the SDK.
 */
export class PlainRequests {
  readonly #build: Build;
  /** Null: no template can be made of it; 'once': it has come once. */
  readonly #templates = new LRUCache<string, { readonly template: Template | null } | 'once'>({
    max: templatesMax,
  });

  constructor(build: Build) {
    this.#build = build;
  }

  async requestOf(call: ProviderCall, streaming: boolean): Promise<CapturedRequest> {
    const texts = textsOf(call);
    if (texts === undefined) return this.#build(call, streaming);
    const key = keyOf(call, streaming);
    const known = this.#templates.get(key);
    if (known === undefined) {
      this.#templates.set(key, 'once');
      return this.#build(call, streaming);
    }
    let template: Template | null;
    if (known === 'once') {
      template = await this.#learn(call, streaming, texts.length);
      this.#templates.set(key, { template });
    } else template = known.template;
    return template === null ? this.#build(call, streaming) : filled(template, texts);
  }

  async #learn(call: ProviderCall, streaming: boolean, count: number): Promise<Template | null> {
    const mark = randomUUID();
    const { signal: _signal, ...settings } = call;
    const marks = Array.from({ length: count }, (_, at) => `${mark}-${at}-`);
    const { url, init } = await this.#build({ ...settings, messages: marked(call, marks) }, streaming);
    const { body, ...rest } = init;
    if (typeof body !== 'string') return null;
    const pieces: string[] = [];
    let left = body;
    for (const text of marks) {
      const [before, after, ...more] = left.split(JSON.stringify(text));
      if (before === undefined || after === undefined || more.length > 0) return null;
      pieces.push(before);
      left = after;
    }
    pieces.push(left);
    return pieces.some((piece) => piece.includes(mark)) ? null : { url, init: rest, pieces };
  }
}

function filled({ url, init, pieces }: Template, texts: readonly string[]): CapturedRequest {
  let body = pieces[0] ?? '';
  for (let at = 0; at < texts.length; at++) body += JSON.stringify(texts[at]) + (pieces[at + 1] ?? '');
  return new CapturedRequest(url, { ...init, body });
}

/**
 * The texts of a conversation in their order; undefined when it holds anything else, or a text that is empty, or ends with
 * a beginning of the answer (which some SDKs trim).
 */
function textsOf(call: ProviderCall): readonly string[] | undefined {
  if (call.messages.at(-1)?.role === 'assistant') return undefined;
  if (call.tools !== undefined || call.toolChoice !== undefined || call.responseSchema !== undefined)
    return undefined;
  const texts: string[] = [];
  for (const message of call.messages) {
    if (message.role === 'system') texts.push(message.content);
    else if (message.role === 'user') {
      for (const part of message.parts) {
        if (part.type !== 'text') return undefined;
        texts.push(part.text);
      }
    } else if (message.role === 'assistant' && message.toolCalls.length === 0) texts.push(message.text);
    else return undefined;
  }
  return texts.length === 0 || texts.length > textsMax || texts.some(isBlank) ? undefined : texts;
}

/** All that a request of texts depends on beside the texts. */
function keyOf(call: ProviderCall, streaming: boolean): string {
  const { model, temperature, topP, maxOutputTokens, stop, seed, reasoningEffort } = call;
  let roles = '';
  for (const message of call.messages) {
    roles += message.role === 'user' ? `user${message.parts.length} ` : `${message.role} `;
  }
  return JSON.stringify([
    streaming,
    model,
    roles,
    temperature ?? null,
    topP ?? null,
    maxOutputTokens ?? null,
    stop ?? null,
    seed ?? null,
    reasoningEffort ?? null,
  ]);
}

function marked(call: ProviderCall, marks: readonly string[]): ProviderCall['messages'] {
  let next = 0;
  const take = () => marks[next++] ?? '';
  return call.messages.map((message) => {
    if (message.role === 'user')
      return { ...message, parts: message.parts.map(() => ({ type: 'text' as const, text: take() })) };
    return message.role === 'assistant' ? { ...message, text: take() } : { ...message, content: take() };
  });
}
