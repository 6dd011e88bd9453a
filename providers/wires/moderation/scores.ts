import type { CategoryScore, ModerationCategory, ModerationScores } from '#core/moderation-categories.ts';
import { malformed } from '../../translate/completeness.ts';
import { type Fields, fields, list } from '../shared/fields.ts';

/** By the vendor's name of a category, in small letters. */
export type CategoryNames = Readonly<Record<string, ModerationCategory>>;

/** From this score on a category counts as flagged where the vendor has no verdict of its own. */
const flaggedFrom = 0.5;

/** Collects the highest score of each category. */
export class ScoreTable {
  readonly #names: CategoryNames;
  readonly #scores: Partial<Record<ModerationCategory, CategoryScore>> = {};

  constructor(names: CategoryNames) {
    this.#names = names;
  }

  get scores(): ModerationScores {
    return this.#scores;
  }

  /** Throws PROVIDER_ERROR for what is no score. */
  add(name: string, score: unknown, isFlagged?: boolean): void {
    if (typeof score !== 'number' || !(score >= 0 && score <= 1)) throw malformed();
    const lower = name.toLowerCase();
    const category = Object.hasOwn(this.#names, lower) ? this.#names[lower] : undefined;
    const known = this.#scores[category ?? 'OTHER'];
    this.#scores[category ?? 'OTHER'] = {
      score: Math.max(score, known?.score ?? 0),
      isFlagged: (isFlagged ?? score >= flaggedFrom) || known?.isFlagged === true,
    };
  }
}

/**
 * The scores of an answer with `results` of `categories` and `category_scores`: one for each of `count` inputs. Throws PROVIDER_ERROR for a
 * result too few or too many, and one without scores.
 */
export function readResults(answer: Fields, count: number, names: CategoryNames): ModerationScores {
  const results = list(answer.results);
  if (results.length !== count) throw malformed();
  const table = new ScoreTable(names);
  for (const result of results) addResult(fields(result), table);
  return table.scores;
}

function addResult(result: Fields | null, table: ScoreTable): void {
  const scores = fields(result?.category_scores);
  if (scores === null) throw malformed();
  const flags = new Map(Object.entries(fields(result?.categories) ?? {}));
  let isEmpty = true;
  let isFlagged = false;
  for (const [name, score] of [...Object.entries(scores), ...listUnscored(flags, scores)]) {
    const flag = flags.get(name) ?? undefined;
    // A category that the AI model does not have is null.
    if (score === null && flag === undefined) continue;
    if (flag !== undefined && typeof flag !== 'boolean') throw malformed();
    table.add(name, score ?? Number(flag), flag);
    isEmpty = false;
    isFlagged ||= flag === true;
  }
  if (isEmpty) throw malformed();
  // Flagged for what it does not name.
  if (result?.flagged === true && !isFlagged) table.add('', 1, true);
}

/** The categories that have a verdict and no score. */
function listUnscored(flags: ReadonlyMap<string, unknown>, scores: Fields): [name: string, score: null][] {
  return [...flags.keys()].filter((name) => !Object.hasOwn(scores, name)).map((name) => [name, null]);
}
