import type { AudioOutput } from '../../audio.ts';
import { inPath } from '../../http/path-segments.ts';
import type { ProviderCall } from '../../provider.ts';
import {
  completeParameters,
  type Effort,
  type JsonSchema,
  nearestEffort,
  readEffort,
  readSchema,
  readToolChoice,
  rejectUnsupported,
  type ToolChoice,
} from '../../translate/call-parts.ts';
import { arrangeConversation, type ConversationRules } from '../../translate/conversation.ts';
import { addOwnOptions, type WireTraits } from '../../translate/own-call.ts';
import { thinkingBudget } from '../../translate/thinking.ts';
import { fields } from '../shared/fields.ts';
import { postJson, type WireRequests } from '../shared/wire-request.ts';
import { writeGeminiPrompt } from './gemini-content.ts';
import { geminiModel } from './models.ts';

export interface GeminiRequestOptions {
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The vendor assigns ids to tool calls. */
  readonly withIds: boolean;
}

/** Answers of the models that think by a budget are at most so long. */
const answerTokensMax = 65_536;
const rules: ConversationRules = { objectArguments: true, systemFirst: true };
const recordKeywords = ['properties', '$defs'];
const listKeywords = ['anyOf', 'oneOf', 'items', 'additionalProperties'];

/** `const` is written as `enum`: the API does not know it. */
function adaptSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(adaptSchema);
  const given = fields(value);
  if (given === null) return value;
  const { const: fixed, ...schema }: Record<string, unknown> = given;
  if (fixed !== undefined) schema.enum = [fixed];
  for (const keyword of listKeywords) if (schema[keyword]) schema[keyword] = adaptSchema(schema[keyword]);
  for (const keyword of recordKeywords) {
    const record = fields(schema[keyword]);
    if (record === null) continue;
    schema[keyword] = Object.fromEntries(
      Object.entries(record).map(([name, each]) => [name, adaptSchema(each)]),
    );
  }
  return schema;
}

function writeThinking(effort: Effort, model: string): object {
  const { levels, budgetTokensMin, budgetTokensMax } = geminiModel(model);
  if (levels !== null) return { thinkingLevel: nearestEffort(effort, levels) };
  return { thinkingBudget: thinkingBudget(effort, answerTokensMax, budgetTokensMin, budgetTokensMax) };
}

function writeTool(name: string, description: string | undefined, parametersJsonSchema: JsonSchema): object {
  return { name, description: description ?? '', parametersJsonSchema };
}

/** @throws {ProviderFailure} BAD_USER_INPUT for a format that the API does not have */
function writeSpeech({ voice, format = 'pcm16' }: AudioOutput): object {
  if (format !== 'pcm16')
    throw rejectUnsupported(`it returns audio as pcm16, and audio.format requests ${format}`);
  const speech =
    voice === undefined
      ? {}
      : { speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: voice } } } };
  return { responseModalities: ['AUDIO'], ...speech };
}

const modes = { auto: 'AUTO', none: 'NONE', required: 'ANY', tool: 'ANY' } as const;

function writeToolConfig(choice: ToolChoice): object {
  const names = choice.type === 'tool' ? { allowedFunctionNames: [choice.toolName] } : {};
  return { functionCallingConfig: { mode: modes[choice.type], ...names } };
}

/**
 * Is the structured answer requested as the arguments of one more tool? Models before the third generation take no
 * response schema beside tools; later ones take none where they have to call a tool.
 */
function needsAnswerTool(
  { model, tools = [], responseSchema }: ProviderCall,
  choice: ToolChoice | undefined,
) {
  const { isGemini, isThird } = geminiModel(model);
  if (responseSchema === undefined || tools.length === 0 || !isGemini) return false;
  return !isThird || choice?.type === 'required' || choice?.type === 'tool';
}

/** The tool for the structured answer, and what calls it. */
function planAnswerTool(tools: readonly { readonly name: string }[], choice: ToolChoice | undefined) {
  let name = 'json';
  for (let suffix = 1; tools.some((tool) => tool.name === name); suffix++) name = `json_${suffix}`;
  if (choice?.type === 'tool') return { name, choice };
  const answers: ToolChoice =
    choice?.type === 'none' ? { type: 'tool', toolName: name } : { type: 'required' };
  return { name, choice: answers };
}

const traits: WireTraits = {
  name: 'gemini',
  hasAlternatives: false,
  hasAudio: true,
};

/** Writes requests of Gemini's generateContent, at the Gemini API and at Vertex. */
export function createGeminiRequests({ baseUrl, headers, withIds }: GeminiRequestOptions): WireRequests {
  const build: WireRequests['build'] = (call, streaming) => {
    const { model, tools = [], stop = [] } = call;
    const { isThird, isGemma } = geminiModel(model);
    const prompt = writeGeminiPrompt(arrangeConversation(call.messages, rules), {
      withIds,
      withSignatures: isThird,
      systemAsUser: isGemma,
    });
    const effort = readEffort(call);
    const config: Record<string, unknown> = {
      maxOutputTokens: call.maxOutputTokens,
      temperature: call.temperature,
      topP: call.topP,
      seed: call.seed,
      presencePenalty: call.presencePenalty,
      frequencyPenalty: call.frequencyPenalty,
      ...(call.topLogprobs === undefined
        ? {}
        : { responseLogprobs: true, ...(call.topLogprobs > 0 ? { logprobs: call.topLogprobs } : {}) }),
      ...(stop.length > 0 ? { stopSequences: stop } : {}),
      ...(call.audio === undefined ? {} : writeSpeech(call.audio)),
      ...(effort === undefined ? {} : { thinkingConfig: writeThinking(effort, model) }),
    };
    const declared = tools.map(({ name, description, parameters }) =>
      writeTool(name, description, completeParameters(parameters)),
    );
    const schema = call.responseSchema === undefined ? null : readSchema(call.responseSchema);
    let choice = readToolChoice(call);
    let answerTool: string | null = null;
    if (schema !== null && needsAnswerTool(call, choice)) {
      ({ name: answerTool, choice } = planAnswerTool(tools, choice));
      declared.push(writeTool(answerTool, 'Respond with a JSON object.', schema));
    } else if (schema !== null) {
      config.responseMimeType = 'application/json';
      config.responseJsonSchema = adaptSchema(schema);
    }
    const body: Record<string, unknown> = {
      generationConfig: config,
      contents: prompt.contents,
      ...(prompt.systemInstruction === null ? {} : { systemInstruction: prompt.systemInstruction }),
      ...(declared.length === 0 ? {} : { tools: [{ functionDeclarations: declared }] }),
      ...(declared.length === 0 || choice === undefined ? {} : { toolConfig: writeToolConfig(choice) }),
    };
    addOwnOptions(body, call, traits.name);
    const path = model.includes('/') ? inPath(model) : `models/${inPath(model)}`;
    const method = streaming ? 'streamGenerateContent?alt=sse' : 'generateContent';
    return postJson(`${baseUrl}/${path}:${method}`, headers, body, answerTool);
  };
  return { traits, build };
}
