import type { LanguageModelV4CallOptions, ProviderV4 } from '@ai-sdk/provider';
import { toFailure } from '../failure/failure.ts';
import type { LanguageProvider, ProviderCall, ProviderPart } from '../provider.ts';
import { toCallOptions } from '../translate/call-options.ts';
import { cutShort } from '../translate/completeness.ts';
import type { ConversationRules } from '../translate/conversation.ts';
import { checkWarnings } from '../translate/warnings.ts';
import { LinkedAbort } from '../wires/shared/linked-abort.ts';
import { perModel } from '../wires/shared/model-cache.ts';
import { toAnswer } from './sdk-answer.ts';
import { PartTranslator } from './sdk-parts.ts';

export interface SdkProviderOptions {
  readonly models: Pick<ProviderV4, 'languageModel'>;
  /** Kept out of every message. */
  readonly secret: string | null;
  /** What this vendor's API demands of a conversation. */
  readonly rules?: ConversationRules;
  /** What this vendor needs beside the options of all. */
  readonly adjust?: (options: LanguageModelV4CallOptions, call: ProviderCall) => void;
}

/** A provider over one of the AI SDK's packages, at the level of its language models. */
export function createSdkProvider(options: SdkProviderOptions): LanguageProvider {
  const { models, secret, rules, adjust } = options;
  const languageModel = perModel((id) => models.languageModel(id));

  function callOptions(call: ProviderCall): LanguageModelV4CallOptions {
    const prepared = toCallOptions(call, rules);
    adjust?.(prepared, call);
    return prepared;
  }

  async function* stream(call: ProviderCall): AsyncGenerator<ProviderPart, void, undefined> {
    using abort = new LinkedAbort(call.signal);
    const parts = new PartTranslator({ call, secret });
    try {
      call.signal?.throwIfAborted();
      const prepared = callOptions(call);
      prepared.abortSignal = abort.signal;
      const result = await languageModel(call.model).doStream(prepared);
      const reader = result.stream.getReader();
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        const part = parts.translate(read.value);
        if (part === null) continue;
        yield part;
        if (parts.finished) return;
        call.signal?.throwIfAborted();
      }
      throw cutShort();
    } catch (error) {
      throw toFailure(error, call.signal, secret);
    } finally {
      abort.abort(new Error('The stream is no longer read.'));
    }
  }

  return {
    stream,
    async generate(call) {
      try {
        call.signal?.throwIfAborted();
        const result = await languageModel(call.model).doGenerate(callOptions(call));
        checkWarnings(result.warnings);
        return toAnswer(result, call);
      } catch (error) {
        throw toFailure(error, call.signal, secret);
      }
    },
  };
}
