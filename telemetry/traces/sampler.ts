import type { TraceContext } from '#core/tracing/trace-context.ts';

/** The values of OTEL_TRACES_SAMPLER: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ */
export const samplerNames = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;
export type SamplerName = (typeof samplerNames)[number];

/** Decides at its beginning whether a trace is exported, the same in every process. */
export type Sampler = (traceId: string, parent: TraceContext | undefined) => boolean;

/** The last bits of a trace id are random, by W3C Trace Context Level 2: as many of them as a number holds. */
const randomDigits = 13;
const randomMax = 16 ** randomDigits;

/** @param ratio the part of traces that a sampler by ratio takes, from 0 to 1 */
export function createSampler(name: SamplerName, ratio: number): Sampler {
  const byRatio: Sampler = (traceId) =>
    Number.parseInt(traceId.slice(-randomDigits), 16) >= (1 - ratio) * randomMax;
  const roots = {
    always_on: () => true,
    always_off: () => false,
    traceidratio: byRatio,
  } as const satisfies Record<string, Sampler>;
  const root = roots[name.replace('parentbased_', '') as keyof typeof roots];
  if (!name.startsWith('parentbased_')) return root;
  return (traceId, parent) => parent?.isSampled ?? root(traceId, parent);
}
