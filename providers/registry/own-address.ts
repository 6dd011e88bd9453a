import type { ProviderKind } from '#core/graph-enums.generated.ts';
import { vendors } from './vendors.generated.ts';

/**
 * The form that a base URL at one of the vendor's own hosts lacks, such as the id of an account; null: the URL has it, or is
 * of another host.
 */
export function missingAddressForm(kind: ProviderKind, baseUrl: string): string | null {
  const { ownAddress, basePath } = vendors[kind];
  const url = URL.parse(baseUrl);
  if (ownAddress === undefined || url === null || !ownAddress.host.test(url.hostname)) return null;
  const path = url.pathname.replace(/\/+$/, '') || basePath;
  return ownAddress.path.test(path) ? null : ownAddress.form;
}
