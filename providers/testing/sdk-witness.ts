import { createAnthropic } from '@ai-sdk/anthropic';
import { createCerebras } from '@ai-sdk/cerebras';
import { createCohere } from '@ai-sdk/cohere';
import { createDeepSeek } from '@ai-sdk/deepseek';
import { createFireworks } from '@ai-sdk/fireworks';
import { createGoogle } from '@ai-sdk/google';
import { createGroq } from '@ai-sdk/groq';
import { createMistral } from '@ai-sdk/mistral';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { createPerplexity } from '@ai-sdk/perplexity';
import type { ProviderV4 } from '@ai-sdk/provider';
import { createXai } from '@ai-sdk/xai';
import type { LanguageProvider, ProviderKind, ProviderOptions } from '../provider.ts';
import { vendors } from '../registry/vendors.generated.ts';
import { boundOutput } from '../wires/messages/output-bounds.ts';
import { presetKinds } from './preset-kinds.ts';
import { createSdkProvider } from './sdk-provider.ts';

type Models = Pick<ProviderV4, 'languageModel'>;
type Settings = {
  readonly baseURL: string;
  readonly apiKey: string;
  readonly fetch: typeof globalThis.fetch;
};

/** The package for compatible servers, of which the packages of many vendors are made. */
export function createCompatibleModels(settings: Settings): Models {
  return createOpenAICompatible({
    ...settings,
    name: 'openaiCompatible',
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
}

const presets: ReadonlySet<ProviderKind> = new Set(presetKinds);

const makers: Partial<Record<ProviderKind, readonly [path: string, make: (settings: Settings) => Models]>> = {
  ANTHROPIC: ['/v1', createAnthropic],
  CEREBRAS: ['/v1', createCerebras],
  COHERE: ['/v2', createCohere],
  DEEPSEEK: ['', createDeepSeek],
  FIREWORKS: ['/inference/v1', createFireworks],
  GOOGLE: ['/v1beta', createGoogle],
  GROQ: ['/openai/v1', createGroq],
  MISTRAL: ['/v1', createMistral],
  OPENAI: ['/v1', createOpenAI],
  OPENAI_COMPATIBLE: ['/v1', createCompatibleModels],
  PERPLEXITY: ['', createPerplexity],
  XAI: ['/v1', createXai],
};

/** A provider that leaves both request and answer to the AI SDK's package: the witness of our own decoders. */
export function sdkWitness(
  options: Pick<ProviderOptions, 'kind' | 'baseUrl' | 'secret' | 'fetch'>,
): LanguageProvider {
  const { kind, baseUrl, secret, fetch } = options;
  const preset = presets.has(kind) ? ([vendors[kind].basePath, createCompatibleModels] as const) : [];
  const [path, make] = makers[kind] ?? preset;
  if (path === undefined || make === undefined) throw new Error(`No witness for ${kind}.`);
  const models = make({ baseURL: `${baseUrl}${path}`, apiKey: secret ?? '', fetch });
  return createSdkProvider({ models, secret, ...(kind === 'ANTHROPIC' ? { adjust: boundOutput } : {}) });
}
