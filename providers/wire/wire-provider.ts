import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { readResponse } from '../http/read-response.ts';
import type { Provider, ProviderCall, ProviderPart } from '../provider.ts';
import { toCallOptions } from '../translate/call-options.ts';
import { malformed } from '../translate/completeness.ts';
import type { ConversationRules } from '../translate/conversation.ts';
import { toFailure } from '../translate/failure.ts';
import { AnswerParts, gather } from './answer-parts.ts';
import { restoreArgumentTexts } from './argument-texts.ts';
import { CapturedRequest, requestOf } from './captured-request.ts';
import { createEmbed, type EmbedOptions } from './embed.ts';
import { readLateUsage } from './late-usage.ts';
import { LinkedAbort } from './linked-abort.ts';
import { perModel } from './model-cache.ts';
import { AnswerTool } from './part-filter.ts';
import { PlainRequests } from './plain-requests.ts';
import { sendRequest } from './send-request.ts';
import type { AnswerReader, Wire } from './wire.ts';

export interface WireProviderOptions extends EmbedOptions {
  readonly wire: Wire;
  /** Made with `captureFetch`: they build requests and send none. */
  readonly languageModel: (id: string) => LanguageModelV4;
  /** The SDK signs each request: it is sent as it was built. */
  readonly signed?: boolean;
  /** What this vendor's API demands of a conversation. */
  readonly rules?: (call: ProviderCall) => ConversationRules;
  /** What this vendor needs beside the options of all. */
  readonly adjust?: (options: LanguageModelV4CallOptions, call: ProviderCall) => void;
}

/** An answer in more pieces than this never ends. */
const continuationsMax = 100;

function bodyOf({ init }: CapturedRequest): Record<string, unknown> {
  return JSON.parse(String(init.body));
}

/** The same request with more fields. */
function withFields(request: CapturedRequest, more: object): CapturedRequest {
  const body = JSON.stringify({ ...bodyOf(request), ...more });
  return new CapturedRequest(request.url, { ...request.init, body });
}

/**
 * A provider over a wire: the SDK builds the request, we send it and read the answer ourselves, at a third of what the
 * SDK costs per streamed part.
 */
export function createWireProvider(options: WireProviderOptions): Provider {
  const { wire, secret, fetch, rules, adjust, signed = false } = options;
  const languageModel = perModel(options.languageModel);

  async function build(call: ProviderCall, streaming: boolean): Promise<CapturedRequest> {
    const prepared = toCallOptions(call, rules?.(call));
    adjust?.(prepared, call);
    const request = await requestOf(languageModel(call.model), prepared, streaming, wire.blank);
    return signed ? request : restoreArgumentTexts(request, prepared.prompt);
  }

  const plain = new PlainRequests(build);
  const requestFor = signed
    ? build
    : (call: ProviderCall, streaming: boolean) => plain.requestOf(call, streaming);

  const send = (request: CapturedRequest, signal: AbortSignal | undefined) =>
    sendRequest(request, fetch, secret, signal);

  /** A tool that the caller does not know is the SDK's, to have the answer through its arguments. */
  function answerTool(call: ProviderCall, request: CapturedRequest): AnswerTool | null {
    if (call.responseSchema === undefined) return null;
    const name = wire
      .toolNames(bodyOf(request))
      .find((given) => !call.tools?.some((tool) => tool.name === given));
    return name === undefined ? null : new AnswerTool(name);
  }

  function partsOf(call: ProviderCall, request: CapturedRequest, reader: AnswerReader): AnswerParts {
    const filter = answerTool(call, request) ?? wire.filter?.(call) ?? null;
    const { framing } = wire;
    return new AnswerParts(reader, { call, secret, filter, ...(framing === undefined ? {} : { framing }) });
  }

  /** The requests of one answer: the first, and one more for each time that its reader asks to go on. */
  function* requestsOf(first: CapturedRequest, reader: AnswerReader): Generator<CapturedRequest, void, void> {
    yield first;
    for (let sent = 0; sent < continuationsMax; sent++) {
      const more = reader.goOn?.() ?? null;
      if (more === null) return;
      yield withFields(first, more);
    }
    throw malformed();
  }

  async function* stream(call: ProviderCall): AsyncGenerator<ProviderPart, void, undefined> {
    using abort = new LinkedAbort(call.signal);
    try {
      call.signal?.throwIfAborted();
      const first = await requestFor(call, true);
      const answer = wire.reader(call);
      const parts = partsOf(call, first, answer);
      for (const request of requestsOf(first, answer)) {
        parts.goOn();
        const body = readResponse(await send(request, abort.signal));
        while (!parts.ended) {
          for (const part of parts.read(await body.read())) {
            yield part;
            call.signal?.throwIfAborted();
          }
          parts.throwIfFailed();
          if (parts.awaitsUsage) await readLateUsage(parts, body, call.signal);
        }
        body.release();
      }
      yield* parts.finish();
    } catch (error) {
      throw toFailure(error, call.signal, secret);
    } finally {
      abort.abort(new Error('The stream is no longer read.'));
    }
  }

  return {
    stream,
    embed: createEmbed(options),
    async generate(call) {
      try {
        call.signal?.throwIfAborted();
        const first = await requestFor(call, false);
        const answer = wire.reader(call);
        const parts = partsOf(call, first, answer);
        const said: ProviderPart[] = [];
        for (const request of requestsOf(first, answer)) {
          const response = await send(request, call.signal);
          said.push(...parts.whole(await response.text()));
        }
        return gather([...said, ...parts.finish()]);
      } catch (error) {
        throw toFailure(error, call.signal, secret);
      }
    },
  };
}
