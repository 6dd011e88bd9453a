import { type ErrorCode, errorCatalog } from '#core/errors.ts';
import { statuses } from '../../../http/problem.ts';

/** Statuses of the pipeline that no code of the catalog has, with their reason. All have the code BAD_USER_INPUT. */
const ownStatuses: Readonly<Record<number, string>> = {
  408: 'The body took too long to arrive.',
  413: 'The body is too large.',
  415: 'The body is not application/json in UTF-8, or has an encoding other than gzip, br and zstd.',
};

/** Codes that a call of a prompt cannot have: they belong to GraphQL documents. */
const foreign: ReadonlySet<ErrorCode> = new Set([
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'DOCUMENT_NOT_TRUSTED',
]);

const codes = (Object.keys(statuses) as ErrorCode[]).filter((code) => !foreign.has(code));

/** The schema of every error. */
export const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: {
        code: { type: 'string', enum: codes, description: 'The stable code of the error.' },
        message: { type: 'string', description: 'What is wrong and what to do.' },
        param: { type: 'string', description: 'The first variable that is missing or unknown.' },
        retryAfterMs: { type: 'number', description: 'Milliseconds after which the same call may succeed.' },
        completionId: { type: 'string', description: 'The ID of the completion that failed.' },
        requestId: { type: 'string', description: 'The ID to look for in the log.' },
        missingVariables: {
          type: 'array',
          items: { type: 'string' },
          description: 'Variables without a value.',
        },
        unknownVariables: {
          type: 'array',
          items: { type: 'string' },
          description: 'Variables that the prompt does not have.',
        },
      },
    },
  },
};

function describeCodes(group: readonly ErrorCode[]): string {
  return group
    .map((code) => `- \`${code}\`: ${errorCatalog[code].summary} ${errorCatalog[code].whatToDo}`)
    .join('\n');
}

function toResponse(description: string, group: readonly ErrorCode[]): object {
  const examples = group.map((code) => [
    code,
    { value: { error: { code, message: errorCatalog[code].summary } } },
  ]);
  return {
    description,
    headers: { 'x-request-id': { $ref: '#/components/headers/requestId' } },
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/Error' },
        examples: Object.fromEntries(examples),
      },
    },
  };
}

/** The responses of failed calls by their status, as components. */
export const errorResponses: Readonly<Record<string, object>> = {
  ...Object.fromEntries(
    [...Map.groupBy(codes, (code) => statuses[code])].map(([status, group]) => [
      `Error${status}`,
      toResponse(describeCodes(group), group),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(ownStatuses).map(([status, reason]) => [
      `Error${status}`,
      toResponse(reason, ['BAD_USER_INPUT']),
    ]),
  ),
};

/** The same as an operation refers to them, by status. */
export const errorReferences: Readonly<Record<string, object>> = Object.fromEntries(
  Object.keys(errorResponses).map((name) => [
    name.slice('Error'.length),
    { $ref: `#/components/responses/${name}` },
  ]),
);
