/** Who mails are from. */
export interface Sender {
  readonly name: string;
  readonly address: string;
}

const address = String.raw`[^\s@<>()[\],;:"\\]+@[^\s@<>()[\],;:"\\]+`;
const form = new RegExp(
  String.raw`^(?:(?<name>[^<>"\\,;:@\p{C}]{1,100}) <(?<named>${address})>|(?<bare>${address}))$`,
  'u',
);

/** The sender of a text such as `heddle@example.com` or `Heddle <heddle@example.com>`; undefined: it is none. */
export function parseSender(text: string): Sender | undefined {
  const { name = '', named, bare } = form.exec(text)?.groups ?? {};
  const found = named ?? bare;
  return found === undefined ? undefined : { name: name.trim(), address: found };
}
