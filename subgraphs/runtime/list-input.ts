import type { CallerNames } from '#core/caller.ts';
import type { ListOrder, TimeOrder } from '#core/graph-enums.generated.ts';
import { checkedText } from '#core/input.ts';
import { splitPatterns } from '#core/name-patterns.ts';
import type { PageSort } from './connection.ts';

/** The sort of a list of records with `createdAt` and a name; ends with the id, so that it is total. */
export function listSort(order: ListOrder, nameField = 'name'): PageSort {
  const direction = order.endsWith('_ASC') ? 1 : -1;
  const field = order.startsWith('NAME') ? nameField : 'createdAt';
  return { [field]: direction, _id: direction };
}

/** The sort of a list by the time of its records. */
export function timeSort(order: TimeOrder, timeField = 'createdAt'): PageSort {
  const direction = order === 'OLDEST_FIRST' ? 1 : -1;
  return { [timeField]: direction, _id: direction };
}

/** The text as a pattern that stands for itself. */
function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** What `matchesLists` allows, as a filter on the field with the name, which has the prefix before each name. */
export function matchingLists(
  lists: readonly CallerNames[],
  field: string,
  prefix = '',
): Readonly<Record<string, unknown>> {
  if (lists.length === 0) return {};
  return {
    $and: lists.map(({ patterns }) => {
      const { names, prefixes } = splitPatterns(patterns);
      return {
        $or: [
          { [field]: { $in: names.map((name) => `${prefix}${name}`) } },
          ...prefixes.map((start) => ({ [field]: { $regex: `^${literal(prefix + start)}` } })),
        ],
      };
    }),
  };
}

const searchMax = 100;

/** Matches values that contain the text, whatever its case. */
export function containing(text: string): { readonly $regex: string; readonly $options: 'i' } {
  return { $regex: literal(checkedText(text, 'filter.search', searchMax)), $options: 'i' };
}

/** Matches values that are the text, whatever its case. */
export function equalIgnoringCase(text: string): { readonly $regex: string; readonly $options: 'i' } {
  return { $regex: `^${literal(text)}$`, $options: 'i' };
}

/** The conditions of a filter that are set. */
export function given(conditions: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(conditions).filter(([, value]) => value != null));
}
