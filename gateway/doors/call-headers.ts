import type { CacheScope, CacheUse, Retention } from '#core/graph-enums.generated.ts';
import type { Exchange } from '../http/exchange.ts';
import { BadRequest } from '../http/problem.ts';

/** What headers may set of a call, in every dialect that has no fields for it. */
export interface CallHeaders {
  readonly cache?: CacheUse;
  readonly cacheScope?: CacheScope;
  readonly retention?: Retention;
  readonly idempotencyKey?: string;
  readonly endUserId?: string;
  readonly conversationId?: string;
  readonly tags?: readonly string[];
}

/** Each header with the field of the input that it sets; those with choices take them in any case. */
const choices = {
  'x-heddle-cache': ['cache', ['DEFAULT', 'USE', 'BYPASS', 'REFRESH']],
  'x-heddle-cache-scope': ['cacheScope', ['CALLER', 'APP', 'TENANT']],
  'x-heddle-retention': ['retention', ['DEFAULT', 'NONE']],
} as const satisfies Readonly<Record<string, readonly [keyof CallHeaders, readonly string[]]>>;
const texts = {
  'idempotency-key': 'idempotencyKey',
  'x-heddle-end-user': 'endUserId',
  'x-heddle-conversation': 'conversationId',
} as const;
const tagsHeader = 'x-heddle-tags';

/** Throws BadRequest for a value that is none of its choices. */
export function readCallHeaders({ request: { headers } }: Pick<Exchange, 'request'>): CallHeaders {
  const read: Record<string, unknown> = {};
  for (const [header, [field, allowed]] of Object.entries(choices)) {
    const given = headers[header];
    if (given === undefined) continue;
    const value = allowed.find((choice) => choice === String(given).toUpperCase());
    if (value === undefined)
      throw new BadRequest(400, `The header ${header} must be one of ${allowed.join(', ')}.`);
    read[field] = value;
  }
  for (const [header, field] of Object.entries(texts)) {
    if (headers[header] !== undefined) read[field] = String(headers[header]);
  }
  const tags = headers[tagsHeader];
  if (tags !== undefined) {
    read.tags = String(tags)
      .split(',')
      .map((tag) => tag.trim());
  }
  return read;
}
