import { isIP } from 'node:net';
import type { EventClass, EventSeverity } from '#core/events/event-types.ts';
import { toPlainJson } from '#core/text/control-characters.ts';
import type { DeliveredEvent } from '#mongo/webhook-deliveries.ts';
import { authorize, type Format, readFacts, refuseHeader, summarize } from './format.ts';

/** The version of the schema that is kept: https://schema.ocsf.io/1.8.0 */
const version = '1.8.0';

type Severity = readonly [id: number, name: string];
const severities = {
  INFO: [1, 'Informational'],
  LOW: [2, 'Low'],
  MEDIUM: [3, 'Medium'],
  HIGH: [4, 'High'],
  CRITICAL: [5, 'Critical'],
} as const satisfies Record<EventSeverity, Severity>;

type Class = readonly [uid: number, name: string, category: number, categoryName: string];
const apiActivity = [6003, 'API Activity', 6, 'Application Activity'] as const satisfies Class;
const accountChange = [3001, 'Account Change', 3, 'Identity & Access Management'] as const satisfies Class;
const authentication = [3002, 'Authentication', 3, 'Identity & Access Management'] as const satisfies Class;
const detectionFinding = [2004, 'Detection Finding', 2, 'Findings'] as const satisfies Class;

const classes = {
  API_CREATE: [apiActivity, 1, 'Create'],
  API_UPDATE: [apiActivity, 3, 'Update'],
  API_DELETE: [apiActivity, 4, 'Delete'],
  API_OTHER: [apiActivity, 99, 'Other'],
  ACCOUNT_CREATE: [accountChange, 1, 'Create'],
  ACCOUNT_ENABLE: [accountChange, 2, 'Enable'],
  ACCOUNT_DISABLE: [accountChange, 5, 'Disable'],
  ACCOUNT_DELETE: [accountChange, 6, 'Delete'],
  AUTHENTICATION_FAILED: [authentication, 1, 'Logon'],
  FINDING_CREATE: [detectionFinding, 1, 'Create'],
  FINDING_CLOSE: [detectionFinding, 3, 'Close'],
} as const satisfies Record<EventClass, readonly [Class, number, string]>;

/** One event of the Open Cybersecurity Schema Framework, as one line of JSON. */
export const ocsf: Format = {
  schemes: ['https:', 'http:', 'syslog+tls:'],
  secret: 'OPTIONAL',
  refuseSecret: refuseHeader,
  render: ({ event, target }) => ({
    body: toPlainJson(toOcsf(event)),
    contentType: 'application/json',
    headers: authorize(target.secret),
  }),
};

function toOcsf(event: DeliveredEvent): object {
  const facts = readFacts(event.type);
  const [[classUid, className, categoryUid, categoryName], activityId, activityName] = classes[facts.class];
  const [severityId, severity] = severities[facts.severity];
  return {
    activity_id: activityId,
    activity_name: activityName,
    category_uid: categoryUid,
    category_name: categoryName,
    class_uid: classUid,
    class_name: className,
    type_uid: classUid * 100 + activityId,
    type_name: `${className}: ${activityName}`,
    severity_id: severityId,
    severity,
    time: event.at.getTime(),
    message: summarize(event),
    metadata: {
      version,
      product: { name: 'Heddle', vendor_name: 'Heddle' },
      uid: event.id,
      event_code: event.type,
      ...(event.tenantId === null ? {} : { tenant_uid: event.tenantId }),
    },
    ...ofClass(classUid, event),
    unmapped: event.data,
  };
}

/** What the class requires beside that. Of authentication alone an outcome is known. */
function ofClass(classUid: (typeof classes)[EventClass][0][0], event: DeliveredEvent): object {
  const { type, subject, tenantId, data } = event;
  const org = tenantId === null ? {} : { org: { uid: tenantId } };
  if (classUid === detectionFinding[0]) {
    const finding = { uid: `${type} ${subject ?? ''}`.trim(), title: type, types: [type] };
    return { finding_info: { ...finding, created_time: event.at.getTime() } };
  }
  if (classUid === accountChange[0]) return { user: { uid: subject ?? 'unknown', ...org } };
  if (classUid === authentication[0]) {
    const source =
      typeof data.address === 'string' && isIP(data.address) !== 0
        ? { src_endpoint: { ip: data.address } }
        : {};
    const who = { user: { uid: subject ?? 'unknown', ...org }, service: { name: 'Heddle' } };
    return { status_id: 2, status: 'Failure', ...who, ...source };
  }
  const app = typeof data.appId === 'string' ? { app_uid: data.appId } : {};
  return {
    actor: { app_name: 'Heddle', ...app },
    api: { operation: type, service: { name: 'Heddle' } },
    src_endpoint: { name: 'heddle' },
    ...(subject === null ? {} : { resources: [{ uid: subject, type: type.split('.', 1)[0] }] }),
  };
}
