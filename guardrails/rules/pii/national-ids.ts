import { generalIdWords } from './announcing/announcing-words.ts';
import { type CountedFinder, matchAt, type NumberFinder, type NumberPlace } from './finder.ts';
import { type IdForm, idForms } from './id-forms.ts';

/** The fewest digits of a number that a digit begins: those of CL_RUN and IE_PPS. */
const digitsMin = 7;

/** The finders of the countries' numbers, by how many digits their first group has, and for those that letters begin. */
export interface NationalIdFinders {
  readonly byGroup: ReadonlyMap<number, readonly CountedFinder[]>;
  readonly afterLetters: NumberFinder;
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
  const createFinder = (forms: readonly IdForm[]) => findFirst(forms, anyCountry, mayBeAnnounced);
  return {
    byGroup: new Map(
      Array.from(groups, (group) => {
        const forms = wanted.filter((form) => form.groups !== 'letters' && form.groups.includes(group));
        return [group, [{ find: createFinder(forms), digitsMin }]];
      }),
    ),
    afterLetters: createFinder(wanted.filter((form) => form.groups === 'letters')),
  };
}

/** Whether a word for an id may stand before a number; false is certain. */
type MayBeAnnounced = (place: NumberPlace) => boolean;

/** A form that a number may have. */
interface Candidate {
  readonly form: IdForm;
  /** False: only as `alone` has it. */
  readonly isAnnounced: boolean;
}

/** A finder for all of some forms. */
function findFirst(
  forms: readonly IdForm[],
  anyCountry: string,
  mayBeAnnounced: MayBeAnnounced,
): NumberFinder {
  const alone = forms
    .filter((form) => form.alone !== undefined)
    .map((form): Candidate => ({ form, isAnnounced: false }));
  const anyAlone = alone.length === 0 ? null : joinPatterns(alone.map(({ form }) => form));
  const select = createSelection(forms, anyCountry, alone);
  return (place) => {
    const candidates = mayBeAnnounced(place) ? select(place.context()) : alone;
    if (candidates === alone && (anyAlone === null || !matchesAt(anyAlone, place))) return null;
    for (const candidate of candidates) {
      const written = readForm(candidate, place);
      if (written !== null)
        return { kind: candidate.form.kind, start: place.from, end: place.from + written.length };
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

/**
 * The forms that numbers may have by the words before them. A country's own words come first, because what they announce may have the form
 * of other countries' numbers too. Numbers of one text mostly have the same words before them: those of the last number are remembered.
 *
 * @param alone what no word has to announce: for all that have none before them
 */
function createSelection(
  forms: readonly IdForm[],
  anyCountry: string,
  alone: readonly Candidate[],
): (context: string) => readonly Candidate[] {
  const own = forms.map((form) => ({ form, words: new RegExp(form.words) }));
  const ofAnyCountry = new RegExp(anyCountry);
  const selectFor = (context: string): readonly Candidate[] => {
    const ofOwn = own.map(({ form, words }): Candidate => ({ form, isAnnounced: words.test(context) }));
    const isOfAny = ofAnyCountry.test(context);
    if (!isOfAny && !ofOwn.some(({ isAnnounced }) => isAnnounced)) return alone;
    const first = ofOwn.filter(({ form, isAnnounced }) => isAnnounced || form.alone !== undefined);
    const others = isOfAny ? ofOwn.filter(({ isAnnounced }) => !isAnnounced) : [];
    return [...first, ...others.map(({ form }): Candidate => ({ form, isAnnounced: true }))];
  };
  let last = '';
  let selected = selectFor(last);
  return (context) => {
    if (context !== last) [last, selected] = [context, selectFor(context)];
    return selected;
  };
}

/** What stands at a place, if it has the form; null: it has not. */
function readForm({ form, isAnnounced }: Candidate, { text, from }: NumberPlace): string | null {
  const written = matchAt(form.pattern, text, from);
  if (written === null || (!isAnnounced && form.alone?.test(written) !== true)) return null;
  const mayBeValid = form.checks?.every((check) => check(written)) ?? true;
  return mayBeValid && isValid(form.validate, written) ? written : null;
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

function quote(word: string): string {
  return RegExp.escape(word.toLowerCase());
}
