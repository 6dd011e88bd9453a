import type { IncomingMessage } from 'node:http';
import { createMetrics } from '#telemetry/metrics/metrics.ts';

const token = 'a-token-of-a-test-0123456789';

/** The text of metrics in which each metric of ours has a sample with all of its labels. */
export async function readEveryMetric(): Promise<string> {
  const { inference, gateway, store, delivery, limits, page } = createMetrics({ token, oldNames: true });
  const model = { name: 'm', provider: { id: 'p', kind: 'OPENAI' } };
  const usage = {
    inputTokens: 1,
    outputTokens: 1,
    cachedInputTokens: 1,
    cacheWriteTokens: 1,
    reasoningTokens: 1,
  };
  inference.attemptEnded({
    operation: 'chat',
    model,
    outcome: 'FAILED',
    code: 'PROVIDER_ERROR',
    durationMs: 1,
    timeToFirstChunkMs: 1,
    usage,
    costNanos: 1n,
  });
  inference.chunkCame(model, 1);
  inference.callEnded({ status: 'FAILED', code: 'PROVIDER_ERROR', cache: 'MISS', latencyMs: 1 });
  inference.verdicts([
    {
      rule: 'pii',
      stage: 'INPUT',
      action: 'BLOCK',
      isShadow: false,
      fired: true,
      failed: false,
      durationMs: 1,
    },
  ]);
  inference.circuitChanged('p/m', 'p', 'OPEN');
  inference.rowWritten('open', 1, false);
  gateway.operationEnded({ name: 'Models', type: 'query', outcome: 'DATA', durationMs: 1 });
  gateway.errorAnswered({ code: 'QUOTA_EXCEEDED', meter: 'REQUESTS', window: 'MINUTE' });
  gateway.requestAnswered({ handler: 'graphql', status: 200, durationMs: 1, traceId: undefined });
  gateway.streamBegun('Subscription.completionStream');
  gateway.streamCut('CLIENT_GONE');
  store.commandEnded('find', 1, false);
  store.commandEnded('find', 1, true);
  store.eventPublished('budget.threshold');
  delivery.attempted('STANDARD', 'delivered');
  limits.limitRead({ kind: 'budget', meter: 'COST', window: 'MONTH', left: 1 });
  const headers = { authorization: `Bearer ${token}` };
  return (await page.read({ headers } as IncomingMessage)).text;
}

/** The rows of docs/metrics.md: name, type, labels and meaning of each metric of ours. */
export function metricRows(text: string): readonly string[] {
  const types = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]),
  );
  const ours = [...text.matchAll(/^# HELP ((?:heddle|gen_ai)_\S+) (.*)$/gm)];
  return ours.map(([, name = '', help]) => {
    const labels = new Set<string>();
    for (const [, inside = ''] of text.matchAll(new RegExp(`^${name}(?:_bucket)?\\{(.*)\\} `, 'gm'))) {
      for (const [, label = ''] of inside.matchAll(/(\w+)="/g)) if (label !== 'le') labels.add(label);
    }
    const shown = [...labels].map((label) => `\`${label}\``).join(' ');
    return `| \`${name}\` | ${types.get(name)} | ${shown} | ${help} |`;
  });
}
