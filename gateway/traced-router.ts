import { type Attributes, activeSpan, type Span, withSpan } from '#core/tracing/span.ts';
import { coordinateAt } from './coordinate.ts';
import type { Operation } from './document/operation.ts';
import { type Answer, isStream, type RequestContext, type Router } from './router.ts';

/** Root fields of an operation that its span names. */
const fieldsMax = 20;

/** The name that an operation is registered with. One that only its document names has none: the name is a client's. */
function readName({ isRegistered, name }: Operation): string | undefined {
  return isRegistered ? name : undefined;
}

/** The operation by its fields of the schema, and who calls by ids: there are no words of a client in it. */
function describeOperation(operation: Operation, { caller, requestId }: RequestContext): Attributes {
  const keys = operation.rootKeys.slice(0, fieldsMax);
  const fields = keys.flatMap((key) => coordinateAt(operation, [key]) ?? []);
  return {
    'graphql.operation.type': operation.type,
    'graphql.operation.name': readName(operation),
    'heddle.graphql.fields': [...new Set(fields)],
    'heddle.request.id': requestId,
    'heddle.tenant.id': caller.tenantId,
    'heddle.app.id': caller.appId,
    'heddle.key.id': caller.keyId,
  };
}

/** The router, with a span for each operation of a request that is traced. That of a subscription ends with its stream, by its StreamWatch. */
export function traceRouter(router: Router): Router {
  return {
    ...router,
    run(operation, variables, context) {
      const parent = activeSpan();
      if (parent === undefined) return router.run(operation, variables, context);
      const name = readName(operation);
      const span = parent.child(name === undefined ? operation.type : `${operation.type} ${name}`, {
        attributes: () => describeOperation(operation, context),
      });
      return endWithAnswer(
        span,
        withSpan(span, () => router.run(operation, variables, context)),
      );
    },
  };
}

async function endWithAnswer(span: Span, answering: Promise<Answer>): Promise<Answer> {
  const answer = await answering;
  if (isStream(answer)) {
    span.answered();
    return answer;
  }
  const code = answer.errors?.[0]?.extensions?.code;
  if (answer.errors !== undefined) span.fail(typeof code === 'string' ? code : 'BAD_USER_INPUT');
  span.end();
  return answer;
}
