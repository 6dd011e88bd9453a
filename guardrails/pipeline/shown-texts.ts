import type { TextSpan } from '#core/text/text-span.ts';
import type { GuardedText, RuleContext } from '../guardrail.ts';
import type { TextPiece } from './masks.ts';
import type { PlannedRule } from './policy.ts';

/** A text as a rule sees it: one of those of a run, or a part of one. */
export interface ShownText {
  readonly guarded: GuardedText;
  /** The number of the text in the run. */
  readonly number: number;
  /** Where the part begins in it. */
  readonly offset: number;
}

type Owner = Pick<PlannedRule, 'isOfMesh'>;

/** Texts as rules see them: rules of the mesh all of them, rules of tenants the caller's values alone in a text that the mesh has written. */
export class ShownTexts {
  readonly #toMesh: readonly ShownText[];
  readonly #toTenants: readonly ShownText[];

  constructor(texts: readonly GuardedText[]) {
    this.#toMesh = texts.map((guarded, number) => ({ guarded, number, offset: 0 }));
    const isRestricted = texts.some(({ tenantSpans }) => tenantSpans !== undefined);
    this.#toTenants = isRestricted ? this.#toMesh.flatMap(showValues) : this.#toMesh;
  }

  for({ isOfMesh }: Owner): readonly ShownText[] {
    return isOfMesh === true ? this.#toMesh : this.#toTenants;
  }
}

/** Each value is a text of its own. */
function showValues({ guarded, number, offset }: ShownText): readonly ShownText[] {
  const { tenantSpans, ...rest } = guarded;
  if (tenantSpans === undefined) return [{ guarded, number, offset }];
  return tenantSpans
    .filter(({ start, end }) => start < end)
    .map(({ start, end }) => ({
      guarded: { ...rest, text: guarded.text.slice(start, end) },
      number,
      offset: start,
    }));
}

/** What rules may know of a call, by who owns them. */
export class OwnedContext<Context extends Pick<RuleContext, 'callTexts' | 'sentTexts'>> {
  readonly #ofMesh: Context;
  readonly #ofTenants: Context;

  constructor(context: Context) {
    this.#ofMesh = context;
    const show = (texts: readonly GuardedText[]) =>
      new ShownTexts(texts).for({}).map(({ guarded }) => guarded);
    const { callTexts, sentTexts } = context;
    this.#ofTenants = {
      ...context,
      callTexts: () => show(callTexts()),
      ...(sentTexts === undefined ? {} : { sentTexts: () => show(sentTexts()) }),
    };
  }

  /** The same object for all rules of an owner. */
  for({ isOfMesh }: Owner): Context {
    return isOfMesh === true ? this.#ofMesh : this.#ofTenants;
  }
}

/** The spans in the edited text. Of what an edit has replaced across the border of a span, nothing belongs to it. */
export function moveSpans(spans: readonly TextSpan[], edits: readonly TextPiece[]): readonly TextSpan[] {
  let at = 0;
  let shift = 0;
  const move = (offset: number, border: 'START' | 'END'): number => {
    let edit = edits[at];
    for (; edit !== undefined && edit.end <= offset; edit = edits[at]) {
      shift += countPut(edit) - (edit.end - edit.start);
      at += 1;
    }
    if (edit === undefined || edit.start >= offset) return offset + shift;
    return edit.start + shift + (border === 'START' ? countPut(edit) : 0);
  };
  return spans
    .map(({ start, end }) => ({ start: move(start, 'START'), end: move(end, 'END') }))
    .filter(({ start, end }) => start < end);
}

/** The findings that stand within a span each, in their order. */
export function findWithin<Found extends TextSpan>(
  findings: readonly Found[],
  spans: readonly TextSpan[],
): readonly Found[] {
  let at = 0;
  return findings
    .toSorted((a, b) => a.start - b.start)
    .filter(({ start, end }) => {
      while ((spans[at]?.end ?? Infinity) <= start) at += 1;
      const span = spans[at];
      return span !== undefined && span.start <= start && end <= span.end;
    });
}

function countPut({ start, end, put }: TextPiece): number {
  return put?.length ?? end - start;
}
