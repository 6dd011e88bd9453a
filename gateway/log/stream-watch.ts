import type { ExecutionResult } from 'graphql';
import { HeddleError } from '#core/errors.ts';
import type { CutReason } from '#core/observers/gateway-observer.ts';
import { activeSpan } from '#core/tracing/span.ts';
import { coordinateAt } from '../coordinate.ts';
import type { Operation } from '../document/operation.ts';
import type { LoggedRequest, RefusalLog } from './refusal-log.ts';

/** What a subgraph adds to the first and the last event of a stream, for the gateway alone. */
interface StreamNote {
  readonly completionId: string;
  readonly ended: boolean;
  /** Why it has failed; absent: it has not. */
  readonly code?: string;
}

function readNote(extensions: ExecutionResult['extensions']): StreamNote | undefined {
  const note = extensions?.stream as Partial<StreamNote> | undefined;
  if (typeof note?.completionId !== 'string') return undefined;
  const { completionId, ended, code } = note;
  return { completionId, ended: ended === true, ...(typeof code === 'string' ? { code } : {}) };
}

/** What ends a stream against the will of its client. */
const failures: ReadonlySet<CutReason> = new Set(['SLOW_READER', 'CONNECTION_LOST', 'FAILED']);

/** Watches the events of one stream, and logs once when it is cut: when it ends without its last event. The span of the operation ends with it. */
export class StreamWatch {
  readonly #refusals: RefusalLog;
  readonly #request: LoggedRequest & { readonly signal?: AbortSignal | undefined };
  readonly #operation: Operation;
  #completionId: string | null = null;
  /** The last event has come, or the cut is logged. */
  #over = false;
  #refused = false;
  readonly #end: (() => void) | undefined;
  readonly #span = activeSpan();

  constructor(
    refusals: RefusalLog,
    request: LoggedRequest & { readonly signal?: AbortSignal | undefined },
    operation: Operation,
  ) {
    this.#refusals = refusals;
    this.#request = request;
    this.#operation = operation;
    this.#end = refusals.streamBegun(this.#field ?? '');
  }

  /** An event of the subgraph. */
  saw({ data, errors, extensions }: ExecutionResult): void {
    if (extensions !== undefined) {
      const note = readNote(extensions);
      if (note !== undefined) this.#note(note);
    }
    // An event has data; errors alone end a stream that its subgraph cannot continue.
    if (data !== undefined || errors === undefined) return;
    const { code, subgraph } = errors[0]?.extensions ?? {};
    // What names a subgraph states that it cannot be reached.
    const isSlow = code === 'OVERLOADED' && subgraph === undefined;
    this.#cut(isSlow ? 'SLOW_READER' : 'CONNECTION_LOST', code);
  }

  /** The first event of a completion, and its last. */
  #note({ completionId, ended, code }: StreamNote): void {
    if (this.#completionId === null) {
      this.#span?.set({ 'heddle.completion.id': completionId });
      this.#span?.event('first event');
      this.#span?.answered();
    }
    this.#completionId = completionId;
    if (ended) this.#over = true;
    if (code !== undefined) this.#span?.fail(code);
  }

  /** The errors of an event as the client gets it: refused fields are logged with the first. */
  answered(errors: Parameters<RefusalLog['answered']>[0]): void {
    if (this.#refused) return;
    this.#refused = true;
    this.#refusals.answered(errors, this.#request, this.#operation);
  }

  /** The source failed. */
  failed(code: unknown): void {
    this.#cut('FAILED', code);
  }

  /** The key or token of its caller has ended. */
  revoked(): void {
    this.#cut('CREDENTIAL_ENDED', undefined);
  }

  /** The stream has ended, or its reader has left. */
  ended(): void {
    this.#end?.();
    // A process that stops aborts what it cuts with the error that it answers elsewhere; a client that leaves, with none.
    const stopping = this.#request.signal?.reason instanceof HeddleError;
    this.#cut(stopping ? 'PROCESS_STOPPING' : 'CLIENT_GONE', undefined);
    this.#span?.end();
  }

  /** The coordinate of the subscribed field. */
  get #field(): string | null {
    const [path] = this.#operation.rootKeys;
    return path === undefined ? null : coordinateAt(this.#operation, [path]);
  }

  #cut(reason: CutReason, code: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#span?.event('cut', { reason });
    if (failures.has(reason)) this.#span?.fail(typeof code === 'string' ? code : reason);
    this.#refusals.cut(this.#request, {
      reason,
      completionId: this.#completionId,
      field: this.#field,
      ...(typeof code === 'string' ? { code } : {}),
    });
  }
}
