import type { EventSeverity } from '#core/events/event-types.ts';
import { showControls, toPlainJson } from '#core/text/control-characters.ts';
import { authorize, cutText, type Format, readFacts, refuseHeader, summarize } from './format.ts';

const severities = { INFO: 1, LOW: 3, MEDIUM: 5, HIGH: 8, CRITICAL: 10 } as const satisfies Record<
  EventSeverity,
  number
>;

/** The version of what is sent: the meaning of its fields. */
const deviceVersion = '1';
const nameMax = 512;
/** Of custom strings, and of `msg`. */
const valueMax = 4_000;
const messageMax = 1_023;

// A text of an event has no line end by then: those are shown as escapes.
const escapeHeader = (text: string) => showControls(text).replaceAll('\\', '\\\\').replaceAll('|', '\\|');
const escapeValue = (text: string) => showControls(text).replaceAll('\\', '\\\\').replaceAll('=', '\\=');

/**
 * The Common Event Format, CEF:0, as one line
 * (https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors-8.4/pdfdoc/cef-implementation-standard/cef-implementation-standard.pdf).
 */
export const cef: Format = {
  schemes: ['https:', 'http:', 'syslog+tls:'],
  secret: 'OPTIONAL',
  refuseSecret: refuseHeader,
  render({ event, target }) {
    const { id, type, at, tenantId, subject, data } = event;
    const head = ['CEF:0', 'Heddle', 'Heddle', deviceVersion, type, cutText(summarize(event), nameMax)];
    const severity = severities[readFacts(type).severity];
    const fields = {
      rt: String(at.getTime()),
      externalId: id,
      cat: type.split('.', 1)[0] ?? type,
      ...(tenantId === null ? {} : { cs1Label: 'tenant', cs1: tenantId }),
      ...(subject === null ? {} : { cs2Label: 'subject', cs2: subject }),
      ...(typeof data.address === 'string' && /^[\d.]+$/.test(data.address) ? { src: data.address } : {}),
      cs3Label: 'data',
      cs3: cutText(toPlainJson(data), valueMax),
      msg: cutText(summarize(event), messageMax),
    };
    const extension = Object.entries(fields).map(([key, value]) => `${key}=${escapeValue(value)}`);
    return {
      body: `${[...head.map(escapeHeader), severity].join('|')}|${extension.join(' ')}`,
      contentType: 'text/plain; charset=utf-8',
      headers: authorize(target.secret),
    };
  },
};
