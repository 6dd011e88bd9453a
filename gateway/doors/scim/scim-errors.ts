import type { Exchange } from '../../http/exchange.ts';
import type { Problem } from '../../http/problem.ts';
import { ScimRefusal, type ScimType } from './scim-refusal.ts';
import { sendScim } from './send-scim.ts';

/** The kinds of what the graph refuses, by the reason that it states. */
const typesByReason: Readonly<Record<string, ScimType>> = {
  UNIQUENESS: 'uniqueness',
  MUTABILITY: 'mutability',
};

function readType({ status, error: { extensions = {} }, thrown }: Problem): ScimType | undefined {
  if (thrown instanceof ScimRefusal) return thrown.scimType;
  const byReason = typesByReason[String(extensions.reason)];
  if (byReason !== undefined) return byReason;
  return status === 400 && extensions.code === 'BAD_USER_INPUT' ? 'invalidValue' : undefined;
}

/** Ends the response with an error as RFC 7644 has it; `code` is that of Heddle's catalog, beside it. */
export function writeScimError({ response, requestId }: Exchange, problem: Problem): void {
  const { status, error } = problem;
  const scimType = readType(problem);
  sendScim(response, {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: String(status),
    ...(scimType === undefined ? {} : { scimType }),
    detail: error.message,
    code: error.extensions?.code,
    requestId,
  });
}
