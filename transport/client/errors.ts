import { type ExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql';
import { createOverloadedError, HeddleError } from '#core/errors.ts';

const retryAfterMs = 1_000;

/** The operation was certainly not begun: nothing answers at the subgraph's address. */
export function unreachable(subgraph: string, cause?: unknown): HeddleError {
  return createOverloadedError(`The subgraph ${subgraph} cannot be reached.`, {
    cause,
    subgraph,
    notBegun: true,
  });
}

/** Too many operations of this gateway wait for the subgraph. */
export function atCapacity(subgraph: string): HeddleError {
  return createOverloadedError(`Too many operations wait for the subgraph ${subgraph}.`, { subgraph });
}

const brokenOnes = new WeakSet<HeddleError>();

/** The connection broke after the operation was sent: it may have run. */
export function broken(subgraph: string, cause?: unknown): HeddleError {
  const error = new HeddleError(
    'INTERNAL',
    `The connection to the subgraph ${subgraph} broke; the operation may have run.`,
    {
      ...(cause === undefined ? {} : { cause }),
      extensions: { subgraph, retryAfterMs },
    },
  );
  brokenOnes.add(error);
  return error;
}

/** Is this the error of a connection that broke after the operation was sent? */
export function isBrokenError(error: unknown): boolean {
  return error instanceof HeddleError && brokenOnes.has(error);
}

/** JSON.stringify follows the nesting by calling itself, and knows no bound of it but the stack's: nothing was sent. */
export function tooDeep(): HeddleError {
  return new HeddleError(
    'BAD_USER_INPUT',
    'The variables nest too deep: send nested values with fewer levels.',
  );
}

/** An answer over plain HTTP that was not made by a subgraph of this mesh, or not for this request. */
export function forgedAnswer(subgraph: string): HeddleError {
  return new HeddleError(
    'INTERNAL',
    `An answer in the name of the subgraph ${subgraph} is not authentic: compare HEDDLE_MESH_SECRET.`,
    { extensions: { subgraph } },
  );
}

/** `reason` is for the log: it distinguishes a wrong secret from clocks that differ. */
export function refusedIdentity(subgraph: string, reason: string): HeddleError {
  return new HeddleError(
    'INTERNAL',
    `The subgraph ${subgraph} refuses this gateway's identity: compare its mesh key with theirs, and the clocks.`,
    { cause: new Error(reason), extensions: { subgraph } },
  );
}

const overruns = new WeakSet<ExecutionResult>();

/** The end of a stream when its reader lets more wait in this process than is allowed. */
export function overrun(details: Readonly<Record<string, unknown>>): ExecutionResult {
  const message = 'The client reads too slowly; continue with resumeCompletion.';
  const { extensions } = createOverloadedError(message, details);
  const result = { errors: [readError({ message, extensions })] };
  overruns.add(result);
  return result;
}

export function isOverrun(result: ExecutionResult): boolean {
  return overruns.has(result);
}

interface WireResult {
  readonly data?: Record<string, unknown> | null | undefined;
  readonly errors?: readonly GraphQLFormattedError[] | undefined;
  readonly extensions?: unknown;
}

export function isWireResult(value: unknown): value is WireResult {
  if (typeof value !== 'object' || value === null) return false;
  return 'data' in value || ('errors' in value && Array.isArray(value.errors));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** A result as it came over the wire, as graphql-js has it. */
export function readResult({ data, errors, extensions }: WireResult): ExecutionResult {
  return {
    ...(data === undefined ? {} : { data }),
    ...(isRecord(extensions) ? { extensions } : {}),
    ...(errors === undefined || errors.length === 0 ? {} : { errors: errors.map(readError) }),
  };
}

export function readError({ message, path, extensions }: GraphQLFormattedError): GraphQLError {
  return new GraphQLError(String(message), { path: path ?? null, extensions: extensions ?? null });
}
