import type { DocumentNode, ExecutionResult, GraphQLSchema } from 'graphql';
import type { Caller } from '#core/caller.ts';
import type { SubgraphName } from '#core/subgraph-names.ts';
import type { TraceContext } from '#core/tracing/trace-context.ts';

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
  /** The place in the trace, where the operation comes from another process; absent: it is not traced, or comes from this one. */
  readonly trace?: TraceContext | undefined;
  /** Aborted when the client has left; for another reason where `isEndedByMesh` states it. */
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

/** One subgraph, ready to execute: in this process by `execute`, or served alone by serve.ts. */
export interface Subgraph extends SubgraphExecutor, AsyncDisposable {
  readonly name: SubgraphName;
  readonly schema: GraphQLSchema;
  /**
   * Resolves when the calls in progress have ended: by themselves within `graceMs`, or stopped then. Calls are taken
   * until `lastCall` has resolved or the time is over; afterwards they are refused.
   */
  drain(graceMs: number, lastCall?: Promise<unknown>): Promise<void>;
}
