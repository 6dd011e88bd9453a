import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeDirectory } from '@heddle/embedded-store/make-directory';
import { StartError } from '#server/config.ts';
import { everyPart, type Part, parseParts } from '#server/mesh.ts';
import { partUri } from '#transport/mesh-tls.ts';
import { usageError } from '../usage.ts';

const authorityDays = 3_650;
const certificateDays = 397;
/** A certificate that is good for longer than this is kept. */
const keptDays = 30;
const dayMs = 86_400_000;

/** What else the private authority signs for: the stores of docker-compose.yml. */
const stores = ['mongo', 'redis'] as const;
const local = ['localhost', '127.0.0.1', '::1'];
const hostName = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$|^[0-9a-f:]+$/;

interface Wanted {
  /** The folder, and the certificate's name. */
  readonly name: string;
  readonly parts: readonly string[];
  readonly hosts: readonly string[];
}

/** With `--only`, one certificate for a process that runs these parts; otherwise one for each part and store. */
function listWanted(only: string | undefined, hosts: readonly string[]): readonly Wanted[] {
  if (only === undefined) {
    return [...everyPart, ...stores].map((name) => ({
      name,
      parts: [name],
      hosts: [name, ...local, ...hosts],
    }));
  }
  const parts: readonly Part[] = parseParts(only);
  return [{ name: parts.join('-'), parts, hosts: [...parts, ...local, ...hosts] }];
}

/** Written whole under another name first: whoever reads the file meets the former content or the new one. */
async function put(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await chmod(`${file}.new`, 0o600);
  await rename(`${file}.new`, file);
}

const readIfThere = (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });

async function openAuthority(dir: string) {
  const { issueAuthority, readAuthority } = await import('../certificates/issue.ts');
  const [certFile, keyFile] = [join(dir, 'ca.pem'), join(dir, 'ca-key.pem')];
  let [cert, key] = await Promise.all([readIfThere(certFile), readIfThere(keyFile)]);
  if (cert === undefined && key === undefined) {
    const made = await issueAuthority(authorityDays);
    await put(keyFile, made.key);
    await put(certFile, made.cert);
    ({ cert, key } = made);
  }
  if (cert === undefined || key === undefined) {
    throw new StartError(
      `${dir} holds one of ca.pem and ca-key.pem: put the other back, or choose another directory`,
    );
  }
  const privateKey = createPrivateKey(key);
  if (!new X509Certificate(cert).checkPrivateKey(privateKey)) {
    throw new StartError(
      `${keyFile} is not the key of ${certFile}: put the right one back, or choose another directory`,
    );
  }
  return { cert, authority: await readAuthority({ cert }, privateKey) };
}

/** Is there a certificate of this authority for all of these hosts, good for some time yet? */
function isGood(text: string | undefined, ca: string, hosts: readonly string[]): boolean {
  if (text === undefined) return false;
  const certificate = new X509Certificate(text);
  const covers = (host: string) =>
    isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host);
  return (
    certificate.verify(new X509Certificate(ca).publicKey) &&
    certificate.validToDate.getTime() > Date.now() + keptDays * dayMs &&
    hosts.every((host) => covers(host) !== undefined)
  );
}

/**
 * `heddle create-ca <directory>`: makes a private certificate authority and a certificate for each part and store, each
 * in a folder of its own. Run again, it keeps the authority and renews what will expire within 30 days.
 */
export async function createCa(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      host: { type: 'string', multiple: true, default: [] },
      renew: { type: 'boolean', default: false },
    },
  });
  const [dir, ...more] = positionals;
  const { host: hosts } = values;
  if (dir === undefined || more.length > 0) throw usageError('create-ca');
  const wrong = hosts.find((host) => !hostName.test(host));
  if (wrong !== undefined) throw new StartError(`--host ${wrong}: must be a host name or an IP address`);
  const wanted = listWanted(values.only, hosts);
  await makeDirectory(dir);
  const { issueCertificate } = await import('../certificates/issue.ts');
  const { cert: ca, authority } = await openAuthority(dir);
  for (const { name, parts, hosts: names } of wanted) {
    const folder = join(dir, name);
    await makeDirectory(folder);
    const former = await readIfThere(join(folder, 'cert.pem'));
    if (!values.renew && isGood(former, ca, names)) {
      console.log(`${folder} keeps its certificate, good for more than ${keptDays} days.`);
      continue;
    }
    const isStore = stores.some((store) => store === name);
    const { cert, key } = await issueCertificate(
      {
        commonName: name,
        hosts: names,
        uris: isStore ? [] : parts.map(partUri),
        isServer: parts.some((part) => part !== 'gateway'),
        // A member of a replica set of MongoDB connects to itself.
        isClient: parts.includes('gateway') || name === 'mongo',
        days: certificateDays,
      },
      authority,
    );
    await put(join(folder, 'key.pem'), key);
    await put(join(folder, 'cert.pem'), cert);
    await put(join(folder, 'ca.pem'), ca);
    // mongod reads both from one file.
    if (name === 'mongo') await put(join(folder, 'server.pem'), cert + key);
    console.log(`${folder} holds a new certificate, good for ${certificateDays} days.`);
  }
  console.log(`The authority is ${join(dir, 'ca.pem')}; keep ca-key.pem where no part of the mesh runs.`);
  return 0;
}
