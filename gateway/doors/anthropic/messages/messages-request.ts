import {
  type BodyFields,
  isFields,
  requireText,
  toBoolean,
  toFields,
  toInteger,
  toList,
  toNumber,
  toText,
  WrongField,
} from '../../body-fields.ts';
import { markInput } from '../../input-places.ts';
import type { CompletionInput } from '../../operations.generated.ts';
import type { ApiVersion } from '../api-version.ts';
import { type BlockRules, readMessages, readSystem } from './messages-content.ts';
import { readTools } from './messages-tools.ts';

/** The call that a request of Anthropic's messages describes. */
export interface MessagesRequest {
  readonly input: CompletionInput;
  readonly isStreamed: boolean;
  /** The fields that no provider gets. */
  readonly dropped: readonly string[];
}

/** What stands beside the body of a request. */
export interface MessagesHeaders {
  readonly version: ApiVersion;
  /** The header `anthropic-beta` as it was sent; undefined: none. */
  readonly beta: string | undefined;
}

/** Fields of the input by the names of the body. */
const messagesNames = {
  model: 'model',
  messages: 'messages',
  temperature: 'temperature',
  topP: 'top_p',
  maxOutputTokens: 'max_tokens',
  stop: 'stop_sequences',
  reasoningEffort: 'output_config.effort',
  tools: 'tools',
  toolChoice: 'tool_choice',
  responseSchema: 'output_config.format.schema',
  endUserId: 'metadata.user_id',
};

/** Fields that are translated, or that only the handler reads. All others are for the provider. */
const known = new Set([
  ...['model', 'messages', 'system', 'max_tokens', 'stream', 'temperature', 'top_p', 'stop_sequences'],
  ...['tools', 'tool_choice', 'output_config', 'output_format', 'betas'],
]);

/** Translates a body of messages. Throws WrongField for what is wrong in it. */
export function readMessagesRequest(fields: BodyFields, context: MessagesHeaders): MessagesRequest {
  const maxOutputTokens = toInteger(fields.max_tokens, 'max_tokens');
  if (maxOutputTokens === undefined) throw new WrongField('max_tokens', 'is required.');
  if (maxOutputTokens < 1) throw new WrongField('max_tokens', 'must be at least 1.');
  const { input, dropped } = readCountedRequest(fields, context);
  return {
    input: { ...input, maxOutputTokens },
    isStreamed: toBoolean(fields.stream, 'stream') ?? false,
    dropped,
  };
}

/** The same without `max_tokens` and `stream`, which a count of tokens does not have. */
export function readCountedRequest(
  fields: BodyFields,
  { version, beta }: MessagesHeaders,
): Omit<MessagesRequest, 'isStreamed'> {
  version.checkBody(fields);
  const dropped = new Set<string>();
  const rules: BlockRules = { version, drop: (name) => void dropped.add(name) };
  const input: CompletionInput = {
    model: requireText(fields.model, 'model'),
    messages: [...readSystem(fields.system), ...readMessages(fields.messages, rules)],
    ...readSampling(fields),
    ...readTools(fields, rules),
    ...readOutput(fields),
    ...readEndUser(fields.metadata),
    ...readOthers(fields, { version, beta }),
  };
  markInput(input, messagesNames, () => readCountedRequest(fields, { version, beta }));
  return { input, dropped: [...dropped] };
}

function readSampling(fields: BodyFields): Partial<CompletionInput> {
  const temperature = toNumber(fields.temperature, 'temperature');
  const topP = toNumber(fields.top_p, 'top_p');
  const stop = toList(fields.stop_sequences, 'stop_sequences', 1_000)?.map((text, at) =>
    requireText(text, `stop_sequences.${at}`),
  );
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(stop === undefined || stop.length === 0 ? {} : { stop }),
  };
}

/** Tokens of thinking from which on an effort is the next one. */
const effortsByBudget = [
  [16_384, 'high'],
  [4_096, 'medium'],
] as const;

/** The effort, and the schema of the answer. Without thinking the provider's default is left as it is. */
function readOutput(fields: BodyFields): Partial<CompletionInput> {
  const config = fields.output_config == null ? {} : toFields(fields.output_config, 'output_config');
  const given = toText(config.effort, 'output_config.effort');
  // Beside thinking that is turned off, an effort is about the rest of the answer: no other dialect has a field for that.
  const isOff = isFields(fields.thinking) && fields.thinking.type === 'disabled';
  const effort = isOff ? undefined : (given ?? readThinkingEffort(fields.thinking));
  const format = config.format ?? fields.output_format;
  const schema = format == null ? undefined : readFormat(format);
  return {
    ...(effort === undefined ? {} : { reasoningEffort: effort }),
    ...(schema === undefined ? {} : { responseSchema: schema }),
  };
}

function readThinkingEffort(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const thinking = toFields(value, 'thinking');
  switch (thinking.type) {
    case 'enabled': {
      const budget = toInteger(thinking.budget_tokens, 'thinking.budget_tokens');
      if (budget === undefined) throw new WrongField('thinking.budget_tokens', 'is required.');
      return effortsByBudget.find(([least]) => budget >= least)?.[1] ?? 'low';
    }
    case 'adaptive':
      return 'high';
    default:
      return undefined;
  }
}

/** The format of the answer has a field in the graph; the rest of `output_config` is the provider's. */
function readConfig(value: unknown): object | undefined {
  if (!isFields(value)) return undefined;
  const { format: _, ...rest } = value;
  return Object.keys(rest).length === 0 ? undefined : rest;
}

function readFormat(value: unknown): unknown {
  const { type, schema } = toFields(value, 'output_config.format');
  if (type !== 'json_schema') throw new WrongField('output_config.format.type', 'must be json_schema.');
  return toFields(schema, 'output_config.format.schema');
}

function readEndUser(metadata: unknown): Partial<CompletionInput> {
  if (!isFields(metadata)) return {};
  const endUserId = toText(metadata.user_id, 'metadata.user_id');
  return endUserId === undefined || endUserId === '' ? {} : { endUserId };
}

/**
 * Everything else goes to providers of this dialect as it is, thinking and effort in the client's own terms among it. Features in beta
 * are Anthropic's alone.
 */
function readOthers(fields: BodyFields, { version, beta }: MessagesHeaders): Partial<CompletionInput> {
  const others = Object.entries(fields).filter(([name, value]) => !known.has(name) && value != null);
  const config = readConfig(fields.output_config);
  if (config !== undefined) others.push(['output_config', config]);
  // Neither trimmed nor filtered: joined again they are the header as it came.
  const betas = beta?.split(',');
  const options = {
    ...(others.length === 0 ? {} : { messages: Object.fromEntries(others) }),
    ...(betas === undefined && version.name === undefined
      ? {}
      : {
          anthropic: {
            ...(betas === undefined ? {} : { betas }),
            ...(version.name === undefined ? {} : { version: version.name }),
          },
        }),
  };
  return Object.keys(options).length === 0 ? {} : { providerOptions: options };
}
