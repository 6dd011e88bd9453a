import { badInput } from '#core/input.ts';

const region = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

/** A region as vendors name theirs: it becomes part of host names, and is compared letter by letter. */
export function checkedRegion(value: string, field: string): string {
  if (!region.test(value)) {
    badInput(field, 'must be 1 to 64 lower-case letters, digits and dashes, such as eu-west-1.');
  }
  return value;
}
