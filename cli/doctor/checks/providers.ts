import type { Connection } from 'mongoose';
import { createEgress } from '#core/egress.ts';
import { openCredential, toSealedCredential } from '#mongo/credential-secret.ts';
import { providerCredentials } from '#mongo/provider-credentials.ts';
import { providers } from '#mongo/providers.ts';
import { createHttpFetch } from '#providers/http/http-fetch.ts';
import { ProviderFailure } from '#providers/provider.ts';
import { providerDestination } from '#providers/registry/destination.ts';
import { readEnvironmentProviders } from '#providers/registry/environment.ts';
import { checkClock } from '../clock.ts';
import { callMsMax, type Diagnosis, mapBounded } from '../diagnosis.ts';
import { openKeysAtHand } from '../encryption.ts';
import { createFindings, type DoctorFinding, describeError } from '../finding.ts';
import { buildKeyProbe } from '../probes/key-probe.ts';
import type { KeyProbe, ProbedProvider } from '../probes/probe-form.ts';

const { ok, warning, failed, skipped } = createFindings('providers');

/** Keys that are tried in one run. */
const probesMax = 50;
const answerBytesMax = 8 * 1024 * 1024;

/**
 * Whether each provider of the mesh is reached and takes its keys, by reading its list of AI models: no call is billed. Providers of
 * tenants are theirs, and are not called.
 */
export async function checkProviders(diagnosis: Diagnosis): Promise<readonly DoctorFinding[]> {
  if (!diagnosis.isOnline) return [skipped('providers are not called (--offline)')];
  const probed = await listProviders(diagnosis);
  if (probed.length === 0) return [skipped('no provider with a key is configured')];
  const { environment } = diagnosis;
  const egress = createEgress(environment.HEDDLE_EGRESS_ALLOW);
  await using http = createHttpFetch({
    egress,
    connectTimeoutMs: callMsMax,
    responseBytesMax: answerBytesMax,
  });
  const tried = probed.slice(0, probesMax);
  const found = await mapBounded(tried, (provider) => probe(provider, http.fetch));
  const rest = probed.length - tried.length;
  return [
    ...found.flat(),
    ...(rest > 0 ? [skipped(`${rest} more keys were not tried: one run tries ${probesMax}`)] : []),
  ];
}

/** Providers of the environment, and those of the mesh in the store with each enabled credential. */
async function listProviders(diagnosis: Diagnosis): Promise<readonly ProbedProvider[]> {
  const ofEnvironment = readEnvironmentProviders(diagnosis.env).map((provider) => ({
    ...provider,
    name: `${provider.id} (of the environment)`,
  }));
  const database = await diagnosis.openStore();
  const stored = database === undefined ? [] : await listStored(diagnosis, database.connection);
  const toKey = (provider: ProbedProvider) =>
    JSON.stringify([providerDestination(provider), provider.secret]);
  const seen = new Set<string>();
  return [...ofEnvironment, ...stored].filter((provider) => {
    const key = toKey(provider);
    return !seen.has(key) && seen.add(key);
  });
}

async function listStored(
  { environment }: Diagnosis,
  connection: Connection,
): Promise<readonly ProbedProvider[]> {
  await using opened = new AsyncDisposableStack();
  // Any error: the check of the store reports keys that cannot be used.
  const keyring = await openKeysAtHand(environment, connection, opened).catch(() => undefined);
  const ofMesh = { tenantId: null, enabled: true };
  const records = await providers(connection).find(ofMesh).limit(probesMax).lean();
  const credentials = await providerCredentials(connection)
    .find({ ...ofMesh, providerId: { $in: records.map(({ _id }) => _id) } })
    .limit(probesMax)
    .lean();
  const found: ProbedProvider[] = [];
  for (const credential of credentials) {
    const record = records.find(({ _id }) => _id === credential.providerId);
    if (record === undefined || keyring === undefined) continue;
    const { kind, baseUrl, region } = record;
    const opening = openCredential(
      keyring.secrets,
      toSealedCredential(credential),
      providerDestination(record),
    );
    const credentialOpened = await Promise.resolve(opening).catch(() => undefined); // Any error: reported with the store.
    if (credentialOpened?.state !== 'READY') continue;
    const name = `${record._id} (credential ${credential.label})`;
    found.push({ name, kind, baseUrl, region, secret: credentialOpened.secret });
  }
  return found;
}

async function probe(
  provider: ProbedProvider,
  fetch: typeof globalThis.fetch,
): Promise<readonly DoctorFinding[]> {
  const { name } = provider;
  try {
    const call = await buildKeyProbe(provider, fetch);
    if (call === null) return [skipped(`${name}: no free call is known that shows whether it takes its key`)];
    const sentMs = Date.now();
    const { url, headers } = call;
    const response = await fetch(url, { headers: { ...headers }, signal: AbortSignal.timeout(callMsMax) });
    const receivedMs = Date.now();
    await response.body?.cancel();
    const date = Date.parse(response.headers.get('date') ?? '');
    const stated = { source: `the provider ${name}`, theirsMs: date, sentMs, receivedMs, stepMs: 1_000 };
    return [judge(name, response, call), ...(Number.isNaN(date) ? [] : [checkClock(stated)])];
  } catch (error) {
    if (error instanceof ProviderFailure && error.code === 'PROVIDER_AUTH')
      return [failed(`${name}: ${error.message}`, replaceKey)];
    return [
      failed(
        `${name} cannot be reached: ${describeError(error)}`,
        'Check the network, its base URL, and HEDDLE_EGRESS_ALLOW.',
      ),
    ];
  }
}

const replaceKey = 'Replace it: rotateProviderCredential, or the variable of the environment.';

function judge(name: string, answer: Response, { hasKey, refusesKey = isRefusal }: KeyProbe): DoctorFinding {
  const { status } = answer;
  const key = hasKey ? ' with the key' : '';
  if (refusesKey(answer)) return failed(`${name} refuses the key (HTTP ${status})`, replaceKey);
  if (isRefusal(answer))
    return ok(
      `${name} takes the key, which may not read the list of AI models (HTTP ${status}); whether it may call them is not shown`,
    );
  if (status === 429)
    return warning(
      `${name} takes no more calls for now (HTTP 429)`,
      'Wait, or raise the limits of the account.',
    );
  if (status >= 500) return failed(`${name} fails (HTTP ${status})`, "Look at the provider's status page.");
  if (status >= 200 && status < 300) return ok(`${name} answers its list of AI models${key}`);
  return ok(
    `${name} is reached (HTTP ${status}); it has no list of AI models that shows whether it takes the key`,
  );
}

const isRefusal = ({ status }: Pick<Response, 'status'>): boolean => status === 401 || status === 403;
