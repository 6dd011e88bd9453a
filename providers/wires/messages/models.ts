import { perModel } from '../shared/model-cache.ts';

/** What the messages API takes from one of its AI models. */
export interface ClaudeModel {
  readonly outputTokensMax: number;
  /** False for one that is newer than this release, or no Claude: its limit is not known, and none is enforced. */
  readonly isKnown: boolean;
  /** It keeps to JSON Schemas by itself. */
  readonly nativeOutput: boolean;
  /** `effort`: it decides by itself how long it thinks; `budget`: within a number of tokens. */
  readonly thinking: 'effort' | 'budget';
  /** What takes the place of no thinking: none at all, only between calls of tools, or the least effort. */
  readonly withoutThinking: 'disabled' | 'between_tools' | 'low';
  /** It takes temperature and top_p. */
  readonly takesSampling: boolean;
  readonly takesXhighEffort: boolean;
  /** It can be made to call a tool. */
  readonly takesForcedTools: boolean;
}

const older: ClaudeModel = {
  outputTokensMax: 4096,
  isKnown: true,
  nativeOutput: false,
  thinking: 'budget',
  withoutThinking: 'disabled',
  takesSampling: true,
  takesXhighEffort: false,
  takesForcedTools: true,
};
const generation46: ClaudeModel = {
  ...older,
  outputTokensMax: 128_000,
  nativeOutput: true,
  thinking: 'effort',
};
const newer: ClaudeModel = { ...generation46, takesSampling: false, takesXhighEffort: true };

/** The first pattern that a model's name holds decides. */
const models: readonly (readonly [RegExp, ClaudeModel])[] = [
  [/claude-sonnet-5-5/, { ...newer, withoutThinking: 'between_tools', takesForcedTools: false }],
  [/claude-opus-5-5|claude-fable-5-[12]/, { ...newer, withoutThinking: 'low', takesForcedTools: false }],
  [/claude-fable-5/, { ...newer, withoutThinking: 'low' }],
  [/claude-(?:haiku-5-5|opus-5|opus-4-[78]|sonnet-5)/, newer],
  [/claude-(?:sonnet|opus)-4-6/, generation46],
  [/claude-(?:sonnet|opus|haiku)-4-5/, { ...older, outputTokensMax: 64_000, nativeOutput: true }],
  [/claude-opus-4-1/, { ...older, outputTokensMax: 32_000, nativeOutput: true }],
  [/claude-sonnet-4[-@]/, { ...older, outputTokensMax: 64_000 }],
  [/claude-opus-4[-@]/, { ...older, outputTokensMax: 32_000 }],
  [/claude-3-haiku/, older],
  [/claude-(?:instant(?:-|$)|v?2(?=$|[-.:])|3(?=$|[-.]))/, { ...older, isKnown: false }],
  [/claude-/, { ...newer, isKnown: false }],
];

function readModel(name: string): ClaudeModel {
  return models.find(([pattern]) => pattern.test(name))?.[1] ?? { ...older, isKnown: false };
}

/** What is known of an AI model by its name at Anthropic, Bedrock or Vertex. */
export const claudeModel = perModel(readModel);
