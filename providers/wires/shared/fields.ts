import type { OwnFields } from '../../provider.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** Lenient reading of what vendors send: what is not of the expected type counts as absent. */
export function fields(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

/** Whether a value holds anything: no null, no empty text, list or object, at any depth. */
export function saysAnything(value: unknown, levelsLeft = 4): boolean {
  if (typeof value !== 'object' || value === null) return Boolean(value);
  return levelsLeft === 0 || Object.values(value).some((inner) => saysAnything(inner, levelsLeft - 1));
}

/** The fields beside those that are known, as `own` of a wire format; nothing where there are none. Null states nothing. */
export function readFurther(
  given: Fields,
  known: ReadonlySet<string>,
  format: string,
): { readonly own?: OwnFields } {
  const further = Object.entries(given).filter(([name, value]) => value != null && !known.has(name));
  return further.length === 0 ? {} : { own: { [format]: Object.fromEntries(further) } };
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
