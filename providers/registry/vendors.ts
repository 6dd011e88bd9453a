// Generated from providers/*/vendor.ts by `npm run schema:compose`: do not edit.
import type { ProviderKind } from '#core/graph-enums.ts';
import { vendor as anthropic } from '../anthropic/vendor.ts';
import { vendor as azureOpenai } from '../azure-openai/vendor.ts';
import { vendor as bedrock } from '../bedrock/vendor.ts';
import { vendor as cerebras } from '../cerebras/vendor.ts';
import { vendor as cohere } from '../cohere/vendor.ts';
import { vendor as deepseek } from '../deepseek/vendor.ts';
import { vendor as demo } from '../demo/vendor.ts';
import { vendor as fireworks } from '../fireworks/vendor.ts';
import { vendor as google } from '../google/vendor.ts';
import { vendor as groq } from '../groq/vendor.ts';
import { vendor as mistral } from '../mistral/vendor.ts';
import { vendor as ollama } from '../ollama/vendor.ts';
import { vendor as openai } from '../openai/vendor.ts';
import { vendor as openaiCompatible } from '../openai-compatible/vendor.ts';
import { vendor as openrouter } from '../openrouter/vendor.ts';
import { vendor as perplexity } from '../perplexity/vendor.ts';
import { vendor as together } from '../together/vendor.ts';
import { vendor as vertex } from '../vertex/vendor.ts';
import { vendor as vllm } from '../vllm/vendor.ts';
import { vendor as xai } from '../xai/vendor.ts';
import type { Vendor } from '../vendor.ts';

/** Every vendor by its kind. */
export const vendors: Readonly<Record<ProviderKind, Vendor>> = {
  ANTHROPIC: anthropic,
  AZURE_OPENAI: azureOpenai,
  BEDROCK: bedrock,
  CEREBRAS: cerebras,
  COHERE: cohere,
  DEEPSEEK: deepseek,
  DEMO: demo,
  FIREWORKS: fireworks,
  GOOGLE: google,
  GROQ: groq,
  MISTRAL: mistral,
  OLLAMA: ollama,
  OPENAI: openai,
  OPENAI_COMPATIBLE: openaiCompatible,
  OPENROUTER: openrouter,
  PERPLEXITY: perplexity,
  TOGETHER: together,
  VERTEX: vertex,
  VLLM: vllm,
  XAI: xai,
};
