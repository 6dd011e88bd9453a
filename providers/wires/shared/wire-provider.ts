import { listToolSecrets } from '#core/secrets/tool-secrets.ts';
import { toFailure } from '../../failure/failure.ts';
import { findConnectionWatch } from '../../http/connection-watch.ts';
import type { ResponseReader } from '../../http/read-response.ts';
import { readResponse } from '../../http/read-response.ts';
import type { ProviderCall, ProviderKind, ProviderPart } from '../../provider.ts';
import { malformed } from '../../translate/completeness.ts';
import type { TraitedProvider } from '../../translate/own-call.ts';
import { readCount } from '../../translate/usage-report.ts';
import { createEmbed, type EmbedOptions } from '../embeddings/embed.ts';
import { createModerate, type ModerationWire } from '../moderation/moderate.ts';
import { AnswerParts, gather } from './answer-parts.ts';
import { createDroppedFields } from './dropped-fields.ts';
import { fields } from './fields.ts';
import { LinkedAbort } from './linked-abort.ts';
import { AnswerTool } from './part-filter.ts';
import { sendRequest } from './send-request.ts';
import type { AnswerReader, Wire } from './wire.ts';
import type { WireRequest, WireRequests } from './wire-request.ts';

export interface WireProviderOptions extends EmbedOptions {
  /** Marks the reasoning that its answers hold. */
  readonly kind: ProviderKind;
  readonly wire: Wire;
  readonly requests: WireRequests;
  /** Absent: the vendor does not moderate. */
  readonly moderation?: ModerationWire;
}

/** A provider that states what its wire format takes. */
export type WireProvider = TraitedProvider & Required<Pick<TraitedProvider, 'traits'>>;

/** An answer in more pieces than this never ends. */
const continuationsMax = 100;

/** The same request with more fields. */
function withFields(request: WireRequest, more: object): WireRequest {
  const body = JSON.stringify({ ...JSON.parse(String(request.init.body)), ...more });
  return { ...request, init: { ...request.init, body } };
}

/** A provider over a wire: a dialect's builder writes the requests, its reader reads the answers. */
export function createWireProvider(options: WireProviderOptions): WireProvider {
  const { kind, wire, secret, fetch, moderation } = options;
  const { build, buildCount, traits } = options.requests;
  const dropped =
    options.requests.dropped ?? (traits.takes === undefined ? createDroppedFields(build) : null);

  /** What no error repeats: the credential, with those for the servers of tools. */
  const listSecrets = ({ providerTools }: ProviderCall): typeof secret =>
    providerTools === undefined
      ? secret
      : [secret ?? '', ...listToolSecrets(Object.values(providerTools).flat())].join(' ');

  const send = (request: WireRequest, call: ProviderCall, signal = call.signal) =>
    sendRequest(request, fetch, listSecrets(call), signal);

  function readParts(call: ProviderCall, request: WireRequest, reader: AnswerReader): AnswerParts {
    const { answerTool } = request;
    const filter = answerTool === null ? (wire.filter?.(call) ?? null) : new AnswerTool(answerTool);
    const { framing } = wire;
    return new AnswerParts(reader, {
      call,
      secret: listSecrets(call),
      filter,
      ...(framing === undefined ? {} : { framing }),
    });
  }

  /** The requests of one answer: the first, and one more for each time that its reader requests a continuation. */
  function* listRequests(first: WireRequest, reader: AnswerReader): Generator<WireRequest, void, void> {
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
      const first = await build(call, true);
      const answer = wire.reader(call, kind);
      const parts = readParts(call, first, answer);
      for (const request of listRequests(first, answer)) {
        parts.goOn();
        const body = readResponse(await send(request, call, abort.signal));
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
      throw toFailure(error, call.signal, listSecrets(call));
    } finally {
      abort.abort(new Error('The stream is no longer read.'));
    }
  }

  return {
    traits: () => traits,
    ...(dropped === null ? {} : { dropped }),
    stream,
    embed: createEmbed(options),
    ...(moderation === undefined ? {} : { moderate: createModerate({ moderation, secret, fetch }) }),
    ...(buildCount === undefined
      ? {}
      : {
          async countTokens(call) {
            try {
              const response = await send(await buildCount(call), call);
              const tokens = readCount(fields(await response.json())?.input_tokens);
              if (tokens === undefined) throw malformed();
              return tokens;
            } catch (error) {
              throw toFailure(error, call.signal, listSecrets(call));
            }
          },
        }),
    async generate(call) {
      try {
        call.signal?.throwIfAborted();
        const first = await build(call, false);
        const answer = wire.reader(call, kind);
        const parts = readParts(call, first, answer);
        const received: ProviderPart[] = [];
        for (const request of listRequests(first, answer)) {
          const response = await send(request, call);
          received.push(...parts.whole(await response.text()));
        }
        return gather([...received, ...parts.finish()]);
      } catch (error) {
        throw toFailure(error, call.signal, listSecrets(call));
      }
    },
  };
}

/** How long a usage is waited for after [DONE]. Most servers end the body at once. */
const lateMsMax = 500;

/**
 * Reads the usage of a whole answer that has come without one, until it is there, the body ends, or the time is over. Never
 * rejects: an answer without a usage is estimated. The time counts against no limit of the call.
 */
async function readLateUsage(
  parts: AnswerParts,
  body: ResponseReader,
  signal: AbortSignal | undefined,
): Promise<void> {
  findConnectionWatch(signal)?.completed();
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(resolve, lateMsMax, null);
  // Any error: a connection that breaks ends what can still be read.
  while (!parts.ended) parts.readLate(await Promise.race([body.read().catch(() => null), late]));
  clearTimeout(timer);
}
