import { LRUCache } from 'lru-cache';
import { expectError } from '#core/expect-error.ts';
import { type ProviderCall, ProviderFailure, type ProviderMessage } from '../../provider.ts';
import type { WireRequests } from './wire-request.ts';

type Probe = Partial<ProviderCall>;

/** Optional fields of a call, by their names in the graph, with a value that is no vendor's default. */
const probes: readonly (readonly [name: string, field: keyof ProviderCall, value: unknown])[] = [
  ['temperature', 'temperature', 0.5],
  ['topP', 'topP', 0.5],
  ['stop', 'stop', ['x']],
  ['seed', 'seed', 7],
  ['presencePenalty', 'presencePenalty', 0.5],
  ['frequencyPenalty', 'frequencyPenalty', 0.5],
  ['logprobs', 'topLogprobs', 2],
  ['parallelToolCalls', 'parallelToolCalls', false],
  ['responseSchemaName', 'responseSchemaName', 'x'],
  ['responseSchemaDescription', 'responseSchemaDescription', 'x'],
  ['responseSchemaStrict', 'responseSchemaStrict', false],
];

/** One that every format requests strictly by default. */
const strictSchema = { type: 'object', properties: {}, additionalProperties: false };
const text = { type: 'text', text: 'x' } as const;
const toolCalls = [{ id: 'call_1', name: 'f', arguments: {} }];
const result = { role: 'tool', toolCallId: 'call_1', toolName: 'f', content: 'x' } as const;
const image = { type: 'file', mediaType: 'image/png', data: 'iVBORw0KGgoAAAANSUhEUg==' } as const;
const called: readonly ProviderMessage[] = [
  { role: 'user', parts: [text] },
  { role: 'assistant', text: '', toolCalls },
];

/** What a message may have beside its content: two conversations that differ by nothing else, and how to find it. */
const traits: readonly (readonly [
  name: string,
  without: readonly ProviderMessage[],
  having: readonly ProviderMessage[],
])[] = [
  ['cache', [{ role: 'user', parts: [text] }], [{ role: 'user', parts: [{ ...text, cache: true }] }]],
  ['isError', [...called, result], [...called, { ...result, isError: true }]],
  ['detail', [{ role: 'user', parts: [image] }], [{ role: 'user', parts: [{ ...image, detail: 'high' }] }]],
  ['name', [{ role: 'user', parts: [text] }], [{ role: 'user', parts: [text], name: 'x' }]],
];

function readTraits(messages: readonly ProviderMessage[]): number {
  let found = 0;
  for (const message of messages) {
    if (message.role !== 'user' && message.cache === true) found |= 1;
    if (message.role === 'tool' && message.isError === true) found |= 2;
    if (message.role !== 'tool' && message.name !== undefined) found |= 8;
    if (message.role !== 'user') continue;
    for (const part of message.parts) {
      if (part.cache === true) found |= 1;
      if (part.type === 'file' && part.detail !== undefined) found |= 4;
    }
  }
  return found;
}

function readFields(call: ProviderCall): number {
  let found = 0;
  for (const [at, [, field]] of probes.entries()) if (call[field] !== undefined) found |= 1 << at;
  return found;
}

const knownMax = 1_000;

/**
 * Names the fields of a call that do not get into the request. A field is dropped where the builder writes the same
 * request without it: that is tried once for each AI model and set of fields, and kept.
 */
export function createDroppedFields(build: WireRequests['build']) {
  const known = new LRUCache<string, readonly string[]>({ max: knownMax });

  /** @throws {ProviderFailure} BAD_USER_INPUT where the call itself would be refused */
  function write(call: ProviderCall): unknown {
    const request = build(call, false);
    if (request instanceof Promise)
      throw new TypeError('Requests that take time to build cannot be compared.');
    return request.init.body;
  }

  function findDropped(
    { model, tools, responseSchema, responseJsonObject, reasoningEffort }: ProviderCall,
    set: number,
    found: number,
  ) {
    const base: ProviderCall = {
      model,
      messages: [{ role: 'user', parts: [text] }],
      ...(tools === undefined ? {} : { tools: [{ name: 'f', parameters: { type: 'object' } }] }),
      ...(responseSchema === undefined ? {} : { responseSchema: strictSchema }),
      ...(responseJsonObject === undefined ? {} : { responseJsonObject }),
    };
    const given: Probe = {
      ...Object.fromEntries(
        probes.filter((_, at) => set & (1 << at)).map(([, field, value]) => [field, value]),
      ),
      ...(reasoningEffort === undefined ? {} : { reasoningEffort }),
    };
    const whole = write({ ...base, ...given });
    const lacks = (field: keyof ProviderCall) => write({ ...base, ...given, [field]: undefined }) === whole;
    const fieldNames = probes
      .filter(([, field], at) => set & (1 << at) && lacks(field))
      .map(([name]) => name);
    const traitNames = traits
      .filter(([, without, having], at) => {
        const request = (messages: readonly ProviderMessage[]) => write({ ...base, messages });
        return found & (1 << at) && request(without) === request(having);
      })
      .map(([name]) => `messages.${name}`);
    const effort = reasoningEffort !== undefined && lacks('reasoningEffort') ? ['reasoningEffort'] : [];
    return [...fieldNames, ...effort, ...traitNames];
  }

  function dropped(call: ProviderCall): readonly string[] {
    const [set, found] = [readFields(call), readTraits(call.messages)];
    const { model, tools, responseSchema, responseJsonObject, reasoningEffort = '' } = call;
    if (set + found === 0 && reasoningEffort === '') return [];
    const key = `${set} ${found} ${tools !== undefined} ${responseSchema !== undefined} ${responseJsonObject} ${reasoningEffort} ${model}`;
    let names = known.get(key);
    if (names === undefined) {
      names = findDropped(call, set, found);
      known.set(key, names);
    }
    return names;
  }

  return (call: ProviderCall): readonly string[] | undefined => {
    try {
      const names = dropped(call);
      return names.length === 0 ? undefined : names;
    } catch (error) {
      // The call itself will be refused, with the reason.
      expectError(error, ProviderFailure);
      return undefined;
    }
  };
}
