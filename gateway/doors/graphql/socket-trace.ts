import type { SubscribePayload } from 'graphql-ws';
import type { Span, Tracer } from '#core/tracing/span.ts';
import { readTraceContext, readTraceHeaders, type TraceContext } from '#core/tracing/trace-context.ts';
import type { SocketConnection } from '../../http/sockets/socket-connection.ts';

/** The spans of the operations over one WebSocket, and what they continue. */
export class SocketTrace {
  readonly #tracer: Tracer | undefined;
  #parent: TraceContext | undefined;

  constructor({ services, request }: Pick<SocketConnection, 'services' | 'request'>) {
    this.#tracer = services.tracer;
    this.#parent = readTraceHeaders(request.headers);
  }

  /** The payload of connection_init may name another trace than the request. */
  connected(payload: Readonly<Record<string, unknown>> | null | undefined): void {
    this.#parent = readTraceContext(payload?.traceparent, payload?.tracestate) ?? this.#parent;
  }

  /** The span of an operation. It continues what its own extensions name, otherwise what the connection does. */
  begin({ extensions }: SubscribePayload, requestId: string): Span | undefined {
    return this.#tracer?.begin('WS /graphql', {
      kind: 'SERVER',
      parent: readTraceContext(extensions?.traceparent, extensions?.tracestate) ?? this.#parent,
      attributes: { 'network.protocol.name': 'websocket', 'heddle.request.id': requestId },
    });
  }
}
