import { type Capability, type Modality, ProviderKind } from '../graph-enums.ts';
/** Every kind of provider there is. */
export const providerKinds = Object.values(ProviderKind);

/** What is known of a kind of provider without calling it. docs/providers.md tells it to people. */
export interface ProviderVendor {
  /** The id of the provider that the environment registers at start. */
  readonly id: string;
  readonly label: string;
  /** The vendor's own address, as far as its version; null: it depends on region, resource or deployment. */
  readonly baseUrl: string | null;
  /** Added to a base URL that is a bare origin, so that `https://host` and `https://host/v1` both work. */
  readonly basePath: string;
  /** What createProvider cannot do without. */
  readonly requires: readonly ('secret' | 'baseUrl' | 'region')[];
  /**
   * Variables that register it at start; where several are set, the first of them is used. `secret` is one name or several whose values
   * are joined by ':' (parts after the second are optional).
   */
  readonly environment: {
    readonly secret?: readonly (readonly string[])[];
    readonly baseUrl?: readonly string[];
    readonly region?: readonly string[];
  };
  /** Its catalogue of models in @pydantic/genai-prices; null where models are the admin's to name. */
  readonly pricesId: string | null;
  /** True: its AI models run on machines of one's own, and cost 0 unless a price is given. */
  readonly isFree?: true;
}

export const providerVendors: Readonly<Record<ProviderKind, ProviderVendor>> = {
  DEMO: {
    id: 'demo',
    label: 'Demo (in process, no AI)',
    baseUrl: null,
    basePath: '',
    requires: [],
    environment: {},
    pricesId: null,
    isFree: true,
  },
  OPENAI: {
    id: 'openai',
    label: 'OpenAI',
    baseUrl: 'https://api.openai.com/v1',
    basePath: '/v1',
    requires: ['secret'],
    environment: { secret: [['OPENAI_API_KEY']], baseUrl: ['OPENAI_BASE_URL'] },
    pricesId: 'openai',
  },
  OPENAI_COMPATIBLE: {
    id: 'openai-compatible',
    label: 'Any server with an OpenAI-compatible API',
    baseUrl: null,
    basePath: '/v1',
    requires: ['baseUrl'],
    environment: { secret: [['OPENAI_COMPATIBLE_API_KEY']], baseUrl: ['OPENAI_COMPATIBLE_BASE_URL'] },
    pricesId: null,
  },
  AZURE_OPENAI: {
    id: 'azure',
    label: 'Azure OpenAI',
    baseUrl: null,
    basePath: '/openai',
    requires: ['secret', 'baseUrl'],
    environment: {
      secret: [['AZURE_OPENAI_API_KEY'], ['AZURE_API_KEY']],
      baseUrl: ['AZURE_OPENAI_ENDPOINT'],
    },
    pricesId: 'azure',
  },
  ANTHROPIC: {
    id: 'anthropic',
    label: 'Anthropic',
    baseUrl: 'https://api.anthropic.com/v1',
    basePath: '/v1',
    requires: ['secret'],
    environment: { secret: [['ANTHROPIC_API_KEY']], baseUrl: ['ANTHROPIC_BASE_URL'] },
    pricesId: 'anthropic',
  },
  GOOGLE: {
    id: 'google',
    label: 'Google Gemini API',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    basePath: '/v1beta',
    requires: ['secret'],
    environment: {
      secret: [['GEMINI_API_KEY'], ['GOOGLE_GENERATIVE_AI_API_KEY'], ['GOOGLE_API_KEY']],
      baseUrl: ['GOOGLE_GEMINI_BASE_URL'],
    },
    pricesId: 'google',
  },
  VERTEX: {
    id: 'vertex',
    label: 'Google Vertex AI',
    baseUrl: null,
    basePath: '',
    requires: ['secret'],
    environment: {
      secret: [['GOOGLE_VERTEX_API_KEY'], ['GOOGLE_VERTEX_CREDENTIALS']],
      baseUrl: ['GOOGLE_VERTEX_BASE_URL'],
      region: ['GOOGLE_VERTEX_LOCATION', 'GOOGLE_CLOUD_LOCATION'],
    },
    pricesId: 'google',
  },
  BEDROCK: {
    id: 'bedrock',
    label: 'Amazon Bedrock',
    baseUrl: null,
    basePath: '',
    requires: ['secret', 'region'],
    environment: {
      secret: [
        ['AWS_BEARER_TOKEN_BEDROCK'],
        ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
      ],
      baseUrl: ['AWS_ENDPOINT_URL_BEDROCK_RUNTIME'],
      region: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
    },
    pricesId: 'aws',
  },
  MISTRAL: {
    id: 'mistral',
    label: 'Mistral AI',
    baseUrl: 'https://api.mistral.ai/v1',
    basePath: '/v1',
    requires: ['secret'],
    environment: { secret: [['MISTRAL_API_KEY']], baseUrl: ['MISTRAL_BASE_URL'] },
    pricesId: 'mistral',
  },
  COHERE: {
    id: 'cohere',
    label: 'Cohere',
    baseUrl: 'https://api.cohere.com/v2',
    basePath: '/v2',
    requires: ['secret'],
    environment: { secret: [['COHERE_API_KEY'], ['CO_API_KEY']], baseUrl: ['COHERE_BASE_URL'] },
    pricesId: 'cohere',
  },
  GROQ: {
    id: 'groq',
    label: 'Groq',
    baseUrl: 'https://api.groq.com/openai/v1',
    basePath: '/openai/v1',
    requires: ['secret'],
    environment: { secret: [['GROQ_API_KEY']] },
    pricesId: 'groq',
  },
  DEEPSEEK: {
    id: 'deepseek',
    label: 'DeepSeek',
    baseUrl: 'https://api.deepseek.com',
    basePath: '',
    requires: ['secret'],
    environment: { secret: [['DEEPSEEK_API_KEY']], baseUrl: ['DEEPSEEK_BASE_URL'] },
    pricesId: 'deepseek',
  },
  XAI: {
    id: 'xai',
    label: 'xAI',
    baseUrl: 'https://api.x.ai/v1',
    basePath: '/v1',
    requires: ['secret'],
    environment: { secret: [['XAI_API_KEY']], baseUrl: ['XAI_BASE_URL'] },
    pricesId: 'x-ai',
  },
  TOGETHER: {
    id: 'together',
    label: 'Together AI',
    baseUrl: 'https://api.together.xyz/v1',
    basePath: '/v1',
    requires: ['secret'],
    environment: { secret: [['TOGETHER_API_KEY'], ['TOGETHER_AI_API_KEY']] },
    pricesId: 'together',
  },
  FIREWORKS: {
    id: 'fireworks',
    label: 'Fireworks AI',
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    basePath: '/inference/v1',
    requires: ['secret'],
    environment: { secret: [['FIREWORKS_API_KEY']] },
    pricesId: 'fireworks',
  },
  PERPLEXITY: {
    id: 'perplexity',
    label: 'Perplexity',
    baseUrl: 'https://api.perplexity.ai',
    basePath: '',
    requires: ['secret'],
    environment: { secret: [['PERPLEXITY_API_KEY']] },
    pricesId: 'perplexity',
  },
  CEREBRAS: {
    id: 'cerebras',
    label: 'Cerebras',
    baseUrl: 'https://api.cerebras.ai/v1',
    basePath: '/v1',
    requires: ['secret'],
    environment: { secret: [['CEREBRAS_API_KEY']] },
    pricesId: 'cerebras',
  },
  OLLAMA: {
    id: 'ollama',
    label: 'Ollama',
    baseUrl: 'http://127.0.0.1:11434/v1',
    basePath: '/v1',
    requires: [],
    environment: { baseUrl: ['OLLAMA_BASE_URL'] },
    pricesId: null,
    isFree: true,
  },
  VLLM: {
    id: 'vllm',
    label: 'vLLM',
    baseUrl: null,
    basePath: '/v1',
    requires: ['baseUrl'],
    environment: { secret: [['VLLM_API_KEY']], baseUrl: ['VLLM_BASE_URL'] },
    pricesId: null,
    isFree: true,
  },
};

/** Paths of calls, which vendors' pages show whole: a base URL ends above them. */
const endpoints = [
  /\/(?:chat\/)?completions$/,
  /\/(?:responses|messages|embeddings|models)$/,
  /\/(?:v\d+\/(?:chat|embed)|api\/(?:chat|generate|embed|tags))$/,
  /\/models\/[^/]+:\w+$/,
  /\/model\/[^/]+\/(?:converse|converse-stream|invoke|invoke-with-response-stream)$/,
];
/** How much of a match is the call's: a version stays. */
const version = /^\/v\d+/;

/** The path of a call at the end of a base URL's path, such as /chat/completions; null for none. */
export function endpointOfPath(path: string): string | null {
  const lower = path.replace(/\/+$/, '').toLowerCase();
  for (const endpoint of endpoints) {
    const [found] = endpoint.exec(lower) ?? [];
    if (found !== undefined) return found.replace(version, '');
  }
  return null;
}

/** A provider that the environment asks for. */
export interface EnvironmentProvider {
  readonly id: string;
  readonly kind: ProviderKind;
  readonly baseUrl: string | null;
  readonly region: string | null;
  readonly secret: string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

function firstSet(names: readonly string[] | undefined, environment: Environment): string | null {
  for (const name of names ?? []) {
    const value = environment[name]?.trim();
    if (value) return value;
  }
  return null;
}

function firstSecret(vendor: ProviderVendor, environment: Environment): string | null {
  for (const names of vendor.environment.secret ?? []) {
    const values = names.map((name) => environment[name]?.trim() ?? '');
    const demanded = values.slice(0, 2);
    if (demanded.every(Boolean)) return values.filter(Boolean).join(':');
  }
  return null;
}

/**
 * The providers that have their variables set, in the table's order: all that `requires` names, and at least a secret
 * or a base URL. A vendor without a required region (AWS_REGION, …) is left out.
 */
export function providersOf(environment: Environment): readonly EnvironmentProvider[] {
  return providerKinds.flatMap((kind) => {
    const vendor = providerVendors[kind];
    const secret = firstSecret(vendor, environment);
    const baseUrl = firstSet(vendor.environment.baseUrl, environment);
    const region = firstSet(vendor.environment.region, environment);
    const given = { secret, baseUrl, region };
    const complete = vendor.requires.every((need) => given[need] !== null);
    if (!complete || (secret === null && baseUrl === null)) return [];
    return [{ id: vendor.id, kind, baseUrl, region, secret }];
  });
}

/** Every variable that `providersOf` reads. */
export const providerVariables: readonly string[] = [
  ...new Set(
    Object.values(providerVendors).flatMap(({ environment }) => [
      ...(environment.secret ?? []).flat(),
      ...(environment.baseUrl ?? []),
      ...(environment.region ?? []),
    ]),
  ),
];

/** The id of the provider that every start makes. */
export const demoProviderId = 'demo';

/** A model of the demo provider; its graph id is `demo/<name>` and its price is zero. */
export interface DemoModel {
  readonly name: string;
  readonly description: string;
  readonly capabilities: readonly Capability[];
  readonly inputModalities: readonly Modality[];
  readonly outputModalities: readonly Modality[];
  readonly contextTokens: number;
  readonly maxOutputTokens: number | null;
}

function demoChat(name: string, description: string): DemoModel {
  return {
    name,
    description,
    capabilities: ['CHAT', 'STREAMING', 'TOOLS', 'STRUCTURED_OUTPUT'],
    inputModalities: ['TEXT', 'IMAGE'],
    outputModalities: ['TEXT'],
    contextTokens: 1_000_000,
    maxOutputTokens: 1_000_000,
  };
}

export const demoModels: readonly DemoModel[] = [
  demoChat('echo', 'A demo, no AI: answers with the last user message, streamed word by word.'),
  demoChat('slow', 'A demo, no AI: as echo, 50 ms before each word.'),
  demoChat('flaky', 'A demo, no AI: fails on every odd attempt of the same input, echoes on every even one.'),
  demoChat('cut', 'A demo, no AI: streams half of the words, then fails.'),
  demoChat('down', 'A demo, no AI: always fails; for trying fallback.'),
  {
    name: 'embed',
    description: 'A demo, no AI: deterministic unit vectors, close to each other for texts that share words.',
    capabilities: ['EMBEDDINGS'],
    inputModalities: ['TEXT'],
    outputModalities: ['EMBEDDING'],
    contextTokens: 8192,
    maxOutputTokens: null,
  },
];
