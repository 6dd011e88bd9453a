import { z } from 'zod';
import { nothingFound } from '../../guardrail.ts';
import { kindName } from '../options.ts';
import { checkedFinding, type WebhookWire, webhookFindingsMax } from './wire.ts';

const offset = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const answers = z.strictObject({
  allowed: z.boolean(),
  /** For the client. */
  reason: z
    .string()
    .max(200)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u)
    .nullish(),
  findings: z
    .array(
      z.strictObject({
        text: offset,
        start: offset,
        end: offset,
        kind: kindName,
        replacement: z.string().max(1_000).optional(),
      }),
    )
    .max(webhookFindingsMax)
    .nullish(),
});

/** The project's own form, as docs/guardrails.md has it. */
export const heddleWire: WebhookWire = {
  write: (texts, _options, { tenantId }) =>
    JSON.stringify({
      stage: texts[0]?.stages[0],
      texts: texts.map(({ text, kind, role, format, stages }) => ({ text, kind, role, format, stages })),
      call: { tenantId },
    }),
  read(answer, texts) {
    const { allowed, reason, findings: stated } = answers.parse(answer);
    const findings = (stated ?? []).map(({ replacement, ...place }) =>
      checkedFinding({ ...place, ...(replacement === undefined ? {} : { replacement }) }, texts),
    );
    if (!allowed) return { fired: true, reason: reason || 'its webhook refuses it', findings };
    if (findings.length > 0) throw new Error('An answer allows what it has found something in.');
    return nothingFound;
  },
};
