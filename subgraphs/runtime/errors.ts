import { GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import { HeddleError, isErrorCode } from '#core/errors.ts';
import { explainStoreFailure } from './store-errors.ts';

/**
 * What the client may see of the errors of one result: HeddleErrors as they are, refusals of graphql-js itself
 * (a variable, an argument) as BAD_USER_INPUT, a store that cannot be used as OVERLOADED, and everything else as
 * INTERNAL, logged under the request's id.
 */
export function maskErrors(
  errors: readonly GraphQLError[],
  requestId: string,
  log: Logger,
): readonly GraphQLError[] {
  return errors.map((error) => maskError(error, requestId, log));
}

function maskError(error: GraphQLError, requestId: string, log: Logger): GraphQLError {
  if (isErrorCode(error.extensions.code)) return error;
  const root = findRootCause(error);
  const cause = explainStoreFailure(root);
  // The field's own name: a path has the client's words.
  const [node] = error.nodes ?? [];
  const field = node?.kind === 'Field' ? node.name.value : undefined;
  if (cause !== root) log.warn({ err: root, requestId, field }, 'the store cannot be used');
  if (cause instanceof HeddleError) return withExtensions(error, cause.message, { ...cause.extensions });
  if (cause instanceof GraphQLError && isRefusal(error)) {
    return withExtensions(error, error.message, { ...error.extensions, code: 'BAD_USER_INPUT' });
  }
  log.error({ event: 'unexpected_error', err: cause, requestId, field }, 'a resolver failed unexpectedly');
  return withExtensions(
    error,
    'An unexpected error occurred. Find its cause in the log under the requestId.',
    {
      code: 'INTERNAL',
      requestId,
    },
  );
}

/** Errors from before the execution have no path; an argument's literal is refused where its field stands. */
function isRefusal(error: GraphQLError): boolean {
  return error.path === undefined || error.message.startsWith('Argument "');
}

function findRootCause(error: GraphQLError): Error {
  let root: Error = error;
  while (root instanceof GraphQLError && root.originalError) root = root.originalError;
  return root;
}

function withExtensions(
  { nodes, path }: GraphQLError,
  message: string,
  extensions: Record<string, unknown>,
): GraphQLError {
  return new GraphQLError(message, { nodes: nodes ?? null, path: path ?? null, extensions });
}

/** Anything thrown outside a field, as the one error of a result. */
export function toResultError(thrown: unknown, requestId: string, log: Logger): GraphQLError {
  const error =
    thrown instanceof GraphQLError
      ? thrown
      : new GraphQLError(thrown instanceof Error ? thrown.message : String(thrown), {
          originalError: thrown instanceof Error ? thrown : new Error(String(thrown)),
        });
  return maskError(error, requestId, log);
}
