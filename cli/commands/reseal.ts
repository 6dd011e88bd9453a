import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readEnvironment, StartError } from '#server/config.ts';
import { createLog } from '#server/log.ts';
import { openKeyring, openOperatorKeys } from '#server/secrets/secret-boxes.ts';
import { openStoreBeside } from '../open-store.ts';
import { recordCommand } from '../record-command.ts';

/** The time, and waits, of a run. */
export interface ResealClock {
  readonly now?: () => number;
  readonly delay?: (ms: number) => Promise<unknown>;
}

/**
 * `heddle reseal [--discard] [--data-keys]`: wraps the data keys with the current root key, and seals with them what older versions
 * of Heddle have sealed, while the mesh runs or is stopped. `--data-keys` makes new data keys, and seals everything with them. Former data keys
 * that nothing has needed for a day are destroyed.
 * Refuses where stored secrets open with no key at hand, unless `--discard` drops them.
 */
export async function reseal(
  args: readonly string[],
  { now = Date.now, delay = (ms) => wait(ms) }: ResealClock = {},
): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      discard: { type: 'boolean', default: false },
      'data-keys': { type: 'boolean', default: false },
    },
  });
  const environment = readEnvironment(process.env);
  const log = createLog(environment.LOG_LEVEL);
  const [
    { checkEncryptionKey, recordEncryptionKey },
    { resealCredentials },
    { resealCompletionResults },
    { resealPayloads },
    { addDataKeyVersions, discardLostKeys, pruneDataKeys, rewrapDataKeys },
    { findAdminKeyForm, giveUpAdminKey },
    { resealAuditKey },
    { resealClientSecrets },
    { resealRuleSecrets },
    { resealConsentSources },
    { resealWebhooks },
    { createEventLog },
    { toJobEvent },
  ] = await Promise.all([
    import('#mongo/encryption-check.ts'),
    import('#subgraphs/models/providers/reseal-credentials.ts'),
    import('#inference/ledger/reseal-results.ts'),
    import('#inference/payloads/reseal-payloads.ts'),
    import('#mongo/keyring/rotate.ts'),
    import('#subgraphs/tenants/keys/admin-key-form.ts'),
    import('#mongo/audit/keys.ts'),
    import('#subgraphs/tenants/sign-in/client-secret.ts'),
    import('#subgraphs/tenants/guardrails/reseal-rule-secrets.ts'),
    import('#subgraphs/tenants/consents/reseal-consent-sources.ts'),
    import('#subgraphs/tenants/webhooks/reseal-webhooks.ts'),
    import('#mongo/events.ts'),
    import('#mongo/finished-jobs.ts'),
  ]);
  await using database = await openStoreBeside(environment);
  await using operatorKeys = await openOperatorKeys(environment);
  const { connection } = database;
  const { roots, pepper } = operatorKeys;
  await using keyring = await openKeyring(connection, operatorKeys, log, now);
  const { secrets, payloads, rootKeyId: keyId } = keyring;
  const { key, unreadable } = await checkEncryptionKey(connection, keyring);
  if ((key === 'OTHER' || unreadable > 0) && !values.discard) {
    throw new StartError(
      `${unreadable} stored provider keys are sealed with an encryption key that is not at hand: set it as HEDDLE_ENCRYPTION_KEY_PREVIOUS, or drop them with --discard`,
    );
  }
  // A mesh that runs beside it looks for new events by itself.
  const events = createEventLog(connection, { notify: async () => undefined, log, now });
  const run = async () => {
    const startedAt = new Date(now());
    if (values.discard) await discardLostKeys(connection, roots);
    // Before that no data key is made in a store that needs another root key.
    if (key === 'OTHER') await recordEncryptionKey(connection, keyId);
    let rewrapped = await rewrapDataKeys(connection, roots);
    const added = values['data-keys'] ? await addDataKeyVersions(connection, roots, now) : null;
    if (added?.sealedFrom != null) {
      console.log(
        `Made new data keys of ${added.owners} owners. Waiting until ${added.sealedFrom.toISOString()}, when every process seals with them.`,
      );
      await delay(added.sealedFrom.getTime() - now());
      await keyring.check();
    }
    /** The data keys of what stays sealed as it is. */
    const left = new Set<string>();
    const credentials = await resealCredentials(connection, secrets, left);
    const results = await resealCompletionResults(connection, payloads, left);
    const logged = await resealPayloads(connection, payloads, left);
    const adminKey = await findAdminKeyForm(connection, pepper);
    if (adminKey === 'LOST' && values.discard) await giveUpAdminKey(connection);
    await resealAuditKey(connection, secrets, left);
    const clients = await resealClientSecrets(connection, secrets, left);
    const rules = await resealRuleSecrets(connection, secrets, left);
    const sources = await resealConsentSources(connection, secrets, left);
    const hooks = await resealWebhooks(connection, secrets, left);
    await recordEncryptionKey(connection, keyId);
    // Those that processes with the former root key alone have made until then; from then on they make none.
    rewrapped += await rewrapDataKeys(connection, roots);
    const { pruned, waiting } = await pruneDataKeys(connection, left, now());
    const destroyed = { count: pruned.length, keyIds: pruned.slice(0, recordedMax) };
    await events.record(toJobEvent({ job: 'RESEAL', id: keyId, tenantId: null, startedAt }));
    return {
      rewrapped,
      credentials,
      results,
      logged,
      adminKey,
      clients,
      rules,
      sources,
      hooks,
      destroyed,
      waiting,
    };
  };
  const done = await recordCommand(
    connection,
    {
      ...{ action: 'encryptionKey.rotate', targetType: 'EncryptionKey', targetId: keyId },
      arguments: { discard: values.discard, dataKeys: values['data-keys'] },
    },
    run,
  );
  const { rewrapped, credentials, results, logged, destroyed, waiting } = done;
  log.info(
    { event: 'reseal', keyId, rewrapped, ...credentials, results, payloads: logged },
    'sealed with the current key',
  );
  const left = credentials.unreadable === 0 ? '' : `; ${credentials.unreadable} are to be entered again`;
  console.log(
    `Wrapped the data keys of ${rewrapped} owners with the key ${keyId}. Sealed ${credentials.resealed} provider keys, ${results} kept completions and ${logged} payloads anew${left}.`,
  );
  if (destroyed.count > 0) console.log(`Destroyed ${destroyed.count} former data keys that nothing needs.`);
  if (waiting !== null) {
    console.log(
      `${waiting.count} former data keys are not needed by the store any more: run this again after ${waiting.until.toISOString()} to destroy them.`,
    );
  }
  const saved = [
    [done.clients, 'clients at issuers', 'these issuers again with saveIssuer'],
    [done.rules, 'guardrail rules', 'their policies again with saveGuardrailPolicy, and their secrets'],
    [done.sources, 'consent sources', 'them again with saveConsentSource, and their secrets'],
    [done.hooks, 'webhooks', 'them again with saveWebhook, and their secrets'],
  ] as const;
  for (const [{ unreadable }, owners, again] of saved) {
    if (unreadable === 0) continue;
    console.log(`${unreadable} secrets of ${owners} open with no key at hand: save ${again}.`);
  }
  if (done.adminKey !== 'CURRENT') console.log(adminKeyAdvice[done.adminKey]);
  return 0;
}

/** Destroyed data keys that the audit log names; of more it has the number. */
const recordedMax = 1_000;

/** Its hash cannot be made anew without its text. */
const adminKeyAdvice = {
  PREVIOUS:
    'The chosen admin key is hashed with a previous key until it is next used, or Heddle starts with it as HEDDLE_ADMIN_KEY.',
  LOST: 'The chosen admin key was hashed with a key that is not at hand: start with a HEDDLE_ADMIN_KEY to get in again.',
};
