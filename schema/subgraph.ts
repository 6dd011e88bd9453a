import type { DocumentNode, ExecutionResult } from 'graphql';
import type { Caller } from './caller.ts';
import { HeddleError } from './errors.ts';

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
  /** Aborted when the client has left; for another reason where `isEndedByMesh` says so. */
  readonly signal?: AbortSignal | undefined;
}

/** Why a request's signal aborts when the connection to its gateway is lost: its client may still be there. */
export class ConnectionLost extends Error {
  constructor() {
    super('The connection to the gateway was lost.');
    this.name = 'ConnectionLost';
  }
}

/** Was the request ended by the mesh (a gateway that ends or is lost), and not by its client? */
export function isEndedByMesh({ reason }: AbortSignal): boolean {
  return reason instanceof ConnectionLost || reason instanceof HeddleError;
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
