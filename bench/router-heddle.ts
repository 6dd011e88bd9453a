/** Heddle's gateway, whole policy on, over the subgraphs of router-graph.ts. */
import pino from 'pino';
import { createGateway } from '#gateway/gateway.ts';
import { PlannerProcess } from '#gateway/planning/planner.ts';
import { createMemoryBus } from '#state/bus/memory.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import { sampleSupergraph } from '#test/support/gateways/sample-gateway.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';
import { reportPort } from './child.ts';
import { benchSubgraphs } from './router-graph.ts';

const executors: Record<string, SubgraphExecutor> = {};
for (const [name, execute] of Object.entries(benchSubgraphs)) executors[name] = { execute };
const log = pino({ level: 'warn' });
const gateway = await createGateway({
  planner: new PlannerProcess(sampleSupergraph),
  executors,
  bus: createMemoryBus(log),
  quota: createMemoryQuota(),
  log,
  host: '127.0.0.1',
  port: 0,
});
await gateway.listen();
reportPort(Number(new URL(gateway.url).port));
