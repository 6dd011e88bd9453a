import { showControls, toPlainJson } from '#core/text/control-characters.ts';
import { cutText, type Format, readFacts, summarize } from './format.ts';

const valueMax = 2_000;

/** A mail in plain text, a field a line. */
export const email: Format = {
  schemes: ['mailto:'],
  secret: 'NONE',
  render({ event }) {
    const { id, type, at, data } = event;
    const line = ([name, value]: readonly [string, unknown]) =>
      `${showControls(name)}: ${cutText(typeof value === 'string' ? showControls(value) : toPlainJson(value), valueMax)}`;
    const facts = { time: at.toISOString(), severity: readFacts(type).severity, event: id };
    const lines = [...Object.entries(facts), ...Object.entries(data)].map(line);
    return {
      body: `${showControls(summarize(event))}\n\n${lines.join('\n')}\n`,
      contentType: 'text/plain; charset=utf-8',
      headers: { subject: `Heddle: ${cutText(showControls(summarize(event)), 180)}` },
    };
  },
};
