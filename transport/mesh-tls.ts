import { checkServerIdentity as checkHostName, type PeerCertificate, type TLSSocket } from 'node:tls';

/** The certificate of a process and the authorities that it trusts (the system's where absent), as PEM texts. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
}

/** Where the current material comes from: it changes when the files do. */
export interface TlsSource {
  current(): TlsMaterial;
  /** Calls the listener after each change. The returned function stops that. */
  onChange(listener: (material: TlsMaterial) => void): () => void;
}

/** No older protocol is spoken between the parts. */
export const tlsVersionMin = 'TLSv1.3';

/** The name of a part in its certificate: a URI among the subject's alternative names. */
export function partUri(part: string): string {
  return `spiffe://heddle/${part}`;
}

/** The entries of a certificate's alternative names. Node quotes those that contain a comma. */
function alternativeNames(text: string | undefined): readonly string[] {
  return [...(text ?? '').matchAll(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g)].map(([entry]) => entry.trim());
}

/** Does the certificate name this part? */
export function namesPart(
  { subjectaltname }: Pick<PeerCertificate, 'subjectaltname'>,
  part: string,
): boolean {
  return alternativeNames(subjectaltname).includes(`URI:${partUri(part)}`);
}

/** For the client's side of a connection: the certificate must be for the host and must name the part. */
export function checkPart(part: string): (host: string, certificate: PeerCertificate) => Error | undefined {
  return (host, certificate) =>
    checkHostName(host, certificate) ??
    (namesPart(certificate, part)
      ? undefined
      : new Error(`The certificate of ${host} does not name ${partUri(part)}.`));
}

const gateways = new WeakMap<TLSSocket, boolean>();

/** For the server's side: does a trusted certificate of a gateway stand behind the connection? */
export function isGateway(socket: TLSSocket): boolean {
  let known = gateways.get(socket);
  if (known === undefined) {
    known = socket.authorized && namesPart(socket.getPeerCertificate(), 'gateway');
    gateways.set(socket, known);
  }
  return known;
}
