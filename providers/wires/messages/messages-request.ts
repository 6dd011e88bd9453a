import type { ProviderCall } from '../../provider.ts';
import {
  completeParameters,
  type Effort,
  type JsonSchema,
  nearestEffort,
  readSchema,
  readToolChoice,
  rejectInput,
} from '../../translate/call-parts.ts';
import { arrangeConversation, type ConversationRules } from '../../translate/conversation.ts';
import { addOwnOptions, type WireTraits } from '../../translate/own-call.ts';
import { thinkingBudget } from '../../translate/thinking.ts';
import { createDroppedFields } from '../shared/dropped-fields.ts';
import { fields, list, text } from '../shared/fields.ts';
import { postJson, type WireRequest, type WireRequests } from '../shared/wire-request.ts';
import { writeMessagesPrompt } from './messages-content.ts';
import { claudeModel } from './models.ts';
import { type OutputPlan, planOutput } from './output-bounds.ts';
import { adaptOutputSchema, isNativeSchema } from './output-schema.ts';

export interface MessagesRequestOptions {
  readonly url: (model: string, streaming: boolean) => string;
  /** The address of its counts of tokens; absent: there is none. */
  readonly countUrl?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly rules: (call: ProviderCall) => ConversationRules;
  /** Vertex names the model in the URL, and its own version in the body. */
  readonly version?: string;
  /** False where the vendor takes neither structured output nor strict tools of models that could do without. */
  readonly nativeOutput?: false;
}

type Body = Record<string, unknown>;

const toolsBeta = 'structured-outputs-2025-11-13';

const budgetTokensMin = 1024;

interface Thinking {
  readonly type: 'enabled' | 'adaptive' | 'between_tools' | 'disabled';
  readonly budget_tokens?: number;
  readonly display?: 'summarized';
}

/** The client states thinking or effort in the terms of this API: they take the place of `reasoningEffort`. */
function statesThinking({ providerOptions }: ProviderCall): boolean {
  if (providerOptions === undefined) return false;
  const { thinking, output_config } = { ...providerOptions.messages, ...providerOptions.own };
  return thinking !== undefined || fields(output_config)?.effort !== undefined;
}

function withoutEffort({ reasoningEffort: _, ...call }: ProviderCall): ProviderCall {
  return call;
}

function planThinking(model: string, plan: OutputPlan): { thinking?: Thinking; effort?: Effort | undefined } {
  const { effort, budgetTokens } = plan;
  const { withoutThinking, thinking, takesXhighEffort, outputTokensMax } = claudeModel(model);
  if (budgetTokens !== undefined) return { thinking: { type: 'enabled', budget_tokens: budgetTokens } };
  if (effort === undefined) return {};
  if (effort === 'none') {
    return withoutThinking === 'low' ? { effort: 'low' } : { thinking: { type: withoutThinking } };
  }
  if (thinking === 'effort') {
    const taken = [
      'low',
      'medium',
      'high',
      ...(takesXhighEffort ? (['xhigh'] as const) : []),
      'max',
    ] as const;
    return { thinking: { type: 'adaptive', display: 'summarized' }, effort: nearestEffort(effort, taken) };
  }
  const budget_tokens = thinkingBudget(effort, outputTokensMax, budgetTokensMin, outputTokensMax);
  return { thinking: { type: 'enabled', budget_tokens } };
}

function addSampling(body: Body, { model, temperature, topP }: ProviderCall, isThinking: boolean): void {
  const { takesSampling, isKnown } = claudeModel(model);
  if (!takesSampling || isThinking) return;
  if (temperature !== undefined) body.temperature = Math.min(1, Math.max(0, temperature));
  // A Claude takes one of the two.
  if (temperature === undefined || !(isKnown || model.includes('claude-'))) body.top_p = topP;
}

function writeTool(
  name: string,
  description: string | undefined,
  input_schema: JsonSchema,
  streaming: boolean,
) {
  return { name, description, input_schema, ...(streaming ? { eager_input_streaming: true } : {}) };
}

function writeTools({ tools = [] }: ProviderCall, streaming: boolean) {
  return tools.map(({ name, description, parameters, cache, own }) => {
    const schema = completeParameters(parameters);
    return {
      ...writeTool(name, description, schema, streaming),
      ...(cache === true ? { cache_control: { type: 'ephemeral' } } : {}),
      ...(own?.messages === undefined ? {} : { ...own.messages, name, description, input_schema: schema }),
    };
  });
}

/** Tools that Anthropic runs. */
function listOwnTools({ providerTools }: ProviderCall) {
  return providerTools?.messages ?? [];
}

/** @throws {ProviderFailure} BAD_USER_INPUT where the model cannot be made to call a tool */
function checkForced({ model }: ProviderCall, thinking: Thinking | undefined): void {
  if (claudeModel(model).takesForcedTools && thinking?.type !== 'enabled') return;
  throw rejectInput(
    'This model does not support toolChoice, or structured output by a tool, while it thinks.',
  );
}

function addTools(body: Body, call: ProviderCall, streaming: boolean, thinking: Thinking | undefined): void {
  const choice = readToolChoice(call);
  const tools = [...writeTools(call, streaming), ...listOwnTools(call)];
  if (tools.length === 0) return;
  body.tools = tools;
  const single = call.parallelToolCalls === false ? { disable_parallel_tool_use: true } : {};
  if (choice === undefined) {
    if (call.parallelToolCalls === false) body.tool_choice = { type: 'auto', ...single };
    return;
  }
  if (choice.type === 'auto' || choice.type === 'none') {
    body.tool_choice = { type: choice.type, ...(choice.type === 'auto' ? single : {}) };
    return;
  }
  checkForced(call, thinking);
  const forced = choice.type === 'tool' ? { type: 'tool', name: choice.toolName } : { type: 'any' };
  body.tool_choice = { ...forced, ...single };
}

/** Requests the structured answer as the arguments of one more tool. */
function addAnswerTool(
  body: Body,
  call: ProviderCall,
  schema: JsonSchema,
  streaming: boolean,
  thinking: Thinking | undefined,
): string {
  const choice = readToolChoice(call);
  checkForced(call, thinking);
  const { tools = [] } = call;
  let name = 'json';
  for (let suffix = 1; tools.some((tool) => tool.name === name); suffix++) name = `json_${suffix}`;
  const offered = choice?.type === 'tool' ? [choice.toolName] : tools.map((tool) => tool.name);
  const kept = choice?.type === 'none' ? [] : offered;
  body.tools = [
    ...writeTools(call, streaming).filter((tool) => kept.includes(tool.name)),
    ...(choice?.type === 'none' ? [] : listOwnTools(call)),
    writeTool(name, 'Respond with a JSON object.', schema, streaming),
  ];
  body.tool_choice = { type: 'any', disable_parallel_tool_use: true };
  return name;
}

/** From this version on sampling is refused, also with its defaults. */
const withoutSampling = '2026-10-21';
const samplingFields = ['temperature', 'top_p', 'top_k'];

/** What may stand between the commas of a header. */
const betaName = /^[\t\x20-\x2b\x2d-\x7e]{1,200}$/;

/** The features in beta that a client requests by `betas`: Anthropic accepts them in a header. */
function takeBetas(body: Body): readonly string[] {
  const { betas } = body;
  delete body.betas;
  return list(betas).flatMap((name) => (betaName.test(text(name)) ? [text(name)] : []));
}

/** Undefined: it is none. */
function readVersion(value: unknown): string | undefined {
  return /^\d{4}-\d{2}-\d{2}$/.test(text(value)) ? text(value) : undefined;
}

/** The version in which the client wrote the call, for the header. The newer ones have no sampling. */
function takeVersion(body: Body): string | undefined {
  const version = readVersion(body.version);
  delete body.version;
  if (version === undefined) return undefined;
  if (version >= withoutSampling) for (const field of samplingFields) delete body[field];
  return version;
}

/** The fields of sampling in a call of a version that refuses them. */
function listRefusedSampling({ temperature, topP, providerOptions = {} }: ProviderCall): readonly string[] {
  const own = [traits.name, 'anthropic'].map((key) => [key, providerOptions[key] ?? {}] as const);
  if (!own.some(([, { version }]) => (readVersion(version) ?? '') >= withoutSampling)) return [];
  return [
    ...(temperature === undefined ? [] : ['temperature']),
    ...(topP === undefined ? [] : ['topP']),
    ...own.flatMap(([key, given]) =>
      samplingFields
        .filter((field) => given[field] !== undefined)
        .map((field) => `providerOptions.${key}.${field}`),
    ),
  ];
}

/** The header of the features: those of the client byte for byte, then what else the request uses. */
function writeBetas(given: readonly string[], used: readonly string[]): string {
  const names = new Set(given.map((name) => name.trim()));
  return [...given, ...new Set(used.filter((name) => !names.has(name)))].join(',');
}

/** What a count of tokens takes of a request: anything else is refused. */
const countedFields = [
  ...['model', 'messages', 'system', 'tools', 'tool_choice', 'thinking', 'output_config', 'cache_control'],
  'context_management',
];

function toCount({ init }: WireRequest, url: string): WireRequest {
  const body = JSON.parse(String(init.body)) as Body;
  const counted = Object.fromEntries(countedFields.map((field) => [field, body[field]]));
  return { url, init: { ...init, body: JSON.stringify(counted) }, answerTool: null };
}

const traits: WireTraits = {
  name: 'messages',
  hasAlternatives: false,
};

/** Writes requests of Anthropic's messages API, at Anthropic itself and at Vertex. */
export function createMessagesRequests(options: MessagesRequestOptions): WireRequests {
  const { url, headers, rules, version, nativeOutput = true } = options;

  /** Does the model keep to the schema by itself? One that can be made to call no tool has to, at any vendor. */
  function keepsToSchema(model: string, schema: JsonSchema): boolean {
    const claude = claudeModel(model);
    return claude.nativeOutput && (nativeOutput || !claude.takesForcedTools) && isNativeSchema(schema);
  }

  function build(call: ProviderCall, streaming: boolean): WireRequest {
    const { model, stop = [], responseSchema } = call;
    const claude = claudeModel(model);
    const plan = planOutput(statesThinking(call) ? withoutEffort(call) : call);
    const { thinking, effort } = planThinking(model, plan);
    const { system, messages, betas } = writeMessagesPrompt(arrangeConversation(call.messages, rules(call)));
    const tokens = (plan.answerTokensMax ?? claude.outputTokensMax) + (thinking?.budget_tokens ?? 0);
    const body: Body = {
      ...(version === undefined ? { model } : { anthropic_version: version }),
      max_tokens: claude.isKnown ? Math.min(tokens, claude.outputTokensMax) : tokens,
      messages,
      ...(system === null ? {} : { system }),
      ...(thinking === undefined ? {} : { thinking }),
    };
    addSampling(body, call, thinking !== undefined && thinking.type !== 'disabled');
    if (stop.length > 0) body.stop_sequences = stop;
    if (streaming) body.stream = true;
    const output: Body = effort === undefined ? {} : { effort };
    const schema = responseSchema === undefined ? null : readSchema(responseSchema);
    let answerTool: string | null = null;
    let hasTools = false;
    if (schema !== null && !keepsToSchema(model, schema)) {
      answerTool = addAnswerTool(body, call, schema, streaming, thinking);
    } else {
      if (schema !== null) output.format = { type: 'json_schema', schema: adaptOutputSchema(schema) };
      addTools(body, call, streaming, thinking);
      hasTools = body.tools !== undefined;
    }
    if (Object.keys(output).length > 0) body.output_config = output;
    addOwnOptions(body, call, traits.name);
    const given = takeBetas(body);
    // A client that names features itself knows what its tools need, but for what is translated here.
    const usesToolsBeta = hasTools && nativeOutput && claude.nativeOutput && given.length === 0;
    const features = writeBetas(given, usesToolsBeta ? [...betas, toolsBeta] : betas);
    const stated = takeVersion(body);
    const allHeaders = {
      ...headers,
      ...(features === '' ? {} : { 'anthropic-beta': features }),
      ...(stated === undefined || version !== undefined ? {} : { 'anthropic-version': stated }),
    };
    return postJson(url(model, streaming), allHeaders, body, answerTool);
  }
  const { countUrl } = options;
  const compare = createDroppedFields(build);
  return {
    traits,
    build,
    dropped: (call) => [...new Set([...(compare(call) ?? []), ...listRefusedSampling(call)])],
    ...(countUrl === undefined ? {} : { buildCount: (call) => toCount(build(call, false), countUrl) }),
  };
}
