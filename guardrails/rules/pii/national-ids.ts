import { matchAt, type NumberFinder } from './finder.ts';
import { type IdForm, idForms } from './id-forms.ts';

/** Words in any country's stead. */
const general =
  'national.?id|identity.?(?:card|n)|personal.?(?:id|code)|tax.?(?:payer|id|n)|social.?(?:sec|ins)|fiscal|citizen';

/** The finders of the countries' numbers, by how many digits their first group has, or for those that letters begin. */
export interface NationalIdFinders {
  readonly byGroup: ReadonlyMap<number, readonly NumberFinder[]>;
  readonly afterLetters: readonly NumberFinder[];
}

/** @param countries absent: all. Numbers that are common without being an id need a word that announces them, or one of `more`. */
export function createNationalIdFinders(
  countries: readonly string[] | undefined,
  more: readonly string[],
): NationalIdFinders {
  const byGroup = new Map<number, NumberFinder[]>();
  const afterLetters: NumberFinder[] = [];
  for (const form of idForms) {
    if (countries !== undefined && !countries.includes(form.country)) continue;
    const find = createFinder(form, more);
    if (form.groups === 'letters') afterLetters.push(find);
    else for (const group of form.groups) byGroup.set(group, [...(byGroup.get(group) ?? []), find]);
  }
  return { byGroup, afterLetters };
}

function createFinder(
  { kind, groups, pattern, validate, words, alone }: IdForm,
  more: readonly string[],
): NumberFinder {
  const announcing = new RegExp(
    [words, general, ...more.map((word) => RegExp.escape(word.toLowerCase()))].join('|'),
  );
  return (place) => {
    if (groups !== 'letters' && place.from !== place.at) return null;
    const written = matchAt(pattern, place.text, place.from);
    if (written === null) return null;
    const isRare = alone?.test(written) === true;
    if (!isRare && !announcing.test(place.context())) return null;
    if (!validate(written).isValid) return null;
    return { kind, start: place.from, end: place.from + written.length };
  };
}
