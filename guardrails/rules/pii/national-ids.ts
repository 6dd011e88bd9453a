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
  const wanted = idForms.filter(({ country }) => countries === undefined || countries.includes(country));
  // A country's own words come first: what they announce may have the form of other countries' numbers too.
  for (const isOwn of [true, false]) {
    for (const form of wanted) {
      const find = createFinder(form, isOwn ? form.words : [general, ...more.map(quote)].join('|'), isOwn);
      if (form.groups === 'letters') afterLetters.push(find);
      else for (const group of form.groups) byGroup.set(group, [...(byGroup.get(group) ?? []), find]);
    }
  }
  return { byGroup, afterLetters };
}

function quote(word: string): string {
  return RegExp.escape(word.toLowerCase());
}

function createFinder(form: IdForm, words: string, isOwn: boolean): NumberFinder {
  const { kind, groups, pattern, validate, alone } = form;
  const announcing = new RegExp(words);
  return (place) => {
    if (groups !== 'letters' && place.from !== place.at) return null;
    if (alone === undefined && place.context() === '') return null;
    const written = matchAt(pattern, place.text, place.from);
    if (written === null) return null;
    const isRare = isOwn && alone?.test(written) === true;
    if (!isRare && !announcing.test(place.context())) return null;
    if (!validate(written).isValid) return null;
    return { kind, start: place.from, end: place.from + written.length };
  };
}
