import type { DocumentNode, ExecutionResult } from 'graphql';
import type { Caller } from './caller.ts';

/** The five subgraphs of the graph. */
export const subgraphNames = ['models', 'prompts', 'tenants', 'usage', 'inference'] as const;
export type SubgraphName = (typeof subgraphNames)[number];

/** One operation for one subgraph, as the router's plan makes it. */
export interface SubgraphRequest {
  /** The same object for the same operation, so that a subgraph can keep what it derives from it in a WeakMap. */
  readonly document: DocumentNode;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  readonly operationName?: string | undefined;
  readonly caller: Caller;
  /** Our id of the request: logs, errors, audit records and the ledger's rows carry it. */
  readonly requestId: string;
  /** The client's own id of its request, kept beside ours; null when it sent none. */
  readonly clientRequestId?: string | null | undefined;
  /** Where the client is, for the audit log; null when unknown. */
  readonly clientAddress: string | null;
  /** Aborted when the client has gone. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * How a subgraph is reached, in this process or in another: the one contract between gateway and subgraphs.
 * A query or mutation resolves to one result, a subscription to a stream of them; refusals and failures are
 * results with errors, never rejections, except when the subgraph cannot be reached.
 */
export interface SubgraphExecutor {
  execute(request: SubgraphRequest): Promise<ExecutionResult | AsyncIterable<ExecutionResult>>;
  /** Would a call be served? Absent where the answer is that of this process. */
  ready?(signal: AbortSignal): Promise<boolean>;
}
