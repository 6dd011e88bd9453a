// Generated from providers/*/vendor.ts by `npm run schema:compose`: do not edit.
import type { ProviderKind } from '#core/graph-enums.generated.ts';
import anthropic from '../anthropic/vendor.ts';
import azureOpenai from '../azure-openai/vendor.ts';
import bedrock from '../bedrock/vendor.ts';
import cerebras from '../cerebras/vendor.ts';
import cohere from '../cohere/vendor.ts';
import deepseek from '../deepseek/vendor.ts';
import demo from '../demo/vendor.ts';
import fireworks from '../fireworks/vendor.ts';
import google from '../google/vendor.ts';
import groq from '../groq/vendor.ts';
import mistral from '../mistral/vendor.ts';
import ollama from '../ollama/vendor.ts';
import openai from '../openai/vendor.ts';
import openaiCompatible from '../openai-compatible/vendor.ts';
import openrouter from '../openrouter/vendor.ts';
import perplexity from '../perplexity/vendor.ts';
import together from '../together/vendor.ts';
import vertex from '../vertex/vendor.ts';
import vllm from '../vllm/vendor.ts';
import xai from '../xai/vendor.ts';
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
