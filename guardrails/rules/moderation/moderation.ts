import type { ModeratedContent } from '#core/moderation-categories.ts';
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
import { readConversations } from './conversations.ts';
import { checkImages, readImages } from './images.ts';
import { looksAt, type ModerationOptions, moderationOptions } from './options.ts';
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
    ...(looksAt(options, 'IMAGE') ? { looksAtCalls: true } : {}),
    rememberBy(context) {
      const dependsOnCall = looksAt(options, 'CONVERSATION') && context.sentTexts !== undefined;
      return dependsOnCall || readImages(options, context).length > 0 ? null : '';
    },
    async check(texts, context) {
      const images = checkImages(readImages(options, context));
      const conversations = looksAt(options, 'CONVERSATION') ? readConversations(texts, context) : [];
      const windows = looksAt(options, 'TEXT') ? readWindows(texts, bounds) : [];
      const questions = [
        ...windows.map((window) => () => classify(window, options, context)),
        ...images.map((image) => () => score({ image }, options, context)),
        ...conversations.map((conversation) => () => score({ conversation }, options, context)),
      ];
      const { values, failure } = await askAll(questions, (ask) => ask());
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
  context: RuleContext,
): Promise<Classification> {
  const { model, timeoutMs, format } = options;
  if (format === 'SCORES') {
    const texts = window.map(({ text, stages }) => ({ text, isDocument: stages.some(isOfOthers) }));
    return score({ texts }, options, context);
  }
  const { callModel } = context;
  if (callModel === undefined) throw createUncallable();
  const text = window.map((part) => breakTemplates(part.text)).join('\n\n');
  const question = chatFormats[format].write(text, options);
  const answer = await callModel({ model, timeoutMs, maxOutputTokens: outputTokensMax, ...question });
  return chatFormats[format].read(answer);
}

async function score(
  content: ModeratedContent,
  { model, timeoutMs, thresholds }: ModerationOptions,
  { moderate }: RuleContext,
): Promise<Classification> {
  if (moderate === undefined) throw createUncallable();
  return classifyScores(await moderate({ model, timeoutMs, ...content }), thresholds);
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
