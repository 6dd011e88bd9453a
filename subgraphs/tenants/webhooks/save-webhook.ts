import { createOverloadedError } from '#core/errors.ts';
import { badInput } from '#core/input.ts';
import type { OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import { formats } from '#deliveries/formats/formats.ts';
import { events, findLastSequence } from '#mongo/events.ts';
import { openWebhookTarget, sealWebhookTarget, type WebhookTarget } from '#mongo/webhook-target.ts';
import { longAgo, type WebhookRecord, webhooks } from '#mongo/webhooks.ts';
import { requireRoom } from '../../runtime/with-room.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { WebhookInput } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { checkedWebhook, isSameTarget, type StatedWebhook, toAuditedWebhook } from './webhook-content.ts';
import { findWebhookOwner, withWebhooks } from './webhook-place.ts';

/** How long a former secret is used beside a new one. */
const overlapMs = 24 * 3_600_000;
const hintLength = 4;

/**
 * Saves a webhook: a new one, which begins with the next event, or another content of one that is there, which continues where it was. BAD_USER_INPUT
 * names the field of what is wrong; CONFLICT where the owner has as many as it may have, or is archived; OVERLOADED where nothing can be sealed.
 */
export async function saveWebhook(
  input: WebhookInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<WebhookRecord> {
  const { _id, tenantId } = await findWebhookOwner(input.id, input.tenantId, context);
  const stated = checkedWebhook(input, tenantId, deps);
  const target = { tenantId, type: 'Webhook', id: _id };
  const records = webhooks(deps.connection);
  const boxes = requireBoxes(deps);
  const { before, after } = await withWebhooks(tenantId, deps, async () => {
    const before = await records.findById(_id).lean();
    if (before === null) {
      const counted = tenantId === null ? 'webhooks' : 'webhooksPerTenant';
      await requireRoom(deps, counted, () => records.countDocuments({ tenantId }));
    }
    const secrets = await mergeSecrets(stated, before, boxes, readNow(deps));
    await context.auditTarget(target);
    const after = {
      ...(before ?? (await begin({ _id, tenantId }, deps))),
      ...(await toContent(stated, secrets, { _id, tenantId }, boxes)),
      ...{
        updatedAt: readNow(deps),
        dueAt: readNow(deps),
        failures: 0,
        failingSince: null,
        disabledReason: null,
        restUntil: longAgo,
      },
    };
    // The run that delivers for it now ends with its present attempt; its lease and position are its own.
    const { holder: _holder, leasedUntil: _until, position: _position, deliveredAt: _at, ...changed } = after;
    if (before === null) await records.create(after);
    else await records.updateOne({ _id }, { $set: changed });
    return { before, after };
  });
  context.audit({
    ...target,
    ...(before === null ? {} : { before: toAuditedWebhook(before) }),
    after: { ...toAuditedWebhook(after), secretChanged: stated.secret !== undefined },
  });
  context.loaders.webhook.clear(_id);
  await deps.bus.publish('webhooks.due', {});
  return after;
}

/** A webhook before its first event. */
async function begin(
  owner: Pick<WebhookRecord, '_id' | 'tenantId'>,
  deps: TenantsDeps,
): Promise<Omit<WebhookRecord, keyof StatedWebhook | 'sealed' | 'hint' | 'formerSecretUntil'>> {
  const now = readNow(deps);
  return {
    ...owner,
    ...{ position: await findLastSequence(events(deps.connection)), dueAt: now },
    ...{ restUntil: longAgo, holder: null, leasedUntil: longAgo },
    ...{ failures: 0, failingSince: null, reportedAt: null },
    ...{ deliveredAt: null, disabledReason: null, createdAt: now, updatedAt: now },
  };
}

interface Secrets {
  readonly target: WebhookTarget;
  readonly formerSecretUntil: Date | null;
}

/** The secrets after the save: those that are stored stay, at the same address in the same format alone. */
async function mergeSecrets(
  stated: StatedWebhook,
  before: WebhookRecord | null,
  boxes: Pick<OwnerBoxes, 'open'>,
  now: Date,
): Promise<Secrets> {
  const { url, format } = stated;
  const opened = before === null ? undefined : await openWebhookTarget(before.sealed, before, boxes);
  const isSame =
    before !== null &&
    opened !== undefined &&
    isSameTarget({ format: before.format, target: opened }, stated);
  const stored = isSame ? opened : undefined;
  const secret = stated.secret ?? stored?.secret ?? null;
  if (secret === null && formats[format].secret === 'REQUIRED')
    badInput(
      'input.secret',
      `must be stated: the format ${format} requires one, and none is stored for this address.`,
    );
  if (stored === undefined || stored.secret === null) {
    return { target: { url, secret, formerSecret: null }, formerSecretUntil: null };
  }
  if (secret === stored.secret) {
    const { formerSecret } = stored;
    return { target: { url, secret, formerSecret }, formerSecretUntil: before?.formerSecretUntil ?? null };
  }
  // Where a secret is a header or a field, there is one.
  if (format !== 'STANDARD') return { target: { url, secret, formerSecret: null }, formerSecretUntil: null };
  return {
    target: { url, secret, formerSecret: stored.secret },
    formerSecretUntil: new Date(now.getTime() + overlapMs),
  };
}

async function toContent(
  { format, types, enabled, address }: StatedWebhook,
  { target, formerSecretUntil }: Secrets,
  owner: Pick<WebhookRecord, '_id' | 'tenantId'>,
  boxes: Pick<OwnerBoxes, 'of'>,
): Promise<
  Pick<WebhookRecord, 'format' | 'types' | 'enabled' | 'address' | 'sealed' | 'hint' | 'formerSecretUntil'>
> {
  const hint = target.secret === null ? null : target.secret.slice(-hintLength);
  const sealed = await sealWebhookTarget(target, { ...owner, format }, boxes);
  return { format, types, enabled, address, sealed, hint, formerSecretUntil };
}

function requireBoxes({ secrets }: Pick<TenantsDeps, 'secrets'>): OwnerBoxes {
  if (secrets === undefined) throw createOverloadedError('Nothing can be sealed here.');
  return secrets;
}
