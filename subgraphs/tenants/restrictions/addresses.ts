import { isIP } from 'node:net';
import { badInput, checkedList } from '#core/input.ts';

/** Single addresses or CIDR ranges; null for none at all, which means any. An empty list would lock the key out. */
export function checkedAddresses(
  addresses: readonly string[] | null | undefined,
  field: string,
): string[] | null {
  if (addresses === null || addresses === undefined) return null;
  if (addresses.length === 0) badInput(field, 'must not be empty; null means any address.');
  return checkedList(addresses, field).map((text, i) => {
    const [address = '', bits, ...rest] = text.split('/');
    const family = isIP(address);
    const most = family === 6 ? 128 : 32;
    const bitsFit = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
    // A zone is the name of an interface of one machine.
    if (family === 0 || address.includes('%') || !bitsFit || rest.length > 0) {
      badInput(`${field}[${i}]`, 'is neither an IP address nor a range such as 10.0.0.0/8.');
    }
    return text;
  });
}
