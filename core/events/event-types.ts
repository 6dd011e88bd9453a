import { finishedJobsText } from './finished-jobs.ts';

/** How much a type of event matters to who watches the mesh, in the steps of OCSF. */
export type EventSeverity = 'INFO' | 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL';

/** What a type of event is in a security log (https://schema.ocsf.io/1.8.0): the class and what was done. */
export type EventClass =
  | 'API_CREATE'
  | 'API_UPDATE'
  | 'API_DELETE'
  | 'API_OTHER'
  | 'ACCOUNT_CREATE'
  | 'ACCOUNT_ENABLE'
  | 'ACCOUNT_DISABLE'
  | 'ACCOUNT_DELETE'
  | 'AUTHENTICATION_FAILED'
  | 'FINDING_CREATE'
  | 'FINDING_CLOSE';

/** What is known of every event of a type. */
export interface EventTypeFacts {
  /** When it is published; Markdown of docs/events.md. */
  readonly when: string;
  /** What `subject` is the ID of; Markdown. */
  readonly subject: string;
  /** The names of the fields of `data`. */
  readonly data: readonly string[];
  readonly severity: EventSeverity;
  readonly class: EventClass;
  /** The type of the event that began what this one ends, for the same subject; absent: it ends nothing. */
  readonly ends?: string;
}

const access = {
  subject: 'access request',
  data: [
    ...['appId', 'resource', 'status', 'reason', 'requestedBy', 'requestedByIssuerId'],
    ...['decidedBy', 'decidedByIssuerId', 'expiresAt'],
  ],
  severity: 'INFO',
  class: 'API_UPDATE',
} as const;
const keyData = [
  ...['appId', 'ownerMemberId', 'service', 'label', 'hint'],
  ...['rotationDueAt', 'expiresAt', 'lastUsedAt'],
];
const key = { subject: 'API key', data: keyData, severity: 'INFO', class: 'API_UPDATE' } as const;
const member = {
  subject: 'member',
  data: ['issuerId', 'subject', 'role', 'customRole'],
  severity: 'INFO',
} as const;
const consent = {
  subject: 'consent, by its ID',
  data: ['purposes', 'expiresAt'],
  severity: 'INFO',
  class: 'API_UPDATE',
} as const;

const circuit = { subject: 'AI model', data: ['providerId', 'startedAt'] } as const;
const provider = { subject: 'provider', data: ['startedAt'] } as const;

const episode = {
  subject: 'episode of an alert',
  data: [
    ...['alertId', 'metric', 'condition', 'pattern', 'keys', 'reason'],
    ...['value', 'bound', 'baseline', 'startedAt', 'callsUrl'],
  ],
} as const;
const alertAction = {
  subject: 'episode of an alert',
  data: ['alertId', 'action', 'target'],
} as const;
const endedEpisode = {
  ...episode,
  data: [...episode.data, 'endedAt', 'endReason', 'peakValue'],
  severity: 'INFO',
  class: 'FINDING_CLOSE',
} as const;

/**
 * Every type of event that the mesh publishes. What is new is added here alone: the types of `record`, docs/events.md and the formats of
 * deliveries follow. `npm run schema:compose` writes the docs.
 */
export const eventTypes = {
  'access.requested': { ...access, when: 'an app requests access', class: 'API_CREATE' },
  'access.decided': { ...access, when: 'a request is approved or denied' },
  'access.revoked': { ...access, when: 'an approval is revoked', severity: 'LOW' },
  'access.withdrawn': { ...access, when: 'a request is removed, with its decision', class: 'API_DELETE' },
  'access.ended': { ...access, when: 'an approval has reached its end' },
  'auth.throttled': {
    when: 'an address has to wait, as [too many of its requests](limits-and-errors.md#bounds-of-one-client) were refused; once a minute for each address, of a process 200 times an hour and once a minute for all others',
    subject: 'address, of IPv6 the /64 network; null: others',
    data: ['address'],
    severity: 'MEDIUM',
    class: 'AUTHENTICATION_FAILED',
  },
  'key.created': {
    ...key,
    when: 'an API key is made; not for page tokens, the successor of a rotation and the key of the first start',
    class: 'API_CREATE',
  },
  'key.misused': {
    ...key,
    when: 'an API key is used after it was revoked (`reason: REVOKED`) or has expired (`EXPIRED`), from a network that it may not be used from (`NETWORK`), or for the 20th time within an hour at one gateway for what is FORBIDDEN to it (`SCOPE`); once an hour for each key and reason',
    data: [...keyData, 'reason', 'address'],
    severity: 'HIGH',
    class: 'AUTHENTICATION_FAILED',
  },
  'key.rotation.due': { ...key, when: 'an API key is to be rotated by [its schedule](keys.md#rotation)' },
  'key.rotated': {
    ...key,
    when: 'an API key is rotated',
    subject: 'the old API key',
    data: [...keyData, 'successorId'],
  },
  'key.expiring': {
    ...key,
    when: 'an API key expires in seven days, and in one; not for keys that were made for a shorter time, and of those with a schedule not before it is due',
    severity: 'LOW',
  },
  'key.expired': { ...key, when: 'an API key has expired', severity: 'LOW' },
  'key.revoked': { ...key, when: 'an API key is revoked', severity: 'LOW', class: 'API_DELETE' },
  'credential.retired': {
    when: 'the secret that a rotation has replaced has ended, and is deleted',
    subject: 'provider credential',
    data: ['providerId', 'label', 'hint'],
    severity: 'INFO',
    class: 'API_DELETE',
  },
  'credential.rejected': {
    when: 'a provider rejects the new secret of a credential while the one that it [has replaced](providers.md#rotating-a-credential) is kept, once for each new secret',
    subject: 'provider credential',
    data: ['providerId', 'label'],
    severity: 'HIGH',
    class: 'API_OTHER',
  },
  'quota.refused': {
    when: 'a [limit](policy.md) or a hard budget refuses a request; once an hour for each limit',
    subject:
      'what has the limit, as the error names it: `tenant:`, `team:`, `app:`, `key:` or `budget:` and its ID',
    data: ['code', 'meter', 'window', 'appId', 'keyId'],
    severity: 'LOW',
    class: 'API_OTHER',
  },
  'circuit.opened': {
    ...circuit,
    when: 'the circuit of an AI model opens in a process, once until it has been closed in all for a minute; of an AI model of the mesh an event of the mesh',
    severity: 'MEDIUM',
    class: 'FINDING_CREATE',
  },
  'circuit.closed': {
    ...circuit,
    when: 'it has been closed in all processes for a minute',
    data: [...circuit.data, 'endedAt'],
    severity: 'INFO',
    class: 'FINDING_CLOSE',
    ends: 'circuit.opened',
  },
  'provider.down': {
    ...provider,
    when: 'no AI model of a provider that a process has called has a closed circuit, once until one has in all for a minute; of a provider of the mesh an event of the mesh',
    severity: 'HIGH',
    class: 'FINDING_CREATE',
  },
  'provider.up': {
    ...provider,
    when: 'that is over in all processes for a minute',
    data: [...provider.data, 'endedAt'],
    severity: 'INFO',
    class: 'FINDING_CLOSE',
    ends: 'provider.down',
  },
  'budget.threshold': {
    when: 'what was spent reaches a threshold of a budget (`alertAt`), once for each window',
    subject: 'budget',
    data: ['appId', 'teamId', 'keyId', 'window', 'windowStart', 'threshold', 'amount', 'spent'],
    severity: 'MEDIUM',
    class: 'API_OTHER',
  },
  'guardrail.blocked': {
    when: 'a [guardrail](guardrails.md) blocks a call or an answer; once an hour for each tenant, policy and rule',
    subject: 'guardrail policy; null: `HEDDLE_GUARDRAILS`',
    data: ['appId', 'rule', 'stage', 'action', 'policyVersion'],
    severity: 'MEDIUM',
    class: 'FINDING_CREATE',
  },
  'consent.saved': {
    ...consent,
    when: 'what an end user has [consented to](guardrails.md#consent) is saved',
  },
  'consent.withdrawn': {
    ...consent,
    when: 'purposes of a consent are withdrawn; those that are left are in the event',
  },
  'member.invited': {
    ...member,
    when: 'a person is invited to a tenant',
    subject: 'invitation',
    data: ['role', 'customRole', 'expiresAt'],
    class: 'API_CREATE',
  },
  'member.joined': { ...member, when: 'an invitation is accepted', class: 'ACCOUNT_CREATE' },
  'member.provisioned': {
    ...member,
    when: 'a person is added [over SCIM](scim.md)',
    class: 'ACCOUNT_CREATE',
  },
  'member.deactivated': { ...member, when: 'a member is deactivated', class: 'ACCOUNT_DISABLE' },
  'member.reactivated': {
    ...member,
    when: 'a deactivated member is accepted again',
    class: 'ACCOUNT_ENABLE',
  },
  'member.removed': { ...member, when: 'a member is removed', class: 'ACCOUNT_DELETE' },
  'alert.started': {
    ...episode,
    when: 'the condition of an [alert](alerts.md) holds, once for each episode',
    severity: 'MEDIUM',
    class: 'FINDING_CREATE',
  },
  'alert.ended': {
    ...endedEpisode,
    when: 'the condition of an alert holds no longer, or the alert was changed or deleted',
    ends: 'alert.started',
  },
  'alert.acted': {
    ...alertAction,
    when: 'what an alert [does](alerts.md#actions) in an episode is in force, or was refused (`state`), once for each episode',
    data: [...alertAction.data, 'state', 'reason'],
    severity: 'HIGH',
    class: 'API_UPDATE',
  },
  'alert.undone': {
    ...alertAction,
    when: 'what an alert did, and what was in force, is undone',
    severity: 'LOW',
    class: 'API_UPDATE',
  },
  'anomaly.found': {
    ...episode,
    when: 'an alert with the condition `ANOMALY` or `SECURITY` has found something, once for each episode',
    severity: 'HIGH',
    class: 'FINDING_CREATE',
  },
  'anomaly.ended': {
    ...endedEpisode,
    when: 'what such an alert has found is over, or the alert was changed or deleted',
    ends: 'anomaly.found',
  },
  'schema.published': {
    when: 'the first process with a new schema has started; an event of the mesh',
    subject: 'SHA-256 of the supergraph, in hex',
    data: ['version'],
    severity: 'INFO',
    class: 'API_UPDATE',
  },
  'job.finished': {
    when: `a job has finished (\`job\`): ${finishedJobsText}; \`status\` is SUCCEEDED, or FAILED where it is not tried again; of the erasure of a tenant an event of the mesh, as of what is not about one tenant`,
    subject: 'erasure, legal hold, export; of `RESEAL` the key; null with `AUDIT_RETENTION`',
    data: ['job', 'tenantId', 'startedAt', 'status'],
    severity: 'INFO',
    class: 'API_OTHER',
  },
  'erasure.finished': {
    when: 'an [erasure](erasure.md) has finished; of a tenant an event of the mesh',
    subject: 'erasure',
    data: ['kind', 'tenantId', 'proof'],
    severity: 'INFO',
    class: 'API_DELETE',
  },
  'provisioning.limited': {
    when: '[SCIM](scim.md#the-limit-on-departures) would end more members than it may within an hour, once an hour',
    subject: 'tenant',
    data: ['departuresMax'],
    severity: 'HIGH',
    class: 'API_OTHER',
  },
  'webhook.failing': {
    when: 'the receiver of a [webhook](#webhooks) has taken nothing for an hour, once until it takes something',
    subject: 'webhook',
    data: ['format', 'failingSince', 'reason'],
    severity: 'MEDIUM',
    class: 'API_OTHER',
  },
  'webhook.recovered': {
    when: 'it takes events again',
    subject: 'webhook',
    data: ['format'],
    severity: 'INFO',
    class: 'API_OTHER',
    ends: 'webhook.failing',
  },
  'webhook.disabled': {
    when: 'the mesh disables a webhook, as its receiver has taken nothing for three days or answered with status 410',
    subject: 'webhook',
    data: ['format', 'failingSince', 'reason'],
    severity: 'HIGH',
    class: 'API_UPDATE',
  },
} as const satisfies Readonly<Record<string, EventTypeFacts>>;

/** The type of an event, such as "key.revoked". */
export type EventType = keyof typeof eventTypes;

/** The types of one area, such as `key`. */
export type EventTypeOf<Area extends string> = Extract<EventType, `${Area}.${string}`>;

/** What is known of a type; undefined where this version does not know it, such as one of a version before. */
export function findEventType(type: string): EventTypeFacts | undefined {
  return Object.hasOwn(eventTypes, type) ? eventTypes[type as EventType] : undefined;
}
