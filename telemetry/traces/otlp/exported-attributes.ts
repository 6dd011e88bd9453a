import type { Attributes } from '#core/tracing/span.ts';
import type { RecordedSpan } from '../recording.ts';
import { addOpenInference, type ExportedValue } from './open-inference.ts';

/** Of one span. */
const attributesMax = 64;
const valueCharactersMax = 1_024;
const listMax = 64;
/** What a tenant has logged in full: whoever sets these has bounded them. */
const contents: ReadonlySet<string> = new Set([
  'gen_ai.system_instructions',
  'gen_ai.input.messages',
  'gen_ai.output.messages',
]);

function bound(name: string, value: Attributes[string]): ExportedValue | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string') return contents.has(name) ? value : value.slice(0, valueCharactersMax);
  if (typeof value !== 'object') return value;
  return value.slice(0, listMax).map((one) => one.slice(0, valueCharactersMax));
}

/** The attributes without those that are null, within the bounds of a span. */
export function boundAttributes(attributes: Attributes): {
  readonly attributes: Record<string, ExportedValue>;
  readonly leftOut: number;
} {
  const bounded: Record<string, ExportedValue> = {};
  let count = 0;
  let leftOut = 0;
  for (const name of Object.keys(attributes)) {
    const kept = bound(name, attributes[name]);
    if (kept === undefined) continue;
    if (count < attributesMax) {
      bounded[name] = kept;
      count += 1;
    } else leftOut += 1;
  }
  return { attributes: bounded, leftOut };
}

/** Names in the GenAI conventions until v1.41, with those that replaced them. */
const formerNames: readonly (readonly [former: string, now: string])[] = [
  ['gen_ai.system', 'gen_ai.provider.name'],
  ['gen_ai.usage.prompt_tokens', 'gen_ai.usage.input_tokens'],
  ['gen_ai.usage.completion_tokens', 'gen_ai.usage.output_tokens'],
  ['gen_ai.usage.cache_creation.input_tokens', 'gen_ai.usage.cache_write.input_tokens'],
];

const nothingStated: Attributes = {};

/** What was stated of a span: of most of them by one source, or none. */
function readSources({ sources, code }: RecordedSpan): Attributes {
  if (code === undefined && (sources === undefined || sources.length < 2)) {
    const [source = nothingStated] = sources ?? [];
    return typeof source === 'function' ? source() : source;
  }
  const stated: Record<string, Attributes[string]> = {};
  for (const source of sources ?? []) {
    Object.assign(stated, typeof source === 'function' ? source() : source);
  }
  if (code !== undefined) stated['error.type'] = code;
  return stated;
}

/** All attributes of a span that is exported, and how many were left out. @param oldNames adds the former names of attributes */
export function readAttributes(span: RecordedSpan, oldNames: boolean): ReturnType<typeof boundAttributes> {
  const { attributes, leftOut } = boundAttributes(readSources(span));
  for (const [former, now] of oldNames ? formerNames : []) {
    const value = attributes[now];
    if (value !== undefined) attributes[former] = value;
  }
  addOpenInference(attributes);
  return { attributes, leftOut };
}
