import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { limitEntries } from '#core/cache-entries.ts';
import {
  type EmbeddingAnswer,
  type Provider,
  type ProviderAnswer,
  type ProviderCall,
  ProviderFailure,
  type ProviderPart,
  type ProviderUsage,
} from '../provider.ts';
import type { TraitedProvider, WireTraits } from '../translate/own-call.ts';
import type { VendorModel } from '../vendor.ts';
import { type DemoAnswer, demoAnswer, inputText } from './answer.ts';
import { demoVector } from './embed.ts';
import { demoModels } from './models.ts';
import { demoTokens, words } from './tokens.ts';

export interface DemoOptions {
  /** Waits before each word of `slow`; rejects when the signal aborts. */
  readonly wait?: (ms: number, signal: AbortSignal | undefined) => Promise<unknown>;
}

/** Between two words of `slow`. */
const slowMsPerWord = 50;
const dimensionsDefault = 64;
const dimensionsMax = 1536;
/** How many inputs `flaky` remembers as having failed once. */
const flakyInputsMax = 10_000;

function refuse(code: 'BAD_USER_INPUT' | 'NOT_FOUND' | 'CONTEXT_TOO_LONG', message: string): ProviderFailure {
  return new ProviderFailure(code, message, { retryable: false });
}

function failOnPurpose(model: string): ProviderFailure {
  return new ProviderFailure('PROVIDER_ERROR', `The demo model ${model} failed, as it is meant to.`, {
    retryable: true,
    status: 503,
  });
}

function findModel(name: string, embedding: boolean): VendorModel {
  const model = demoModels.find((candidate) => candidate.name === name);
  if (model === undefined) {
    const names = demoModels.map((known) => known.name).join(', ');
    throw refuse('NOT_FOUND', `The demo provider has no model ${name}; it has ${names}.`);
  }
  if (model.capabilities.includes('EMBEDDINGS') !== embedding) {
    throw refuse('BAD_USER_INPUT', `The demo model ${name} ${embedding ? 'does not embed' : 'only embeds'}.`);
  }
  return model;
}

function checkContext(model: VendorModel, tokens: number): void {
  if (tokens <= model.contextTokens) return;
  throw refuse(
    'CONTEXT_TOO_LONG',
    `The input counts ${tokens} tokens; ${model.name} takes ${model.contextTokens}.`,
  );
}

function usage(inputTokens: number, outputTokens: number): ProviderUsage {
  return { inputTokens, outputTokens, cachedInputTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 };
}

function outputTokens(answer: DemoAnswer): number {
  return demoTokens(answer.toolCall === null ? answer.text : JSON.stringify(answer.toolCall.arguments));
}

/** It answers by the last message; `stop` cuts the answer. */
const traits: WireTraits = { name: 'demo', takes: new Set(['stop']), hasAlternatives: false };

/**
 * The provider that needs no key and no network: deterministic answers, for trying Heddle and for tests. Chat models
 * answer with the last user message (answer.ts states exactly what), word by word; `slow` waits 50 ms before each word;
 * `tools` calls its first tool once; `flaky` fails on every odd attempt of the same input and succeeds on every even one; `cut` fails after half of the
 * words; `down` always fails; `embed` makes unit vectors.
 */
export function createDemoProvider(options: DemoOptions = {}): TraitedProvider {
  const wait = options.wait ?? ((ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }));
  const failedOnce = new LRUCache<string, true>(limitEntries(flakyInputsMax));

  async function waitForWord(signal: AbortSignal | undefined): Promise<void> {
    try {
      await wait(slowMsPerWord, signal);
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  }

  function begin(call: ProviderCall): { readonly answer: DemoAnswer; readonly inputTokens: number } {
    call.signal?.throwIfAborted();
    const model = findModel(call.model, false);
    const input = inputText(call);
    const inputTokens = demoTokens(input);
    checkContext(model, inputTokens);
    const answer = demoAnswer(call);
    if (model.name === 'down') throw failOnPurpose(model.name);
    if (model.name === 'flaky' && !failedOnce.delete(input)) {
      failedOnce.set(input, true);
      throw failOnPurpose(model.name);
    }
    return { answer, inputTokens };
  }

  async function* stream(call: ProviderCall): AsyncGenerator<ProviderPart, void, undefined> {
    const { answer, inputTokens } = begin(call);
    const { text, toolCall, finishReason } = answer;
    if (toolCall !== null) {
      const { id, name } = toolCall;
      const argumentsDelta = JSON.stringify(toolCall.arguments);
      yield { type: 'tool-call', index: 0, id, name, argumentsDelta };
    }
    const pieces = words(text);
    for (const [at, word] of pieces.entries()) {
      call.signal?.throwIfAborted();
      if (call.model === 'slow') await waitForWord(call.signal);
      if (call.model === 'cut' && at >= pieces.length / 2) throw failOnPurpose(call.model);
      yield { type: 'text', text: word };
    }
    call.signal?.throwIfAborted();
    yield { type: 'finish', reason: finishReason, usage: usage(inputTokens, outputTokens(answer)) };
  }

  async function generate(call: ProviderCall): Promise<ProviderAnswer> {
    const { answer, inputTokens } = begin(call);
    if (call.model === 'cut') throw failOnPurpose(call.model);
    if (call.model === 'slow') for (const _ of words(answer.text)) await waitForWord(call.signal);
    return {
      text: answer.text,
      reasoning: null,
      toolCalls: answer.toolCall === null ? [] : [answer.toolCall],
      finishReason: answer.finishReason,
      usage: usage(inputTokens, outputTokens(answer)),
    };
  }

  async function embed(call: Parameters<Provider['embed']>[0]): Promise<EmbeddingAnswer> {
    call.signal?.throwIfAborted();
    const model = findModel(call.model, true);
    const dimensions = call.dimensions ?? dimensionsDefault;
    if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > dimensionsMax) {
      throw refuse('BAD_USER_INPUT', `dimensions must be a whole number from 1 to ${dimensionsMax}.`);
    }
    let inputTokens = 0;
    for (const value of call.values) {
      const tokens = demoTokens(value);
      checkContext(model, tokens);
      inputTokens += tokens;
    }
    return {
      vectors: call.values.map((value) => demoVector(value, dimensions)),
      usage: usage(inputTokens, 0),
    };
  }

  return { traits: () => traits, generate, stream, embed };
}
