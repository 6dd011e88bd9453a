import { AnswerBuilder } from '#providers/answer-builder.ts';
import {
  addUsage,
  type EmbeddingAnswer,
  type Provider,
  type ProviderAnswer,
  type ProviderCall,
  ProviderFailure,
  type ProviderPart,
  type ProviderUsage,
} from '#providers/provider.ts';

type Step =
  | { readonly part: ProviderPart }
  | { readonly failure: unknown }
  /** The stream ends without its finish. */
  | { readonly cut: true };

export function buildUsage(inputTokens: number, outputTokens: number): ProviderUsage {
  return { inputTokens, outputTokens, cachedInputTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 };
}

export function buildFailure(
  code: ProviderFailure['code'],
  retryable: boolean,
  retryAfterMs: number | null = null,
): ProviderFailure {
  return new ProviderFailure(code, `The script fails with ${code}.`, { retryable, retryAfterMs });
}

/** One call that a test plays the provider of. */
export class ScriptedCall {
  readonly call: ProviderCall;
  /** Resolves with the reason when the caller aborts it. */
  readonly aborted: Promise<unknown>;
  /** Parts handed over so far: none is before it is asked for. */
  taken = 0;
  readonly #steps: Step[] = [];
  #waiting: (() => void) | undefined;

  constructor(call: ProviderCall) {
    this.call = call;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.aborted = promise;
    call.signal?.addEventListener('abort', () => {
      resolve(call.signal?.reason);
      this.#wake();
    });
  }

  say(...texts: readonly string[]): this {
    for (const text of texts) this.#push({ part: { type: 'text', text } });
    return this;
  }

  part(part: ProviderPart): this {
    return this.#push({ part });
  }

  finish(usage: ProviderUsage, reason: ProviderAnswer['finishReason'] = 'STOP'): this {
    return this.#push({ part: { type: 'finish', reason, usage } });
  }

  fail(failure: unknown): this {
    return this.#push({ failure });
  }

  cut(): this {
    return this.#push({ cut: true });
  }

  async *parts(): AsyncGenerator<ProviderPart, void> {
    for (;;) {
      const step = await this.#next();
      if ('cut' in step) return;
      if ('failure' in step) throw step.failure;
      this.taken += 1;
      yield step.part;
    }
  }

  #push(step: Step): this {
    this.#steps.push(step);
    this.#wake();
    return this;
  }

  async #next(): Promise<Step> {
    for (;;) {
      this.call.signal?.throwIfAborted();
      const step = this.#steps.shift();
      if (step !== undefined) return step;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting = resolve;
      await promise;
    }
  }

  #wake(): void {
    this.#waiting?.();
    this.#waiting = undefined;
  }
}

export interface ScriptedProvider extends Provider {
  /** Every call so far. */
  readonly calls: readonly ScriptedCall[];
  /** The call after those that were taken; waits for it. */
  next(): Promise<ScriptedCall>;
  /** From now on every call is played so. */
  always(play: (call: ScriptedCall, number: number) => unknown): void;
}

/** A provider that a test plays, call by call; provider.ts is its contract as it is any vendor's. */
export function scriptedProvider(): ScriptedProvider {
  const calls: ScriptedCall[] = [];
  const waiting: ((call: ScriptedCall) => void)[] = [];
  let taken = 0;
  let always: ((call: ScriptedCall, number: number) => unknown) | undefined;

  function begin(call: ProviderCall): ScriptedCall {
    const scripted = new ScriptedCall(call);
    calls.push(scripted);
    always?.(scripted, calls.length);
    const waiter = waiting.shift();
    if (waiter !== undefined) {
      taken += 1;
      waiter(scripted);
    }
    return scripted;
  }

  return {
    calls,
    async next() {
      const call = calls[taken];
      if (call !== undefined) {
        taken += 1;
        return call;
      }
      const { promise, resolve } = Promise.withResolvers<ScriptedCall>();
      waiting.push(resolve);
      return promise;
    },
    always(play) {
      always = play;
    },
    stream: (call) => begin(call).parts(),
    async generate(call) {
      let text = '';
      let reasoning = '';
      const built = new AnswerBuilder();
      for await (const part of begin(call).parts()) {
        built.add(part);
        if (part.type === 'text') text += part.text;
        if (part.type === 'reasoning') reasoning += part.text;
        if (part.type === 'finish') {
          const { reason: finishReason, usage } = part;
          const { extras } = built.answer(part);
          const hasBlocks = extras?.providerBlocks !== undefined;
          const answer = { text, reasoning: reasoning || null, toolCalls: [], finishReason, usage };
          return hasBlocks ? { ...answer, extras } : answer;
        }
      }
      throw buildFailure('PROVIDER_ERROR', true);
    },
    /** A part of type usage answers one value, and the values sent are the call's messages. */
    async embed({ values, progress, ...call }): Promise<EmbeddingAnswer> {
      const messages = values.map((text) => ({ role: 'user', parts: [{ type: 'text', text }] }) as const);
      const vectors: number[][] = [];
      let usage = buildUsage(0, 0);
      progress?.sends(1);
      for await (const part of begin({ ...call, messages }).parts()) {
        if (part.type === 'usage') {
          usage = addUsage(usage, part.usage);
          vectors.push([values.length, vectors.length]);
          progress?.answered({ vectors: vectors.slice(-1), usage: part.usage });
          progress?.sends(1);
        }
        if (part.type === 'finish') {
          const rest = values.slice(vectors.length).map(() => [1, 0]);
          return { vectors: [...vectors, ...rest], usage: addUsage(usage, part.usage) };
        }
      }
      throw buildFailure('PROVIDER_ERROR', true);
    },
  };
}
