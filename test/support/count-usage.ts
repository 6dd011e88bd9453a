import type { UsageDimension, UsageInterval } from '#core/graph-enums.generated.ts';
import type { InvocationRecord } from '#mongo/invocations.ts';
import { toGuardrailLabel } from '#mongo/usage/dimensions.ts';
import type { RollupQuestion } from '#mongo/usage-rollups.ts';

const readers: Readonly<Record<UsageDimension, (row: InvocationRecord) => unknown>> = {
  TENANT: (row) => row.tenantId,
  TEAM: (row) => row.teamId,
  APP: (row) => row.appId,
  KEY: (row) => row.keyId,
  MODEL: (row) => row.modelId,
  PROVIDER: (row) => row.providerId,
  PROMPT: (row) => row.promptId,
  CACHE: (row) => row.cache,
  STATUS: (row) => row.status,
  KIND: (row) => row.kind,
  END_USER: (row) => row.endUserId,
  CONVERSATION: (row) => row.conversationId,
  TAG: (row) => row.tags,
  EXPERIMENT: (row) => row.tags?.flatMap((tag) => /^experiment:(.+)$/.exec(tag)?.[1] ?? []),
  GUARDRAIL: (row) =>
    (row.guardrailVerdicts ?? [])
      .filter((verdict) => verdict.fired)
      .map(({ rule, action, shadow }) => toGuardrailLabel(rule, action, shadow)),
  RATING: (row) => row.rating,
};

/** The values that a row has in a dimension. */
function listValues(row: InvocationRecord, dimension: UsageDimension): readonly (string | null)[] {
  const found = [...new Set([readers[dimension](row) ?? []].flat().map(String))];
  return found.length === 0 ? [null] : found;
}

const starts: Readonly<Record<UsageInterval, (at: Date) => string | null>> = {
  HOUR: (at) => `${at.toISOString().slice(0, 13)}:00:00.000Z`,
  DAY: (at) => `${at.toISOString().slice(0, 10)}T00:00:00.000Z`,
  MONTH: (at) => `${at.toISOString().slice(0, 7)}-01T00:00:00.000Z`,
  ALL: () => null,
};

/** The answer to a question of usage as counted row by row, as text. */
export function countRows(all: readonly InvocationRecord[], question: RollupQuestion): readonly string[] {
  const groups = new Map<string, { n: number[]; nanos: bigint[]; steps: Map<number, number> }>();
  for (const row of all) {
    if (question.tenantId !== null && row.tenantId !== question.tenantId) continue;
    if (row.startedAt < question.from || row.startedAt >= question.to) continue;
    const fits = Object.entries(question.filter ?? {}).every(([name, allowed]) =>
      listValues(row, name as UsageDimension).some((value) => allowed.includes(value)),
    );
    if (!fits) continue;
    let choices: (string | null)[][] = [[]];
    for (const one of question.by) {
      choices = choices.flatMap((chosen) => listValues(row, one).map((value) => [...chosen, value]));
    }
    for (const chosen of choices) {
      const key = JSON.stringify([starts[question.interval](row.startedAt), chosen]);
      const group = groups.get(key) ?? { n: [0, 0, 0, 0, 0, 0], nanos: [0n, 0n, 0n], steps: new Map() };
      groups.set(key, group);
      const added = [
        1,
        row.status === 'FAILED' ? 1 : 0,
        ['HIT', 'SEMANTIC_HIT'].includes(row.cache) ? 1 : 0,
        row.usage.inputTokens,
        row.usage.outputTokens,
        row.unpriced === true ? 1 : 0,
      ];
      group.n = group.n.map((sum, at) => sum + (added[at] ?? 0));
      const saved = BigInt(row.savedNanos ?? 0n);
      const isAnswered = ['HIT', 'SEMANTIC_HIT', 'COALESCED'].includes(row.cache);
      const amounts = [BigInt(row.costNanos), isAnswered ? saved : 0n, isAnswered ? 0n : saved];
      group.nanos = group.nanos.map((sum, at) => sum + (amounts[at] ?? 0n));
      if (row.latencyMs != null) {
        const step = Math.floor(Math.log(Math.max(row.latencyMs, 1)) / Math.log(1.05));
        group.steps.set(step, (group.steps.get(step) ?? 0) + 1);
      }
    }
  }
  return [...groups]
    .map(([key, { n, nanos, steps }]) => `${key} ${n} ${nanos} ${toSketchText(steps)}`)
    .sort();
}

/** The steps of a sketch in order, as text. */
export const toSketchText = (steps: ReadonlyMap<number, number>) =>
  JSON.stringify([...steps].sort(([a], [b]) => a - b));
