import type { ModerationCategory, ModerationScores } from '#core/moderation-categories.ts';
import type { Classification } from './chat-formats.ts';
import type { ModerationOptions } from './options.ts';

/**
 * The categories that the thresholds deny. Throws where a category with a threshold of its own was not scored: a policy that names it is not kept
 * by an AI model that does not know it.
 */
export function classifyScores(
  scores: ModerationScores,
  thresholds: ModerationOptions['thresholds'] = {},
): Classification {
  const { default: other, ...named } = thresholds;
  for (const [category, threshold] of Object.entries(named)) {
    if (threshold != null && !Object.hasOwn(scores, category))
      throw new Error(`The AI model for moderation has no score of ${category}.`);
  }
  const denied = Object.entries(scores).filter(([category, { score, isFlagged }]) => {
    const own = named[category as ModerationCategory];
    const threshold = own === undefined ? other : own;
    if (threshold === undefined) return isFlagged;
    return threshold !== null && score >= threshold;
  });
  return { isUnsafe: denied.length > 0, categories: denied.map(([category]) => category) };
}
