import {
  defineRule,
  type GuardrailStage,
  guardrailStages,
  nothingFound,
  type RuleContext,
} from '../../guardrail.ts';
import { askAll } from '../judge/judging.ts';
import { type QuestionWindow, readWindows, type WindowBounds } from '../judge/windows.ts';
import { breakTemplates, type Classification, chatFormats } from './chat-formats.ts';
import { type ModerationOptions, moderationOptions } from './options.ts';
import { classifyScores } from './scores.ts';

/** AI models for moderation have short contexts. */
const bounds: WindowBounds = { charactersMax: 8_000, overlap: 400, windowsMax: 24 };
/** A verdict with its codes; one with reasons is cut after it, which does not change it. */
const outputTokensMax = 100;

/** Has an AI model for moderation classify the texts. */
export const moderation = defineRule({
  name: 'moderation',
  summary:
    'Harmful texts, by an AI model for moderation: Llama Guard, Granite Guardian or ShieldGemma, or those of OpenAI, Mistral and Azure AI Content Safety.',
  options: moderationOptions,
  stages: guardrailStages,
  hasSpans: false,
  reach: 'REMOTE',
  prepare: (options) => ({
    callsModels: true,
    rememberBy: () => '',
    async check(texts, context) {
      const { values, failure } = await askAll(readWindows(texts, bounds), (window) =>
        classify(window, options, context),
      );
      const denied = values.filter((each) => isDenied(each, options));
      if (denied.length === 0) {
        if (failure !== null) throw failure.reason;
        return nothingFound;
      }
      const codes = [...new Set(denied.flatMap(({ categories }) => categories))].filter(
        (code) => options.categories?.includes(code) ?? true,
      );
      const named = codes.length === 0 ? '' : ` (${codes.sort().join(', ')})`;
      return { fired: true, reason: `the AI model for moderation finds it unsafe${named}`, findings: [] };
    },
  }),
});

async function classify(
  window: QuestionWindow,
  options: ModerationOptions,
  { callModel, moderate }: RuleContext,
): Promise<Classification> {
  const { model, timeoutMs, format, thresholds } = options;
  if (format === 'SCORES') {
    if (moderate === undefined) throw createUncallable();
    const texts = window.map(({ text, stages }) => ({ text, isDocument: stages.some(isOfOthers) }));
    return classifyScores(await moderate({ model, timeoutMs, texts }), thresholds);
  }
  if (callModel === undefined) throw createUncallable();
  const text = window.map((part) => breakTemplates(part.text)).join('\n\n');
  const question = chatFormats[format].write(text, options);
  const answer = await callModel({ model, timeoutMs, maxOutputTokens: outputTokensMax, ...question });
  return chatFormats[format].read(answer);
}

function createUncallable(): Error {
  return new Error('No AI model can be called from here.');
}

/** Of a part that documents and tools brought. */
function isOfOthers(stage: GuardrailStage): boolean {
  return stage === 'RETRIEVED' || stage === 'TOOL_OUTPUT';
}

/** Unsafe without a code counts as of every category. */
function isDenied({ isUnsafe, categories }: Classification, options: ModerationOptions): boolean {
  if (!isUnsafe) return false;
  return categories.length === 0 || categories.some((code) => options.categories?.includes(code) ?? true);
}
