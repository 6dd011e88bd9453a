import type { Exchange } from '../../http/exchange.ts';
import { type FilterAttributes, parseScimFilter } from './filter.ts';
import { ScimRefusal } from './scim-refusal.ts';
import { type AttributeSelection, readSelection } from './select-attributes.ts';

/** Resources on one page at most, and without `count`. */
export const pageMax = 200;
const pageDefault = 100;
const startMax = 1_000_001;

/** The query of a list (RFC 7644, section 3.4.2). */
export interface ListQuery<TCondition> {
  /** Null: there is no filter. */
  readonly anyOf: TCondition[] | null;
  /** The position of the first resource, from 1 on. */
  readonly startIndex: number;
  readonly count: number;
  readonly selection: AttributeSelection;
}

/** Reads it. Throws ScimRefusal for a filter or numbers that cannot be used. */
export function readListQuery<TCondition extends object>(
  { search }: Pick<Exchange, 'search'>,
  attributes: FilterAttributes<TCondition>,
): ListQuery<TCondition> {
  const query = new URLSearchParams(search);
  const filter = query.get('filter');
  return {
    anyOf: filter === null || filter.trim() === '' ? null : [...parseScimFilter(filter, attributes)],
    startIndex: Math.min(Math.max(readInteger(query, 'startIndex', 1), 1), startMax),
    count: Math.min(Math.max(readInteger(query, 'count', pageDefault), 0), pageMax),
    selection: readSelection(query),
  };
}

function readInteger(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null || text === '') return fallback;
  if (!/^-?\d{1,9}$/.test(text)) throw new ScimRefusal('invalidValue', `${name} must be an integer.`);
  return Number(text);
}

/** A page of a list as RFC 7644 has it. */
export function toListResponse(
  resources: readonly object[],
  { totalCount, startIndex }: { readonly totalCount: number; readonly startIndex: number },
): object {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: totalCount,
    startIndex,
    itemsPerPage: resources.length,
    Resources: resources,
  };
}
