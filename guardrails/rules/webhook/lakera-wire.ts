import { z } from 'zod';
import { type Finding, type GuardedText, nothingFound } from '../../guardrail.ts';
import { toUtf16Offsets } from '../../text/code-points.ts';
import { checkedFinding, toKind, type WebhookWire, webhookFindingsMax } from './wire.ts';

const type = z.string().min(1).max(200);

const answers = z.object({
  flagged: z.boolean(),
  breakdown: z
    .array(z.object({ detector_type: type, detected: z.boolean(), message_id: z.number().int().nullish() }))
    .max(webhookFindingsMax)
    .nullish(),
  payload: z
    .array(
      z.object({
        detector_type: type,
        message_id: z.number().int().min(0).default(0),
        start: z.number().int().min(0),
        end: z.number().int().min(0),
        text: z.string().nullish(),
      }),
    )
    .max(webhookFindingsMax)
    .nullish(),
});

type Match = NonNullable<z.output<typeof answers>['payload']>[number];

/** A name that a reason can quote: it is of the vendor, and of no text. */
const detectorName = /^[a-z][a-z_]{0,40}(?:\/[a-z_]{1,40})?$/;
const namesMax = 5;

/** `POST /v2/guard` of Lakera (https://docs.lakera.ai/docs/api/guard): one message for each text. Its project decides what is flagged. */
export const lakeraWire: WebhookWire = {
  write: (texts, { projectId }) =>
    JSON.stringify({
      messages: texts.map(({ text, role }) => ({ role: role ?? 'user', content: text })),
      ...(projectId === undefined ? {} : { project_id: projectId }),
      payload: true,
      breakdown: true,
    }),
  read(answer, texts) {
    const { flagged, breakdown, payload } = answers.parse(answer);
    if (!flagged) return nothingFound;
    const detected = (breakdown ?? []).filter((one) => one.detected).map((one) => one.detector_type);
    const findings = (payload ?? []).map((match) => toFinding(match, texts));
    const placed = new Set((payload ?? []).map((match) => match.detector_type));
    // What has no place, such as an attack, concerns the whole: to edit the rest would let it pass.
    const isPlaced = detected.every((one) => placed.has(one));
    const names = [...new Set(detected)].filter((one) => detectorName.test(one)).slice(0, namesMax);
    const reason = names.length === 0 ? 'it is flagged' : `it is flagged as ${names.join(', ')}`;
    return { fired: true, reason, findings: isPlaced ? findings : [] };
  },
};

/** Its offsets count characters of whatever it is written in; the text of the match shows which. */
function toFinding(match: Match, texts: readonly GuardedText[]): Finding {
  const { message_id: number, start, end, text: quoted, detector_type: detector } = match;
  const source = texts[number]?.text ?? '';
  const [from, to] = toUtf16Offsets(source, [start, end]);
  const kind = toKind(detector.split('/').at(-1) ?? '');
  const byCodePoints = { text: number, start: from ?? -1, end: to ?? -1, kind };
  const byUnits = { text: number, start, end, kind };
  const isQuoted = ({ start: first, end: last }: Finding) => source.slice(first, last) === quoted;
  if (quoted == null || isQuoted(byCodePoints)) return checkedFinding(byCodePoints, texts);
  if (isQuoted(byUnits)) return checkedFinding(byUnits, texts);
  throw new Error('A match quotes another text than that of its place.');
}
