import type { ProviderKind } from '../provider.ts';

/** Kinds that speak the chat completions of compatible servers, with or without differences of their own. */
export const presetKinds = [
  'AI21',
  'BASETEN',
  'CLOUDFLARE',
  'DATABRICKS',
  'DEEPINFRA',
  'GITHUB_MODELS',
  'HUGGING_FACE',
  'HYPERBOLIC',
  'INFERENCE_NET',
  'LITELLM',
  'LLAMA_CPP',
  'LM_STUDIO',
  'MINIMAX',
  'MOONSHOT',
  'NEBIUS',
  'NOVITA',
  'NVIDIA',
  'OVHCLOUD',
  'QWEN',
  'SAMBANOVA',
  'SCALEWAY',
  'SGLANG',
  'SILICONFLOW',
  'SNOWFLAKE',
  'UPSTAGE',
  'VERCEL_AI_GATEWAY',
  'ZAI',
  'ZHIPU',
] as const satisfies readonly ProviderKind[];

/** Kinds that embed and have no chat. */
export const embeddingKinds = ['JINA', 'VOYAGE'] as const satisfies readonly ProviderKind[];

/** Kinds that moderate and have neither. */
export const moderationKinds = ['AZURE_CONTENT_SAFETY'] as const satisfies readonly ProviderKind[];

/** Preset kinds that do not embed. */
export const chatOnlyKinds: ReadonlySet<ProviderKind> = new Set([
  'AI21',
  'BASETEN',
  'HUGGING_FACE',
  'HYPERBOLIC',
  'MINIMAX',
  'MOONSHOT',
  'SNOWFLAKE',
]);

/** How many values a preset kind takes in one request of embeddings, where it is not 2048. */
export const valuesPerRequest: Partial<Record<ProviderKind, number>> = {
  JINA: 512,
  QWEN: 10,
  SILICONFLOW: 32,
  UPSTAGE: 100,
  VOYAGE: 1000,
  ZAI: 64,
  ZHIPU: 64,
};
