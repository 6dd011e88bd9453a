import type { Capability, Modality } from '#core/graph-enums.generated.ts';
/** What the catalog of prices does not have: abilities and output limits, from the names of vendors. */
export interface ModelTraits {
  readonly capabilities: readonly Capability[];
  readonly inputModalities: readonly Modality[];
  readonly outputModalities: readonly Modality[];
  readonly maxOutputTokens: number | null;
}

interface Family {
  readonly name: RegExp;
  readonly also: readonly Capability[];
  readonly maxOutputTokens: number | null;
}

const tools: readonly Capability[] = ['TOOLS', 'STRUCTURED_OUTPUT'];

/** Open models from before tools. */
const olderOpen =
  /wizardlm|alpaca|code-?llama|(^|[/-])yi-|solar-10|openchat|phi-[23]|gemma-?2?-(2|7|9|27)b|toppy|remm|mythalion|goliath|airoboros|platypus|striped|capybara|nexusraven|olmo-7b|titan-text|midnight-rose|euryale|stheno|lunaris|noromaid|fimbulvetr|magnum|celeste|starcannon|inferor|sorcerer|xwin|llemma|weaver|palm-2|aya-expanse/;

/** The first that fits counts. Names are matched anywhere, since Bedrock and others put a vendor in front. */
const families: readonly Family[] = [
  { name: /claude-3-(opus|sonnet|haiku)/, also: [...tools, 'VISION'], maxOutputTokens: 4096 },
  { name: /claude-3[-.]5/, also: [...tools, 'VISION'], maxOutputTokens: 8192 },
  { name: /claude-opus-4-[01]/, also: [...tools, 'VISION', 'REASONING'], maxOutputTokens: 32_000 },
  {
    name: /claude-(3[-.]7|\d-(opus|sonnet)|opus|sonnet|haiku|fable)/,
    also: [...tools, 'VISION', 'REASONING'],
    maxOutputTokens: 64_000,
  },
  { name: /gpt-oss/, also: [...tools, 'REASONING'], maxOutputTokens: null },
  { name: /gpt-(5|6)|codex-mini/, also: [...tools, 'VISION', 'REASONING'], maxOutputTokens: 128_000 },
  { name: /gpt-4\.1/, also: [...tools, 'VISION'], maxOutputTokens: 32_768 },
  { name: /gpt-4o|chatgpt-4o|gpt-chat/, also: [...tools, 'VISION'], maxOutputTokens: 16_384 },
  { name: /gpt-4-turbo/, also: ['TOOLS', 'VISION'], maxOutputTokens: 4096 },
  { name: /gpt-(4|3\.5)/, also: ['TOOLS'], maxOutputTokens: 4096 },
  { name: /(^|[./])o[134](-|$)/, also: [...tools, 'REASONING'], maxOutputTokens: 100_000 },
  { name: /gemini-(2\.5|[3-9])/, also: [...tools, 'VISION', 'REASONING'], maxOutputTokens: 65_536 },
  { name: /gemini/, also: [...tools, 'VISION'], maxOutputTokens: 8192 },
  {
    name: /deepseek-?(reasoner|r1)|[-.]r1[-.]|magistral|qwq|sonar-reasoning/,
    also: [...tools, 'REASONING'],
    maxOutputTokens: null,
  },
  { name: /grok-(4|3-mini)/, also: [...tools, 'REASONING'], maxOutputTokens: null },
  {
    name: /pixtral|llama-?4|mistral-(medium|small)-(3|latest|26)/,
    also: [...tools, 'VISION'],
    maxOutputTokens: null,
  },
  {
    name: /minimax-?m\d|nemotron-3|magistral|olmo-3|mimo-v2|step-3|seed-[12]|phi-4-reasoning/,
    also: [...tools, 'REASONING'],
    maxOutputTokens: null,
  },
  {
    name: /gemma-?[34]|gemma-sea-lion|phi-4-multimodal|ernie-.*-vl|ui-tars/,
    also: [...tools, 'VISION'],
    maxOutputTokens: null,
  },
  { name: /(^|\/)sonar|r1-1776/, also: ['STRUCTURED_OUTPUT'], maxOutputTokens: null },
  { name: olderOpen, also: [], maxOutputTokens: null },
  {
    name: /mistral|ministral|codestral|devstral|command-(a|r)|grok|deepseek|llama-?v?3|qwen|kimi|glm|nova/,
    also: tools,
    maxOutputTokens: null,
  },
];

const unknown: ModelTraits = {
  capabilities: [],
  inputModalities: [],
  outputModalities: [],
  maxOutputTokens: null,
};

/** Abilities of nearly every model that is sold by tokens. */
const usual: ModelTraits = {
  capabilities: ['CHAT', 'STREAMING', ...tools],
  inputModalities: ['TEXT'],
  outputModalities: ['TEXT'],
  maxOutputTokens: null,
};

/** Traits of a model that a catalog states is a chat or embedding model of its vendor. */
export function guessOfferedTraits(name: string): ModelTraits {
  const traits = guessTraits(name);
  return traits.capabilities.length === 0 ? usual : traits;
}

/** Traits of a model by the provider's own name of it; all lists are empty for an unknown name. */
export function guessTraits(name: string): ModelTraits {
  const lower = name.toLowerCase();
  if (/embed|bge-|gte-|e5-|^voyage-/.test(lower)) {
    return {
      capabilities: ['EMBEDDINGS'],
      inputModalities: ['TEXT'],
      outputModalities: ['EMBEDDING'],
      maxOutputTokens: null,
    };
  }
  if (/moderation/.test(lower)) {
    return {
      capabilities: ['MODERATION'],
      inputModalities: ['TEXT'],
      outputModalities: ['TEXT'],
      maxOutputTokens: null,
    };
  }
  const family = families.find((candidate) => candidate.name.test(lower));
  if (family === undefined) {
    return unknown;
  }
  return {
    capabilities: ['CHAT', 'STREAMING', ...family.also],
    inputModalities: family.also.includes('VISION') ? ['TEXT', 'IMAGE'] : ['TEXT'],
    outputModalities: ['TEXT'],
    maxOutputTokens: family.maxOutputTokens,
  };
}

/** Names that are neither chat nor embedding models, or no names that can be called. */
const uncallable =
  /audio|realtime|rerank|lyria|moondream|distilbert|m2m100|indictrans|tts|transcri|whisper|image|moderation|ocr|voice|voxtral|sonic|live|guard|omni|computer-use|deep-research|:|^ft|\.ft-|davinci|curie|babbage|^ada$|vision-preview|claude-(2|v1|3-(sonnet|opus|haiku|5))|gpt-(3|4$|4-|4\.5)|gemini-(1|flash-1|pro$|pro-1|2\.0)|preview-0|^regional\.|llama-?2-|llama2|vicuna|qwen1\.5|redpajama|mythomax|hermes|orca|o1-(mini|preview)/;

/** Whether the catalog's entry is a chat or embedding model that its vendor still offers. */
export function isCurrent(name: string): boolean {
  return !uncallable.test(name.toLowerCase().replace(/(-v\d+)?:\d+$/, ''));
}
