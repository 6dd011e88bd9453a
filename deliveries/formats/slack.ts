import { showControls, toPlainJson } from '#core/text/control-characters.ts';
import { cutText, type Format, summarize } from './format.ts';

/** Limits of https://docs.slack.dev/reference/block-kit/blocks: of a header, and of a section. */
const headerMax = 150;
const sectionMax = 3_000;

/** Slack reads &, < and > as markup, such as <!channel>, in `text` alone; the blocks are plain text, which has none. */
const escapeText = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const plainText = (text: string, max: number) => ({
  type: 'plain_text',
  text: cutText(text, max),
  emoji: false,
});

/** A message of an incoming webhook: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
export const slack: Format = {
  schemes: ['https:', 'http:'],
  secret: 'NONE',
  render({ event }) {
    const { id, type, at, data } = event;
    const summary = showControls(summarize(event));
    const lines = Object.entries(data).map(
      ([name, value]) =>
        `${showControls(name)}: ${typeof value === 'string' ? showControls(value) : toPlainJson(value)}`,
    );
    const body = toPlainJson({
      text: escapeText(cutText(summary, sectionMax)),
      blocks: [
        { type: 'header', text: plainText(showControls(type), headerMax) },
        { type: 'section', text: plainText(summary, sectionMax) },
        ...(lines.length === 0 ? [] : [{ type: 'section', text: plainText(lines.join('\n'), sectionMax) }]),
        { type: 'context', elements: [plainText(`${at.toISOString()} ${showControls(id)}`, sectionMax)] },
      ],
    });
    return { body, contentType: 'application/json', headers: {} };
  },
};
