import { AsyncLocalStorage } from 'node:async_hooks';
import type {
  EmbeddingModelV4,
  EmbeddingModelV4CallOptions,
  LanguageModelV4,
  LanguageModelV4CallOptions,
  SharedV4Warning,
} from '@ai-sdk/provider';
import { checkWarnings } from '../translate/warnings.ts';

/** A request as the SDK would have sent it. */
export class CapturedRequest {
  readonly url: string;
  readonly init: RequestInit;

  constructor(url: string, init: RequestInit) {
    this.url = url;
    this.init = init;
  }
}

interface Capture {
  readonly answer: string;
  request: CapturedRequest | null;
}

const captures = new AsyncLocalStorage<Capture>();

/** A fetch that sends nothing: it keeps the request for `captureRequest` and returns an empty answer to the SDK. */
export const captureFetch: typeof globalThis.fetch = async (input, init = {}) => {
  const capture = captures.getStore();
  if (capture === undefined) throw new Error('Requests are captured by captureRequest alone.');
  capture.request = new CapturedRequest(String(input), init);
  return new Response(capture.answer);
};

async function readWarnings(
  model: LanguageModelV4,
  options: LanguageModelV4CallOptions,
  streaming: boolean,
): Promise<readonly SharedV4Warning[]> {
  if (!streaming) return (await model.doGenerate(options)).warnings;
  const reader = (await model.doStream(options)).stream.getReader();
  const { value: first } = await reader.read();
  await reader.cancel();
  return first?.type === 'stream-start' ? first.warnings : [];
}

/**
 * Lets the SDK build the request (it knows each model's quirks: max_completion_tokens, developer messages, settings that
 * reasoning models refuse) without letting it send it. `model` must have been made with `captureFetch`.
 * @param blank a whole answer of the wire that states nothing
 * @throws {ProviderFailure} BAD_USER_INPUT when the SDK leaves out something that changes the call's meaning
 */
export async function captureRequest(
  model: LanguageModelV4,
  options: LanguageModelV4CallOptions,
  streaming: boolean,
  blank: string,
): Promise<CapturedRequest> {
  const capture: Capture = { answer: streaming ? '' : blank, request: null };
  checkWarnings(await captures.run(capture, () => readWarnings(model, options, streaming)));
  if (capture.request === null) throw new Error('The SDK answered without sending a request.');
  return capture.request;
}

/** As `captureRequest`, for embeddings. The SDK never gets an answer that it would take: what it states of it means nothing. */
export async function captureEmbeddingRequest(
  model: EmbeddingModelV4,
  options: EmbeddingModelV4CallOptions,
): Promise<CapturedRequest> {
  const capture: Capture = { answer: '{}', request: null };
  try {
    await captures.run(capture, () => model.doEmbed(options));
  } catch (error) {
    if (capture.request === null) throw error;
  }
  if (capture.request === null) throw new Error('The SDK answered without sending a request.');
  return capture.request;
}
