import { hash } from 'node:crypto';
import type { EventSeverity } from '#core/events/event-types.ts';
import { showControls, toPlainJson } from '#core/text/control-characters.ts';
import type { DeliveredEvent } from '#mongo/webhook-deliveries.ts';
import { cutText, type Format, readFacts, summarize } from './format.ts';

const summaryMax = 1_024;
const severities = {
  INFO: 'info',
  LOW: 'warning',
  MEDIUM: 'warning',
  HIGH: 'error',
  CRITICAL: 'critical',
} as const satisfies Record<EventSeverity, string>;

/** The Events API v2: https://developer.pagerduty.com/docs/send-alert-event. The secret is the integration (routing) key. */
export const pagerduty: Format = {
  schemes: ['https:', 'http:'],
  secret: 'REQUIRED',
  refuseSecret: (secret) =>
    /^[A-Za-z\d]{32}$/.test(secret) ? null : 'must be an integration key: 32 letters and digits.',
  render({ event, target }) {
    const { severity, ends } = readFacts(event.type);
    const incident = {
      routing_key: target.secret,
      event_action: ends === undefined ? 'trigger' : 'resolve',
      dedup_key: toEpisodeKey(event, ends ?? event.type),
    };
    const payload = {
      summary: cutText(showControls(summarize(event)), summaryMax),
      source: 'heddle',
      severity: severities[severity],
      timestamp: event.at.toISOString(),
      component: event.subject === null ? undefined : cutText(showControls(event.subject), summaryMax),
      group: event.tenantId ?? undefined,
      class: event.type,
      custom_details: { id: event.id, ...event.data },
    };
    return {
      body: toPlainJson({ ...incident, payload }),
      contentType: 'application/json',
      headers: {},
    };
  },
};

/** Of what begins an episode and of what ends it the same. PagerDuty takes 255 characters. */
function toEpisodeKey({ tenantId, subject }: DeliveredEvent, begun: string): string {
  return `heddle:${hash('sha256', JSON.stringify([begun, tenantId, subject]), 'hex')}`;
}
