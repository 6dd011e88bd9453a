import { z } from 'zod';
import { type FoundSecret, findSecretsPausing, SecretSearch } from '#core/secrets/find-secrets.ts';
import { namedSecrets, ownKeyShape, secretKinds, secretShapes } from '#core/secrets/secret-shapes.ts';
import { unknownSecret } from '#core/secrets/unknown-secret.ts';
import {
  defineRule,
  type Finding,
  type GuardedText,
  guardrailStages,
  nothingFound,
  type RuleResult,
  type TextShare,
} from '../guardrail.ts';
import { findVisibleAndHidden, holdHiddenFrom, type VisibleSearch } from '../text/hidden/hidden-matches.ts';
import { createImageDataCheck } from '../text/image-data.ts';
import { textsOfShare } from '../text/texts-of-share.ts';

const options = z.strictObject({
  /** The kinds that are looked for; absent: all. */
  kinds: z
    .array(z.enum(secretKinds as [string, ...string[]]))
    .min(1)
    .optional(),
  /** What the tenant's own keys begin with. */
  prefixes: z
    .array(
      z
        .string()
        .regex(
          /^[A-Za-z0-9][A-Za-z0-9_.-]{2,31}$/,
          'must be 3 to 32 letters, digits, dots, dashes and underscores, the first a letter or digit',
        ),
    )
    .max(50)
    .default([]),
  /** True: also what was drawn at random, after a word such as `key` or `password`. */
  entropy: z.boolean().default(false),
});

/** A secret with the number of its text. */
interface Placed extends FoundSecret {
  readonly text: number;
}

async function findWithin(
  texts: readonly GuardedText[],
  share: TextShare | undefined,
  findVisible: VisibleSearch<FoundSecret>,
): Promise<readonly Placed[]> {
  const placed: Placed[] = [];
  for (const { number, guarded, range } of textsOfShare(texts, share)) {
    const { text, kind } = guarded;
    const found = await findVisibleAndHidden(guarded, findVisible, range);
    if (found.length > 0) {
      const isInImage = createImageDataCheck(text);
      for (const secret of found)
        if (!isInImage(secret.start, secret.end)) placed.push({ ...secret, text: number });
    }
    const user = kind === 'url' ? findAddressUser(text) : null;
    if (user !== null) placed.push({ ...user, text: number });
  }
  return placed;
}

/** What stands before the host of an address of an image or a file. */
function findAddressUser(address: string): FoundSecret | null {
  const url = URL.parse(address);
  if (url === null || (url.username === '' && url.password === '')) return null;
  const start = address.indexOf('//') + 2;
  const end = address.indexOf('@', start);
  const what = 'an address with a password';
  return start > 1 && end > start
    ? { kind: 'ADDRESS_PASSWORD', what, start, end }
    : { kind: 'ADDRESS_PASSWORD', what, start: 0, end: address.length };
}

/** Characters on both sides of the place where two texts meet. */
const seamLength = 4_096;

/** Credentials that are whole only where texts are read as one; each of the texts has its piece of one. */
async function findAcross(
  texts: readonly GuardedText[],
  share: TextShare | undefined,
  search: SecretSearch,
  within: readonly Placed[],
): Promise<readonly Placed[]> {
  const ends: number[] = [];
  let length = 0;
  for (const { text } of texts) {
    length += text.length;
    ends.push(length);
  }
  const joined = texts.map(({ text }) => text).join('');
  const placed: Placed[] = [];
  let from = 0;
  for (let seam = 0; seam < ends.length - 1; ) {
    if (!isInShare(ends[seam] ?? 0, share)) {
      seam += 1;
      continue;
    }
    const start = Math.max(from, (ends[seam] ?? 0) - seamLength);
    let last = seam;
    // Seams that are close are looked at together.
    while (last < ends.length - 2 && (ends[last + 1] ?? 0) - (ends[last] ?? 0) < 2 * seamLength) last += 1;
    from = (ends[last] ?? 0) + seamLength;
    for (const found of await findSecretsPausing(joined.slice(start, from), (part) => search.find(part))) {
      const pieces = splitAt(ends, start + found.start, start + found.end);
      if (pieces.length === 0) continue;
      // What is whole in one text may seem to continue in the next.
      const isKnown = within.some((one) => one.text === pieces[0]?.text && one.start === pieces[0]?.start);
      if (!isKnown) placed.push(...pieces.map((piece) => ({ ...found, ...piece })));
    }
    seam = last + 1;
  }
  return placed;
}

function isInShare(offset: number, share: TextShare | undefined): boolean {
  return share === undefined || (offset >= share.start && offset < share.end);
}

/** The pieces of a place in the joined text; none where it stands within one text. */
function splitAt(
  ends: readonly number[],
  start: number,
  end: number,
): readonly Pick<Placed, 'text' | 'start' | 'end'>[] {
  const pieces = ends.flatMap((textEnd, text) => {
    const textStart = ends[text - 1] ?? 0;
    const [from, to] = [Math.max(start, textStart), Math.min(end, textEnd)];
    return from < to ? [{ text, start: from - textStart, end: to - textStart }] : [];
  });
  return pieces.length > 1 ? pieces : [];
}

function inOrder(placed: Placed[]): readonly Placed[] {
  return placed.sort((a, b) => a.text - b.text || a.start - b.start);
}

function toResult(placed: readonly Placed[]): RuleResult {
  const [first] = placed;
  if (first === undefined) return nothingFound;
  const reason = `it seems to hold ${first.what}; remove it, and replace it where it was in use`;
  const findings = placed.map(({ text, start, end, kind }): Finding => ({ text, start, end, kind }));
  return { fired: true, reason, findings };
}

/** Finds credentials in texts, on their way in and on their way out. */
export const secrets = defineRule({
  name: 'secrets',
  summary: 'Keys, tokens, passwords in addresses and private keys.',
  options,
  stages: guardrailStages,
  hasSpans: true,
  reach: 'LOCAL',
  isDivisible: true,
  prepare: ({ kinds, prefixes, entropy }) => {
    const isWanted = ({ kind }: { readonly kind: string }) => kinds === undefined || kinds.includes(kind);
    const own = prefixes.length === 0 ? [] : [ownKeyShape(prefixes)];
    const search = new SecretSearch(
      [...own, ...secretShapes.filter(isWanted)],
      [...namedSecrets.filter(isWanted), ...(entropy ? [unknownSecret] : [])],
    );
    const findVisible: VisibleSearch<FoundSecret> = (visible, until) => search.findVisible(visible, until);
    return {
      check: async (texts, { share }) => {
        const within = await findWithin(texts, share, findVisible);
        const across = texts.length > 1 ? await findAcross(texts, share, search, within) : [];
        return toResult(across.length === 0 ? within : inOrder([...within, ...across]));
      },
      holdFrom: (text) => Math.min(search.holdFrom(text), holdHiddenFrom(text)),
    };
  },
});
