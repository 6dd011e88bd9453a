import type { KeyObject } from 'node:crypto';
import type { ExecutionResult } from 'graphql';
import { HeddleError } from '#core/errors.ts';
import { parseJson } from '#core/json/exact-json.ts';
import type { SubgraphRequest } from '../executor.ts';
import { identityHeader } from '../identity.ts';
import { answerCodeHeader, isAuthenticAnswer } from '../mesh-answers.ts';
import type { Address } from './addresses.ts';
import { forgedAnswer, isBrokenError, isWireResult, readResult, refusedIdentity } from './errors.ts';
import { namedInstance, type SignedOperation } from './subscriptions.ts';

/** How long a subgraph may take to answer a request that this gateway ends: less than the gateway waits for itself. */
const endedMsMax = 900;

/** An operation as it is sent, with the token that lets it run once. */
export interface Signed {
  readonly operation: Pick<SignedOperation, 'query' | 'variables' | 'operationName'>;
  readonly identity: string;
  /** The process that it is signed for, where processes do not share which tokens were used. */
  readonly instance: string | undefined;
}

/** Of errors of connections over which nothing was sent. */
const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function readErrorCode(error: unknown): string {
  if (error instanceof AggregateError) return readErrorCode(error.errors[0]);
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** Was the operation certainly not sent, as there was no connection? */
export function wasNeverSent(error: unknown): boolean {
  return neverSent.has(readErrorCode(error));
}

/** Did the connection end after the operation was sent, and before its answer? */
export function isBroken(error: unknown, { signal }: SubgraphRequest): boolean {
  if (signal?.aborted === true) return false;
  if (error instanceof HeddleError) return isBrokenError(error);
  const code = readErrorCode(error);
  return code !== '' && !neverSent.has(code);
}

export const otherProcess = 'The identity was signed for another process of the subgraph.';

/**
 * The subgraph refuses an identity that is not signed for this process of it. One that named no process is not accepted
 * anywhere, so that the operation was certainly not begun; one that named another may have been used there, whoever
 * brought it here.
 */
export class OtherProcess extends Error {
  readonly signedFor: string | undefined;

  constructor(signedFor: string | undefined) {
    super(otherProcess);
    this.signedFor = signedFor;
  }
}

/**
 * The signal that ends the request to the subgraph. A client that leaves closes the connection. A gateway that ends
 * requests that the subgraph ends the call as ended by the mesh, and waits for the answer, which names the call.
 */
function watchEnding({ signal }: SubgraphRequest, { url, pool }: Address, identity: string) {
  if (signal === undefined) return { signal: null, [Symbol.dispose]: () => undefined };
  const ending = new AbortController();
  const onAbort = () => {
    if (!(signal.reason instanceof HeddleError)) return ending.abort(signal.reason);
    const timer = setTimeout(() => ending.abort(signal.reason), endedMsMax);
    ending.signal.addEventListener('abort', () => clearTimeout(timer));
    const headers = { [identityHeader]: identity };
    pool
      .request({ path: url.pathname + url.search, method: 'DELETE', headers, signal: ending.signal })
      .then(async ({ statusCode, body }) => {
        await body.dump();
        if (statusCode !== 204) ending.abort(signal.reason);
      })
      // Any error: a call that cannot be canceled there is abandoned here.
      .catch(() => ending.abort(signal.reason));
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return { signal: ending.signal, [Symbol.dispose]: () => signal.removeEventListener('abort', onAbort) };
}

/** Remembers the process that identities have to be signed for, when the subgraph names one. */
export function learnInstance(address: Address, { errors }: ExecutionResult): string | undefined {
  address.instance = namedInstance(errors);
  return address.instance;
}

/**
 * Sends an operation to a process of the subgraph by POST, over a kept-alive connection. Rejects with OtherProcess, with
 * another refusal of the identity, with what is no answer of this mesh, and with the error of the connection.
 */
export async function post(
  { name, answerKeys }: { readonly name: string; readonly answerKeys: readonly KeyObject[] | undefined },
  address: Address,
  request: SubgraphRequest,
  { operation, identity, instance }: Signed,
): Promise<ExecutionResult> {
  const { url, pool } = address;
  const ending = watchEnding(request, address, identity);
  let statusCode: number;
  let text: string;
  let code: unknown;
  try {
    const answer = await pool.request({
      path: url.pathname + url.search,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'x-request-id': request.requestId,
        [identityHeader]: identity,
      },
      body: JSON.stringify(operation),
      signal: ending.signal,
    });
    ({ statusCode } = answer);
    code = answer.headers[answerCodeHeader];
    text = await answer.body.text();
  } finally {
    ending[Symbol.dispose]();
  }
  const isOpenToForgery = url.protocol === 'http:' && answerKeys !== undefined;
  if (isOpenToForgery && !isAuthenticAnswer(answerKeys, code, identity, statusCode, text)) {
    throw forgedAnswer(name);
  }
  const result = parseJson(text);
  if (statusCode === 401) {
    const named = isWireResult(result) && learnInstance(address, readResult(result));
    if (typeof named === 'string') throw new OtherProcess(instance);
    throw refusedIdentity(name, text.slice(0, 500));
  }
  if (!isWireResult(result)) throw new Error(`The subgraph ${name} answered ${statusCode} without a result.`);
  return readResult(result);
}
