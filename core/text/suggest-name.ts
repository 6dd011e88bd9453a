import { countEdits } from './count-edits.ts';

/** Names that are compared at most, and characters of a name that is: a refusal is bounded work. */
const candidatesMax = 1_000;
const nameMax = 100;
const editsMax = 2;

/** What follows the provider in a model's id; a route's alias as it is. */
const shortName = (id: string) => id.slice(id.indexOf('/') + 1);

/**
 * The name that was probably meant: of the same model at another provider, mistyped by two characters at most, or cut
 * short. As the end of a refusal; empty where none comes close.
 */
export function suggestName(wanted: string, names: Iterable<string>): string {
  if (wanted === '' || wanted.length > nameMax) return '';
  const text = wanted.toLowerCase();
  const wantedShort = shortName(text);
  let best: { readonly name: string; readonly rank: number } | undefined;
  let compared = 0;
  for (const name of names) {
    if (++compared > candidatesMax) break;
    const rank = rankName(text, wantedShort, name.toLowerCase());
    if (rank !== undefined && (best === undefined || rank < best.rank)) best = { name, rank };
  }
  return best === undefined ? '' : ` Did you mean ${JSON.stringify(best.name)}?`;
}

/** The lower the closer: the same short name, then edits, then how much was left out; undefined: not alike. */
function rankName(wanted: string, wantedShort: string, name: string): number | undefined {
  const short = shortName(name);
  if (short === wantedShort) return 0;
  const edits = Math.min(computeDistance(wanted, name), computeDistance(wantedShort, short));
  if (edits <= editsMax) return edits;
  return short.startsWith(wantedShort) && wantedShort.length > editsMax ? short.length : undefined;
}

/** More than allowed, without counting, where the lengths or the texts are too unlike. */
function computeDistance(from: string, to: string): number {
  const tooMany = editsMax + 1;
  if (Math.abs(from.length - to.length) > editsMax || from.length <= editsMax) return tooMany;
  return countEdits(from, to);
}

/** A message of graphql-js without the names of the schema that it suggests. */
export function withoutSuggestion(message: string): string {
  const at = message.indexOf(' Did you mean ');
  return at === -1 ? message : message.slice(0, at);
}
