import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { issuers } from '#mongo/issuers.ts';
import { callMsMax, type Diagnosis, mapBounded } from '../diagnosis.ts';
import { createFindings, type DoctorFinding, describeError } from '../finding.ts';

const { ok, warning, failed, skipped } = createFindings('certificates');

const dayMs = 86_400_000;
/** A certificate that ends earlier is to be renewed now. */
const daysLow = 30;
const fileBytesMax = 1024 * 1024;
/** Issuers of the store that are looked at. */
const issuersMax = 50;

const files = ['HEDDLE_TLS_CERT', 'HEDDLE_TLS_CA', 'HEDDLE_PUBLIC_TLS_CERT'] as const;
const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The dates of certificates in files, and of the servers that the configuration and issuers of the store name. */
export async function checkCertificates(diagnosis: Diagnosis): Promise<readonly DoctorFinding[]> {
  const { environment, now } = diagnosis;
  const ofFiles = await Promise.all(
    files.flatMap((variable) => {
      const path = environment[variable];
      return path === undefined ? [] : [checkFile(variable, path, now())];
    }),
  );
  const servers = diagnosis.isOnline ? await listServers(diagnosis) : [];
  const ofServers = await mapBounded(servers, (server) => checkServer(server, environment, now()));
  const found = [...ofFiles.flat(), ...ofServers];
  return found.length > 0 ? found : [skipped('no certificate is configured')];
}

async function checkFile(variable: string, path: string, nowMs: number): Promise<readonly DoctorFinding[]> {
  try {
    const text = await readFile(path, 'utf8');
    if (text.length > fileBytesMax) throw new Error(`it is larger than ${fileBytesMax} bytes`);
    const certificates = (text.match(pem) ?? []).map((found) => new X509Certificate(found));
    if (certificates.length === 0) throw new Error('it has no certificate');
    return certificates.map((certificate) =>
      checkDates(`${variable} (${describeSubject(certificate)})`, certificate, nowMs),
    );
  } catch (error) {
    return [
      failed(
        `${variable} cannot be used: ${describeError(error)}`,
        `Put a PEM file at ${path} that this user may read.`,
      ),
    ];
  }
}

const describeSubject = ({ subject, fingerprint256 }: X509Certificate): string =>
  (subject ?? `SHA-256 ${fingerprint256}`).replaceAll('\n', ', ').slice(0, 200);

/** Whether the certificate is valid at this time, and for how long. */
export function checkDates(
  what: string,
  { validFromDate, validToDate }: Pick<X509Certificate, 'validFromDate' | 'validToDate'>,
  nowMs: number,
): DoctorFinding {
  const until = validToDate.toISOString().slice(0, 10);
  const days = Math.floor((validToDate.getTime() - nowMs) / dayMs);
  if (validToDate.getTime() <= nowMs)
    return failed(`the certificate ${what} expired on ${until}`, 'Renew it.');
  if (validFromDate.getTime() > nowMs)
    return failed(
      `the certificate ${what} is valid only from ${validFromDate.toISOString()}`,
      'Correct the clock, or use a certificate that is in force.',
    );
  return days < daysLow
    ? warning(`the certificate ${what} expires on ${until}, in ${days} days`, 'Renew it.')
    : ok(`the certificate ${what} is valid until ${until}`);
}

/** A server that is reached with TLS. */
interface Server {
  readonly name: string;
  readonly url: URL;
  /** It is of the operator's own: HEDDLE_TLS_CA vouches for it. */
  readonly isOwn: boolean;
}

async function listServers(diagnosis: Diagnosis): Promise<readonly Server[]> {
  const { environment } = diagnosis;
  const named: readonly (readonly [string, string | undefined, boolean])[] = [
    ['HEDDLE_PUBLIC_URL', environment.HEDDLE_PUBLIC_URL, false],
    ['HEDDLE_OIDC_ISSUER', environment.HEDDLE_OIDC_ISSUER, false],
    ['REDIS_URL', environment.REDIS_URL, true],
    ['VAULT_ADDR', environment.VAULT_ADDR, false],
    ...(await listIssuers(diagnosis)).map(({ id, url }) => [`the issuer ${id}`, url, false] as const),
  ];
  const servers = named.flatMap(([name, text, isOwn]) => {
    const url = text === undefined ? null : URL.parse(text);
    return url !== null && /^(https|rediss):$/.test(url.protocol) ? [{ name, url, isOwn }] : [];
  });
  const seen = new Set<string>();
  return servers.filter(({ url: { host } }) => !seen.has(host) && seen.add(host));
}

async function listIssuers(
  diagnosis: Diagnosis,
): Promise<readonly { readonly id: string; readonly url: string }[]> {
  const database = await diagnosis.openStore();
  if (database === undefined) return [];
  const records = await issuers(database.connection).find({}, { issuer: 1 }).limit(issuersMax).lean();
  return records.map(({ _id, issuer }) => ({ id: _id, url: issuer }));
}

async function checkServer(
  { name, url, isOwn }: Server,
  environment: Diagnosis['environment'],
  nowMs: number,
): Promise<DoctorFinding> {
  const ca =
    isOwn && environment.HEDDLE_TLS_CA !== undefined
      ? await readFile(environment.HEDDLE_TLS_CA, 'utf8')
      : undefined;
  const what = `of ${name} (${url.hostname})`;
  try {
    const { certificate, problem } = await readServerCertificate(url, ca);
    const dates = checkDates(what, certificate, nowMs);
    return problem === null || dates.status === 'FAILED'
      ? dates
      : failed(
          `the certificate ${what} is not trusted: ${problem}`,
          'Use a certificate of an authority that this machine trusts.',
        );
  } catch (error) {
    return warning(
      `the certificate ${what} could not be read: ${describeError(error)}`,
      'Check the address and the network.',
    );
  }
}

/** The certificate that the server shows, and why it is not trusted; null: it is. Sends nothing but the handshake. */
function readServerCertificate(
  { hostname, port, protocol }: URL,
  ca: string | undefined,
): Promise<{ readonly certificate: X509Certificate; readonly problem: string | null }> {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const standard = protocol === 'rediss:' ? 6379 : 443;
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...{ host, port: port === '' ? standard : Number(port), timeout: callMsMax },
      // Read in any case: an expired certificate is what is looked for.
      rejectUnauthorized: false,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(ca === undefined ? {} : { ca }),
    });
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate();
      const problem = socket.authorized ? null : String(socket.authorizationError);
      socket.destroy();
      if (certificate === undefined) reject(new Error('the server shows none'));
      else resolve({ certificate, problem });
    });
    socket.once('timeout', () => socket.destroy(new Error('no answer in time')));
    socket.once('error', reject);
  });
}
