import { type ErrorCode, HeddleError, isErrorCode } from '#core/errors.ts';
import { Unread } from '../auth/client-use.ts';
import type { ClientError, ClientResult } from '../errors.ts';
import type { Exchange } from '../http/exchange.ts';
import type { EventSource } from '../http/stream.ts';
import { type Answer, isStream } from '../router.ts';
import type { DeclaredOperation } from './declared-operation.ts';

/** The caller of an operation, and what ends it: of a request of HTTP, or of a message of a WebSocket. */
export type CallContext = Pick<
  Exchange,
  'services' | 'client' | 'caller' | 'use' | 'requestId' | 'clientRequestId' | 'signal'
>;

/** An error of the graph that a whole request fails with. The router has logged it. */
export class GraphFailure extends HeddleError {
  /** The variables of the operation; undefined: it failed after it had begun. */
  readonly variables: object | undefined;

  constructor({ message, extensions }: ClientError, variables?: object) {
    const { code, ...rest } = extensions ?? {};
    super(isErrorCode(code) ? (code as ErrorCode) : 'INTERNAL', message, { extensions: rest });
    this.variables = variables;
  }
}

/** A subscription whose results are read as events, and what bounds those that the client leaves unread. */
export interface DeclaredEvents<Event> {
  readonly events: EventSource<Event>;
  readonly unread: Unread;
}

async function run<Data, Variables extends object>(
  call: CallContext,
  operation: DeclaredOperation<Data, Variables>,
  variables: Variables,
): Promise<{ readonly answer: Answer; readonly unread: Unread }> {
  const { services, client, caller, use, requestId, clientRequestId, signal } = call;
  const router = services.router();
  const prepared = operation.prepare(router, caller);
  const unread = new Unread(services.clients, use);
  unread.refuse();
  const context = { requestId, clientRequestId, clientAddress: client.address, caller, signal };
  const answer = await router.run(prepared, variables as Readonly<Record<string, unknown>>, context);
  return { answer, unread };
}

/** Throws the first error, except those of optional fields in data that is there. */
function toData<Data>(
  { data, errors }: ClientResult,
  optional: readonly string[] = [],
  variables?: object,
): Data {
  const isOptional = ({ path }: ClientError) => path?.some((part) => optional.includes(String(part)));
  const error = errors?.find((one) => data == null || !isOptional(one));
  if (error !== undefined) throw new GraphFailure(error, variables);
  return data as Data;
}

/**
 * Runs a query or a mutation for the caller of a request, with everything that the policy of the schema demands. Throws
 * GraphFailure with its first error, of whatever field, and RateLimited where the client has left too much unread. `optional`
 * names nullable fields that are null where they fail, and leave the rest of the result as it is.
 */
export async function runDeclared<Data, Variables extends object>(
  call: CallContext,
  operation: DeclaredOperation<Data, Variables>,
  variables: Variables,
  optional?: readonly string[],
): Promise<Data> {
  const { answer } = await run(call, operation, variables);
  if (isStream(answer)) throw new TypeError('A subscription has events: use subscribeDeclared.');
  return toData<Data>(answer, optional, variables);
}

/** What becomes of the results of a subscription, one after another. */
export interface EventReader<Data, Event> {
  event(data: Data): Event;
  /** As in runDeclared. */
  readonly optional?: readonly string[];
  /** May throw where the events ended too early. */
  end?(): void;
}

/**
 * Runs a subscription. What is refused before its first event throws as in runDeclared, and so does an event with an error,
 * from `read`. The caller returns `events` where it does not read them to their end.
 */
export async function subscribeDeclared<Data, Variables extends object, Event>(
  call: CallContext,
  operation: DeclaredOperation<Data, Variables>,
  variables: Variables,
  reader: EventReader<Data, Event>,
): Promise<DeclaredEvents<Event>> {
  const { answer, unread } = await run(call, operation, variables);
  if (!isStream(answer)) {
    toData(answer, reader.optional, variables);
    throw new TypeError('The operation has no events: use runDeclared.');
  }
  const events: EventSource<Event> = {
    next: () => answer.next(),
    read: (result) => reader.event(toData<Data>(result, reader.optional)),
    end: () => reader.end?.(),
    return: async () => answer.return?.(),
  };
  return { events, unread };
}
