import { createHmac, randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Caller, TokenProblem } from '#core/caller.ts';
import { type ErrorCode, HeddleError } from '#core/errors.ts';
import { toGuardrailAttributes } from '#core/guardrail-attributes.ts';
import type { CutReason, GatewayObserver } from '#core/observers/gateway-observer.ts';
import { AddressThrottled } from '../auth/client-use.ts';
import { coordinateAt } from '../coordinate.ts';
import type { Operation } from '../document/operation.ts';
import type { ClientError } from '../errors.ts';
import { BoundedLines } from './bounded-lines.ts';
import type { RefusalAudit } from './refusal-audit.ts';

/** The request with a refusal in its answer. */
export interface LoggedRequest {
  readonly requestId: string;
  readonly clientRequestId?: string | null | undefined;
  readonly clientAddress: string | null;
  /** Absent where the refusal came before the caller was known. */
  readonly caller?: Caller | undefined;
}

/** Codes that refuse a request, with the level of their lines. What else fails is the client's mistake, or logged where it failed. */
const levels: Readonly<Partial<Record<ErrorCode, 'info' | 'warn'>>> = {
  UNAUTHENTICATED: 'warn',
  FORBIDDEN: 'warn',
  DOCUMENT_NOT_TRUSTED: 'warn',
  GUARDRAIL_BLOCKED: 'warn',
  NO_ROUTE: 'warn',
  OVERLOADED: 'warn',
  RATE_LIMITED: 'warn',
  // Before there is a row: no provider that may be called is available.
  PROVIDER_AUTH: 'warn',
  PROVIDER_ERROR: 'warn',
  PROVIDER_RATE_LIMITED: 'warn',
  PROVIDER_TIMEOUT: 'warn',
  QUOTA_EXCEEDED: 'info',
  BUDGET_EXCEEDED: 'info',
  ACCESS_PENDING: 'info',
  GRAPH_COST_EXCEEDED: 'info',
};

/** Fields of one refused mutation that are recorded. */
const deniedMax = 10;

/** Details of a refusal that are ours; of others it is not known that no client wrote them. */
const ownDetails = ['meter', 'window', 'subject', 'guardrail', 'stage', 'retryAfterMs', 'sha256'] as const;

/** Why a credential was refused. */
export type CredentialProblem = 'UNKNOWN' | 'ARCHIVED' | 'ADDRESS' | TokenProblem;

/** A refused credential, with what its line names of it. */
export class CredentialRefusal extends HeddleError {
  readonly problem: CredentialProblem;
  /** The caller that the key belongs to; undefined when there is none. */
  readonly caller: Caller | undefined;
  /** What distinguishes unknown keys; undefined when the caller is known. */
  readonly fingerprint: string | undefined;

  constructor(
    code: 'UNAUTHENTICATED' | 'FORBIDDEN',
    message: string,
    about: {
      readonly problem: CredentialProblem;
      readonly caller?: Caller | undefined;
      readonly key?: string | undefined;
    },
  ) {
    super(code, message);
    this.problem = about.problem;
    this.caller = about.caller;
    this.fingerprint =
      about.caller === undefined && about.key !== undefined ? computeFingerprint(about.key) : undefined;
  }
}

const fingerprintKey = randomBytes(32);

/** The same for the same key while this process runs. Of no use without the process's own secret, so that no key can be guessed from it. */
function computeFingerprint(key: string): string {
  return createHmac('sha256', fingerprintKey).update(key).digest('hex').slice(0, 12);
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/**
 * Logs what the gateway refuses or hands on as refused: one line for each code of an answer, bounded under a flood. `observer` gets
 * every error, whether or not it has a line.
 */
export class RefusalLog implements Disposable {
  readonly #log: Logger;
  readonly #audit: Pick<RefusalAudit, 'add' | 'throttled' | 'note'> | undefined;
  readonly #lines: BoundedLines;
  readonly #observer: Pick<GatewayObserver, 'errorAnswered' | 'streamBegun' | 'streamCut'> | undefined;

  constructor(
    log: Logger,
    now?: () => number,
    audit?: Pick<RefusalAudit, 'add' | 'throttled' | 'note'>,
    observer?: Pick<GatewayObserver, 'errorAnswered' | 'streamBegun' | 'streamCut'>,
  ) {
    this.#log = log;
    this.#audit = audit;
    this.#observer = observer;
    this.#lines = new BoundedLines(({ count, most }) => {
      this.#log.warn({ event: 'refusals_left_out', count, most }, 'refusals were left out of the log');
    }, now);
  }

  /** A request that was refused before there was an operation: by its credential, mostly. */
  thrown(error: unknown, request: LoggedRequest): void {
    // What has a cause is logged with it where it is presented.
    if (!(error instanceof HeddleError) || error.cause !== undefined) {
      const code = error instanceof HeddleError ? error.code : 'INTERNAL';
      this.#observer?.errorAnswered({ code, meter: null, window: null });
      return;
    }
    const credential = error instanceof CredentialRefusal ? error : undefined;
    const caller = credential?.caller ?? request.caller;
    const about =
      credential === undefined
        ? {}
        : {
            reason: credential.problem,
            ...(credential.fingerprint === undefined ? {} : { keyFingerprint: credential.fingerprint }),
          };
    this.#write(error.code, error.extensions, { ...request, caller }, about);
    const isThrottled = error instanceof AddressThrottled;
    if (credential !== undefined || isThrottled)
      this.#record('credential', error.code, { ...request, caller });
    if (isThrottled) this.#audit?.throttled(error.network);
  }

  /** The errors of an answer: a line for each code, with the first field that it refuses and how many there are. */
  answered(errors: readonly ClientError[], request: LoggedRequest, operation?: Operation): void {
    const byCode = Map.groupBy(errors, ({ extensions }) => extensions?.code);
    for (const [code, same] of byCode) {
      const [first] = same;
      const path = first?.path ?? [];
      this.#write(code as ErrorCode, first?.extensions ?? {}, request, {
        field: operation === undefined ? null : coordinateAt(operation, path),
        ...(same.length > 1 ? { fields: same.length } : {}),
      });
    }
  }

  /** A mutation that does not run because of what it demands of its caller: also for the audit log. */
  denied(errors: readonly ClientError[], request: LoggedRequest, operation: Operation): void {
    const tried = new Map<string, string>();
    for (const { path = [], extensions } of errors) {
      const coordinate = coordinateAt(operation, path.slice(0, 1));
      if (coordinate === null || tried.size >= deniedMax) continue;
      tried.set(operation.policyAt(coordinate)?.audited ?? coordinate, String(extensions?.code));
    }
    for (const [action, code] of tried) this.#record(action, code, request);
  }

  #record(
    action: string,
    code: string,
    { requestId, clientRequestId, clientAddress, caller }: LoggedRequest,
  ): void {
    const request = { requestId, clientRequestId: clientRequestId ?? null, clientAddress };
    this.#audit?.add({ action, code, caller, ...request });
  }

  /** A stream has begun, of the field at the coordinate. The returned function is called when it is over. */
  streamBegun(field: string): (() => void) | undefined {
    return this.#observer?.streamBegun(field);
  }

  /** A stream that ended before its last event, other than by a failure of its completion. */
  cut(
    { requestId, clientRequestId, clientAddress, caller }: LoggedRequest,
    about: {
      readonly reason: CutReason;
      readonly completionId: string | null;
      readonly field: string | null;
    },
  ): void {
    const level = about.reason === 'CLIENT_GONE' ? 'info' : 'warn';
    this.#observer?.streamCut(about.reason);
    const keyId = caller?.keyId ?? null;
    if (!this.#log.isLevelEnabled(level)) return;
    if (!this.#lines.admit(`stream ${about.reason} ${keyId ?? '-'} ${clientAddress ?? '-'}`)) return;
    this.#log[level](
      {
        event: 'cut',
        ...about,
        requestId,
        ...(clientRequestId == null ? {} : { clientRequestId }),
        tenantId: caller?.tenantId ?? null,
        keyId,
        clientAddress,
      },
      'a stream ended before its last event',
    );
  }

  [Symbol.dispose](): void {
    this.#lines[Symbol.dispose]();
  }

  #write(
    code: ErrorCode,
    extensions: Readonly<Record<string, unknown>>,
    { requestId, clientRequestId, clientAddress, caller }: LoggedRequest,
    about: Readonly<Record<string, unknown>>,
  ): void {
    const { meter, window } = extensions;
    this.#observer?.errorAnswered({ code, meter: textOrNull(meter), window: textOrNull(window) });
    this.#audit?.note({ code, extensions, caller, clientAddress, isOfAddress: about.reason === 'ADDRESS' });
    const level = levels[code];
    // A call with a row was logged where it failed, and a subgraph that was not reached where that was noticed.
    if (level === undefined || extensions.completionId !== undefined || extensions.subgraph !== undefined)
      return;
    if (!this.#log.isLevelEnabled(level)) return;
    const keyId = caller?.keyId ?? null;
    if (!this.#lines.admit(`${code} ${keyId ?? '-'} ${clientAddress ?? '-'}`)) return;
    const details = ownDetails.flatMap((name) =>
      extensions[name] === undefined ? [] : [[name, extensions[name]] as const],
    );
    this.#log[level](
      {
        event: 'refused',
        code,
        requestId,
        ...(clientRequestId == null ? {} : { clientRequestId }),
        tenantId: caller?.tenantId ?? null,
        keyId,
        clientAddress,
        ...about,
        ...Object.fromEntries(details),
        ...(code === 'GUARDRAIL_BLOCKED' ? toGuardrailAttributes(extensions) : {}),
      },
      'a request was refused',
    );
  }
}
