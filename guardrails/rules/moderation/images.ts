import type { ModeratedImage } from '#core/moderation-categories.ts';
import type { CallImage, RuleContext } from '../../guardrail.ts';
import { looksAt, type ModerationOptions } from './options.ts';

/** Images of a call, each of which is a question of its own: OpenAI's endpoint takes one in a request. */
const imagesMax = 10;
/** Of one image, which OpenAI's endpoint bounds so. */
const imageBytesMax = 20_000_000;
const base64CharactersMax = Math.ceil(imageBytesMax / 3) * 4;

/** The images that the rule is to look at. */
export function readImages(
  options: ModerationOptions,
  { callImages }: Pick<RuleContext, 'callImages'>,
): readonly CallImage[] {
  return looksAt(options, 'IMAGE') ? (callImages?.() ?? []) : [];
}

/** The same as they are sent. Throws where one of them cannot be looked at, so that none is left out. */
export function checkImages(images: readonly CallImage[]): readonly ModeratedImage[] {
  if (images.length > imagesMax) throw new Error(`A call has more than ${imagesMax} images.`);
  return images.map(({ mediaType, data }) => {
    if (data === null) throw new Error('What stands at an address may be another image for the AI model.');
    if (data.length > base64CharactersMax) throw new Error(`An image has more than ${imageBytesMax} bytes.`);
    return { mediaType, data };
  });
}
