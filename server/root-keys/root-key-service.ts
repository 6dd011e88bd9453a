import { setTimeout as wait } from 'node:timers/promises';
import { RootKeyFailure } from '#core/secrets/root-key.ts';

/** Three attempts of 3 seconds, and the waits between them: a call ends within 10 seconds. */
const attemptMsMax = 3_000;
const retryDelaysMs = [100, 400] as const;

/** The answer of the service of a root key, as far as it is understood. */
export interface ServiceAnswer {
  readonly status: number;
  /** The JSON of its body; null: it had none. */
  readonly body: Readonly<Record<string, unknown>> | null;
}

/** What an answer means: it is good, it may be good later, or it will not be; with the service's code of the failure. */
export type AnswerMeaning =
  | { readonly kind: 'GOOD' }
  | { readonly kind: RootKeyFailure['reason']; readonly code: string };

export interface RootKeyService {
  /** For messages, e.g. `AWS KMS`. */
  readonly name: string;
  /** Sends the request; called again for each attempt. */
  send(signal: AbortSignal): Promise<Response>;
  interpret(answer: ServiceAnswer): AnswerMeaning;
  readonly delay?: (ms: number) => Promise<unknown>;
}

/** Calls the service. Rejects with RootKeyFailure, whose message holds nothing but the service's name and the code of the failure. */
export async function callRootKeyService(service: RootKeyService): Promise<Record<string, unknown>> {
  const { name, delay = (ms) => wait(ms) } = service;
  for (let attempt = 0; ; attempt++) {
    const result = await attemptCall(service);
    if ('body' in result) return result.body;
    const { code, reason } = result;
    const retryDelayMs = retryDelaysMs[attempt];
    if (reason === 'REFUSED') throw new RootKeyFailure(reason, `${name} refused the root key: ${code}.`);
    if (retryDelayMs === undefined) throw new RootKeyFailure(reason, `${name} cannot be reached: ${code}.`);
    await delay(retryDelayMs);
  }
}

async function attemptCall({
  send,
  interpret,
}: RootKeyService): Promise<
  | { readonly body: Record<string, unknown> }
  | { readonly reason: RootKeyFailure['reason']; readonly code: string }
> {
  let answer: ServiceAnswer;
  try {
    const response = await send(AbortSignal.timeout(attemptMsMax));
    answer = { status: response.status, body: readObject(await response.text()) };
  } catch (error) {
    // Any error: names, addresses, certificates and time all fail here.
    return { reason: 'UNREACHABLE', code: nameFailure(error) };
  }
  const meaning = interpret(answer);
  if (meaning.kind !== 'GOOD') return { reason: meaning.kind, code: meaning.code };
  if (answer.body === null) return { reason: 'UNREACHABLE', code: 'its answer is no JSON' };
  return { body: { ...answer.body } };
}

function readObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    // Any error: a proxy's page, or nothing.
    return null;
  }
}

/** The code of a failure to connect, such as ECONNREFUSED, or the name of its error. */
function nameFailure(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string' && /^[A-Z0-9_]{1,60}$/.test(cause.code)) {
      return cause.code;
    }
  }
  return error instanceof Error && error.name === 'TimeoutError'
    ? 'no answer in time'
    : 'the connection failed';
}

/** A text of an answer, or RootKeyFailure UNREACHABLE: the service answered something else than its API states. */
export function readAnswerText(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new RootKeyFailure('UNREACHABLE', `${name} cannot be used: its answer lacks what its API states.`);
}
