import type { GraphQLFieldResolver } from 'graphql';
import type { OperationContext } from '../context.ts';
import type { ExecutedPolicy } from './policy.ts';

type Resolve = GraphQLFieldResolver<unknown, unknown>;

/**
 * The resolver of a field whose @policy depends on the record. What it returns without a decision of the policy in this operation is
 * an error: a rule that the SDL states and no code decides lets nothing out.
 */
export function withDecisions(resolve: Resolve, { byRecord, auth }: ExecutedPolicy): Resolve {
  if (byRecord.length === 0) return resolve;
  const check = (result: unknown, context: OperationContext<unknown>): unknown => {
    const isDecided = byRecord.some((names) => names.every((name) => context.hasDecided(name)));
    if (result == null || isDecided) return result;
    throw new Error(
      `${auth?.coordinate}: its @policy was not decided; read what it returns by context.reach.`,
    );
  };
  return (source, args, contextValue, info) => {
    const context = contextValue as OperationContext<unknown>;
    const result = resolve(source, args, context, info);
    return result instanceof Promise
      ? result.then((value: unknown) => check(value, context))
      : check(result, context);
  };
}
