/** An operation of the graph that was answered; of a subscription: whose stream has begun or was refused. */
export interface ObservedOperation {
  /** The name of a registered operation; null: of any other. */
  readonly name: string | null;
  readonly type: 'query' | 'mutation' | 'subscription';
  /** DATA: without errors; PARTIAL: with data and errors; REFUSED: with errors alone. */
  readonly outcome: 'DATA' | 'PARTIAL' | 'REFUSED';
  readonly durationMs: number;
}

/** An error that a client got. */
export interface ObservedError {
  readonly code: string;
  /** The limit that refused: of QUOTA_EXCEEDED and BUDGET_EXCEEDED. */
  readonly meter: string | null;
  readonly window: string | null;
}

/** A request over HTTP that was answered. */
export interface ObservedRequest {
  /** The name of its handler. */
  readonly handler: string;
  readonly status: number;
  readonly durationMs: number;
  /** The trace that it is a part of, where that is exported; undefined: there is none. */
  readonly traceId: string | undefined;
}

/** What a gateway states when it is looked at. */
export interface GatewayGauges {
  /** Requests and operations in progress. */
  readonly inProgress: number;
  /** New documents that wait to be read. */
  readonly documentsWaiting: number;
}

/** Why a stream ended before its last event. */
export const cutReasons = [
  'CLIENT_GONE',
  'CREDENTIAL_ENDED',
  'SLOW_READER',
  'CONNECTION_LOST',
  'PROCESS_STOPPING',
  'FAILED',
] as const;
export type CutReason = (typeof cutReasons)[number];

/** Gets the facts of a gateway, for metrics. No method throws or waits: they are called for each request. */
export interface GatewayObserver {
  operationEnded(operation: ObservedOperation): void;
  /** Once for each code of an answer. */
  errorAnswered(error: ObservedError): void;
  requestAnswered(request: ObservedRequest): void;
  /** A subscription has begun; `field` is its coordinate in the schema. Called back once when it is over. */
  streamBegun(field: string): () => void;
  /** A stream ended before its last event. */
  streamCut(reason: CutReason): void;
  /** `read` is called whenever metrics are read, until it is disposed. */
  watch(read: () => GatewayGauges): Disposable;
}
