import { createPrivateKey } from 'node:crypto';
import { issueAuthority, issueCertificate, readAuthority, type Subject } from '#cli/certificates/issue.ts';
import { partUri, type TlsMaterial, type TlsSource } from '#transport/mesh-tls.ts';

/** Certificates of one private authority, in memory. */
export interface TestAuthority {
  readonly ca: string;
  issue(subject?: Partial<Subject>): Promise<TlsMaterial>;
  /** As `heddle create-ca` makes it for a process that runs this part. */
  issuePart(part: string, subject?: Partial<Subject>): Promise<TlsMaterial>;
}

export async function createTestAuthority(): Promise<TestAuthority> {
  const made = await issueAuthority(2);
  const authority = await readAuthority(made, createPrivateKey(made.key));
  const issue = async (subject: Partial<Subject> = {}) => {
    const hosts = ['localhost', '127.0.0.1'];
    const usual = { commonName: 'test', hosts, uris: [], isServer: true, isClient: true, days: 1 };
    return { ...(await issueCertificate({ ...usual, ...subject }, authority)), ca: made.cert };
  };
  return {
    ca: made.cert,
    issue,
    issuePart: (part, subject) =>
      issue({
        commonName: part,
        uris: [partUri(part)],
        isServer: part !== 'gateway',
        isClient: part === 'gateway',
        ...subject,
      }),
  };
}

/** Material that a test changes by hand. */
export function createTlsSource(first: TlsMaterial): TlsSource & { change(next: TlsMaterial): void } {
  let material = first;
  const listeners = new Set<(material: TlsMaterial) => void>();
  return {
    current: () => material,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    change(next) {
      material = next;
      for (const listener of listeners) listener(next);
    },
  };
}
