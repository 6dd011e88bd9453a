import { type KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import * as asn1js from 'asn1js';
import {
  AttributeTypeAndValue,
  BasicConstraints,
  Certificate,
  Extension,
  ExtKeyUsage,
  GeneralName,
  GeneralNames,
} from 'pkijs';

/** Keys of P-256: every TLS stack has them. */
const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;

const oid = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

const dayMs = 86_400_000;

/** A certificate and its key, as PEM texts. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

/** Who signs. */
export interface Authority {
  readonly certificate: Certificate;
  readonly key: CryptoKey;
}

function pem(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

interface Content {
  readonly commonName: string;
  readonly days: number;
  readonly extensions: readonly Extension[];
}

const extension = (extnID: string, critical: boolean, value: asn1js.BaseBlock) =>
  new Extension({ extnID, critical, extnValue: value.toBER() });

const usage = (bits: number, unused: number) =>
  extension(
    oid.keyUsage,
    true,
    new asn1js.BitString({ valueHex: new Uint8Array([bits]).buffer, unusedBits: unused }),
  );

/** Signs a certificate for a new key; without an authority, by that key itself. */
async function sign(content: Content, authority: Authority | undefined): Promise<Issued> {
  const { subtle } = globalThis.crypto;
  const { privateKey, publicKey } = await subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
  const certificate = new Certificate({ version: 2 });
  // Positive, as RFC 5280 wants it.
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  certificate.serialNumber = new asn1js.Integer({ valueHex: new Uint8Array(serial).buffer });
  for (const [type, value] of [
    [oid.organization, 'Heddle'],
    [oid.commonName, content.commonName],
  ] as const) {
    const name = new AttributeTypeAndValue({ type, value: new asn1js.Utf8String({ value }) });
    certificate.subject.typesAndValues.push(name);
  }
  certificate.issuer = authority?.certificate.subject ?? certificate.subject;
  // From yesterday on: the clocks of the machines differ.
  certificate.notBefore.value = new Date(Date.now() - dayMs);
  certificate.notAfter.value = new Date(Date.now() + content.days * dayMs);
  certificate.extensions = [...content.extensions];
  await certificate.subjectPublicKeyInfo.importKey(publicKey);
  await certificate.sign(authority?.key ?? privateKey, 'SHA-256');
  return {
    cert: pem('CERTIFICATE', certificate.toSchema().toBER()),
    key: pem('PRIVATE KEY', await subtle.exportKey('pkcs8', privateKey)),
  };
}

/** A private authority: its certificate signs those of parts and nothing else. */
export function issueAuthority(days: number): Promise<Issued> {
  const constraints = new BasicConstraints({ cA: true, pathLenConstraint: 0 }).toSchema();
  // keyCertSign and cRLSign.
  const extensions = [extension(oid.basicConstraints, true, constraints), usage(0x06, 1)];
  return sign({ commonName: `Heddle mesh ${randomBytes(4).toString('hex')}`, days, extensions }, undefined);
}

/** Reads an authority back. */
export async function readAuthority({ cert }: Pick<Issued, 'cert'>, key: KeyObject): Promise<Authority> {
  const der = new Uint8Array(new X509Certificate(cert).raw);
  const bytes = new Uint8Array(key.export({ format: 'der', type: 'pkcs8' }));
  return {
    certificate: Certificate.fromBER(der),
    key: await globalThis.crypto.subtle.importKey('pkcs8', bytes, keyAlgorithm, false, ['sign']),
  };
}

/** For what a certificate is good. */
export interface Subject {
  readonly commonName: string;
  /** Names and addresses under which it is reached. */
  readonly hosts: readonly string[];
  readonly uris: readonly string[];
  /** May be presented by whoever accepts connections, by whoever opens them. */
  readonly isServer: boolean;
  readonly isClient: boolean;
  readonly days: number;
}

function addressBytes(host: string): Uint8Array<ArrayBuffer> {
  if (isIP(host) === 4) return Uint8Array.from(host.split('.').map(Number));
  const [head = '', tail] = host.split('::');
  const words = (text: string | undefined) => (text ?? '').split(':').filter((word) => word !== '');
  const after = words(tail);
  const before = words(head);
  const zeros = Array<string>(tail === undefined ? 0 : 8 - before.length - after.length).fill('0');
  const all = [...before, ...zeros, ...after].map((word) => Number.parseInt(word, 16));
  return Uint8Array.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}

function generalName(host: string): GeneralName {
  if (isIP(host) === 0) return new GeneralName({ type: 2, value: host });
  return new GeneralName({
    type: 7,
    value: new asn1js.OctetString({ valueHex: addressBytes(host).buffer }),
  });
}

/** A certificate of a part, signed by the authority. */
export function issueCertificate(subject: Subject, authority: Authority): Promise<Issued> {
  const names = [
    ...subject.hosts.map(generalName),
    ...subject.uris.map((value) => new GeneralName({ type: 6, value })),
  ];
  const purposes = [
    ...(subject.isServer ? [oid.serverAuth] : []),
    ...(subject.isClient ? [oid.clientAuth] : []),
  ];
  const extensions = [
    extension(oid.basicConstraints, true, new BasicConstraints({ cA: false }).toSchema()),
    // digitalSignature.
    usage(0x80, 7),
    extension(oid.extendedKeyUsage, false, new ExtKeyUsage({ keyPurposes: purposes }).toSchema()),
    extension(oid.subjectAltName, false, new GeneralNames({ names }).toSchema()),
  ];
  return sign({ commonName: subject.commonName, days: subject.days, extensions }, authority);
}
