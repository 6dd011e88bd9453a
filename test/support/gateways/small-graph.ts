import { type ExecutionResult, parse } from 'graphql';
import { pino } from 'pino';
import type { Caller } from '#core/caller.ts';
import type { AuditBeginning, AuditEnd, AuditLog, AuditOccurrence, AuditTarget } from '#mongo/audit/log.ts';
import { loadDirectiveDefinitions } from '#schema/load-sdl.ts';
import { createMemoryBus } from '#state/bus/memory.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import { createSubgraph, type SubgraphOptions } from '#subgraphs/runtime/subgraph.ts';
import { testCaller } from '../subgraph.ts';

const header = `
  extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@authenticated", "@requiresScopes", "@policy"])
    @link(url: "https://heddle.dev/directives/v1.0", import: ["@quota", "@audited"])
`;

/** An audit log that remembers, and can be told to fail. */
export function memoryAudit(fails: Partial<Record<'begin' | 'end' | 'count', boolean>> = {}) {
  const began: AuditBeginning[] = [];
  const named: AuditTarget[] = [];
  const ended: AuditEnd[] = [];
  const discarded: string[] = [];
  const counted: AuditOccurrence[] = [];
  const audit: AuditLog = {
    async begin(entry) {
      if (fails.begin) throw new Error('no disk');
      began.push(entry);
      return String(began.length);
    },
    async name(_id, target) {
      named.push(target);
    },
    async end(_id, entry) {
      if (fails.end) throw new Error('no disk');
      ended.push(entry);
    },
    async discard(id) {
      discarded.push(id);
    },
    async count(occurrence) {
      if (fails.count) throw new Error('no disk');
      counted.push(occurrence);
    },
  };
  return { audit, began, named, ended, discarded, counted };
}

/** A subgraph of this SDL and these resolvers, in memory. */
export function startGraph<TLoaders = unknown>(
  sdl: string,
  resolvers: SubgraphOptions<TLoaders>['resolvers'],
  options: { audit?: AuditLog; createLoaders?: () => TLoaders } = {},
) {
  const logged: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => logged.push(line) });
  const subgraph = createSubgraph<TLoaders>({
    name: 'models',
    typeDefs: header + sdl + loadDirectiveDefinitions(),
    resolvers,
    services: {
      log,
      bus: createMemoryBus(log),
      quota: createMemoryQuota(),
      audit: options.audit ?? memoryAudit().audit,
    },
    ...(options.createLoaders && { createLoaders: options.createLoaders }),
  });
  const execute = (query: string, caller: Caller = testCaller('acme'), variables = {}) =>
    subgraph.execute({
      document: parse(query),
      variables,
      caller,
      requestId: 'r-1',
      clientAddress: '192.0.2.1',
    });
  return {
    logged,
    execute,
    async run(query: string, caller?: Caller, variables?: object) {
      const result = await execute(query, caller, variables);
      if (Symbol.asyncIterator in result) throw new Error('a stream was not expected');
      return JSON.parse(JSON.stringify(result)) as {
        data?: Record<string, unknown> | null;
        errors?: { message: string; path?: string[]; extensions: Record<string, unknown> }[];
      };
    },
    async stream(query: string, caller?: Caller) {
      const result = await execute(query, caller);
      if (!(Symbol.asyncIterator in result)) throw new Error(JSON.stringify(result));
      return result as AsyncGenerator<ExecutionResult, void, void>;
    },
  };
}

export const listCodes = ({ errors = [] }: { errors?: { extensions: Record<string, unknown> }[] }) =>
  errors.map(({ extensions }) => extensions.code);
