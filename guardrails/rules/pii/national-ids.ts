import { generalIdWords } from './announcing/announcing-words.ts';
import { type CountedFinder, matchAt, type NumberFinder, type NumberPlace } from './finder.ts';
import { type IdForm, idForms } from './id-forms.ts';

/** The fewest digits of a number that a digit begins: those of CL_RUN and IE_PPS. */
const digitsMin = 7;

/** The finders of the countries' numbers, by how many digits their first group has, or for those that letters begin. */
export interface NationalIdFinders {
  readonly byGroup: ReadonlyMap<number, readonly CountedFinder[]>;
  readonly afterLetters: readonly NumberFinder[];
}

/** @param countries absent: all. Numbers that are common without being an id need a word that announces them, or one of `more`. */
export function createNationalIdFinders(
  countries: readonly string[] | undefined,
  more: readonly string[],
): NationalIdFinders {
  const wanted = idForms.filter(({ country }) => countries === undefined || countries.includes(country));
  const anyCountry = [generalIdWords, ...more.map(quote)].join('|');
  // Words of a policy are not among those that are known to be absent.
  const mayBeAnnounced: MayBeAnnounced =
    more.length > 0 ? (place) => place.context() !== '' : (place) => place.mayAnnounce('ID');
  const groups = new Set(wanted.flatMap((form) => (form.groups === 'letters' ? [] : form.groups)));
  const ofGroup = (group: number) =>
    wanted.filter((form) => form.groups !== 'letters' && form.groups.includes(group));
  return {
    byGroup: new Map(
      Array.from(groups, (group) => [
        group,
        [{ find: findFirst(ofGroup(group), anyCountry, mayBeAnnounced), digitsMin }],
      ]),
    ),
    afterLetters: createFinders(
      wanted.filter((form) => form.groups === 'letters'),
      anyCountry,
      mayBeAnnounced,
    ).map(({ find }) => find),
  };
}

/** Whether a word for an id may stand before a number; false is certain. */
type MayBeAnnounced = (place: NumberPlace) => boolean;

/** A finder for all of some forms: where no word announces any of them, only those are tried that need none. */
function findFirst(
  forms: readonly IdForm[],
  anyCountry: string,
  mayBeAnnounced: MayBeAnnounced,
): NumberFinder {
  const finders = createFinders(forms, anyCountry, mayBeAnnounced);
  const all = finders.map(({ find }) => find);
  const alone = finders.filter(({ needsWord }) => !needsWord).map(({ find }) => find);
  const standingAlone = forms.filter((form) => form.alone !== undefined);
  const anyAlone = standingAlone.length === 0 ? null : joinPatterns(standingAlone);
  const isAnnouncing = createContextCheck([...forms.map(({ words }) => words), anyCountry].join('|'));
  return (place) => {
    if (place.from !== place.at) return null;
    const isAnnounced = mayBeAnnounced(place) && isAnnouncing(place.context());
    if (!isAnnounced && (anyAlone === null || !matchesAt(anyAlone, place))) return null;
    for (const find of isAnnounced ? all : alone) {
      const found = find(place);
      if (found !== null) return found;
    }
    return null;
  };
}

/** A sticky pattern that matches where the pattern of any of the forms does. */
function joinPatterns(forms: readonly Pick<IdForm, 'pattern'>[]): RegExp {
  let groups = 0;
  const sources = forms.map(({ pattern: { source } }) => {
    const joined = source.replace(/\\([1-9])/g, (_, group) => `\\${groups + Number(group)}`);
    groups += source.match(/\((?!\?)/g)?.length ?? 0;
    return joined;
  });
  return new RegExp(sources.join('|'), 'y');
}

function matchesAt(pattern: RegExp, { text, from }: NumberPlace): boolean {
  pattern.lastIndex = from;
  return pattern.test(text);
}

/** In their order: a country's own words come first, because what they announce may have the form of other countries' numbers too. */
function createFinders(
  forms: readonly IdForm[],
  anyCountry: string,
  mayBeAnnounced: MayBeAnnounced,
): readonly { readonly find: NumberFinder; readonly needsWord: boolean }[] {
  return [true, false].flatMap((isOwn) =>
    forms.map((form) => ({
      find: createFinder(form, isOwn ? form.words : anyCountry, isOwn, mayBeAnnounced),
      needsWord: !isOwn || form.alone === undefined,
    })),
  );
}

/** Without the stack of the error that `validate` makes of each number that is none, which costs more than all else. */
function isValid(validate: IdForm['validate'], written: string): boolean {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return validate(written).isValid;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Whether words stand in the context of a number. Numbers of one text mostly have the same. */
function createContextCheck(words: string): (context: string) => boolean {
  const pattern = new RegExp(words);
  let last = '';
  let lastHas = pattern.test('');
  return (context) => {
    if (context !== last) [last, lastHas] = [context, pattern.test(context)];
    return lastHas;
  };
}

function quote(word: string): string {
  return RegExp.escape(word.toLowerCase());
}

function createFinder(
  form: IdForm,
  words: string,
  isOwn: boolean,
  mayBeAnnounced: MayBeAnnounced,
): NumberFinder {
  const { kind, pattern, validate, alone } = form;
  const isAnnouncing = createContextCheck(words);
  return (place) => {
    if (alone === undefined && !mayBeAnnounced(place)) return null;
    const written = matchAt(pattern, place.text, place.from);
    if (written === null) return null;
    const isRare = isOwn && alone?.test(written) === true;
    if (!isRare && !(mayBeAnnounced(place) && isAnnouncing(place.context()))) return null;
    if (!isValid(validate, written)) return null;
    return { kind, start: place.from, end: place.from + written.length };
  };
}
